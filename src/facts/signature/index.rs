//! Looking files up in many catalogs at once: a boot image has about a thousand, with tens of thousands of members.

use std::collections::HashMap;

use super::{CatalogFacts, CatalogMember, DigestAlgorithm, Digests, Membership};

/// The members of several catalogs by digest.
#[derive(Clone, Debug, Default)]
pub struct CatalogIndex<'a> {
    /// For looking up only: answers are in the order of the catalogs.
    members: HashMap<&'a [u8], Vec<(usize, &'a CatalogMember)>>,
}

impl<'a> CatalogIndex<'a> {
    /// Takes up all members of these catalogs; they are known by their place in this order.
    pub fn new(catalogs: impl IntoIterator<Item = &'a CatalogFacts>) -> Self {
        let mut index = Self::default();
        for (catalog, facts) in catalogs.into_iter().enumerate() {
            for member in &facts.members {
                for digest in &member.digests {
                    index.members.entry(&digest.value).or_default().push((catalog, member));
                }
            }
        }
        index
    }

    /// The catalogs that hold a file with these digests, in order, each with what it says about it.
    pub fn find(&self, digests: &Digests) -> Vec<(usize, Membership)> {
        let values = [DigestAlgorithm::Sha1, DigestAlgorithm::Sha256].into_iter().filter_map(|a| digests.get(a));
        let mut hits: Vec<_> = values.filter_map(|v| self.members.get(v)).flatten().copied().collect();
        // Stable: the members of one catalog stay in the order in which they were found.
        hits.sort_by_key(|(catalog, _)| *catalog);
        let of_one = hits.chunk_by(|a, b| a.0 == b.0);
        let found = of_one.map(|hits| (hits[0].0, Membership::of(hits.iter().map(|(_, member)| *member), digests)));
        found.filter(|(_, membership)| membership.is_member()).collect()
    }
}
