//! What profiles are sorted and searched by: their texts without case and accents, and the beginnings of these.

use super::profile::ProfileContent;
use crate::text::{EmailAddress, NamePart, fold};

/// Longest key of a name, in bytes; what is longer is cut.
const MAX_NAME_BYTES: usize = 200;
/// Longest key of an address, in bytes.
const MAX_EMAIL_BYTES: usize = 254;
/// Longest beginning of a key that is counted, in characters. Names are seldom longer, so what a longer one finds is little
/// enough to be counted when it is asked for.
pub(super) const COUNTED_CHARS: usize = 8;

/// The keys that searches look at.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Keys {
    pub email: String,
    pub given: String,
    pub family: String,
}

/// The key of a name or of a school.
pub(super) fn name_key(name: &str) -> String {
    cut(fold(name), MAX_NAME_BYTES)
}

/// The key of an address.
pub(super) fn email_key(email: &EmailAddress) -> String {
    cut(fold(email.as_str()), MAX_EMAIL_BYTES)
}

/// What a search for this text looks for.
pub(super) fn search_key(text: &str) -> String {
    cut(fold(text), MAX_NAME_BYTES)
}

fn cut(mut key: String, most_bytes: usize) -> String {
    key.truncate(key.floor_char_boundary(most_bytes));
    key
}

/// A beginning of keys, and of which keys of a profile it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix<'a> {
    pub text: &'a str,
    pub is_of_family: bool,
    pub is_of_given: bool,
    pub is_of_email: bool,
}

impl Keys {
    /// How many keys searches look at.
    pub(super) const SEARCHED: usize = 3;

    pub(super) fn of(content: &ProfileContent) -> Self {
        let name = |name: &Option<NamePart>| {
            name.as_ref()
                .map_or_else(String::new, |name| name_key(name.as_str()))
        };
        Self {
            email: email_key(&content.email),
            given: name(&content.given_name),
            family: name(&content.family_name),
        }
    }

    /// How many characters the address shares with the beginning of a name.
    pub(super) fn email_overlap(&self) -> i16 {
        let shared = shared_chars(&self.email, &self.family).max(shared_chars(&self.email, &self.given));
        i16::try_from(shared).unwrap_or(i16::MAX)
    }

    /// Whether one of the keys begins so.
    pub(super) fn begin_with(&self, text: &str) -> bool {
        [&self.email, &self.given, &self.family]
            .iter()
            .any(|key| key.starts_with(text))
    }

    /// The different beginnings of the keys that are counted, the empty one first.
    pub(super) fn prefixes(&self) -> Vec<Prefix<'_>> {
        let mut prefixes: Vec<Prefix<'_>> = Vec::with_capacity(3 * COUNTED_CHARS);
        for chars in 0..=COUNTED_CHARS {
            let texts = [&self.family, &self.given, &self.email].map(|key| prefix(key, chars));
            let of = |text: &str| texts.map(|other| other == Some(text));
            for text in texts.into_iter().flatten() {
                if prefixes.iter().rev().take(2).any(|prefix| prefix.text == text) {
                    continue;
                }
                let [is_of_family, is_of_given, is_of_email] = of(text);
                prefixes.push(Prefix {
                    text,
                    is_of_family,
                    is_of_given,
                    is_of_email,
                });
            }
        }
        prefixes
    }
}

/// The beginning of `profile_pair_key` of all pairs of keys of which one begins with the one text and the other with the other:
/// as many characters as both have, by turns, and one more of the first.
pub(super) fn pair_prefix(one: &str, other: &str) -> String {
    const PAIRED_CHARS: usize = 6;
    let mut prefix = String::new();
    let mut others = other.chars().take(PAIRED_CHARS);
    for char in one.chars().take(PAIRED_CHARS) {
        prefix.push(char);
        match others.next() {
            Some(other) => prefix.push(other),
            None => break,
        }
    }
    prefix
}

/// The first so many characters of a key that has them.
pub(super) fn prefix(key: &str, chars: usize) -> Option<&str> {
    let mut ends = key.char_indices().map(|(at, _)| at).chain([key.len()]);
    key.get(..ends.nth(chars)?)
}

fn shared_chars(one: &str, other: &str) -> usize {
    one.chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(family: &str, given: &str, email: &str) -> Keys {
        Keys {
            email: email.to_owned(),
            given: given.to_owned(),
            family: family.to_owned(),
        }
    }

    #[test]
    fn each_beginning_is_counted_once_with_the_keys_that_have_it() {
        let keys = keys("li", "lé", "li@x");
        let found: Vec<_> = keys
            .prefixes()
            .into_iter()
            .map(|prefix| {
                (
                    prefix.text,
                    prefix.is_of_family,
                    prefix.is_of_given,
                    prefix.is_of_email,
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("", true, true, true),
                ("l", true, true, true),
                ("li", true, false, true),
                ("lé", false, true, false),
                ("li@", false, false, true),
                ("li@x", false, false, true),
            ]
        );
        assert_eq!(keys.email_overlap(), 2);
    }

    #[test]
    fn two_beginnings_are_one_of_the_pair() {
        for (one, other, expected) in [
            ("mar", "smi", "msamri"),
            ("m", "smith", "ms"),
            ("smith", "m", "smm"),
            ("é", "李", "é李"),
            ("abcdefgh", "ABCDEFGH", "aAbBcCdDeEfF"),
        ] {
            assert_eq!(pair_prefix(one, other), expected);
        }
    }

    #[test]
    fn beginnings_end_at_eight_characters() {
        let keys = keys("", "", "äöüßäöüßä");
        assert_eq!(keys.prefixes().len(), 9);
        assert_eq!(keys.prefixes()[8].text.chars().count(), 8);
        assert_eq!(keys.email_overlap(), 0);
    }

    #[test]
    fn keys_are_cut_between_characters() {
        assert_eq!(name_key(&"é".repeat(300)).len(), 200);
        assert_eq!(name_key(&"李".repeat(100)).len(), 198);
        assert_eq!(name_key("Łukasz ÅNGSTRÖM"), "lukasz angstrom");
    }
}
