//! What the anchors of `inf-db/log-anchors.toml` say about a record.

use super::pattern::{Captures, Names, Step};
use crate::facts::log::{LogFormat, Record};
use crate::inf_db::{AnchorKind, LogAnchors};

/// Looks for the anchors in the records of one log.
#[derive(Debug)]
pub(super) struct Anchors<'d> {
    all: Vec<Anchor<'d>>,
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
        Self { all: all.collect() }
    }

    /// The anchor of this index begins a session.
    pub(super) fn begins_session(&self, index: usize) -> bool {
        self.all.get(index).is_some_and(|anchor| anchor.kind == AnchorKind::SessionStart)
    }

    /// One of them names this component.
    pub(super) fn names(&self, component: &str) -> bool {
        self.all.iter().any(|anchor| anchor.step.names_component(component))
    }

    /// What the patterns begin with of those that take records of a component, each with the anchor's index.
    pub(super) fn literals(&self, format: LogFormat, component: &str) -> impl Iterator<Item = (usize, &'d str)> {
        let takes = move |anchor: &Anchor<'_>| {
            anchor.formats.iter().any(|name| name == format.name()) && anchor.step.takes_component(component)
        };
        let taking = self.all.iter().enumerate().filter(move |(_, anchor)| takes(anchor));
        taking.flat_map(|(index, anchor)| anchor.step.literals().map(move |literal| (index, literal)))
    }

    /// What the record says by these anchors, in their order.
    pub(super) fn read<'t>(
        &self,
        indices: impl Iterator<Item = usize>,
        record: &Record<'t>,
    ) -> Vec<(AnchorKind, Names<'d, 't>)> {
        let none = Captures::new();
        let anchors = indices.filter_map(|index| self.all.get(index));
        let meets = |anchor: &Anchor<'d>| anchor.step.meets(record.component, record.text, &[], &none);
        anchors.filter_map(|anchor| Some((anchor.kind, meets(anchor)?))).collect()
    }
}
