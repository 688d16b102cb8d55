//! A mail: MIME with a text and, where it is not too large, the HTML report as an attachment. It is handed to `sendmail -t`, so
//! a line end in a header would be a header of its own: nothing foreign gets into one but as an encoded word (RFC 2047).

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use crate::report::html::markup::base64;
use crate::report::inert::harmless;

/// Bytes of an attachment: mail systems refuse messages of 10 MB and more, and base64 takes a third on top.
pub const MOST_ATTACHED: usize = 7_000_000;
/// Bytes of text in one encoded word: RFC 2047 allows 75 characters with `=?UTF-8?B?` and `?=` around.
const WORD: usize = 45;
/// Characters of a subject.
const MOST_SUBJECT: usize = 160;

/// What is sent.
#[derive(Debug)]
pub struct Mail<'a> {
    /// Sender; checked by the configuration.
    pub from: &'a str,
    /// Receivers; checked by the configuration.
    pub to: &'a [String],
    /// Subject, of any origin.
    pub subject: &'a str,
    /// When, in the form of RFC 5322.
    pub date: &'a str,
    /// The text, of any origin.
    pub text: &'a str,
    /// The page: name of its file, and its bytes.
    pub page: Option<(&'a str, &'a [u8])>,
}

/// Writes the message, with line ends as this system's sendmail reads them.
///
/// # Errors
/// Those of the writer.
pub fn write(mail: &Mail<'_>, out: &mut dyn Write) -> io::Result<()> {
    // Made from the content: the same mail twice is the same bytes, and no text holds it by chance.
    let digest = Sha256::new().chain_update(mail.text).chain_update(mail.page.map_or(&[][..], |(_, b)| b)).finalize();
    let boundary: String = digest.iter().take(12).map(|b| format!("{b:02x}")).collect();
    writeln!(out, "From: {}", one_line(mail.from))?;
    writeln!(out, "To: {}", mail.to.iter().map(|a| one_line(a)).collect::<Vec<_>>().join(",\n "))?;
    writeln!(out, "Subject: {}", header_text(mail.subject))?;
    writeln!(out, "Date: {}", one_line(mail.date))?;
    // RFC 3834: nobody's out-of-office answers a report.
    writeln!(out, "Auto-Submitted: auto-generated")?;
    writeln!(out, "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_{boundary}\"\n")?;
    writeln!(out, "--=_{boundary}\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n")?;
    encoded(mail.text.as_bytes(), out)?;
    if let Some((name, page)) = mail.page.filter(|(_, page)| page.len() <= MOST_ATTACHED) {
        let name = file_name(name);
        writeln!(out, "--=_{boundary}\nContent-Type: text/html; charset=utf-8; name=\"{name}\"")?;
        writeln!(out, "Content-Disposition: attachment; filename=\"{name}\"\nContent-Transfer-Encoding: base64\n")?;
        encoded(page, out)?;
    }
    writeln!(out, "--=_{boundary}--")
}

/// Base64 in lines of 76 characters.
fn encoded(bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    for line in bytes.chunks(57) {
        writeln!(out, "{}", base64(line))?;
    }
    Ok(())
}

fn one_line(text: &str) -> String {
    harmless(text)
}

/// Unstructured text of a header: as it is where it is short and plain, else in encoded words.
fn header_text(text: &str) -> String {
    let text: String = harmless(text).chars().take(MOST_SUBJECT).collect();
    let is_plain = text.bytes().all(|b| (b' '..=b'~').contains(&b)) && !text.contains("=?") && text.len() <= 60;
    if is_plain {
        return text;
    }
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        // A character never stands in two words.
        if word.len() + c.len_utf8() > WORD {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    words.iter().map(|w| format!("=?UTF-8?B?{}?=", base64(w.as_bytes()))).collect::<Vec<_>>().join("\n ")
}

/// The name of the attachment: plain letters of a name, whatever the file is called.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    name.chars().map(plain).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str, text: &str, page: Option<(&str, &[u8])>) -> String {
        let to = ["a@example.com".to_owned(), "b@example.com".to_owned()];
        let mail =
            Mail { from: "w@example.com", to: &to, subject, date: "Sat, 28 Nov 2026 02:00:00 +0000", text, page };
        let mut out = Vec::new();
        write(&mail, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_text_becomes_a_header() {
        let subject = "2 new errors in a\r\nBcc: evil@example.com\n\nbody";
        let message = message(subject, "x\n.\ny", Some(("a\"\r\nX: y.html", b"<html>")));
        let (head, body) = message.split_once("\n\n").unwrap();
        let names: Vec<&str> =
            head.lines().filter(|l| !l.starts_with(' ')).map(|l| l.split(':').next().unwrap()).collect();
        assert_eq!(names, ["From", "To", "Subject", "Date", "Auto-Submitted", "MIME-Version", "Content-Type"]);
        assert!(!body.contains("Bcc") && !body.lines().any(|l| l == "."), "{body}");
        assert!(body.contains("filename=\"a___X__y.html\""), "{body}");
    }

    #[test]
    fn a_subject_that_is_not_plain_is_encoded_in_words_that_are_short_enough() {
        assert_eq!(header_text("2 new errors"), "2 new errors");
        assert_eq!(header_text("Prüfung"), "=?UTF-8?B?UHLDvGZ1bmc=?=");
        for text in ["ä".repeat(200), "=?UTF-8?Q?x?=".to_owned(), "x".repeat(100)] {
            let header = header_text(&text);
            assert!(
                header.lines().all(|l| l.trim_start().len() <= 75 && l.trim_start().starts_with("=?UTF-8?B?")),
                "{header}"
            );
        }
    }

    #[test]
    fn a_page_that_no_mail_system_takes_is_left_out() {
        let page = vec![b'x'; MOST_ATTACHED + 1];
        assert!(!message("s", "t", Some(("p.html", &page))).contains("p.html"));
        let fits = message("s", "t", Some(("p.html", b"page")));
        assert!(fits.contains("\ncGFnZQ==\n") && fits.lines().all(|l| l.len() <= 100), "{fits}");
    }
}
