//! `application/x-www-form-urlencoded` read strictly (RFC 6749 appendix B, s3.2).

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

/// The parameters of a form: none empty (an empty value counts as omitted), none twice. Wiped when dropped.
#[derive(Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, FormError> {
        let mut form = Self(Vec::with_capacity(8));
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            if value.is_empty() {
                continue;
            }
            if form.get(&name).is_some() {
                return Err(FormError::Repeated(name));
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
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Drop for Form {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            value.zeroize();
        }
    }
}

/// Undoes the encoding of one name or value: `+` is a space, `%xx` a byte.
pub fn decode(encoded: &[u8]) -> Result<String, FormError> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = rest
                    .next()
                    .copied()
                    .and_then(hex_digit)
                    .ok_or(FormError::Malformed)?;
                let low = rest
                    .next()
                    .copied()
                    .and_then(hex_digit)
                    .ok_or(FormError::Malformed)?;
                high << 4 | low
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).map_err(|error| {
        error.into_bytes().zeroize();
        FormError::Malformed
    })
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
                    prop_assert_eq!(&form.0, &lenient);
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
