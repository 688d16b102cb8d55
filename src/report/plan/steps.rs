//! The steps of solution 4 in the task sequence, in both variants.

use std::fmt::Write as _;

use super::{ImageFiles, windows_text};
use crate::inf_db::StepVariant;

/// Columns of the text.
const WIDTH: usize = 110;

/// Writes them.
pub(super) fn write(image: &ImageFiles<'_>) -> Vec<u8> {
    let mut text = String::from("The NIC driver in the offlineServicing pass (R4): the steps of the task sequence\n\n");
    let facts = image.report.db.remedies().answer_file();
    paragraph(&mut text, "", &format!("For {}. Source: {}.", image.title(), facts.source));
    let archs: Vec<String> = facts.archs.iter().map(|a| format!("answer-file/{a}/unattend.xml")).collect();
    let before = [
        format!(
            "Package (no program) with the answer file of the architecture that is deployed: {}.",
            archs.join(" or ")
        ),
        "Driver package A: the INF files of package-a.txt, only the NIC.".to_owned(),
        "Driver package B: the INF files of package-b.txt, the rest. No driver of package A may be in it.".to_owned(),
        "Distribute all three to the distribution points.".to_owned(),
    ];
    text.push_str("\nBefore:\n");
    for (number, line) in before.iter().enumerate() {
        paragraph(&mut text, &format!("  {}. ", number + 1), line);
    }
    for (variant, title) in [
        (StepVariant::TwoPackages, "Variant 1: two driver packages"),
        (StepVariant::TwoCategories, "Variant 2: two Auto Apply Drivers steps with categories"),
    ] {
        let _ = write!(text, "\n{title}\n\n");
        for (number, step) in image.report.db.remedies().steps(variant).enumerate() {
            let head = format!("  {:>2}. {:<7} ", number + 1, step.action.name());
            let kind = if step.step == step.name { String::new() } else { format!(" ({})", step.step) };
            paragraph(&mut text, &head, &format!("{}{kind}", step.name));
            let indent = " ".repeat(head.len());
            if let Some(command) = &step.command {
                // As it is typed: never wrapped.
                let _ = writeln!(text, "{indent}Command line: {command}");
            }
            if let Some(note) = &step.note {
                paragraph(&mut text, &indent, note);
            }
        }
    }
    text.push_str("\nAfterwards: wimspect plan --check unattend.xml --check TASKSEQUENCE.xml --arch amd64\n(or x86: the architecture of the Windows that is deployed)\n");
    windows_text(&text, true)
}

/// Wraps a paragraph; the lines after the first one are indented as far.
fn paragraph(text: &mut String, first: &str, words: &str) {
    let mut line = first.to_owned();
    let indent = " ".repeat(first.chars().count());
    let mut empty = true;
    for word in words.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line.clone_from(&indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    let _ = writeln!(text, "{line}");
}
