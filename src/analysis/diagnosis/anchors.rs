//! What the anchors of `inf-db/log-anchors.toml` say about a record.

use super::pattern::{Names, Step};
use crate::facts::log::LogFormat;
use crate::inf_db::{AnchorKind, LogAnchors};

/// What a record says by one of the anchors.
pub(super) type Said<'d> = (AnchorKind, Names<'d>);

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

    /// One of them names this component.
    pub(super) fn names(&self, component: &str) -> bool {
        self.all.iter().any(|anchor| anchor.step.names_component(component))
    }

    /// What the patterns begin with of those that take records of a component, each with the indices of anchor and pattern.
    pub(super) fn literals(&self, format: LogFormat, component: &str) -> impl Iterator<Item = (usize, usize, &'d str)> {
        let takes = move |anchor: &Anchor<'_>| {
            anchor.formats.iter().any(|name| name == format.name()) && anchor.step.takes_component(component)
        };
        let taking = self.all.iter().enumerate().filter(move |(_, anchor)| takes(anchor));
        taking.flat_map(|(index, anchor)| {
            anchor.step.literals().enumerate().map(move |(pattern, literal)| (index, pattern, literal))
        })
    }

    /// What a text says by an anchor, of which it holds the beginning of a pattern at this place.
    pub(super) fn says(&self, index: usize, pattern: usize, text: &str, at: usize) -> Option<Said<'d>> {
        let anchor = self.all.get(index)?;
        Some((anchor.kind, anchor.step.meets_at(pattern, text, at, &[])?))
    }
}
