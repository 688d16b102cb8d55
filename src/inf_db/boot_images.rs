//! What lies in a boot image (`winpe/images.toml`): signs of its kind, parts of the network stack.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::source::SourceConfidence;
use super::text::{is_kebab_case, prose};

/// One kind of boot image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageKindRow {
    /// `configmgr`, `mdt`...
    pub id: String,
    /// For people.
    pub title: String,
    /// Files and folders of which each is a sign; `{windows}` is the folder that holds Windows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<String>,
    /// Files and folders that are a sign together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<String>,
    /// FLAGS of the WIM's XML data that are a sign.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// `InstRoot` of the SOFTWARE hive that is a sign.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inst_root: Vec<String>,
    /// Nothing else starts in the image than these commands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub startnet_only: Vec<String>,
    /// Programs of this kind that bring the network up themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts_network: Vec<String>,
    /// Where the row comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
}

impl ImageKindRow {
    /// It has no sign of its own: what is left when no other kind fits.
    pub fn is_rest(&self) -> bool {
        self.any.is_empty()
            && self.all.is_empty()
            && self.flags.is_empty()
            && self.inst_root.is_empty()
            && self.startnet_only.is_empty()
    }
}

/// A part of the network stack that wpeinit installs at every start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkComponent {
    /// File name of its INF in `Windows\INF` or the driver store, lower case.
    pub inf: String,
    /// For people.
    pub title: String,
    /// Component id, as in wpeinit.log.
    pub component: String,
    /// Without it no adapter has an address.
    pub essential: bool,
    /// Where the row comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
}

/// Both tables, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootImages {
    kind: Vec<ImageKindRow>,
    network_component: Vec<NetworkComponent>,
}

impl BootImages {
    pub(super) fn load(file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Spans {
            kind: Vec<toml::Spanned<ImageKindRow>>,
            network_component: Vec<toml::Spanned<NetworkComponent>>,
        }
        let spans: Spans = file.parse().map_err(|problem| problems.push(problem)).ok()?;
        let mut seen = BTreeSet::new();
        let mut rows = BootImages::default();
        let last = spans.kind.len().saturating_sub(1);
        for (position, row) in spans.kind.into_iter().enumerate() {
            let span = row.span();
            let row = row.into_inner();
            if !is_kebab_case(&row.id) || !seen.insert(row.id.clone()) {
                let message = format!("kind `{}` must be kebab-case and there once", row.id);
                problems.push(file.problem(Some(span.clone()), message));
            }
            if row.is_rest() != (position == last) {
                problems.push(file.problem(Some(span), "the last kind, and only that, has no sign"));
            }
            rows.kind.push(row);
        }
        for row in spans.network_component {
            let span = row.span();
            let row = row.into_inner();
            if row.inf != row.inf.to_lowercase() || !row.inf.ends_with(".inf") || !seen.insert(row.inf.clone()) {
                let message = format!("`{}` must be the lower-case name of an INF and there once", row.inf);
                problems.push(file.problem(Some(span), message));
            }
            rows.network_component.push(row);
        }
        Some(rows)
    }

    /// Kinds of boot images, the first that fits decides.
    pub fn kinds(&self) -> &[ImageKindRow] {
        &self.kind
    }

    /// The row of a kind.
    pub fn kind(&self, id: &str) -> Option<&ImageKindRow> {
        self.kind.iter().find(|k| k.id == id)
    }

    /// Parts of the network stack.
    pub fn network_components(&self) -> &[NetworkComponent] {
        &self.network_component
    }
}
