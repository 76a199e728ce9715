//! Splits a text into words, and keeps what stands between them.

use unicode_normalization::UnicodeNormalization as _;

/// At most so many characters of a text are read; the rest is ignored.
const MAX_CHARACTERS: usize = 1024;

/// At most so many words of a text are read.
const MAX_WORDS: usize = 96;

/// What stands before a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// White space, or punctuation that says nothing.
    Space,
    /// A hyphen without spaces.
    Hyphen,
    /// A dash with spaces, a bar, a colon or a semicolon.
    Dash,
    /// A comma.
    Comma,
    /// A slash.
    Slash,
    /// An opening parenthesis or bracket.
    Open,
    /// A closing parenthesis or bracket.
    Close,
    /// `@`.
    At,
    /// `$`, `€` or `£`.
    Currency,
    /// `#` before a number.
    Number,
}

/// One word of a text, in lower case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexeme {
    /// Where its letters begin in the buffer.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// What stands before it.
    pub gap: Gap,
    /// Whether it stands in parentheses.
    pub inside: bool,
    /// Whether it was written in upper case alone.
    pub upper: bool,
}

/// The words of a text. The buffers are kept for the next text.
#[derive(Debug, Default)]
pub(crate) struct Lexemes {
    buffer: String,
    list: Vec<Lexeme>,
}

/// What is known while a text is read.
struct Reader<'a> {
    out: &'a mut Lexemes,
    start: usize,
    gap: Gap,
    depth: u32,
    upper: bool,
    /// How many letters of the word stand before its last point.
    dotted: usize,
}

impl Lexemes {
    /// Reads `text`, in place of the text before.
    pub fn read(&mut self, text: &str) {
        self.buffer.clear();
        self.list.clear();
        let mut reader = Reader {
            out: self,
            start: 0,
            gap: Gap::Space,
            depth: 0,
            upper: true,
            dotted: 0,
        };
        if text.is_ascii() {
            reader.read(text.bytes().take(MAX_CHARACTERS).map(char::from));
        } else {
            reader.read(text.nfkc().take(MAX_CHARACTERS));
        }
    }

    /// The words, in the order of the text.
    pub fn list(&self) -> &[Lexeme] {
        &self.list
    }

    /// The letters of a word.
    pub fn word(&self, lexeme: &Lexeme) -> &str {
        self.buffer.get(lexeme.start..lexeme.end).unwrap_or_default()
    }
}

impl Reader<'_> {
    fn read(&mut self, characters: impl Iterator<Item = char>) {
        let mut characters = characters.peekable();
        while let Some(character) = characters.next() {
            if self.out.list.len() >= MAX_WORDS {
                return;
            }
            let next = characters.peek().copied().unwrap_or(' ');
            if character.is_alphanumeric() || super::is_mark(character) {
                self.letter(character);
            } else if !self.belongs_to_word(character, next) {
                self.separate(character, next);
            }
        }
        self.end_word();
    }

    fn letter(&mut self, character: char) {
        self.upper &= !character.is_lowercase();
        if character.is_ascii() {
            self.out.buffer.push(character.to_ascii_lowercase());
        } else {
            self.out.buffer.extend(character.to_lowercase());
        }
    }

    /// Whether the punctuation is part of the word that is being read; it is kept or dropped then.
    fn belongs_to_word(&mut self, character: char, next: char) -> bool {
        let length = self.out.buffer.len() - self.start;
        let current = self.out.buffer.get(self.start..).unwrap_or_default();
        match character {
            '\'' | '’' => length > 0,
            '+' | '#' if matches!(current, "c" | "c+" | "f") && !next.is_alphanumeric() => {
                self.out.buffer.push(character);
                true
            }
            // "R.N.": one letter since the last point; but neither "Sr.Engineer" nor "St. Mary".
            '.' if length == self.dotted + 1 => {
                self.dotted = length;
                true
            }
            _ => false,
        }
    }

    fn separate(&mut self, character: char, next: char) {
        let in_word = self.out.buffer.len() > self.start;
        self.end_word();
        let gap = match character {
            '(' | '[' | '{' => {
                self.depth += 1;
                Gap::Open
            }
            ')' | ']' | '}' => {
                self.depth = self.depth.saturating_sub(1);
                Gap::Close
            }
            '-' | '\u{2010}' | '\u{2011}' if in_word && next.is_alphanumeric() => Gap::Hyphen,
            '-' | '\u{2010}'..='\u{2015}' | '|' | ':' | ';' | '~' | '•' | '*' | '_' => Gap::Dash,
            ',' => Gap::Comma,
            '/' | '\\' => Gap::Slash,
            '@' => Gap::At,
            '$' | '€' | '£' => Gap::Currency,
            '#' => Gap::Number,
            '&' => {
                self.push_and();
                Gap::Space
            }
            _ => Gap::Space,
        };
        let stronger = matches!(gap, Gap::Open | Gap::Currency | Gap::Number);
        if gap != Gap::Space && (stronger || matches!(self.gap, Gap::Space | Gap::Hyphen | Gap::Close)) {
            self.gap = gap;
        }
    }

    fn push_and(&mut self) {
        self.out.buffer.push_str("and");
        self.upper = false;
        self.end_word();
    }

    fn end_word(&mut self) {
        let end = self.out.buffer.len();
        if end > self.start && self.out.list.len() < MAX_WORDS {
            let inside = self.depth > 0;
            let lexeme = Lexeme {
                start: self.start,
                end,
                gap: self.gap,
                inside,
                upper: self.upper,
            };
            self.out.list.push(lexeme);
            self.gap = Gap::Space;
        }
        self.start = end;
        self.upper = true;
        self.dotted = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut lexemes = Lexemes::default();
        lexemes.read(text);
        lexemes
            .list()
            .iter()
            .map(|lexeme| lexemes.word(lexeme).to_owned())
            .collect()
    }

    #[test]
    fn words_are_split_at_punctuation_that_does_not_belong_to_them() {
        for (text, expected) in [
            (
                "Sr. Software-Engineer (C++/C#)",
                vec!["sr", "software", "engineer", "c++", "c#"],
            ),
            ("R.N. / L.P.N.", vec!["rn", "lpn"]),
            ("Driver's R&D", vec!["drivers", "r", "and", "d"]),
            ("  ", vec![]),
            ("Cook|Baker", vec!["cook", "baker"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn what_stands_before_a_word_is_kept() {
        let mut lexemes = Lexemes::default();
        lexemes.read("Nurse - Night, ICU (Remote) $50 a-b #12");
        let gaps: Vec<Gap> = lexemes.list().iter().map(|lexeme| lexeme.gap).collect();
        let expected = [
            Gap::Space,
            Gap::Dash,
            Gap::Comma,
            Gap::Open,
            Gap::Currency,
            Gap::Space,
            Gap::Hyphen,
            Gap::Number,
        ];
        assert_eq!(gaps, expected);
        assert!(lexemes.list()[3].inside && !lexemes.list()[4].inside);
    }
}
