//! Damage to an assertion and values for its members, by chance.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

/// The text, damaged in these ways one after the other; pieces of `other` take the place of its own.
pub fn damaged(text: &str, other: &str, damages: &[Damage]) -> String {
    let damage = |text: String, damage: &Damage| damage.apply(&text, other);
    damages.iter().fold(text.to_owned(), damage)
}

/// One way of damaging a text.
#[derive(Clone, Debug)]
pub enum Damage {
    Flip(Index, u8),
    Replace(Index, char),
    Insert(Index, char),
    Remove(Index, usize),
    Truncate(Index),
    /// From here on, the other one.
    Splice(Index),
    DuplicatePart(usize),
    SwapParts(usize, usize),
    /// A part of the other one in its place.
    TakePart(usize),
    Header(String),
    EmptyPart(usize),
    Repeat,
    ChangeCase(Index),
}

pub fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    let headers = prop_oneof![
        Just(r#"{"alg":"none"}"#),
        Just(r#"{"alg":"HS512","typ":"JWT"}"#),
        Just(r#"{"alg":"HS256","typ":"at+jwt"}"#),
        Just(r#"{"alg":"HS256","typ":"JWT","crit":["b64"],"b64":false}"#),
        Just("{}"),
        Just("[]"),
    ];
    prop_oneof![
        (at(), 0_u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (at(), any::<char>()).prop_map(|(at, c)| Damage::Replace(at, c)),
        (at(), "[A-Za-z0-9_.=+/ \\n\u{200b}é-]")
            .prop_map(|(at, c)| Damage::Insert(at, c.chars().next().unwrap())),
        (at(), 1_usize..6).prop_map(|(at, count)| Damage::Remove(at, count)),
        at().prop_map(Damage::Truncate),
        at().prop_map(Damage::Splice),
        (0_usize..3).prop_map(Damage::DuplicatePart),
        (0_usize..3, 0_usize..3).prop_map(|(one, other)| Damage::SwapParts(one, other)),
        (0_usize..3).prop_map(Damage::TakePart),
        headers.prop_map(|header| Damage::Header(header.to_owned())),
        (0_usize..3).prop_map(Damage::EmptyPart),
        Just(Damage::Repeat),
        at().prop_map(Damage::ChangeCase),
    ]
}

fn with_parts(text: &str, change: impl FnOnce(&mut Vec<String>)) -> String {
    let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
    if parts.len() >= 3 {
        change(&mut parts);
    }
    parts.join(".")
}

impl Damage {
    fn apply(&self, text: &str, other: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        if chars.is_empty() {
            return String::new();
        }
        match self {
            Self::Flip(at, bit) => {
                let mut bytes = text.as_bytes().to_vec();
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
                return String::from_utf8_lossy(&bytes).into_owned();
            }
            Self::Replace(at, c) => chars[at.index(text.chars().count())] = *c,
            Self::Insert(at, c) => chars.insert(at.index(text.chars().count() + 1), *c),
            Self::Remove(at, count) => {
                let at = at.index(chars.len());
                chars.drain(at..(at + count).min(chars.len()));
            }
            Self::Truncate(at) => chars.truncate(at.index(text.chars().count())),
            Self::Splice(at) => {
                let at = at.index(chars.len());
                chars.truncate(at);
                chars.extend(other.chars().skip(at));
            }
            Self::DuplicatePart(part) => {
                return with_parts(text, |parts| parts.insert(*part, parts[*part].clone()));
            }
            Self::SwapParts(one, other) => return with_parts(text, |parts| parts.swap(*one, *other)),
            Self::TakePart(part) => {
                let taken = other.split('.').nth(*part).unwrap();
                return with_parts(text, |parts| taken.clone_into(&mut parts[*part]));
            }
            Self::Header(header) => {
                return with_parts(text, |parts| parts[0] = URL_SAFE_NO_PAD.encode(header));
            }
            Self::EmptyPart(part) => return with_parts(text, |parts| parts[*part].clear()),
            Self::Repeat => return [text, text].concat(),
            Self::ChangeCase(at) => {
                let at = at.index(chars.len());
                chars[at] = if chars[at].is_ascii_lowercase() {
                    chars[at].to_ascii_uppercase()
                } else {
                    chars[at].to_ascii_lowercase()
                };
            }
        }
        chars.into_iter().collect()
    }
}

/// Any JSON, not nested deeper than a claim may be.
pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// One of these texts.
pub fn any_text_of(values: &[&str]) -> impl Strategy<Value = Value> + use<> {
    let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    prop::sample::select(values).prop_map(Value::from)
}
