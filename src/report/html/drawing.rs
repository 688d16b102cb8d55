//! One topology as inline SVG: a tree from the adapter down to the miniport. The lines that it says in pictures stand in its
//! description, too.

use std::collections::BTreeSet;
use std::io;

use super::context::Context;
use super::markup::{Html, clip};
use crate::analysis::classify::link::Link;
use crate::analysis::classify::topology::{Tier, Topology};
use crate::analysis::evidence::Confidence;
use crate::analysis::world::DriverIndex;

/// Children and siblings that are drawn of one parent.
const MOST_CHILDREN: usize = 8;
/// Tiers that are indented; a chain of drivers has no more in practice, and its length is an input's.
const DEEPEST: u32 = 4;
/// Rows of one drawing.
const MOST_ROWS: usize = 40;

/// Width of a drawing in its own units.
const WIDTH: u32 = 350;
const INDENT: u32 = 24;
const BOX: u32 = 52;
const GAP: u32 = 30;

/// One box.
struct Row {
    class: &'static str,
    depth: u32,
    /// Row of the parent.
    parent: Option<usize>,
    /// What it is: `Bus driver`.
    label: String,
    /// Its name: an INF or an id.
    name: String,
    /// Version and date.
    note: String,
    /// What the line from the parent means.
    edge: String,
    dashed: bool,
}

/// A drawing.
pub(super) struct Drawing {
    rows: Vec<Row>,
    title: String,
}

impl Drawing {
    /// The drivers of a multi-tier topology.
    pub(super) fn of_topology(context: &Context<'_>, topology: &Topology) -> Self {
        let mut drawing = Self { rows: Vec::new(), title: "How these drivers hang together".to_owned() };
        match topology.root() {
            Some(root) => {
                drawing.push(adapter(topology.root_ids.iter().map(|i| i.as_str()), topology.root_ids.len()));
                let bus = drawing.push(Row {
                    parent: Some(0),
                    depth: 1,
                    edge: "claimed by".into(),
                    ..driver(context, root, "Bus driver", "bus")
                });
                let mut seen = BTreeSet::from([root]);
                drawing.children(context, topology, (root, bus), &mut seen);
                if topology.edges.is_empty() {
                    let missing = "no driver here for the devices that it makes";
                    drawing.push(gap(2, Some(bus), "Miniport missing", missing, "makes devices for nobody"));
                }
            }
            None => drawing.orphan(context, topology),
        }
        drawing
    }

    /// Monolithic drivers for the same adapters; `None` when there are none.
    pub(super) fn of_twins(context: &Context<'_>, ids: &BTreeSet<&str>, twins: &[DriverIndex]) -> Self {
        let mut drawing = Self { rows: Vec::new(), title: "Monolithic drivers for the same adapters".to_owned() };
        drawing.push(adapter(ids.iter().copied(), ids.len()));
        for twin in twins.iter().take(3) {
            let row = Row { parent: Some(0), depth: 1, ..driver(context, *twin, "Monolithic driver", "mono") };
            drawing.push(row);
        }
        if let Some(row) = drawing.rows.get_mut(1) {
            row.edge = "claimed by, nothing in between".to_owned();
        }
        if twins.len() > 3 {
            drawing.push(Row { parent: Some(0), ..more(twins.len() - 3, 1) });
        }
        drawing
    }

    fn push(&mut self, row: Row) -> usize {
        if self.rows.len() < MOST_ROWS {
            self.rows.push(row);
        }
        self.rows.len() - 1
    }

    fn children(
        &mut self,
        context: &Context<'_>,
        topology: &Topology,
        (parent, at): (DriverIndex, usize),
        seen: &mut BTreeSet<DriverIndex>,
    ) {
        let depth = self.rows[at].depth + 1;
        let mut drawn = 0;
        let mut left_out = 0;
        for (child, tier) in &topology.nodes {
            let links: Vec<&Link> = topology.edges.iter().filter(|e| e.parent == parent && e.child == *child).collect();
            if links.is_empty() || !seen.insert(*child) {
                continue;
            }
            if drawn == MOST_CHILDREN || self.rows.len() + 2 > MOST_ROWS {
                left_out += 1;
                continue;
            }
            drawn += 1;
            let (label, class) = match tier {
                Tier::Middle => ("Middle driver", "middle"),
                _ => ("Miniport", "leaf"),
            };
            let row = Row {
                parent: Some(at),
                depth,
                edge: edge_text(&links),
                dashed: links.iter().all(|l| l.confidence != Confidence::Proven),
                ..driver(context, *child, label, class)
            };
            let here = self.push(row);
            self.children(context, topology, (*child, here), seen);
        }
        let siblings = if depth == 2 { topology.siblings.as_slice() } else { &[] };
        for sibling in siblings.iter().take(MOST_CHILDREN) {
            let row = Row { parent: Some(at), depth, ..driver(context, *sibling, "Sibling, no network", "sibling") };
            self.push(row);
        }
        left_out += siblings.len().saturating_sub(MOST_CHILDREN);
        if left_out > 0 {
            self.push(Row { parent: Some(at), ..more(left_out, depth) });
        }
    }

    /// A miniport whose bus driver is not here.
    fn orphan(&mut self, context: &Context<'_>, topology: &Topology) {
        let Some((child, _)) = topology.nodes.first() else { return };
        let mut parent = None;
        for missing in topology.missing.iter().take(3) {
            let text = format!("no driver here makes {}\\", missing.enumerator);
            parent = Some(self.push(gap(0, None, "Bus driver missing", &text, "")));
        }
        let mut row = driver(context, *child, "Miniport", "leaf");
        row.parent = parent;
        row.depth = u32::from(parent.is_some());
        row.dashed = true;
        row.edge = "waits for its device".to_owned();
        self.push(row);
    }

    /// Top edge of each row, and the height of all.
    fn tops(&self) -> (Vec<u32>, u32) {
        let mut y = 2;
        let tops = self.rows.iter().map(|row| {
            y += if row.edge.is_empty() { 10 } else { GAP };
            let top = if row.parent.is_none() && y <= 2 + GAP { 2 } else { y };
            y = top + BOX;
            top
        });
        let tops: Vec<u32> = tops.collect();
        (tops, y + 2)
    }

    /// Writes `<svg>`.
    pub(super) fn write(&self, html: &mut Html<'_>) -> io::Result<()> {
        let (tops, height) = self.tops();
        html.raw("<svg class=\"drawing\" role=\"img\"")?;
        html.attr("viewBox", &format!("0 0 {WIDTH} {height}"))?;
        html.attr("width", &WIDTH.to_string())?;
        html.attr("height", &height.to_string())?;
        html.attr("aria-label", &format!("{}: {}", self.title, self.in_words()))?;
        html.raw(">")?;
        for (row, top) in self.rows.iter().zip(&tops) {
            if let Some(parent) = row.parent {
                line(row, (self.rows[parent].depth, tops[parent]), *top, html)?;
            }
        }
        for (row, top) in self.rows.iter().zip(&tops) {
            boxed(row, *top, html)?;
        }
        html.raw("</svg>")
    }

    /// The drawing as a sentence, for those who do not see it.
    fn in_words(&self) -> String {
        let words = self.rows.iter().map(|row| {
            let edge = if row.edge.is_empty() { String::new() } else { format!("{}, ", row.edge) };
            format!("{edge}{} {}", row.label, clip(&row.name, 120))
        });
        words.collect::<Vec<_>>().join("; ")
    }
}

fn left(depth: u32) -> u32 {
    2 + depth.min(DEEPEST) * INDENT
}

fn adapter<'a>(mut ids: impl Iterator<Item = &'a str>, count: usize) -> Row {
    let first = ids.next().unwrap_or("not known");
    let note = if count > 1 { format!("and {} more", count - 1) } else { String::new() };
    Row {
        class: "adapter",
        depth: 0,
        parent: None,
        label: "Adapter".to_owned(),
        name: first.to_owned(),
        note,
        edge: String::new(),
        dashed: false,
    }
}

fn driver(context: &Context<'_>, index: DriverIndex, label: &str, class: &'static str) -> Row {
    let driver = &context.analysis().world.drivers[index];
    let note = driver.package.version.driver_ver.as_ref().map_or_else(String::new, |v| {
        format!("{}  {}", v.value.date, v.value.version.map(|p| p.to_string()).join("."))
    });
    Row {
        class,
        depth: 0,
        parent: None,
        label: label.to_owned(),
        name: driver.inf.clone(),
        note,
        edge: String::new(),
        dashed: false,
    }
}

fn gap(depth: u32, parent: Option<usize>, label: &str, name: &str, edge: &str) -> Row {
    Row {
        class: "gap",
        depth,
        parent,
        label: label.to_owned(),
        name: name.to_owned(),
        note: String::new(),
        edge: edge.to_owned(),
        dashed: true,
    }
}

fn more(count: usize, depth: u32) -> Row {
    Row { label: format!("{count} more"), name: "see the table of drivers".to_owned(), ..gap(depth, None, "", "", "") }
}

/// `makes B06BDRV\ (proven)`.
fn edge_text(links: &[&Link]) -> String {
    let names: Vec<String> = links.iter().take(2).map(|l| format!("{}\\", l.enumerator)).collect();
    let more = if links.len() > 2 { format!(" and {} more", links.len() - 2) } else { String::new() };
    let sure = links.iter().map(|l| l.confidence).max().map_or("", Confidence::name);
    let names = names.join(", ");
    // A GUID leaves no room for the verb.
    let verb = if names.chars().count() > 30 { "" } else { "makes " };
    format!("{verb}{names}{more} ({sure})")
}

fn line(row: &Row, (parent_depth, parent_top): (u32, u32), top: u32, html: &mut Html<'_>) -> io::Result<()> {
    let (from, to) = (left(parent_depth) + 13, left(row.depth));
    let start = parent_top + BOX;
    let path = if to > from {
        format!("M{from} {start}V{}a6 6 0 0 0 6 6H{to}", top + BOX / 2 - 6)
    } else {
        format!("M{from} {start}V{top}")
    };
    html.raw("<path")?;
    html.attr("class", if row.dashed { "edge dashed" } else { "edge" })?;
    html.attr("d", &path)?;
    html.raw("/>")?;
    if !row.edge.is_empty() {
        let x = from + 8;
        // Characters that fit: a GUID does in the smaller type only.
        let room = (WIDTH - x) as usize * 10 / 62;
        let long = row.edge.chars().count() > 42;
        html.raw("<text")?;
        html.attr("class", if long { "edge-text long" } else { "edge-text" })?;
        html.attr("x", &x.to_string())?;
        html.attr("y", &(top - 10).to_string())?;
        html.raw(">")?;
        html.text(&clip(&row.edge, room))?;
        html.raw("</text>")?;
    }
    Ok(())
}

fn boxed(row: &Row, top: u32, html: &mut Html<'_>) -> io::Result<()> {
    let x = left(row.depth);
    let width = WIDTH - x - 2;
    let room = (width as usize - 28) * 10 / 80;
    html.raw("<g")?;
    html.attr("class", &format!("node {}", row.class))?;
    html.raw("><rect")?;
    for (name, value) in [("x", x), ("y", top), ("width", width), ("height", BOX), ("rx", 8)] {
        html.attr(name, &value.to_string())?;
    }
    html.raw("/>")?;
    let texts = [("label", top + 18, &row.label), ("name", top + 38, &row.name)];
    for (class, y, text) in texts {
        html.raw("<text")?;
        html.attr("class", class)?;
        html.attr("x", &(x + 14).to_string())?;
        html.attr("y", &y.to_string())?;
        html.raw(">")?;
        html.text(&clip(text, room))?;
        html.raw("</text>")?;
    }
    if !row.note.is_empty() {
        html.raw("<text class=\"note\" text-anchor=\"end\"")?;
        html.attr("x", &(x + width - 12).to_string())?;
        html.attr("y", &(top + 18).to_string())?;
        html.raw(">")?;
        html.text(&clip(&row.note, 30))?;
        html.raw("</text>")?;
    }
    html.raw("</g>")
}
