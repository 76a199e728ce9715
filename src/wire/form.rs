//! `application/x-www-form-urlencoded` read strictly (RFC 6749 appendix B, s3.2).

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use zeroize::Zeroize;

/// A body that is not a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// `%` without two hex digits, or bytes that are not UTF-8.
    #[error("The body is not valid form encoding in UTF-8.")]
    Malformed,
    /// The parameter with this name stands twice.
    #[error("A parameter is sent more than once.")]
    Repeated(String),
    /// More parameters than any request needs.
    #[error("The body has too many parameters.")]
    TooMany,
}

const MAX_PARAMETERS: usize = 64;

/// The parameters of a form: none empty (an empty value counts as omitted), none twice. What had to be decoded is wiped when
/// dropped; the rest is that of the body.
#[derive(Debug, Default)]
pub struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    /// Reads a body.
    pub fn parse(body: &'a [u8]) -> Result<Self, FormError> {
        let mut form = Self(Vec::with_capacity(8));
        // What is not decoded is checked here, all at once.
        let mut rest = str::from_utf8(body).map_err(|_| FormError::Malformed)?;
        while !rest.is_empty() {
            let pair;
            (pair, rest) = halves(rest, b'&');
            let (name, value) = halves(pair, b'=');
            let (name, value) = (decode(name)?, decode(value)?);
            if value.is_empty() {
                continue;
            }
            if form.get(&name).is_some() {
                return Err(FormError::Repeated(name.into_owned()));
            }
            if form.0.len() == MAX_PARAMETERS {
                return Err(FormError::TooMany);
            }
            form.0.push((name, value));
        }
        Ok(form)
    }

    /// The names of the parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_ref())
    }
}

impl Drop for Form<'_> {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            if let Cow::Owned(value) = value {
                value.zeroize();
            }
        }
    }
}

/// What stands before a separator and behind it; without one, everything stands before it.
fn halves(text: &str, separator: u8) -> (&str, &str) {
    let at = memchr(separator, text.as_bytes()).unwrap_or(text.len());
    let (before, behind) = text.split_at(at);
    (before, behind.get(1..).unwrap_or_default())
}

/// Undoes the encoding of one name or value: `+` is a space, `%xx` a byte.
pub fn decode(encoded: &str) -> Result<Cow<'_, str>, FormError> {
    let mut rest = encoded.as_bytes();
    if memchr2(b'+', b'%', rest).is_none() {
        return Ok(Cow::Borrowed(encoded));
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    while let Some(at) = memchr2(b'+', b'%', rest) {
        let (plain, escape) = rest.split_at(at);
        bytes.extend_from_slice(plain);
        let (byte, behind) = match escape {
            [b'%', high, low, behind @ ..] => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, behind),
                _ => return Err(malformed(bytes)),
            },
            [b'+', behind @ ..] => (b' ', behind),
            _ => return Err(malformed(bytes)),
        };
        bytes.push(byte);
        rest = behind;
    }
    bytes.extend_from_slice(rest);
    let decoded = String::from_utf8(bytes).map_err(|error| malformed(error.into_bytes()))?;
    Ok(Cow::Owned(decoded))
}

/// Wipes what was read of something that is not well encoded.
fn malformed(mut read: Vec<u8>) -> FormError {
    read.zeroize();
    FormError::Malformed
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_form_is_read_with_its_escapes() {
        let form = Form::parse(b"grant_type=client_credentials&a=b+c%20d%C3%A9&empty=&&=x").unwrap();
        assert_eq!(form.get("grant_type"), Some("client_credentials"));
        assert_eq!(form.get("a"), Some("b c dé"));
        assert_eq!(form.get("empty"), None);
        assert_eq!(form.get("missing"), None);
    }

    #[test]
    fn bad_encodings_and_repetitions_are_refused() {
        for bad in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%ff", b"\xff=a", b"a=%+1"] {
            assert_eq!(Form::parse(bad).unwrap_err(), FormError::Malformed, "{bad:?}");
        }
        assert_eq!(
            Form::parse(b"a=1&b=2&a=1").unwrap_err(),
            FormError::Repeated("a".to_owned())
        );
        assert_eq!(
            Form::parse(b"a=1&%61=2").unwrap_err(),
            FormError::Repeated("a".to_owned())
        );
        assert!(Form::parse(b"a=&a=1").is_ok(), "an empty value counts as omitted");
        let many: String = (0..65).map(|index| format!("p{index}=1&")).collect();
        assert_eq!(Form::parse(many.as_bytes()).unwrap_err(), FormError::TooMany);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn what_a_strict_encoder_writes_is_read_back(pairs in prop::collection::btree_map("[a-z_]{1,8}", ".{1,20}", 0..8)) {
            let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let form = Form::parse(encoded.as_bytes()).unwrap();
            for (name, value) in &pairs {
                prop_assert_eq!(form.get(name), Some(value.as_str()));
            }
        }

        #[test]
        fn what_is_read_is_what_a_lenient_reader_reads_without_repetition(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..200),
                "[ab&=+%0-9A-Fg]{0,60}".prop_map(String::into_bytes),
                "((%61|a|b)=(%c3%a9|%C3|[xé+]){0,2}&?){0,6}".prop_map(String::into_bytes),
            ],
        ) {
            let lenient: Vec<(String, String)> = url::form_urlencoded::parse(&bytes)
                .into_owned()
                .filter(|(_, value)| !value.is_empty())
                .collect();
            let names: std::collections::BTreeSet<&String> = lenient.iter().map(|(name, _)| name).collect();
            match Form::parse(&bytes) {
                Ok(form) => {
                    let read: Vec<_> = form.0.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
                    prop_assert_eq!(&read, &lenient);
                    prop_assert_eq!(names.len(), lenient.len(), "a name stands twice");
                }
                Err(FormError::Repeated(name)) => prop_assert!(names.len() < lenient.len() && names.contains(&name)),
                Err(FormError::TooMany) => prop_assert!(lenient.len() > MAX_PARAMETERS),
                Err(FormError::Malformed) => {
                    let has_escape = bytes.contains(&b'%') || std::str::from_utf8(&bytes).is_err();
                    prop_assert!(has_escape);
                }
            }
        }
    }
}
