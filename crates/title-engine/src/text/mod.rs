//! From the text of a title to words that can be compared.
//!
//! [`key`] makes what identifiers are derived from, and never changes.
//! Everything else serves finding, and may be made better at any time: [`lexer`] splits a text, [`cleaning`] drops
//! what belongs to the posting and not to the title, [`abbreviations`] and [`stem`] bring words to one form, and
//! [`levels`] reads the words that name a level.

use unicode_normalization::UnicodeNormalization as _;

pub(crate) mod abbreviations;
pub(crate) mod cleaning;
pub(crate) mod levels;
pub(crate) mod lexer;
pub(crate) mod places;
pub(crate) mod stem;
pub(crate) mod words;

/// The key of a name: NFKC, lower case, `&` as "and", and one space for each run of other punctuation.
///
/// Names with the same key are the same title.
#[must_use]
pub fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    let mut space = false;
    let mut push = |character: char| {
        if character.is_alphanumeric() || is_mark(character) {
            if space && !key.is_empty() {
                key.push(' ');
            }
            space = false;
            key.push(character);
        } else {
            space = true;
        }
    };
    // Lower case may undo a composition ("İ"), so that the text is composed again afterwards.
    for character in name.nfkc().flat_map(char::to_lowercase).nfkc() {
        if character == '&' {
            " and ".chars().for_each(&mut push);
        } else {
            push(character);
        }
    }
    key
}

/// Whether the character is a combining mark, which belongs to the letter before it.
fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

#[cfg(test)]
mod tests {
    use super::key;
    use proptest::prelude::*;

    #[test]
    fn a_key_has_no_case_width_or_punctuation() {
        for (name, expected) in [
            ("Registered Nurse (RN)", "registered nurse rn"),
            ("R&D  Engineer", "r and d engineer"),
            ("  --Chief, Fire-- ", "chief fire"),
            ("Ｆｕｌｌ－Stack ①", "full stack 1"),
            ("Café Manager", "café manager"),
            ("C++ / C#", "c c"),
            ("&", "and"),
            ("…", ""),
        ] {
            assert_eq!(key(name), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(name in any::<String>()) {
            let once = key(&name);
            prop_assert_eq!(key(&once), once);
        }
    }
}
