//! How the runs went, as a line of blocks for each number.

use std::io::{self, Write};

use crate::analysis::trends::TrendPoint;
use crate::report::text::style::Style;

/// Runs that have room in a line.
const MOST: usize = 60;
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Writes the trends of the last runs, the oldest on the left; nothing for fewer than two runs.
///
/// # Errors
/// Those of the writer.
pub fn write(points: &[TrendPoint], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let points = &points[points.len().saturating_sub(MOST)..];
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
    if points.len() < 2 {
        return Ok(());
    }
    writeln!(out, "{}", style.bold(&format!("Trends, runs {} to {}", first.run, last.run)))?;
    let lines: [(&str, fn(&TrendPoint) -> Option<u64>); 4] = [
        ("errors", |p| Some(p.errors)),
        ("warnings", |p| Some(p.warnings)),
        ("notes", |p| Some(p.notes)),
        ("coverage", percent_covered),
    ];
    for (name, value) in lines {
        let values: Vec<Option<u64>> = points.iter().map(value).collect();
        let known: Vec<u64> = values.iter().copied().flatten().collect();
        let (Some(low), Some(high), Some(now)) = (known.iter().min(), known.iter().max(), known.last()) else {
            continue;
        };
        let unit = if name == "coverage" { " %" } else { "" };
        let range =
            if low == high { format!("always {low}{unit}") } else { format!("{low} to {high}{unit}, now {now}{unit}") };
        writeln!(out, "  {name:<9}{}  {}", sparkline(&values), style.dim(&range))?;
    }
    Ok(())
}

/// Adapters that every target runs, in percent.
pub fn percent_covered(point: &TrendPoint) -> Option<u64> {
    (point.covered? * 100).checked_div(point.adapters?)
}

/// One block for each value, from 0 to the highest; a blank where there is none.
pub fn sparkline(values: &[Option<u64>]) -> String {
    let highest = values.iter().copied().flatten().max().unwrap_or(0).max(1);
    let block = |value: u64| {
        let step = (u128::from(value) * 7).div_ceil(u128::from(highest));
        BLOCKS[usize::try_from(step).unwrap_or(7).min(7)]
    };
    values.iter().map(|value| value.map_or(' ', block)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_goes_from_nothing_to_the_highest() {
        for (values, expected) in [
            (&[][..], ""),
            (&[Some(0), Some(0)], "▁▁"),
            (&[Some(0), Some(1), Some(7)], "▁▂█"),
            (&[Some(1), None, Some(1000)], "▂ █"),
            (&[Some(u64::MAX), Some(0)], "█▁"),
        ] {
            assert_eq!(sparkline(values), expected, "{values:?}");
        }
    }

    #[test]
    fn trends_say_where_they_are_now() {
        let point =
            |run, errors, covered| TrendPoint { run, errors, covered, adapters: Some(4), ..TrendPoint::default() };
        let points = [point(1, 4, Some(1)), point(2, 0, Some(4)), point(3, 2, None)];
        let mut text = Vec::new();
        write(&points, Style::default(), &mut text).unwrap();
        insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r"
        Trends, runs 1 to 3
          errors   █▁▅  0 to 4, now 2
          warnings ▁▁▁  always 0
          notes    ▁▁▁  always 0
          coverage ▃█   25 to 100 %, now 100 %
        ");
        let mut text = Vec::new();
        write(&points[..1], Style::default(), &mut text).unwrap();
        assert!(text.is_empty(), "one run is no trend");
    }
}
