//! Reading a JWS in compact form (RFC 7515 s7.1) as strictly as the RFCs allow, before anything in it is believed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::assertion_error::AssertionError;

/// Longest assertion that is looked at, in bytes (R51).
pub const MAX_ASSERTION_BYTES: usize = 8 * 1024;
/// Longest header, decoded, in bytes (R51).
const MAX_HEADER_BYTES: usize = 2 * 1024;
/// Deepest nesting of the JSON in it (R51).
const MAX_DEPTH: u32 = 8;
/// The error of an object in which a name stands twice.
const NAME_TWICE: &str = "a name stands twice";

/// A JWS that is well formed; nothing in it is verified.
pub struct Jws<'a> {
    /// What the MAC is over.
    pub signing_input: &'a str,
    /// The MAC.
    pub signature: Vec<u8>,
    /// The JOSE header.
    pub header: Object,
    /// The claims set.
    pub claims: Object,
}

impl<'a> Jws<'a> {
    /// Splits and decodes. Three parts, strict base64url (no padding, no other alphabet, canonical trailing bits), JSON
    /// objects with no name twice (RFC 7515 s4, s5.2; RFC 7519 s4).
    pub fn parse(text: &'a str) -> Result<Self, AssertionError> {
        if text.len() > MAX_ASSERTION_BYTES {
            return Err(AssertionError::TooLong(text.len()));
        }
        let parts = text.bytes().filter(|byte| *byte == b'.').count() + 1;
        if parts != 3 {
            return Err(AssertionError::Parts(parts));
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(AssertionError::Parts(1))?;
        let (header, claims) = signing_input.split_once('.').ok_or(AssertionError::Parts(1))?;
        let header = decode(header, "header")?;
        if header.len() > MAX_HEADER_BYTES {
            return Err(AssertionError::TooLong(header.len()));
        }
        Ok(Self {
            signing_input,
            signature: decode(signature, "signature")?,
            header: Object::parse(&header, "header")?,
            claims: Object::parse(&decode(claims, "claims")?, "claims")?,
        })
    }
}

fn decode(part: &str, name: &'static str) -> Result<Vec<u8>, AssertionError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| AssertionError::Base64(name))
}

/// A JSON object in which no name stands twice.
#[derive(Debug)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// Reads the bytes of a JSON object and nothing else.
    pub fn parse(bytes: &[u8], part: &'static str) -> Result<Self, AssertionError> {
        if depth(bytes) > MAX_DEPTH {
            return Err(AssertionError::Json(part, "nested too deeply".to_owned()));
        }
        serde_json::from_slice(bytes).map_err(|error| AssertionError::Json(part, describe(&error)))
    }

    /// The value of a member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// What is wrong, without the offending text, which may be anything.
fn describe(error: &serde_json::Error) -> String {
    match error.classify() {
        // The text of other errors begins otherwise, whatever they quote.
        serde_json::error::Category::Data if error.to_string().starts_with(NAME_TWICE) => {
            NAME_TWICE.to_owned()
        }
        serde_json::error::Category::Data => "not an object".to_owned(),
        _ => "not JSON".to_owned(),
    }
}

/// The deepest nesting of brackets outside strings.
fn depth(bytes: &[u8]) -> u32 {
    let (mut depth, mut deepest, mut in_string, mut is_escaped) = (0_u32, 0, false, false);
    for byte in bytes {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members: Vec<(String, Value)> = Vec::with_capacity(8);
                while let Some(name) = map.next_key::<String>()? {
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom(NAME_TWICE));
                    }
                    members.push((name, map.next_value::<Unique>()?.0));
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// Any JSON value in whose objects no name stands twice.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Unique, E> {
                Ok(Unique(Value::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Unique, E> {
                Ok(Unique(value.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Unique, A::Error> {
                let mut items = Vec::new();
                while let Some(Unique(item)) = sequence.next_element()? {
                    items.push(item);
                }
                Ok(Unique(Value::Array(items)))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Unique, A::Error> {
                let object = Object::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Unique(Value::Object(object.0.into_iter().collect())))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn base64url_is_read_strictly() {
        for good in ["e30.e30.", "e30.e30.AA", "e30.e30._-_-"] {
            assert!(Jws::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "e30=.e30.AA",
            "e30.e30=.AA",
            "e30.e30.AA==",
            "e30.e30.+/+/",
            "e30.e30.AB",
            "e31.e30.AA",
            "e30.e31.AA",
            " e30.e30.AA",
            "e30.e30.AA\n",
            "e30.e3\t0.AA",
            "e30.e30.A",
            "e30.e30.é",
            "e30.e30",
            "e30.e30.AA.",
            "e30.e30.AA.AA.AA",
            "...",
        ] {
            assert!(Jws::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_size_is_bounded_before_anything_is_read() {
        let header =
            |length: usize| URL_SAFE_NO_PAD.encode(format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8)));
        let of = |length: usize| format!("{}.e30.AA", header(length));
        assert!(Jws::parse(&of(MAX_HEADER_BYTES)).is_ok());
        assert_eq!(
            Jws::parse(&of(MAX_HEADER_BYTES + 1)).err(),
            Some(AssertionError::TooLong(MAX_HEADER_BYTES + 1))
        );
        let long = "x".repeat(MAX_ASSERTION_BYTES + 1);
        assert_eq!(Jws::parse(&long).err(), Some(AssertionError::TooLong(long.len())));
        assert_eq!(Jws::parse(&long[1..]).err(), Some(AssertionError::Parts(1)));
    }

    #[test]
    fn brackets_count_outside_strings_only() {
        for (text, expected) in [
            ("1", 0),
            ("{}", 1),
            ("[[]]", 2),
            ("[][]{}", 1),
            ("[[],{}]", 2),
            (r#""[[""#, 0),
            (r#"["]]",[]]"#, 2),
            (r#""\"[[""#, 0),
            (r#"["\\",[[]]]"#, 3),
            (r#"["\\\"[[[["]"#, 1),
            (r"\[[]", 2),
        ] {
            assert_eq!(depth(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_json_is_said_without_quoting_it() {
        let why = |text: &str| describe(&serde_json::from_str::<Object>(text).err().unwrap());
        assert_eq!(why(r#"{"a":1,"a":2}"#), "a name stands twice");
        assert_eq!(why(r#"{"a":{"b":1,"b":2}}"#), "a name stands twice");
        for text in ["[]", "1", "\"twice\"", "null"] {
            assert_eq!(why(text), "not an object", "{text}");
        }
        for text in ["", "{", "{\"a\":1}x", "{\"a\"}", "twice"] {
            assert_eq!(why(text), "not JSON", "{text}");
        }
    }

    /// Anything like JSON: brackets, quotes and escapes by chance.
    fn like_json() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..120),
            r#"[{}\[\]:,"\\a0e.u-]{0,60}"#.prop_map(String::into_bytes),
            r#"\{("[ab]{0,2}":(\{"a":[0-9]{1,3}\}|"[^"\\]{0,5}"|[0-9.e-]{1,6}|null|\[\]),?){0,6}\}"#
                .prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_read_is_what_any_reader_reads_and_no_name_is_lost(bytes in like_json()) {
            let read = Object::parse(&bytes, "claims");
            let lenient: Option<serde_json::Map<String, Value>> = serde_json::from_slice(&bytes).ok();
            match (read, lenient) {
                (Ok(object), Some(lenient)) => {
                    prop_assert_eq!(object.0.len(), lenient.len());
                    for (name, value) in &lenient {
                        prop_assert_eq!(object.get(name), Some(value));
                    }
                }
                (Ok(_), None) => prop_assert!(false, "no other reader reads it"),
                // Twice, or too deep: nothing else is refused that another reads.
                (Err(AssertionError::Json(_, why)), Some(_)) => {
                    prop_assert!(["a name stands twice", "nested too deeply"].contains(&why.as_str()), "{}", why);
                }
                (Err(error), _) => prop_assert!(matches!(error, AssertionError::Json("claims", _))),
            }
        }

        #[test]
        fn brackets_of_any_number_are_refused_and_not_followed(
            open in proptest::sample::select(vec!["[", "{\"a\":", "[[", "{\"a\":["]),
            count in 0_usize..3000,
            is_closed in any::<bool>(),
        ) {
            let close: String = open.chars().rev().filter_map(|c| match c { '[' => Some(']'), '{' => Some('}'), _ => None }).collect();
            let inner = format!("{}0{}", open.repeat(count), if is_closed { close.repeat(count) } else { String::new() });
            let text = format!("{{\"x\":{inner}}}");
            let depth = 1 + count * open.matches(['[', '{']).count();
            prop_assert_eq!(object(&text).is_ok(), is_closed && depth <= 8 || count == 0);
        }
    }

    fn object(json: &str) -> Result<Object, AssertionError> {
        Object::parse(json.as_bytes(), "claims")
    }

    #[test]
    fn an_object_is_read_with_all_kinds_of_values() {
        let parsed = object(r#"{"a":1,"b":[null,true,-1.5,"x",{"c":2}],"\u0064":"e"}"#).unwrap();
        assert_eq!(parsed.get("d"), Some(&Value::from("e")));
        assert_eq!(
            parsed.get("b"),
            Some(&serde_json::json!([null, true, -1.5, "x", { "c": 2 }]))
        );
        assert_eq!(parsed.get("z"), None);
    }

    #[test]
    fn no_name_stands_twice_at_any_depth_or_in_any_spelling() {
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[{"a":1,"a":2}]}"#,
        ] {
            assert_eq!(
                object(bad).unwrap_err(),
                AssertionError::Json("claims", "a name stands twice".to_owned()),
                "{bad}"
            );
        }
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for bad in [
            "",
            "null",
            "[]",
            "1",
            "{}x",
            "{}{}",
            "{'a':1}",
            "{\"a\":1,}",
            "\u{feff}{}",
            "{\"a\":1e999}",
        ] {
            assert!(object(bad).is_err(), "{bad:?}");
        }
        assert!(Object::parse(b"{\"a\":\"\xff\"}", "claims").is_err());
        assert!(object(&format!("{}1{}", "{\"a\":".repeat(9), "}".repeat(9))).is_err());
        assert!(object(&format!("{}1{}", "{\"a\":".repeat(8), "}".repeat(8))).is_ok());
        assert!(object(r#"{"a":"[[[[[[[[[[[[\"[[["}"#).is_ok());
        // Brackets in a string neither nest nor end anything.
        let nested = |depth: usize| format!("{}1{}", r#"{"a":"}]","b":"#.repeat(depth), "}".repeat(depth));
        assert!(object(&nested(8)).is_ok());
        assert!(object(&nested(9)).is_err());
    }
}
