//! Foreign text in Markdown: it stays text, whatever it looks like.

use crate::report::inert::clipped;

/// Characters of one text.
const MOST: usize = 600;

/// Text in a paragraph, a list or a table cell. Nothing in it is markup, HTML, a link, a mention or a reference.
pub(in crate::report) fn text(text: &str) -> String {
    let text = clipped(text.trim(), MOST);
    let mut escaped = String::with_capacity(text.len() + 16);
    if text.starts_with(['-', '+', '=', '~']) {
        escaped.push('\\');
    }
    each(&text, &mut escaped, true);
    escaped
}

/// Text in HTML, where Markdown is not read.
pub(in crate::report) fn html(text: &str) -> String {
    let text = clipped(text.trim(), MOST);
    let mut escaped = String::with_capacity(text.len() + 16);
    each(&text, &mut escaped, false);
    escaped
}

fn each(text: &str, escaped: &mut String, markdown: bool) {
    let mut before = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Forges make mentions, references and addresses into links after Markdown was read, entities or not: only
            // an element between stops them.
            '@' if next.is_some_and(char::is_alphanumeric) => escaped.push_str("<span>@</span>"),
            '#' if next.is_some_and(|c| c.is_ascii_digit()) => escaped.push_str("<span>#</span>"),
            ':' if next == Some('/') => escaped.push_str("<span>:</span>"),
            '.' if text[..at].to_ascii_lowercase().ends_with("www") => escaped.push_str("<span>.</span>"),
            // Between words it is no emphasis, and file names are full of it.
            '_' if before.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric) => {
                escaped.push('_');
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' if markdown => {
                escaped.push('\\');
                escaped.push(c);
            }
            '"' if !markdown => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
        before = Some(c);
    }
}

/// Text as code, also in a table cell: ids and paths, in which `&`, `_` and `\` are common.
pub(in crate::report) fn code(text: &str) -> String {
    let text = clipped(text, MOST);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A table ends its cell at a pipe even in code.
    let inner = text.replace('|', "\\|");
    if inner.trim().is_empty() {
        return String::new();
    }
    let blank = if inner.starts_with('`') || inner.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{inner}{blank}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        for (given, expected) in [
            ("fx_mono.inf", "fx_mono.inf"),
            ("_x_ *y*", "\\_x\\_ \\*y\\*"),
            ("<script>&", "&lt;script&gt;&amp;"),
            ("[x](https://e.com)", "\\[x\\](https<span>:</span>//e.com)"),
            ("@user #12 # a | b", "<span>@</span>user <span>#</span>12 \\# a \\| b"),
            ("www.x.y", "www<span>.</span>x.y"),
            ("- x", "\\- x"),
            ("`a`", "\\`a\\`"),
            ("PCI\\VEN_1", "PCI\\\\VEN_1"),
        ] {
            assert_eq!(text(given), expected, "{given}");
        }
    }

    #[test]
    fn code_holds_backticks_and_pipes() {
        for (given, expected) in [
            ("a", "`a`"),
            ("a|b", "`a\\|b`"),
            ("a``b", "```a``b```"),
            ("`", "`` ` ``"),
            ("", ""),
            ("a\nb", "`a\u{fffd}b`"),
        ] {
            assert_eq!(code(given), expected, "{given}");
        }
    }
}
