//! Finds the words of a raw title that belong to the posting and not to the title: requisition numbers, pay, places,
//! hours, "(remote)", "m/f/d".

use super::lexer::{Gap, Lexeme, Lexemes};
use super::places::{is_place_word, is_state_code};

/// What is known of each word of a text: the part it stands in, and whether it was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The number of the part of the title, from 0.
    pub segment: u8,
    /// Whether the word is left out.
    pub dropped: bool,
}

/// Marks every word of `lexemes`; `marks` is overwritten.
pub(crate) fn mark(lexemes: &Lexemes, marks: &mut Vec<Mark>) {
    segments(lexemes.list(), marks);
    drop_numbers(lexemes, marks);
    let addresses = drop_addresses(lexemes, marks);
    drop_genders(lexemes, marks);
    drop_phrases(lexemes, marks);
    drop_segments(lexemes, marks);
    if !addresses && marks.iter().all(|mark| mark.dropped) {
        // Nothing but such words: a text is not emptied by cleaning unless it is made of numbers.
        for (mark, lexeme) in marks.iter_mut().zip(lexemes.list()) {
            let word = lexemes.word(lexeme);
            mark.dropped =
                has_digit(word) || lexeme.gap == Gap::Currency || POSTING.binary_search(&word).is_ok();
        }
    }
}

/// Gives each word the number of its part.
fn segments(list: &[Lexeme], marks: &mut Vec<Mark>) {
    marks.clear();
    let mut segment: u8 = 0;
    for (index, lexeme) in list.iter().enumerate() {
        let begins = matches!(
            lexeme.gap,
            Gap::Dash
                | Gap::Comma
                | Gap::Slash
                | Gap::Open
                | Gap::Close
                | Gap::At
                | Gap::Currency
                | Gap::Number
        );
        if begins && index > 0 {
            segment = segment.saturating_add(1);
        }
        marks.push(Mark {
            segment,
            dropped: false,
        });
    }
}

/// Whether the word has a digit.
fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether the word looks like a number of a requisition, an amount or a year.
fn is_number(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.len() - digits;
    digits >= 3
        || (digits == 2 && letters == 0)
        || (digits == 1 && letters == 0 && !matches!(word, "1" | "2" | "3" | "4" | "5" | "6"))
}

/// Drops numbers with what announces them ("req", "#", "$") and what they count ("hr", "months").
fn drop_numbers(lexemes: &Lexemes, marks: &mut [Mark]) {
    let list = lexemes.list();
    let mut after_number = false;
    for (index, lexeme) in list.iter().enumerate() {
        let word = lexemes.word(lexeme);
        let announced = matches!(lexeme.gap, Gap::Currency | Gap::Number) && has_digit(word);
        let number =
            announced || is_number(word) || (after_number && lexeme.gap != Gap::Space && has_digit(word));
        let unit = after_number && (UNITS.contains(&word) || word.len() == 1);
        if number || unit {
            set(marks, index);
        }
        if number {
            let prefix = lexeme.gap == Gap::Hyphen;
            for before in (0..index).rev().take(4) {
                let Some(word) = list.get(before).map(|lexeme| lexemes.word(lexeme)) else {
                    break;
                };
                let is_prefix = prefix && before + 1 == index && word.len() == 1;
                if !is_prefix && !REQUISITION.contains(&word) {
                    break;
                }
                set(marks, before);
            }
        }
        after_number = number || unit;
    }
}

/// Drops addresses of houses and in networks, and says whether there were any.
fn drop_addresses(lexemes: &Lexemes, marks: &mut [Mark]) -> bool {
    let list = lexemes.list();
    let word = |index: usize| list.get(index).map_or("", |lexeme| lexemes.word(lexeme));
    let mut found = false;
    for (index, lexeme) in list.iter().enumerate() {
        let until = |ends: &[&str], length: usize| {
            (index + 1..=index + length).find(|other| ends.contains(&word(*other)))
        };
        let (from, to) = if matches!(word(index), "http" | "https" | "www" | "mailto") {
            (index, Some(list.len()))
        } else if lexeme.gap == Gap::At {
            (
                index.saturating_sub(2),
                until(NETWORKS, 3).or_else(|| NETWORKS.contains(&word(index + 1)).then_some(index + 1)),
            )
        } else if is_house_number(word(index)) {
            (index, until(STREETS, 4))
        } else {
            continue;
        };
        if let Some(to) = to {
            found = true;
            (from..=to).for_each(|index| set(marks, index));
        }
    }
    found
}

/// Whether the word can be the number of a house.
fn is_house_number(word: &str) -> bool {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && word.len() - digits <= 1
}

/// Words at the end of a host name.
const NETWORKS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "io", "co", "de", "fr", "uk", "info", "biz",
];

/// Words that end the name of a street.
const STREETS: &[&str] = &[
    "st",
    "street",
    "ave",
    "avenue",
    "road",
    "rd",
    "blvd",
    "boulevard",
    "lane",
    "ln",
    "drive",
    "dr",
    "way",
    "court",
    "ct",
    "hwy",
    "highway",
    "parkway",
    "pkwy",
    "square",
    "plaza",
    "terrace",
    "suite",
    "apt",
];

/// Drops "m/f/d" and its like: single letters between slashes.
fn drop_genders(lexemes: &Lexemes, marks: &mut [Mark]) {
    let is_letter = |lexeme: &Lexeme| {
        matches!(
            lexemes.word(lexeme),
            "m" | "f" | "d" | "w" | "x" | "h" | "i" | "n" | "div"
        )
    };
    let list = lexemes.list();
    for (index, pair) in list.windows(2).enumerate() {
        if let [one, other] = pair
            && other.gap == Gap::Slash
            && is_letter(one)
            && is_letter(other)
        {
            set(marks, index);
            set(marks, index + 1);
        }
    }
}

/// Drops phrases that are no part of any title, wherever they stand.
fn drop_phrases(lexemes: &Lexemes, marks: &mut [Mark]) {
    let list = lexemes.list();
    for index in 0..list.len() {
        let word = |offset: usize| list.get(index + offset).map_or("", |lexeme| lexemes.word(lexeme));
        let count = match (word(0), word(1), word(2)) {
            ("work", "from", "home") => 3,
            ("full" | "part", "time", _)
            | ("per", "diem", _)
            | ("now" | "urgently" | "urgent", "hiring", _)
            | ("sign" | "signing", "on" | "bonus", _)
            | ("all", "genders", _)
            | ("no", "experience", _) => 2,
            ("remote", "sensing" | "pilot" | "control" | "operated", _) => 0,
            (first, _, _) if POSTING.binary_search(&first).is_ok() => 1,
            _ => 0,
        };
        for offset in 0..count {
            set(marks, index + offset);
        }
    }
}

/// Drops whole parts that name only a place, or only the conditions of work.
fn drop_segments(lexemes: &Lexemes, marks: &mut [Mark]) {
    let list = lexemes.list();
    let last = marks.last().map_or(0, |mark| mark.segment);
    for segment in 1..=last {
        let range = range_of(marks, segment);
        let words = || range.clone().zip(list.iter().skip(range.start));
        let live = |index: usize| marks.get(index).is_some_and(|mark| !mark.dropped);
        let is_code = |lexeme: &Lexeme| lexeme.upper && is_state_code(lexemes.word(lexeme));
        let is_place = words()
            .all(|(index, lexeme)| !live(index) || is_code(lexeme) || is_place_word(lexemes.word(lexeme)));
        let is_condition =
            words().all(|(index, lexeme)| !live(index) || CONDITIONS.contains(&lexemes.word(lexeme)));
        let names_state =
            words().count() == 1 && words().all(|(_, lexeme)| is_code(lexeme) && lexeme.gap == Gap::Comma);
        if names_state && segment > 1 {
            // "…, Springfield, IL": what stands before the state is its city.
            range_of(marks, segment - 1).for_each(|index| set(marks, index));
        }
        if is_place || is_condition {
            range.for_each(|index| set(marks, index));
        }
    }
}

/// The indexes of the words of a part.
fn range_of(marks: &[Mark], segment: u8) -> std::ops::Range<usize> {
    let start = marks.partition_point(|mark| mark.segment < segment);
    let end = marks.partition_point(|mark| mark.segment <= segment);
    start..end
}

/// Drops the word.
fn set(marks: &mut [Mark], index: usize) {
    if let Some(mark) = marks.get_mut(index) {
        mark.dropped = true;
    }
}

/// Words before a requisition number.
const REQUISITION: &[&str] = &[
    "req",
    "reqid",
    "requisition",
    "id",
    "no",
    "number",
    "num",
    "job",
    "jobid",
    "ref",
    "reference",
    "posting",
    "vacancy",
    "jr",
    "code",
];

/// Words after an amount.
const UNITS: &[&str] = &[
    "hr", "hrs", "hour", "hours", "hourly", "month", "months", "mo", "mos", "week", "weeks", "wk", "year",
    "years", "yr", "yrs", "day", "days", "pm", "am", "fte", "per", "annually", "annual", "yearly", "weekly",
    "an", "to", "plus", "usd",
];

/// Words that are no part of any title, sorted.
const POSTING: &[&str] = &[
    "amp",
    "asap",
    "fulltime",
    "hiring",
    "hybrid",
    "immediately",
    "nbsp",
    "onsite",
    "parttime",
    "prn",
    "quot",
    "remote",
    "remotely",
    "telecommute",
    "urgent",
    "urgently",
    "wfh",
];

/// Words of which a part is made that names only the conditions of work.
const CONDITIONS: &[&str] = &[
    "a",
    "and",
    "as",
    "available",
    "based",
    "bonus",
    "contract",
    "day",
    "days",
    "eligible",
    "evening",
    "evenings",
    "first",
    "flexible",
    "full",
    "h1b",
    "h2b",
    "home",
    "hourly",
    "immediate",
    "in",
    "location",
    "locations",
    "morning",
    "multiple",
    "needed",
    "night",
    "nights",
    "of",
    "on",
    "only",
    "open",
    "or",
    "overnight",
    "overnights",
    "part",
    "perm",
    "permanent",
    "position",
    "positions",
    "salaried",
    "seasonal",
    "second",
    "shift",
    "shifts",
    "site",
    "start",
    "temp",
    "temporary",
    "third",
    "time",
    "travel",
    "various",
    "visa",
    "weekend",
    "weekends",
    "w2",
    "1st",
    "2nd",
    "3rd",
];

#[cfg(test)]
#[path = "cleaning_tests.rs"]
mod tests;
