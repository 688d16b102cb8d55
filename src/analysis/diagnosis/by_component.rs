//! Which patterns are to be looked for in the records of a component.

use std::collections::HashMap;

use super::prefilter::Prefilter;

/// Components that are remembered. Somebody who writes another one in every record costs time, not memory.
const MOST_COMPONENTS: usize = 200;

/// Lists of indices by component; neighbouring records mostly have the same one.
#[derive(Debug, Default)]
pub(super) struct ByComponent {
    places: HashMap<String, usize>,
    lists: Vec<List>,
    last: usize,
}

#[derive(Debug)]
struct List {
    component: String,
    indices: Vec<usize>,
    prefilter: Prefilter,
}

impl ByComponent {
    /// The list of a component; empty where none of its patterns can be in the text. `make` makes it when the component is
    /// new: the indices, and the literal texts with which their patterns begin.
    pub(super) fn list<'t>(
        &mut self,
        component: &str,
        text: &str,
        make: impl FnOnce() -> (Vec<usize>, Vec<&'t str>),
    ) -> &[usize] {
        if self.lists.get(self.last).is_none_or(|list| list.component != component) {
            self.last = match self.places.get(component) {
                Some(place) => *place,
                None => self.add(component, make()),
            };
        }
        let list = self.lists.get(self.last).filter(|list| !list.indices.is_empty() && list.prefilter.may_be_in(text));
        list.map_or(&[], |list| &list.indices)
    }

    fn add(&mut self, component: &str, (indices, literals): (Vec<usize>, Vec<&str>)) -> usize {
        if self.lists.len() >= MOST_COMPONENTS {
            self.lists.clear();
            self.places.clear();
        }
        self.places.insert(component.to_owned(), self.lists.len());
        let prefilter = Prefilter::new(&literals);
        self.lists.push(List { component: component.to_owned(), indices, prefilter });
        self.lists.len() - 1
    }
}
