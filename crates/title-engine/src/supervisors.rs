//! What is derived from a title of the library alone: whether its people supervise others, and its level.

use crate::codes::Soc;
use crate::text::levels::JobLevel;
use crate::text::words::{Cleaning, Words};

/// Whether people of this title supervise others.
///
/// Words alone say it badly: a "Case Manager" manages no people, and a "Head Cook" does.
/// So in an occupation of managers (11-xxxx) everybody does whose title does not make them an assistant or an agent,
/// in one of first-line supervisors everybody, and elsewhere only who is called a supervisor or a foreman.
#[must_use]
pub fn is_supervisor(name: &str, soc: Soc) -> bool {
    let mut words = Words::default();
    words.read(name, Cleaning::None);
    let has = |list: &[&str]| words.list().iter().any(|word| list.contains(&words.word(word)));
    if is_of_supervisors(soc) {
        return true;
    }
    if soc.major_group() == 11 {
        return !has(&[
            "agent",
            "analyst",
            "assistant",
            "clerk",
            "consultant",
            "coordinator",
            "specialist",
            "representative",
        ]) || has(&["director", "president", "chief"]);
    }
    has(&[
        "supervisor",
        "foreman",
        "foreperson",
        "forewoman",
        "superintendent",
    ])
}

/// Whether the occupation is one of first-line supervisors, whose detailed codes begin with 101 or 102 within some
/// major groups.
fn is_of_supervisors(soc: Soc) -> bool {
    let minor = soc.minor_digits() / 10;
    match soc.major_group() {
        33 => matches!(minor, 101..=109),
        35 | 37 | 39 | 41 | 43 | 45 | 47 | 49 | 51 => {
            minor == 101 || (soc.major_group() == 39 && minor == 102)
        }
        53 => minor == 104,
        _ => false,
    }
}

/// The level that a word of the title names, or none; numbers name none.
///
/// Of several the highest counts, as it is in [`JobLevel`].
#[must_use]
pub fn level_band(name: &str) -> Option<JobLevel> {
    let mut words = Words::default();
    words.read(name, Cleaning::None);
    words
        .list()
        .iter()
        .filter_map(|word| word.level)
        .filter(|level| !matches!(level, JobLevel::Numbered(_)))
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supervisors_are_told_by_occupation_and_words_together() {
        for (name, soc, expected) in [
            ("Sales Manager", "11-2022", true),
            ("Marketing Coordinator", "11-2021", false),
            ("Account Manager", "41-3091", false),
            ("Head Cook", "35-1011", true),
            ("Construction Foreman", "47-1011", true),
            ("Nursing Supervisor", "29-1141", true),
            ("Case Manager", "21-1093", false),
            ("Software Developer", "15-1252", false),
            ("Police Sergeant", "33-1012", true),
            ("Dispatcher", "53-1041", true),
            ("Police Officer", "33-3051", false),
        ] {
            assert_eq!(is_supervisor(name, soc.parse().unwrap()), expected, "{name}");
        }
    }

    #[test]
    fn the_level_of_a_title_is_that_of_a_word_of_it() {
        for (name, expected) in [
            ("Senior Accountant", Some(JobLevel::Senior)),
            ("Senior Sales Manager", Some(JobLevel::Manager)),
            ("Accountant II", None),
            ("Accountant", None),
            ("Vice President, Sales", Some(JobLevel::Executive)),
        ] {
            assert_eq!(level_band(name), expected, "{name}");
        }
    }
}
