//! What `explain` shows of logs: an article, one of its signatures, a code.

use std::io::{self, Write};

use serde::Serialize;

use super::{items, json_line, paragraph};
use crate::facts::error_code::ErrorCode;
use crate::inf_db::{CodeKind, ErrorCodeRow, InfDb, LogSignature, SignatureTopic};
use crate::report::text::style::Style;

/// An article with all its signatures.
pub(super) fn show_topic(topic: &SignatureTopic, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", style.bold(&topic.id))?;
    style.wrapped(out, "  ", &topic.title)?;
    article(topic, style, out)?;
    let signatures: Vec<String> = topic
        .signature
        .iter()
        .map(|s| format!("{} ({}): {}, in {}", s.id, s.role.name(), s.title, s.seen_in))
        .collect();
    items(style, out, "Signatures", &signatures)
}

fn article(topic: &SignatureTopic, style: Style, out: &mut dyn Write) -> io::Result<()> {
    paragraph(style, out, "Why it happens", &topic.cause)?;
    let texts = |list: &[crate::inf_db::TopicCondition]| list.iter().map(|c| c.text.clone()).collect::<Vec<_>>();
    items(style, out, "What belongs to it", &texts(&topic.needs))?;
    items(style, out, "What speaks against it", &texts(&topic.against))?;
    let todo: Vec<String> = topic.resolution.iter().map(|r| r.text.clone()).collect();
    items(style, out, "What to do", &todo)?;
    items(style, out, "References", &topic.references)
}

/// One signature and its article.
pub(super) fn show_signature(
    (topic, signature): (&SignatureTopic, &LogSignature),
    db: &InfDb,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{} ({})", style.bold(&signature.id), signature.role.name())?;
    style.wrapped(out, "  ", &signature.title)?;
    paragraph(style, out, "Where to look", &signature.seen_in)?;
    let steps: Vec<String> = signature
        .step
        .iter()
        .map(|step| {
            let who =
                if step.components.is_empty() { String::new() } else { format!(" ({})", step.components.join(", ")) };
            format!("{}{who}", step.any.join(" | "))
        })
        .collect();
    items(style, out, "Lines, in this order", &steps)?;
    let codes: Vec<String> = signature.codes.iter().map(|code| db.error_codes().name(*code, true)).collect();
    items(style, out, "Codes", &codes)?;
    items(style, out, "What it is not", &signature.not)?;
    items(style, out, "Follows from", &signature.follows)?;
    paragraph(style, out, "Article", &format!("{}: {}", topic.id, topic.title))?;
    article(topic, style, out)
}

/// The same as JSON.
pub(super) fn signature_json(
    (topic, signature): (&SignatureTopic, &LogSignature),
    out: &mut dyn Write,
) -> io::Result<()> {
    #[derive(Serialize)]
    struct Shown<'a> {
        topic: &'a str,
        signature: &'a LogSignature,
    }
    json_line(&Shown { topic: &topic.id, signature }, out)
}

/// A code with all its meanings, and the signatures that have it.
#[derive(Serialize)]
pub(super) struct ShownCode<'a> {
    hex: String,
    unsigned: u32,
    signed: i32,
    win32: Option<u32>,
    meanings: Vec<&'a ErrorCodeRow>,
    signatures: Vec<&'a str>,
}

impl<'a> ShownCode<'a> {
    pub(super) fn of(code: ErrorCode, db: &'a InfDb) -> Self {
        let has = |s: &&LogSignature| s.codes.contains(&code);
        let signatures = db.log_signatures().iter().map(|(_, signature)| signature).filter(has);
        Self {
            hex: code.to_string(),
            unsigned: code.0,
            signed: code.0.cast_signed(),
            win32: code.win32(),
            meanings: db.error_codes().meanings(code),
            signatures: signatures.map(|s| s.id.as_str()).collect(),
        }
    }

    pub(super) fn show(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", style.bold(&self.hex))?;
        let win32 = self.win32.map_or_else(String::new, |code| format!(", holds Win32 code {code}"));
        style.wrapped(out, "  ", &format!("decimal {}, signed {}{win32}", self.unsigned, self.signed))?;
        let meanings: Vec<String> = self
            .meanings
            .iter()
            .map(|row| {
                let where_from = match row.kind {
                    CodeKind::Configmgr => "in logs of ConfigMgr: ",
                    CodeKind::Wpeinit => "in wpeinit.log: ",
                    CodeKind::Win32 | CodeKind::Hresult | CodeKind::Ntstatus => "",
                };
                let symbol = row.symbol.as_ref().map_or_else(String::new, |s| format!("{s}: "));
                format!("{where_from}{symbol}{} ({})", row.meaning, row.source)
            })
            .collect();
        if meanings.is_empty() {
            paragraph(style, out, "What it means", "not in the table (inf-db/error-codes.toml): unknown here")?;
        }
        items(style, out, "What it means", &meanings)?;
        let signatures: Vec<String> = self.signatures.iter().map(|id| format!("wimspect explain {id}")).collect();
        items(style, out, "Signatures with this code", &signatures)
    }
}
