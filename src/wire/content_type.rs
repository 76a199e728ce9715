//! How a request describes its body: `Content-Type` and `Content-Encoding`, read so that one thing may be written in several
//! ways.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use super::body::BodyError;

/// The names of UTF-8 and of its part that is ASCII, as clients write them.
const UTF_8: &[&str] = &["utf-8", "utf8", "us-ascii", "ascii"];
/// Other charsets that an error calls by their names.
const OTHER_CHARSETS: &[&str] = &[
    "iso-8859-1",
    "iso-8859-15",
    "latin1",
    "utf-16",
    "utf-16be",
    "utf-16le",
    "windows-1252",
];
/// Codings that an error calls by their names.
const CODINGS: &[&str] = &["br", "compress", "deflate", "gzip", "x-gzip", "zstd"];

/// The media type of a body.
#[derive(Debug)]
pub struct ContentType<'a> {
    /// Type and subtype, as they were sent.
    essence: &'a str,
    /// The charset, as it was sent, without quotes.
    charset: Option<&'a str>,
}

impl<'a> ContentType<'a> {
    /// Reads the header field; `None` where it is not there, is repeated, or cannot be read.
    #[must_use]
    pub fn of(headers: &'a HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(CONTENT_TYPE);
        match (values.next(), values.next()) {
            (Some(value), None) => Self::parse(std::str::from_utf8(value.as_bytes()).ok()?),
            _ => None,
        }
    }

    /// Reads `type/subtype; name=value; name="value"`. Parameters other than `charset` say nothing here.
    fn parse(text: &'a str) -> Option<Self> {
        let (essence, mut rest) = text.split_once(';').unwrap_or((text, ""));
        let essence = essence.trim();
        essence.split_once('/')?;
        let mut charset = None;
        while !rest.is_empty() {
            let (parameter, after) = split_parameter(rest);
            rest = after;
            if let Some((name, value)) = parameter.split_once('=')
                && name.trim().eq_ignore_ascii_case("charset")
            {
                charset = charset.or(Some(value.trim_matches([' ', '\t', '"', '\''])));
            }
        }
        Some(Self { essence, charset })
    }

    /// Whether it is this media type, whatever its parameters.
    #[must_use]
    pub fn is(&self, essence: &str) -> bool {
        self.essence.eq_ignore_ascii_case(essence)
    }

    /// Refuses a charset other than UTF-8.
    pub fn check_charset(&self) -> Result<(), BodyError> {
        match self.charset {
            Some(charset) if !is_one_of(charset, UTF_8) => {
                Err(BodyError::Charset(known(charset, OTHER_CHARSETS)))
            }
            _ => Ok(()),
        }
    }
}

/// The first parameter of a list, and what follows its semicolon. A semicolon in quotes ends nothing.
fn split_parameter(list: &str) -> (&str, &str) {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, c) in list.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            ';' if !is_quoted => {
                return (
                    list.get(..at).unwrap_or_default(),
                    list.get(at + 1..).unwrap_or_default(),
                );
            }
            _ => {}
        }
    }
    (list, "")
}

/// Refuses a body that is compressed: read as it is, it would be taken for something else.
pub fn check_content_encoding(headers: &HeaderMap) -> Result<(), BodyError> {
    for value in headers.get_all(CONTENT_ENCODING) {
        let text = value.to_str().unwrap_or("?");
        let codings = text.split(',').map(str::trim);
        for coding in codings.filter(|coding| !coding.is_empty()) {
            if !coding.eq_ignore_ascii_case("identity") {
                return Err(BodyError::ContentEncoding(known(coding, CODINGS)));
            }
        }
    }
    Ok(())
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The name as we write it, if it is one of these; an error never repeats what a caller may have made up.
fn known(name: &str, names: &[&'static str]) -> Option<&'static str> {
    names
        .iter()
        .copied()
        .find(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn charset_of(text: &str) -> Result<(), BodyError> {
        let content_type = ContentType::parse(text).unwrap();
        assert!(content_type.is("text/html"), "{text}");
        content_type.check_charset()
    }

    #[test]
    fn utf_8_is_read_however_it_is_written() {
        for text in [
            "text/html",
            "Text/HTML",
            "text/html;",
            " text/html ; ",
            "text/html;charset=utf-8",
            "text/html; Charset=\"UTF-8\"",
            "text/html; charset = utf8",
            "text/html; charset='utf-8'",
            "text/html; x=\"a;charset=latin1\"; charset=us-ascii;",
            "text/html; x=\"\\\";charset=latin1\"",
            "text/html; charset",
            "text/html; é=è; boundary=x; charset=utf-8; charset=latin1",
        ] {
            assert_eq!(charset_of(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn another_charset_is_refused_by_its_name() {
        for (text, name) in [
            ("text/html; charset=ISO-8859-1", Some("iso-8859-1")),
            ("text/html; CHARSET=\"latin1\"", Some("latin1")),
            ("text/html; charset=utf-16le", Some("utf-16le")),
            ("text/html; charset=", None),
            ("text/html; charset=<script>", None),
        ] {
            assert_eq!(charset_of(text), Err(BodyError::Charset(name)), "{text}");
        }
    }

    #[test]
    fn what_names_no_media_type_is_none() {
        for text in ["", "json", ";charset=utf-8"] {
            assert!(ContentType::parse(text).is_none(), "{text}");
        }
        let mut headers = HeaderMap::new();
        assert!(ContentType::of(&headers).is_none());
        headers.append(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        assert!(ContentType::of(&headers).is_some_and(|content_type| content_type.is("TEXT/html")));
        headers.append(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        assert!(ContentType::of(&headers).is_none(), "repeated");
    }

    #[test]
    fn only_a_body_as_it_is_is_read() {
        let check = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, HeaderValue::from_static(value));
            }
            check_content_encoding(&headers)
        };
        for values in [&[][..], &[""], &["identity"], &["Identity", " , identity"]] {
            assert_eq!(check(values), Ok(()), "{values:?}");
        }
        for (values, name) in [
            (&["GZIP"][..], Some("gzip")),
            (&["identity, br"], Some("br")),
            (&["identity", "zstd"], Some("zstd")),
            (&["aes128gcm"], None),
        ] {
            assert_eq!(check(values), Err(BodyError::ContentEncoding(name)), "{values:?}");
        }
    }
}
