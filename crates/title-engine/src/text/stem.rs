//! Brings words to one form: the singular, and one form for a field of medicine and who works in it.
//!
//! Nothing more, so that "engineering" stays apart from "engineer".

/// The form in which a word is compared: the singular, and one form for a field and who works in it, as in
/// "radiology", "radiological" and "radiologist".
pub(crate) fn stem(word: &str) -> (&str, &'static str) {
    let (single, ending) = singular(word);
    if !ending.is_empty() || !single.is_ascii() {
        return (single, ending);
    }
    for (endings, form) in FIELDS {
        for ending in *endings {
            if let Some(root) = single.strip_suffix(ending).filter(|root| root.len() >= 2) {
                return (root, form);
            }
        }
    }
    (single, "")
}

/// Endings of fields of medicine and science and of who works in them, the longer ones first.
const FIELDS: &[(&[&str], &str)] = &[
    (&["ological", "ologist", "ologic", "ology"], "olog"),
    (&["iatrician", "iatrics", "iatrist", "iatric", "iatry"], "iatr"),
    (&["rgical", "rgeon", "rgery"], "rg"),
    (&["esthetist", "esthesia"], "esthesiolog"),
    (&["stetrician", "stetrics", "stetric"], "stetr"),
    (&["dontist", "dontics", "dontic"], "dont"),
];

/// The singular of an English word in lower case, by its ending.
fn singular(word: &str) -> (&str, &'static str) {
    let irregular = match word {
        "men" => Some("man"),
        "women" => Some("woman"),
        "people" => Some("person"),
        "children" => Some("child"),
        _ => None,
    };
    if let Some(form) = irregular {
        return ("", form);
    }
    if word.len() < 4 || !word.is_ascii() {
        return (word, "");
    }
    if let Some(stem) = word.strip_suffix("men").filter(|stem| stem.len() > 3) {
        return (stem, "man");
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 2) {
        return (stem, "y");
    }
    for ending in ["sses", "xes", "ches", "shes"] {
        if word.ends_with(ending) {
            return (word.strip_suffix("es").unwrap_or(word), "");
        }
    }
    let keeps = ["ss", "us", "is", "ics", "ops"]
        .iter()
        .any(|ending| word.ends_with(ending))
        || KEPT.contains(&word);
    if keeps {
        (word, "")
    } else {
        (word.strip_suffix('s').unwrap_or(word), "")
    }
}

/// Words that end with "s" in the singular.
const KEPT: &[&str] = &[
    "aws", "sales", "gas", "bas", "dds", "sas", "ios", "saas", "always", "lens", "news", "windows",
];

#[cfg(test)]
mod tests {
    use super::{singular, stem};

    #[test]
    fn plural_forms_become_singular_and_other_words_stay() {
        for (word, expected) in [
            ("nurses", "nurse"),
            ("secretaries", "secretary"),
            ("bosses", "boss"),
            ("coaches", "coach"),
            ("foremen", "foreman"),
            ("women", "woman"),
            ("sales", "sales"),
            ("business", "business"),
            ("analysis", "analysis"),
            ("campus", "campus"),
            ("gis", "gis"),
            ("logistics", "logistics"),
            ("bus", "bus"),
            ("workers", "worker"),
        ] {
            let (stem, ending) = singular(word);
            assert_eq!(format!("{stem}{ending}"), expected);
        }
    }

    #[test]
    fn a_field_and_who_works_in_it_have_one_form() {
        for words in [
            ["radiology", "radiologists", "radiological"],
            ["pediatrics", "pediatrician", "pediatric"],
            ["surgery", "surgeons", "surgical"],
            ["orthodontist", "orthodontics", "orthodontic"],
        ] {
            let forms = words.map(|word| {
                let (stem, ending) = stem(word);
                format!("{stem}{ending}")
            });
            assert!(forms.iter().all(|form| *form == forms[0]), "{forms:?}");
        }
    }
}
