//! Numbers, instants and durations as a reader of each language writes them. All instants are UTC.

use chrono::{DateTime, Datelike, Timelike, Utc};

use crate::frame::Language;
use crate::text::{Arg, say};

/// A thin space that does not break, between the groups of a French number.
const NARROW: char = '\u{202f}';

/// A whole number with its thousands grouped.
pub(crate) fn number(language: Language, number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let separator = match language {
        Language::En => ',',
        Language::Fr => NARROW,
    };
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// A part of a whole in per cent with one decimal; `0` of nothing.
pub(crate) fn percent(language: Language, part: i64, whole: i64) -> String {
    let tenths = if whole == 0 {
        0
    } else {
        (part * 1000 + whole / 2) / whole
    };
    let (point, space) = match language {
        Language::En => ('.', ' '),
        Language::Fr => (',', NARROW),
    };
    format!("{}{point}{}{space}%", tenths / 10, tenths % 10)
}

const MONTHS_EN: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const MONTHS_FR: [&str; 12] = [
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
];

/// A day: `26 Nov`, with its year where that is not the year of `now`.
pub(crate) fn day(language: Language, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let months = match language {
        Language::En => MONTHS_EN,
        Language::Fr => MONTHS_FR,
    };
    let month = months.get(at.month0() as usize).copied().unwrap_or_default();
    let day = match (language, at.day()) {
        (Language::Fr, 1) => "1er".to_owned(),
        (_, day) => day.to_string(),
    };
    if at.year() == now.year() {
        format!("{day}\u{a0}{month}")
    } else {
        format!("{day}\u{a0}{month}\u{a0}{}", at.year())
    }
}

/// A time of day: `14:02`, in French `14 h 02`.
pub(crate) fn clock(language: Language, at: DateTime<Utc>) -> String {
    match language {
        Language::En => format!("{:02}:{:02}", at.hour(), at.minute()),
        Language::Fr => format!("{}\u{a0}h\u{a0}{:02}", at.hour(), at.minute()),
    }
}

/// A day and a time of day, marked as UTC.
pub(crate) fn instant(language: Language, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{}, {}\u{a0}UTC", day(language, at, now), clock(language, at))
}

/// How long something took or takes, in its largest unit: `3 days`, `26 hours` (up to two days), `4 minutes`, `12 seconds`.
pub(crate) fn duration(language: Language, seconds: i64) -> String {
    let seconds = seconds.abs();
    let (id, count) = match seconds {
        0..60 => ("duration-seconds", seconds),
        60..3_600 => ("duration-minutes", seconds / 60),
        3_600..172_800 => ("duration-hours", seconds / 3_600),
        _ => ("duration-days", seconds / 86_400),
    };
    say(language, id, &[("count", Arg::Number(count))])
}

/// How long ago an instant is, or how far ahead.
pub(crate) fn ago(language: Language, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = now.signed_duration_since(at).num_seconds();
    let id = match seconds {
        0..5 => return say(language, "time-just-now", &[]),
        5.. => "time-ago",
        _ => "time-ahead",
    };
    say(
        language,
        id,
        &[("duration", Arg::Words(duration(language, seconds)))],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_grouped_as_the_language_has_it() {
        assert_eq!(number(Language::En, 12_400), "12,400");
        assert_eq!(number(Language::En, 999), "999");
        assert_eq!(number(Language::En, -1_000_000), "−1,000,000");
        assert_eq!(number(Language::Fr, 12_400), "12\u{202f}400");
    }

    #[test]
    fn a_part_is_shown_with_one_decimal() {
        assert_eq!(percent(Language::En, 37, 1241), "3.0 %");
        assert_eq!(percent(Language::Fr, 1, 3), "33,3\u{202f}%");
        assert_eq!(percent(Language::En, 0, 0), "0.0 %");
    }

    #[test]
    fn instants_are_in_utc_and_say_so() {
        let now = at("2026-11-26T14:02:11Z");
        let shown = |language| instant(language, at("2026-11-01T09:05:00Z"), now);
        assert_eq!(shown(Language::En), "1\u{a0}Nov, 09:05\u{a0}UTC");
        assert_eq!(shown(Language::Fr), "1er\u{a0}nov., 9\u{a0}h\u{a0}05\u{a0}UTC");
        assert_eq!(
            day(Language::En, at("2025-12-31T23:59:59Z"), now),
            "31\u{a0}Dec\u{a0}2025"
        );
    }

    #[test]
    fn ages_are_in_words() {
        let now = at("2026-11-26T14:02:11Z");
        assert_eq!(ago(Language::En, at("2026-11-25T12:02:11Z"), now), "26 hours ago");
        assert_eq!(
            ago(Language::Fr, at("2026-11-26T14:01:11Z"), now),
            "il y a 1 minute"
        );
        assert_eq!(ago(Language::En, at("2026-12-03T14:02:11Z"), now), "in 7 days");
        assert_eq!(ago(Language::En, now, now), "just now");
    }
}
