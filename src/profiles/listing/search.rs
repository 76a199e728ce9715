//! What profiles are searched for.

use crate::profiles::key::{COUNTED_CHARS, Keys, prefix, search_key};

/// Most characters of what is searched for.
const MAX_CHARS: usize = 1024;
/// Most terms.
const MAX_TERMS: usize = 10;

/// Terms with commas between: it finds profiles in which each is the beginning of the email address, the family name or the
/// given name, without regard to case and accents. Without a term it finds all. What is searched for is personal data: its
/// `Debug` shows nothing of it.
#[derive(Clone, Default)]
pub struct Search(Vec<String>);

/// There is too much to search for, or what the database cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`search` must have at most {MAX_CHARS} characters, at most {MAX_TERMS} terms with commas between, and no U+0000"
)]
pub struct InvalidSearch;

impl Search {
    /// Reads `search`.
    pub fn parse(text: &str) -> Result<Self, InvalidSearch> {
        let mut terms: Vec<String> = text.split(',').map(|term| search_key(term.trim())).collect();
        terms.retain(|term| !term.is_empty());
        terms.sort();
        terms.dedup();
        if text.chars().count() > MAX_CHARS || terms.len() > MAX_TERMS || text.contains('\0') {
            return Err(InvalidSearch);
        }
        // Sorted, a term stands before all that begin with it, and nothing else between.
        let mut reduced: Vec<String> = Vec::with_capacity(terms.len());
        for term in terms {
            if reduced
                .last()
                .is_some_and(|before| term.starts_with(before.as_str()))
            {
                reduced.pop();
            }
            reduced.push(term);
        }
        Ok(Self(reduced))
    }

    /// Whether nothing can be found, because there are more terms than keys that they could be the beginning of.
    pub(super) fn is_hopeless(&self) -> bool {
        self.0.len() > Keys::SEARCHED
    }

    /// The terms as keys begin with them. None begins with another, which would find all that it finds; so a key begins with
    /// one of them at most.
    pub(super) fn terms(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub(super) fn finds(&self, keys: &Keys) -> bool {
        self.terms().all(|term| keys.begin_with(term))
    }

    /// The beginnings whose counts tell how much is found, that of everything included.
    pub(super) fn counted_prefixes(&self) -> Vec<&str> {
        let mut prefixes: Vec<&str> = self.terms().map(counted_prefix).chain([""]).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
    }
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Search({} terms)", self.0.len())
    }
}

/// As much of a term as is counted.
pub(super) fn counted_prefix(term: &str) -> &str {
    prefix(term, COUNTED_CHARS).unwrap_or(term)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        Search::parse(text).unwrap().terms().map(str::to_owned).collect()
    }

    #[test]
    fn terms_stand_between_commas_without_case_and_accents() {
        for (text, expected) in [
            ("", &[][..]),
            (" , ,", &[]),
            ("Zoé", &["zoe"]),
            ("samuel, Johnson,SAMUEL", &["johnson", "samuel"]),
            ("De La", &["de la"]),
            ("\u{301}", &[]),
        ] {
            assert_eq!(terms(text), expected, "{text:?}");
        }
        assert_eq!(Search::parse(&"x".repeat(1025)).err(), Some(InvalidSearch));
        let many: Vec<String> = (0..11).map(|number| number.to_string()).collect();
        for bad in [many.join(",").as_str(), "\0", "a,b\0c"] {
            assert_eq!(Search::parse(bad).err(), Some(InvalidSearch), "{bad:?}");
        }
    }

    #[test]
    fn every_term_is_the_beginning_of_one_of_the_keys() {
        let keys = Keys {
            email: "jane+doe@uni.example".to_owned(),
            given: "jane".to_owned(),
            family: "doe".to_owned(),
        };
        for (text, is_found) in [
            ("", true),
            ("J", true),
            ("jane+", true),
            ("doe,JANE", true),
            ("doe,john", false),
            ("ane", false),
            ("uni", false),
        ] {
            assert_eq!(Search::parse(text).unwrap().finds(&keys), is_found, "{text}");
        }
    }

    #[test]
    fn eight_characters_of_a_term_are_counted() {
        let search = Search::parse("christopher,ann").unwrap();
        assert_eq!(search.counted_prefixes(), ["", "ann", "christop"]);
    }

    #[test]
    fn of_terms_that_begin_with_one_another_the_longest_remains() {
        for (text, expected) in [
            ("christopher,chris,christophe", &["christopher"][..]),
            ("a,ab,abc,abd,b", &["abc", "abd", "b"]),
        ] {
            assert_eq!(terms(text), expected, "{text:?}");
        }
        assert!(!Search::parse("a,b,c,cd").unwrap().is_hopeless());
        assert!(Search::parse("a,b,c,d").unwrap().is_hopeless());
    }
}
