//! Patterns of a policy: `*` and `?` as Windows has them, without case, `/` and `\` the same.

/// A text with `*` (any characters, folders too) and `?` (one character).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<char>);

/// Whether a text holds wildcards.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn folded(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).map(|c| if c == '\\' { '/' } else { c }).collect()
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self(folded(text.trim_end_matches(['/', '\\'])))
    }

    /// The whole text fits.
    pub(super) fn matches(&self, text: &str) -> bool {
        fits(&self.0, &folded(text))
    }

    /// The folder, or one above it, fits.
    pub(super) fn matches_or_above(&self, folder: &str) -> bool {
        let folder = folded(folder);
        let ends = folder.iter().enumerate().filter(|(_, c)| **c == '/').map(|(at, _)| at);
        ends.chain([folder.len()]).any(|end| fits(&self.0, &folder[..end]))
    }
}

/// Goes back to the last `*` only: linear in practice, and never worse than the product of both lengths.
fn fits(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_case_and_slashes() {
        let cases = [
            ("bxvbd.inf", "BXVBD.INF", true),
            ("Broadcom*", "Broadcom Corporation", true),
            (r"PCI\VEN_14E4&DEV_16??", "PCI/ven_14e4&dev_1639", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*", "", true),
            ("?", "", false),
            ("", "", true),
            ("a", "ab", false),
        ];
        for (pattern, text, fits) in cases {
            assert_eq!(Pattern::new(pattern).matches(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_folder_covers_what_lies_below() {
        for (pattern, folder, fits) in [
            ("Lab/NIC", "lab/nic", true),
            ("Lab\\", "Lab/NIC/x64", true),
            ("Lab", "Laboratory/NIC", false),
            ("*/old", "Broadcom/old/x64", true),
            ("*/old", "Broadcom/older", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches_or_above(folder), fits, "{pattern} {folder}");
        }
    }

    #[test]
    fn hostile_patterns_end() {
        assert!(!Pattern::new(&"*a".repeat(200)).matches(&"a".repeat(199)));
    }
}
