//! Text that comes from outside, and within which bounds.

use url::Url;

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 200;
/// Longest URL, in bytes.
const MAX_URL_BYTES: usize = 2000;

/// A name of 1 to 200 characters without control characters, trimmed. (No text of PostgreSQL's holds a NUL.)
#[must_use]
pub fn name(text: &str) -> Option<String> {
    let name = text.trim();
    let is_good = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    is_good.then(|| name.to_owned())
}

/// An https URL without a user, of at most 2000 bytes, as it is written normally, and of RFC 3986's characters alone: who is
/// told it may read it more strictly than a browser.
#[must_use]
pub fn https_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let has_user = !url.username().is_empty() || url.password().is_some();
    let is_good = url.scheme() == "https"
        && !has_user
        && url.as_str().len() <= MAX_URL_BYTES
        && is_strict(url.path())
        && is_strict(url.query().unwrap_or_default())
        && is_strict(url.fragment().unwrap_or_default());
    is_good.then(|| url.into())
}

/// Whether these are the characters of a query (RFC 3986 s3.4), `%` with two hex digits.
fn is_strict(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/?".contains(c);
    let mut pieces = part.split('%');
    let is_escaped = |piece: &str| {
        let digits = piece.get(..2).unwrap_or_default();
        digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    part.chars().all(|c| c == '%' || is_plain(c)) && pieces.next().is_some() && pieces.all(is_escaped)
}
