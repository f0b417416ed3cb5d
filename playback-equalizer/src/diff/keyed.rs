//! Which entry of one map or struct is which of the other.

use std::cmp::Ordering;

use super::elements::Step;

/// Which entry of one side is which of the other, from an entry on: those of the same key, whatever their order. Where a
/// key is there more than once, the first belongs to the first, the second to the second, and what is left over has no
/// counterpart. In the order of what was recorded, and what was added last.
pub(super) fn by_key<K: Ord, V>(recorded: &[(K, V)], replayed: &[(K, V)], from: usize) -> Vec<Step> {
    let (mut old, mut new) = (sorted(recorded, from).peekable(), sorted(replayed, from).peekable());
    let mut steps = Vec::new();
    loop {
        let next = match (old.peek(), new.peek()) {
            (Some((key, _)), Some((other, _))) => key.cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        let at = old.next_if(|_| next.is_le()).map(|(_, at)| at);
        let other = new.next_if(|_| next.is_ge()).map(|(_, other)| other);
        steps.extend(match (at, other) {
            (Some(at), Some(other)) => Some(Step::Both(at, other)),
            (Some(at), None) => Some(Step::Removed(at)),
            (None, Some(other)) => Some(Step::Added(other)),
            (None, None) => None,
        });
    }
    steps.sort_unstable_by_key(Step::place);
    steps
}

/// The keys from an entry on with the numbers of their entries, in the order of the keys and then of the numbers.
fn sorted<K: Ord, V>(entries: &[(K, V)], from: usize) -> impl Iterator<Item = (&K, usize)> {
    let mut keys: Vec<(&K, usize)> =
        entries.iter().enumerate().skip(from).map(|(at, (key, _))| (key, at)).collect();
    keys.sort_unstable();
    keys.into_iter()
}
