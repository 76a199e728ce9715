//! The names of hosts, and what is around and between words by mistake.

use url::Host;

/// Longest name of a host and longest label in it, in bytes (RFC 1035 s2.3.4).
const MAX_HOST_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// Whether a line break, a tab or another control character is in the text, or white space around it.
#[must_use]
pub fn has_stray_space(text: &str) -> bool {
    text.trim() != text || text.contains(char::is_control)
}

/// Whether this is the name of a host as URLs have it in their normal form: in lower case, in ASCII (`xn--` for others), of at
/// most 253 bytes, with 1 to 63 between two dots, and not an address.
#[must_use]
pub fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.len() <= MAX_HOST_BYTES
        && text.split('.').all(is_label)
        && matches!(Host::parse(text), Ok(Host::Domain(name)) if name == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hosts_are_as_urls_have_them() {
        let longest = format!("{0}.{0}.{0}.{1}", "x".repeat(63), "y".repeat(61));
        assert_eq!(longest.len(), MAX_HOST_BYTES);
        for good in [
            "localhost",
            "a.example",
            "xn--bcher-kva.example",
            "a_b.1.example",
            &longest,
        ] {
            assert!(is_host_name(good), "{good}");
        }
        for bad in [
            "",
            ".",
            "*",
            "*.example",
            "a.*.example",
            "a..example",
            ".example",
            "a.example.",
            "A.example",
            "b\u{fc}cher.example",
            "xn--\u{fc}.example",
            "xn--a.example",
            "a.example:443",
            "a.example/",
            "https://a.example",
            "user@a.example",
            " a.example",
            "a.example\n",
            "a b.example",
            "a,b.example",
            "a%2eexample",
            "127.0.0.1",
            "127.1",
            "0x7f000001",
            "[::1]",
            "::1",
            &"x".repeat(64),
            &format!("z{longest}"),
        ] {
            assert!(!is_host_name(bad), "{bad}");
        }
    }
}
