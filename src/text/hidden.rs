//! Characters that a reader does not see, or that change what a reader sees (Unicode 17).
//!
//! Names and addresses go to recruiters, into header fields and into logs. There a control character or a line break begins
//! something else, a bidirectional control turns the direction of what stands around it, and an invisible character makes two
//! names of what looks like one. So these are refused, as UTS #39 and RFC 8264 (PRECIS) advise for identifiers.
//!
//! Some invisible characters are spelling where they follow certain letters, and are taken there and nowhere else: the joiners
//! in the Arabic and the Indic scripts (Persian, Sorani Kurdish, Marathi, Sinhala, Malayalam; RFC 5892 A.1 and A.2 take them
//! too, in fewer places), the variation selectors of ideographs, by which Japanese names are told apart, and of Mongolian
//! letters, and what composes emoji, which stand in titles.

use icu_properties::props::{DefaultIgnorableCodePoint, Emoji, GeneralCategory, Script};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Whether a reader does not see the character, or sees others elsewhere because of it: a control character, a line or
/// paragraph separator, a bidirectional control, or one that is drawn as nothing at all.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let is_noncharacter = u32::from(c) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}')
        // Interlinear annotations, and the blank of Braille, which are not ignorable and yet not drawn.
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{2800}')
        || is_noncharacter
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether the text has no hidden characters, but for those that belong to the spelling where they stand.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let mut base = Base::Other;
    for c in text.chars() {
        base = if is_hidden(c) {
            match base.then(c) {
                Some(base) => base,
                None => return false,
            }
        } else {
            Base::of(c, base)
        };
    }
    true
}

/// What a hidden character follows.
#[derive(Clone, Copy)]
enum Base {
    /// A letter or mark of a script whose letters join, or form conjuncts.
    Joining,
    /// A Mongolian letter.
    Mongolian,
    /// An ideograph.
    Ideograph,
    /// An emoji.
    Emoji,
    /// An emoji with its selector.
    SelectedEmoji,
    /// Anything else, also a hidden character after which no other may follow.
    Other,
}

impl Base {
    /// The base that a visible character is; `before` is what stands before it.
    fn of(c: char, before: Self) -> Self {
        if c.is_ascii() {
            return Self::Other;
        }
        match CodePointMapData::<Script>::new().get(c) {
            // The vowel signs that scripts share belong to the letter before them.
            Script::Inherited => before,
            Script::Han => Self::Ideograph,
            Script::Mongolian => Self::Mongolian,
            script if joins(script) && is_letter_or_mark(c) => Self::Joining,
            _ if CodePointSetData::new::<Emoji>().contains(c) => Self::Emoji,
            _ => Self::Other,
        }
    }

    /// The base after the hidden character `c`; `None` where it may not stand.
    fn then(self, c: char) -> Option<Self> {
        let is_joiner = matches!(c, '\u{200c}' | '\u{200d}');
        let is_emoji_selector = matches!(c, '\u{fe0e}' | '\u{fe0f}');
        let may_stand = match self {
            Self::Joining => is_joiner,
            Self::Mongolian => is_joiner || matches!(c, '\u{180b}'..='\u{180f}'),
            Self::Ideograph => matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'),
            Self::Emoji => is_emoji_selector || c == '\u{200d}',
            Self::SelectedEmoji => c == '\u{200d}',
            Self::Other => false,
        };
        let is_selected = matches!(self, Self::Emoji) && is_emoji_selector;
        let after = if is_selected {
            Self::SelectedEmoji
        } else {
            Self::Other
        };
        may_stand.then_some(after)
    }
}

/// Whether the letters of a script join, or form conjuncts, so that its spelling needs the joiners.
fn joins(script: Script) -> bool {
    [
        Script::Arabic,
        Script::Syriac,
        Script::Devanagari,
        Script::Bengali,
        Script::Gurmukhi,
        Script::Gujarati,
        Script::Oriya,
        Script::Tamil,
        Script::Telugu,
        Script::Kannada,
        Script::Malayalam,
        Script::Sinhala,
    ]
    .contains(&script)
}

fn is_letter_or_mark(c: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        GeneralCategory::OtherLetter
            | GeneralCategory::ModifierLetter
            | GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_hidden() {
        for (first, last) in [
            (0, 0x1f),
            (0x7f, 0x9f),
            (0xad, 0xad),
            (0x034f, 0x034f),
            (0x061c, 0x061c),
            (0x115f, 0x1160),
            (0x180b, 0x180f),
            (0x200b, 0x200f),
            (0x2028, 0x202e),
            (0x2060, 0x206f),
            (0x2800, 0x2800),
            (0x3164, 0x3164),
            (0xfdd0, 0xfdef),
            (0xfe00, 0xfe0f),
            (0xfeff, 0xfeff),
            (0xffa0, 0xffa0),
            (0xfff0, 0xfffb),
            (0xfffe, 0xffff),
            (0xe0000, 0xe0fff),
            (0x10_fffe, 0x10_ffff),
        ] {
            for code_point in first..=last {
                let c = char::from_u32(code_point).unwrap();
                assert!(is_hidden(c), "U+{code_point:04X}");
            }
        }
        for c in "azAZ09 '-.,é\u{301}Żß\u{a0}\u{2019}\u{3000}李ไทยا\u{64e}श\u{94d}\u{fffd}\u{1f680}".chars()
        {
            assert!(!is_hidden(c), "{}", c.escape_unicode());
        }
    }

    #[test]
    fn spelling_is_plain_where_its_script_has_it() {
        for name in [
            "علی\u{200c}رضا",
            "شنه\u{200c}",
            "مُحَمَّد\u{200c}پور",
            "ශ\u{dca}\u{200d}රී",
            "രമണന\u{d4d}\u{200d}",
            "क\u{94d}\u{200d}ष",
            "র\u{200d}\u{9cd}য",
            "葛\u{e0100}飾",
            "辻\u{fe00}",
            "\u{182d}\u{180b}\u{1820}",
            "\u{2764}\u{fe0f} Accueil",
            "\u{1f469}\u{1f3fd}\u{200d}\u{1f4bb}",
            "\u{2764}\u{fe0f}\u{200d}\u{1f525}",
            "O'Neill-d’Été",
            "",
        ] {
            assert!(is_plain(name), "{}", name.escape_unicode());
        }
    }

    #[test]
    fn the_same_elsewhere_is_not_plain() {
        for name in [
            "Jean\u{200d}ne",
            "Jean\u{200c}",
            "\u{200c}علی",
            "علی\u{200c}\u{200c}رضا",
            "۱\u{200d}۲",
            "a\u{fe0f}",
            "葛\u{e0100}\u{e0100}",
            "Dupont\u{e0100}",
            "1\u{fe0f}",
            "\u{1f469}\u{200d}\u{200d}\u{1f4bb}",
            "\u{202e}tnopuD",
            "Du\u{ad}pont",
            "Du\u{2028}pont",
            "\u{3164}",
            "\u{2800}",
            "a\tb",
            "a\u{85}b",
        ] {
            assert!(!is_plain(name), "{}", name.escape_unicode());
        }
    }
}
