//! Mail addresses of a configuration.

/// Bytes of an address: RFC 5321 allows 254.
const MOST: usize = 254;

/// `name@host`: plain ASCII without what has a meaning in a header. Anything more than that is for the mail system to refuse.
pub(super) fn is_address(text: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !b"()<>[]:;@\\,\"".contains(&b));
    text.len() <= MOST
        && !text.starts_with('-')
        && text.split_once('@').is_some_and(|(name, host)| plain(name) && plain(host))
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn an_address_can_not_become_a_header_or_an_option() {
        for good in ["a@b", "admin.team+x@mail.example.com"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", "A <a@b>", "a@b\r\nBcc: c@d", "-t@b", "ä@b"] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
