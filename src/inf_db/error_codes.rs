//! Names of error codes (`error-codes.toml`).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::source::SourceConfidence;
use super::text::prose;
use crate::facts::error_code::ErrorCode;

/// Which set of numbers a code belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeKind {
    /// A Win32 code; also found wrapped into an HRESULT (`0x8007....`).
    Win32,
    /// An HRESULT.
    Hresult,
    /// An NTSTATUS.
    Ntstatus,
    /// An HRESULT with a meaning of ConfigMgr's own. What Windows calls the same number does not apply in its logs.
    Configmgr,
    /// A status that only wpeinit writes.
    Wpeinit,
}

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorCodeRow {
    /// The number, `0x` and eight digits.
    pub code: ErrorCode,
    /// Which set it belongs to.
    pub kind: CodeKind,
    /// `ERROR_FILE_NOT_FOUND`; missing where no public name exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// What it means.
    #[serde(deserialize_with = "prose")]
    pub meaning: String,
    /// Where the row comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
}

/// The table, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorCodes {
    error_code: Vec<ErrorCodeRow>,
}

impl ErrorCodes {
    /// Reads the table; a code that stands there twice in one set is a problem.
    pub(super) fn load(file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> Option<Self> {
        let table: Self = file.parse().map_err(|problem| problems.push(problem)).ok()?;
        let mut known = BTreeSet::new();
        for row in &table.error_code {
            if !known.insert((row.code, row.kind)) {
                problems.push(file.problem(None, format!("code {} is there twice", row.code)));
            }
        }
        Some(table)
    }

    /// Every row, in the order of the file.
    pub fn all(&self) -> &[ErrorCodeRow] {
        &self.error_code
    }

    /// Every meaning of a code, that of the Win32 code inside an HRESULT among them.
    pub fn meanings(&self, code: ErrorCode) -> Vec<&ErrorCodeRow> {
        let inner = code.win32().map(ErrorCode);
        let is = |row: &&ErrorCodeRow| row.code == code || (Some(row.code) == inner && row.kind == CodeKind::Win32);
        self.error_code.iter().filter(is).collect()
    }

    /// It went well, whether or not a restart is needed.
    pub fn is_success(&self, code: ErrorCode) -> bool {
        self.look_up(code, false).and_then(|row| row.symbol.as_deref()).is_some_and(|s| s.starts_with("ERROR_SUCCESS"))
    }

    /// The code in hex with what it is called in a log; `in_configmgr` as for [`look_up`](Self::look_up).
    pub fn name(&self, code: ErrorCode, in_configmgr: bool) -> String {
        let symbol = self.look_up(code, in_configmgr).and_then(|row| row.symbol.as_deref());
        symbol.map_or_else(|| code.to_string(), |symbol| format!("{code} {symbol}"))
    }

    /// What a code means in a log; `in_configmgr` says whether ConfigMgr wrote it (CMTrace records).
    ///
    /// The Win32 code inside an HRESULT is looked up as such. An interface's own HRESULT (`0x8004....`) has the meaning that its
    /// owner gives it: in a log of ConfigMgr only rows of ConfigMgr count, elsewhere these do not.
    pub fn look_up(&self, code: ErrorCode, in_configmgr: bool) -> Option<&ErrorCodeRow> {
        let find = |code: ErrorCode, is: &dyn Fn(CodeKind) -> bool| {
            self.error_code.iter().find(|row| row.code == code && is(row.kind))
        };
        if in_configmgr {
            let own = find(code, &|kind| kind == CodeKind::Configmgr);
            if own.is_some() || code.is_interface_specific() {
                return own;
            }
        }
        let wrapped = || code.win32().and_then(|inner| find(ErrorCode(inner), &|kind| kind == CodeKind::Win32));
        find(code, &|kind| kind != CodeKind::Configmgr).or_else(wrapped)
    }
}
