//! What a certificate says that matters for a driver.

use x509_cert::Certificate as X509;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::name::Name;
use x509_cert::time::Time;

use crate::formats::asn1;
use crate::formats::digest::DigestAlgorithm;

/// One certificate. Times as `2009-10-01T00:00:00Z`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Common name of the subject; its whole name where it has none.
    pub subject: String,
    /// Common name of the issuer.
    pub issuer: String,
    /// Serial number, hex.
    pub serial: String,
    /// Valid from.
    pub not_before: String,
    /// Valid to.
    pub not_after: String,
    /// Digest algorithm of the issuer's signature on it.
    pub digest: DigestAlgorithm,
    /// Extended key usages, dotted.
    pub usages: Vec<String>,
}

impl Certificate {
    pub(super) fn from_x509(certificate: &X509) -> Self {
        let tbs = &certificate.tbs_certificate;
        let usages = tbs.extensions.iter().flatten().filter(|e| e.extn_id == EXTENDED_KEY_USAGE);
        let usages = usages.filter_map(|e| ExtendedKeyUsage::from_der(e.extn_value.as_bytes()).ok());
        Self {
            subject: short_name(&tbs.subject),
            issuer: short_name(&tbs.issuer),
            serial: asn1::hex(tbs.serial_number.as_bytes()),
            not_before: time(&tbs.validity.not_before),
            not_after: time(&tbs.validity.not_after),
            digest: DigestAlgorithm::from_oid(certificate.signature_algorithm.oid),
            usages: usages.flat_map(|u| u.0).map(|oid| oid.to_string()).collect(),
        }
    }
}

const EXTENDED_KEY_USAGE: x509_cert::der::asn1::ObjectIdentifier =
    x509_cert::der::asn1::ObjectIdentifier::new_unwrap("2.5.29.37");

/// The common name; else the organizational unit or organization; else the whole name.
pub(super) fn short_name(name: &Name) -> String {
    const COMMON_NAME: &str = "2.5.4.3";
    const UNIT: &str = "2.5.4.11";
    const ORGANIZATION: &str = "2.5.4.10";
    let parts = || name.0.iter().flat_map(|relative| relative.0.iter());
    [COMMON_NAME, UNIT, ORGANIZATION]
        .iter()
        // The last one is the most specific.
        .find_map(|wanted| parts().rfind(|part| part.oid.to_string() == *wanted))
        .and_then(|part| {
            let raw = x509_cert::der::Encode::to_der(&part.value).ok()?;
            asn1::first(&raw).ok()?.text()
        })
        .unwrap_or_else(|| name.to_string())
}

fn time(time: &Time) -> String {
    let t = time.to_date_time();
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", t.year(), t.month(), t.day(), t.hour(), t.minutes(), t.seconds())
}
