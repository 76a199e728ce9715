//! The plural of a title's name.

/// The name for more than one: the last word of what comes before the first `of`, comma or the like takes the plural.
pub(super) fn plural_of(name: &str) -> String {
    const AFTER_HEAD: &[&str] = &[
        " of ", " for ", " in ", " at ", " to ", " with ", ",", " (", " - ", " – ", "/", ";", ":",
    ];
    let head_end = AFTER_HEAD
        .iter()
        .filter_map(|mark| name.find(mark))
        .min()
        .unwrap_or(name.len());
    let (head, rest) = name.split_at(head_end);
    let word_start = head.rfind([' ', '-']).map_or(0, |at| at + 1);
    let (before, word) = head.split_at(word_start);
    format!("{before}{}{rest}", plural_of_word(word))
}

fn plural_of_word(word: &str) -> String {
    const SAME: &[&str] = &[
        "staff",
        "personnel",
        "crew",
        "aircraft",
        "faculty",
        "clergy",
        "i",
        "ii",
        "iii",
        "iv",
    ];
    let lower = word.to_lowercase();
    let is_acronym = word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
    if word.is_empty() || SAME.contains(&lower.as_str()) || !word.chars().all(char::is_alphabetic) {
        return word.to_owned();
    }
    if is_acronym {
        return format!("{word}s");
    }
    let replaced = |ending: &str, plural: &str| {
        let stem = word.get(..word.len().checked_sub(ending.len())?)?;
        lower.ends_with(ending).then(|| format!("{stem}{plural}"))
    };
    let is_plural = lower.ends_with('s') && !["ss", "us", "is"].iter().any(|ending| lower.ends_with(ending));
    if is_plural || lower.ends_with("men") || lower.ends_with("people") {
        return word.to_owned();
    }
    let ends_in = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    if let Some(plural) = replaced("man", "men").filter(|_| !ends_in(&["human", "german", "shaman"])) {
        return plural;
    }
    if let Some(plural) = replaced("person", "people") {
        return plural;
    }
    if !ends_in(&["ay", "ey", "oy", "uy"])
        && let Some(plural) = replaced("y", "ies")
    {
        return plural;
    }
    let ending = if ends_in(&["s", "x", "z", "ch", "sh"]) {
        "es"
    } else {
        "s"
    };
    format!("{word}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_title_takes_the_plural() {
        for (name, plural) in [
            ("Registered Nurse", "Registered Nurses"),
            ("Director of Nursing", "Directors of Nursing"),
            ("Registered Nurse (RN)", "Registered Nurses (RN)"),
            ("Manager, Sales", "Managers, Sales"),
            ("Attorney", "Attorneys"),
            ("Secretary", "Secretaries"),
            ("Fireman", "Firemen"),
            ("Salesperson", "Salespeople"),
            ("Business Analyst", "Business Analysts"),
            ("Coach", "Coaches"),
            ("Waitress", "Waitresses"),
            ("Software Developers", "Software Developers"),
            ("CEO", "CEOs"),
            ("Kitchen Staff", "Kitchen Staff"),
            ("Engineer II", "Engineer II"),
            ("", ""),
        ] {
            assert_eq!(plural_of(name), plural, "{name}");
        }
    }
}
