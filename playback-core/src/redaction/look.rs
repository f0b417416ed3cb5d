//! What a text looks like, so that what stands in its place is read by the same type.

use std::net::{Ipv4Addr, Ipv6Addr};

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Uuid,
    Email,
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    Plain,
}

impl Look {
    pub(super) fn of(text: &str) -> Self {
        if uuid_bytes(text).is_some() {
            return Self::Uuid;
        }
        if let Ok(address) = text.parse() {
            return Self::V4(address);
        }
        if let Ok(address) = text.parse() {
            return Self::V6(address);
        }
        if is_email(text) { Self::Email } else { Self::Plain }
    }
}

/// The bytes of a text such as `67e55044-10b1-426f-9247-bb680e5fe0c8`.
pub(super) fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    let hexadecimal = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !hexadecimal || !lengths.eq([8, 4, 4, 4, 12]) {
        return None;
    }
    u128::from_str_radix(&groups.concat(), 16).ok().map(u128::to_be_bytes)
}

/// The UUID of these bytes as text.
pub(super) fn uuid_text(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    let part = |from: u32, digits: u32| (number >> from) & ((1 << (4 * digits)) - 1);
    let (first, second, third, fourth, last) =
        (part(96, 8), part(80, 4), part(64, 4), part(48, 4), part(0, 12));
    format!("{first:08x}-{second:04x}-{third:04x}-{fourth:04x}-{last:012x}")
}

fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let is_part = |c: char| !c.is_whitespace() && c != '@' && !c.is_control();
    !name.is_empty() && domain.contains('.') && name.chars().all(is_part) && domain.chars().all(is_part)
}
