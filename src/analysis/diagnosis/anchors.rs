//! What the anchors of `inf-db/log-anchors.toml` say about a record.

use smallvec::SmallVec;

use super::pattern::{Names, Step};
use crate::facts::log::{LogFormat, Record};
use crate::inf_db::{AnchorKind, LogAnchors};

/// What a record says, in the order of the anchors.
pub(super) type Said<'d, 't> = SmallVec<[(AnchorKind, Names<'d, 't>); 2]>;

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

    /// What the record says by the anchors (and patterns) of which it holds a beginning at these places: by each the first that
    /// fits.
    pub(super) fn read<'t>(
        &self,
        places: impl Iterator<Item = (usize, usize, usize)>,
        record: &Record<'t>,
    ) -> Said<'d, 't> {
        let (mut said, mut last) = (Said::new(), None);
        for (index, pattern, at) in places {
            if last != Some(index)
                && let Some(anchor) = self.all.get(index)
                && let Some(names) = anchor.step.meets_at(pattern, record.text, at)
            {
                said.push((anchor.kind, names));
                last = Some(index);
            }
        }
        said
    }
}
