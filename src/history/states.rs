//! The rows of each kind of state.

use rusqlite::types::Value;

use super::error::Trouble;
use super::kept::{Columns, Kept, json};
use crate::analysis::evidence::Confidence;
use crate::analysis::finding::Severity;
use crate::analysis::snapshot::{
    FindingState, ImageDriverState, ImageState, InputState, PackageState, ReadState, SuppressedState,
};

fn text(text: &str) -> Value {
    Value::from(text.to_owned())
}

fn maybe(text: Option<&String>) -> Value {
    Value::from(text.cloned())
}

impl Kept for InputState {
    const TABLE: &'static str = "input";
    const COLUMNS: &'static str = "kind, path, name, missing, unread";

    fn values(&self) -> Result<Vec<Value>, Trouble> {
        let missing = match &self.state {
            ReadState::Read => None,
            ReadState::Missing(why) | ReadState::Earlier(why) => Some(why),
        };
        Ok(vec![text(&self.kind), text(&self.path), text(&self.name), maybe(missing), json(&self.unread)?])
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            kind: columns.next()?,
            path: columns.next()?,
            name: columns.next()?,
            state: columns.next::<Option<String>>()?.map_or(ReadState::Read, ReadState::Missing),
            unread: columns.json()?,
        })
    }
}

impl Kept for PackageState {
    const TABLE: &'static str = "package";
    const COLUMNS: &'static str = "share, path, driver, inf, class, provider, date, version";

    fn values(&self) -> Result<Vec<Value>, Trouble> {
        Ok(vec![
            text(&self.share),
            text(&self.path),
            text(&self.driver),
            text(&self.inf),
            maybe(self.class.as_ref()),
            maybe(self.provider.as_ref()),
            maybe(self.date.as_ref()),
            maybe(self.version.as_ref()),
        ])
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            share: columns.next()?,
            path: columns.next()?,
            driver: columns.next()?,
            inf: columns.next()?,
            class: columns.next()?,
            provider: columns.next()?,
            date: columns.next()?,
            version: columns.next()?,
        })
    }
}

/// Its drivers have a table of their own.
impl Kept for ImageState {
    const TABLE: &'static str = "image";
    const COLUMNS: &'static str =
        "file, image_index, name, os_version, arch, winpe, kind, fit, guid, sha256, components, unread";

    fn values(&self) -> Result<Vec<Value>, Trouble> {
        Ok(vec![
            text(&self.file),
            Value::from(self.index),
            maybe(self.name.as_ref()),
            maybe(self.os_version.as_ref()),
            maybe(self.arch.as_ref()),
            maybe(self.release.as_ref()),
            text(&self.kind),
            Value::from(self.fit),
            maybe(self.guid.as_ref()),
            maybe(self.sha256.as_ref()),
            json(&self.components)?,
            json(&self.unread)?,
        ])
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            file: columns.next()?,
            index: columns.next()?,
            name: columns.next()?,
            os_version: columns.next()?,
            arch: columns.next()?,
            release: columns.next()?,
            kind: columns.next()?,
            fit: columns.next()?,
            guid: columns.next()?,
            sha256: columns.next()?,
            components: columns.json()?,
            unread: columns.json()?,
            drivers: Vec::new(),
        })
    }
}

/// A driver with the image that it lies in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DriverOfImage {
    /// The boot file.
    pub(super) file: String,
    /// Index of the image in it.
    pub(super) index: u32,
    /// The driver.
    pub(super) driver: ImageDriverState,
}

impl Kept for DriverOfImage {
    const TABLE: &'static str = "image_driver";
    const COLUMNS: &'static str =
        "file, image_index, inf, origin, driver, published_name, class, provider, date, version, path";

    fn values(&self) -> Result<Vec<Value>, Trouble> {
        let driver = &self.driver;
        Ok(vec![
            text(&self.file),
            Value::from(self.index),
            text(&driver.inf),
            text(&driver.origin),
            text(&driver.driver),
            maybe(driver.published_name.as_ref()),
            maybe(driver.class.as_ref()),
            maybe(driver.provider.as_ref()),
            maybe(driver.date.as_ref()),
            maybe(driver.version.as_ref()),
            text(&driver.path),
        ])
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            file: columns.next()?,
            index: columns.next()?,
            driver: ImageDriverState {
                inf: columns.next()?,
                origin: columns.next()?,
                driver: columns.next()?,
                published_name: columns.next()?,
                class: columns.next()?,
                provider: columns.next()?,
                date: columns.next()?,
                version: columns.next()?,
                path: columns.next()?,
            },
        })
    }
}

impl Kept for FindingState {
    const TABLE: &'static str = "finding";
    const COLUMNS: &'static str =
        "fingerprint, rule, severity, confidence, message, path, line, targets, suppressed, known, inputs";

    fn values(&self) -> Result<Vec<Value>, Trouble> {
        Ok(vec![
            text(&self.fingerprint),
            text(&self.rule),
            text(self.severity.name()),
            text(self.confidence.name()),
            text(&self.message),
            text(&self.path),
            Value::from(self.line),
            json(&self.targets)?,
            self.suppressed.as_ref().map_or(Ok(Value::Null), json)?,
            Value::from(self.known),
            json(&self.inputs)?,
        ])
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            fingerprint: columns.next()?,
            rule: columns.next()?,
            severity: severity(&columns.next::<String>()?)?,
            confidence: confidence(&columns.next::<String>()?)?,
            message: columns.next()?,
            path: columns.next()?,
            line: columns.next()?,
            targets: columns.json()?,
            suppressed: columns.next::<Option<String>>()?.as_deref().map(suppressed).transpose()?,
            known: columns.next()?,
            inputs: columns.json()?,
        })
    }
}

fn severity(word: &str) -> Result<Severity, Trouble> {
    Severity::from_name(word).ok_or_else(|| Trouble::column(format!("severity {word}")))
}

fn confidence(word: &str) -> Result<Confidence, Trouble> {
    let all = [Confidence::Guess, Confidence::Likely, Confidence::Proven];
    all.into_iter().find(|c| c.name() == word).ok_or_else(|| Trouble::column(format!("confidence {word}")))
}

fn suppressed(text: &str) -> Result<SuppressedState, Trouble> {
    serde_json::from_str(text).map_err(Trouble::column)
}
