//! The sites of a tape in the making.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::builder::EndedCall;
use super::tape::{Kind, Site};

/// How many sites are looked through one by one. Nearly no recording has more, and a map of them would cost more than it
/// saves.
const FEW: usize = 32;

/// How many sites a thread keeps ready.
const KEPT: usize = 64;

thread_local! {
    static KEPT_SITES: RefCell<Vec<Option<Kept>>> = const { RefCell::new(Vec::new()) };
}

/// The sites of a tape in the making.
#[derive(Default)]
pub(super) struct Sites {
    all: Vec<Site>,
    /// Sites of static aliases, found by address: nearly all of them, and without a look at the text.
    remembered: Vec<Remembered>,
    /// Where the sites are whose alias is this; made when there are many.
    by_alias: HashMap<Arc<str>, Vec<u32>>,
}

struct Remembered {
    kind: Kind,
    alias: &'static str,
    argument_names: &'static [&'static str],
    site: u32,
}

impl Sites {
    /// The index of a call's site, and how many bytes it takes if it is a new one.
    pub(super) fn find(&mut self, call: &EndedCall<'_>) -> (u32, usize) {
        let Cow::Borrowed(alias) = *call.alias else { return self.find_by_text(call) };
        let same = |known: &&Remembered| {
            known.kind == call.kind
                && std::ptr::eq(known.alias, alias)
                && std::ptr::eq(known.argument_names, call.argument_names)
        };
        if let Some(known) = self.remembered.iter().find(same) {
            return (known.site, 0);
        }
        let (site, weight) = self.find_by_text(call);
        if self.remembered.len() < FEW {
            let (kind, argument_names) = (call.kind, call.argument_names);
            self.remembered.push(Remembered { kind, alias, argument_names, site });
        }
        (site, weight)
    }

    pub(super) fn into_vec(self) -> Vec<Site> {
        self.all
    }

    fn find_by_text(&mut self, call: &EndedCall<'_>) -> (u32, usize) {
        // Two functions may share an alias: the names of the one's arguments say nothing of the other's.
        let is_same = |site: &Site| {
            let names = site.argument_names.iter().map(AsRef::as_ref);
            site.kind == call.kind
                && *site.alias == **call.alias
                && names.eq(call.argument_names.iter().copied())
        };
        let known = if self.all.len() <= FEW {
            self.all.iter().position(is_same).and_then(|at| u32::try_from(at).ok())
        } else {
            let places = self.by_alias.get(call.alias.as_ref()).map_or(&[][..], Vec::as_slice);
            places.iter().copied().find(|&at| self.all.get(at as usize).is_some_and(is_same))
        };
        known.map_or_else(|| self.add(call), |known| (known, 0))
    }

    fn add(&mut self, call: &EndedCall<'_>) -> (u32, usize) {
        let site = site_of(call);
        let weight = site.size();
        let index = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(site);
        let count = self.all.len();
        if count > FEW {
            let new = if count == FEW + 1 { 0 } else { count - 1 };
            for (site, at) in self.all.iter().zip(0..).skip(new) {
                self.by_alias.entry(Arc::clone(&site.alias)).or_default().push(at);
            }
        }
        (index, weight)
    }
}

/// A site that a thread keeps ready, so that its texts are not copied for every recording.
struct Kept {
    alias: &'static str,
    argument_names: &'static [&'static str],
    site: Site,
}

/// The site of a call, with texts of its own; for static ones those of another recording of the thread, where there are
/// any. Sites are told by the addresses of their texts, and the place of one may be taken by another.
fn site_of(call: &EndedCall<'_>) -> Site {
    let &EndedCall { kind, alias: &Cow::Borrowed(alias), argument_names, .. } = call else {
        return copied(call);
    };
    let kept = KEPT_SITES.try_with(|sites| {
        let mut sites = sites.try_borrow_mut().ok()?;
        sites.resize_with(KEPT, || None);
        let address = alias.as_ptr().addr();
        let place = sites.get_mut((address ^ (address / KEPT)) % KEPT)?;
        let is_same = |kept: &&mut Kept| {
            let same_names = std::ptr::eq(kept.argument_names, argument_names);
            kept.site.kind == kind && std::ptr::eq(kept.alias, alias) && same_names
        };
        let kept = match place.as_mut().filter(is_same) {
            Some(kept) => kept,
            None => place.insert(Kept { alias, argument_names, site: copied(call) }),
        };
        Some(kept.site.clone())
    });
    kept.ok().flatten().unwrap_or_else(|| copied(call))
}

fn copied(call: &EndedCall<'_>) -> Site {
    let argument_names = call.argument_names.iter().map(|&name| Arc::from(name)).collect();
    Site { kind: call.kind, alias: Arc::from(call.alias.as_ref()), argument_names }
}
