//! Who is told, and when. A notice that does not arrive is said and counted, and changes nothing else.

use super::config::{Mail, Settings, When};
use super::judged::Judged;
use super::{mail, outputs, webhook};
use crate::cli::args::Format;
use crate::cli::complain;
use crate::facts::utc;
use crate::report::notice::{self, Notice};
use crate::report::since::{Since, Summary};
use crate::report::text::style::Style;

/// A run that somebody may be told of.
pub(super) struct Told<'a> {
    pub(super) settings: &'a Settings,
    pub(super) judged: &'a Judged,
    pub(super) section: &'a Since<'a>,
    pub(super) exit_code: u8,
    /// Seconds since 1970-01-01 00:00 UTC.
    pub(super) now: u64,
}

impl Told<'_> {
    fn is_due(&self, when: When) -> bool {
        match when {
            When::Always => true,
            When::Failure => self.exit_code != 0,
            When::New => match self.section.last() {
                None => self.section.no_history || !self.section.missing.is_empty(),
                Some(last) => {
                    let changes = &last.changes;
                    changes.newly_counting().next().is_some()
                        || changes.images.iter().any(|i| i.fit.before != i.fit.after)
                        || !changes.inputs.missing.is_empty()
                }
            },
        }
    }

    /// The body of the webhook, where one is due.
    pub(super) fn body(&self) -> Option<Vec<u8>> {
        self.settings.webhook.as_ref().filter(|w| self.is_due(w.when))?;
        let mut body = Vec::new();
        Notice::of(self.section, &self.judged.snapshot, self.exit_code).write(&mut body).ok()?;
        Some(body)
    }

    /// The message, where one is due.
    pub(super) fn message(&self) -> Option<Vec<u8>> {
        let to = self.settings.mail.as_ref().filter(|m| self.is_due(m.when))?;
        self.mime(to).ok()
    }

    fn mime(&self, to: &Mail) -> std::io::Result<Vec<u8>> {
        let summary = Summary::of(self.section);
        let mut page = Vec::new();
        outputs::write(self.judged, self.section, Format::Html, &mut page)?;
        let mut text = Vec::new();
        crate::report::since::text::write(self.section, Style::default(), &mut text)?;
        let mut text = String::from_utf8_lossy(&text).into_owned();
        if page.len() > notice::mail::MOST_ATTACHED {
            text.push_str("The page is too large for a mail; it lies where the configuration puts it.\n");
        }
        let name = format!("wimspect-run-{}.html", self.section.run.run);
        let mail = notice::mail::Mail {
            from: &to.from,
            to: &to.to,
            subject: &format!("{}: {}", self.section.title, summary.headline),
            date: &utc::mail_date(self.now),
            text: &text,
            page: Some((&name, &page)),
        };
        let mut message = Vec::new();
        notice::mail::write(&mail, &mut message)?;
        Ok(message)
    }

    /// Tells them; what failed is said. Kind, and whether it failed.
    pub(super) fn tell(&self) -> Vec<(&'static str, bool)> {
        let mut told = Vec::new();
        if let (Some(webhook), Some(body)) = (&self.settings.webhook, self.body()) {
            let sent = webhook::send(webhook, &body);
            if let Err(why) = &sent {
                complain(&format!("[webhook]: {} was not told: {why}", webhook.shown()));
            }
            told.push(("webhook", sent.is_err()));
        }
        if let (Some(mail), Some(message)) = (&self.settings.mail, self.message()) {
            let sent = mail::send(mail, &message);
            if let Err(why) = &sent {
                complain(&format!("[mail]: not sent: {why}"));
            }
            told.push(("mail", sent.is_err()));
        }
        told
    }
}
