//! What the anchors of `inf-db/log-anchors.toml` say about a record.

use super::by_component::ByComponent;
use super::pattern::{Captures, Step};
use crate::facts::log::{LogFormat, Record};
use crate::inf_db::{AnchorKind, LogAnchors};

/// Looks for the anchors in the records of one log.
#[derive(Debug)]
pub(super) struct Anchors<'d> {
    all: Vec<Anchor<'d>>,
    by_component: ByComponent,
}

#[derive(Debug)]
struct Anchor<'d> {
    kind: AnchorKind,
    formats: &'d [String],
    step: Step<'d>,
}

impl<'d> Anchors<'d> {
    pub(super) fn new(anchors: &'d LogAnchors) -> Self {
        let all = anchors.all().iter().map(|anchor| Anchor {
            kind: anchor.kind,
            formats: &anchor.formats,
            step: Step::new(&anchor.components, &anchor.any, false),
        });
        Self { all: all.collect(), by_component: ByComponent::default() }
    }

    /// Hands out what the record says, in the order of the table.
    pub(super) fn read(&mut self, format: LogFormat, record: &Record<'_>, mut take: impl FnMut(AnchorKind, &Captures)) {
        let all = &self.all;
        let takes = |anchor: &Anchor<'_>| {
            anchor.formats.iter().any(|name| name == format.name()) && anchor.step.takes_component(record.component)
        };
        let make = || {
            let indices: Vec<usize> = (0..all.len()).filter(|i| all.get(*i).is_some_and(takes)).collect();
            let literals = indices.iter().filter_map(|i| all.get(*i)).flat_map(|anchor| anchor.step.literals());
            (indices.clone(), literals.collect())
        };
        let none = Captures::new();
        for index in self.by_component.list(record.component, record.text, make) {
            let Some(anchor) = self.all.get(*index) else { continue };
            if let Some(captures) = anchor.step.meets(record.component, record.text, &[], &none) {
                take(anchor.kind, &captures);
            }
        }
    }
}
