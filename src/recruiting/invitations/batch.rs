//! The JSON of a batch of candidates, read without keeping what nobody asked for: a body costs no more memory than its
//! own size, whatever is in it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::recruiting::error::Error;
use crate::text::json_error;

/// Most candidates of one batch.
pub const MAX_CANDIDATES: usize = 500;

/// The members of a candidate.
pub const MEMBERS: [&str; 8] = [
    "campaign_id",
    "applicant_id",
    "application_id",
    "lastname",
    "firstname",
    "email",
    "phone",
    "callback_url",
];

/// A batch as it came.
pub struct Batch {
    /// The first [`MAX_CANDIDATES`] of its elements.
    pub elements: Vec<Element>,
    /// Whether there are more.
    pub is_too_long: bool,
}

/// One element of a batch. Personal data: it has no `Debug`.
pub enum Element {
    /// A JSON object, by its members.
    Object(Box<Members>),
    /// Something else.
    Other,
}

/// The known members of an object.
#[derive(Default)]
pub struct Members {
    values: [Option<Member>; MEMBERS.len()],
    /// One that stands there more than once.
    pub repeated: Option<&'static str>,
}

/// The value of a member.
pub enum Member {
    /// A string.
    Text(String),
    /// `null`.
    Null,
    /// Something else.
    Other,
}

impl Batch {
    /// Reads a body; what is wrong in a single row is told with the row.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(body).map_err(|error| Error::InvalidJson(json_error(&error)))
    }
}

impl Members {
    /// A member by its name; `None`: it does not stand there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Member> {
        let at = MEMBERS.iter().position(|known| *known == name)?;
        self.values.get(at)?.as_ref()
    }

    fn put(&mut self, at: usize, value: Member) {
        if let (Some(slot), Some(name)) = (self.values.get_mut(at), MEMBERS.get(at))
            && slot.replace(value).is_some()
        {
            self.repeated = Some(name);
        }
    }
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(BatchVisitor)
    }
}

struct BatchVisitor;

impl<'de> Visitor<'de> for BatchVisitor {
    type Value = Batch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of candidates")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Batch, A::Error> {
        let mut elements = Vec::new();
        while elements.len() < MAX_CANDIDATES {
            let Some(element) = sequence.next_element()? else {
                return Ok(Batch {
                    elements,
                    is_too_long: false,
                });
            };
            elements.push(element);
        }
        let mut is_too_long = false;
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            is_too_long = true;
        }
        Ok(Batch {
            elements,
            is_too_long,
        })
    }
}

/// Says of a JSON value that is none of interest what becomes of it.
macro_rules! anything_else {
    ($value:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("JSON")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            while sequence.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementVisitor)
    }
}

struct ElementVisitor;

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = Element;

    anything_else!(Element::Other);

    fn visit_str<E>(self, _: &str) -> Result<Element, E> {
        Ok(Element::Other)
    }

    fn visit_unit<E>(self) -> Result<Element, E> {
        Ok(Element::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Element, A::Error> {
        let mut members = Box::<Members>::default();
        while let Some(Name(known)) = map.next_key()? {
            match known {
                Some(at) => members.put(at, map.next_value()?),
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(Element::Object(members))
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    anything_else!(Member::Other);

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}

/// The place of a name in [`MEMBERS`], if it is there.
struct Name(Option<usize>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, text: &str) -> Result<Name, E> {
        Ok(Name(MEMBERS.iter().position(|known| *known == text)))
    }
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
