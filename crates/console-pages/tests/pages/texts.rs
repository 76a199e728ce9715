//! The texts: the same in both languages, all of them used, none missing.

use std::collections::{BTreeMap, BTreeSet};

use console_pages::errors::ServiceError;
use console_pages::{Language, Role, Theme};

use super::fixtures::{Look, all};
use super::style::files;

/// Every identifier of a language with the arguments that its text takes.
fn texts(language: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files(&format!("texts/{language}")) {
        // English is what the service says itself.
        if path.ends_with("reasons.ftl") {
            continue;
        }
        let mut id = String::new();
        for line in text.lines() {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                line.split_once(" =").unwrap().0.clone_into(&mut id);
                let is_new = found.insert(id.clone(), BTreeSet::new()).is_none();
                assert!(is_new, "{}: {id} is there twice", path.display());
            } else if let Some((attribute, _)) = line
                .trim_start()
                .strip_prefix('.')
                .and_then(|l| l.split_once(" ="))
            {
                let owner = id.split('.').next().unwrap();
                id = format!("{owner}.{attribute}");
                found.insert(id.clone(), BTreeSet::new());
            }
            for part in line.split("{ $").skip(1) {
                let name = part.split([' ', ',']).next().unwrap();
                found.get_mut(&id).unwrap().insert(name.to_owned());
            }
        }
    }
    found
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_arguments() {
    let (english, french) = (texts("en"), texts("fr"));
    assert!(english.len() > 50);
    let differing: Vec<_> = english
        .keys()
        .chain(french.keys())
        .filter(|id| english.get(*id) != french.get(*id))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

/// Texts of the names that the service gives to settings.
const BY_NAME: [&str; 5] = ["grant-", "scope-", "entitlement-", "replay-", "expires-in-"];

#[test]
fn every_text_is_used() {
    let sources: String = ["src", "templates"]
        .into_iter()
        .flat_map(files)
        .map(|(_, text)| text)
        .collect();
    let unused: Vec<String> = texts("en")
        .into_keys()
        .filter(|id| {
            let owner = id.split('.').next().unwrap();
            if BY_NAME.iter().any(|kind| owner.starts_with(kind)) {
                return false;
            }
            let field = owner.strip_prefix("field-").map(|name| name.replace('-', "_"));
            let is_field = field.is_some_and(|name| sources.contains(&format!("\"{name}\"")));
            !is_field && !sources.contains(&format!("\"{owner}\"")) && !sources.contains(&format!("\"{id}\""))
        })
        .collect();
    assert!(unused.is_empty(), "{unused:#?}");
}

#[test]
fn no_page_lacks_a_text_or_an_argument() {
    for fixture in all() {
        for language in Language::ALL {
            for role in Role::ALL {
                let html = fixture.html(Look {
                    language,
                    theme: Theme::System,
                    role,
                    base: "",
                });
                let missing: Vec<&str> = html
                    .split('⟦')
                    .skip(1)
                    .map(|rest| rest.split('⟧').next().unwrap())
                    .collect();
                assert!(
                    missing.is_empty(),
                    "{} in {}: {missing:?}",
                    fixture.name,
                    language.tag()
                );
            }
        }
    }
}

#[test]
fn french_has_its_spaces_before_double_signs() {
    for (path, text) in files("texts/fr") {
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.starts_with('#'))
        {
            for wrong in [" ;", " !", " ?", " :", "« ", " »", "'"] {
                assert!(
                    !line.contains(wrong),
                    "{}:{}: «{wrong}»",
                    path.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn no_text_begs_or_blames() {
    for (path, text) in files("texts/en") {
        for word in ["please", "Please", "Oops", "oops", "invalid", "Invalid", "Sorry"] {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
}

#[test]
fn every_error_of_the_service_has_words_in_both_languages() {
    for language in ["en", "fr"] {
        let texts = texts(language);
        let written: BTreeSet<&str> = texts
            .keys()
            .map(String::as_str)
            .filter(|id| id.starts_with("service-error-"))
            .collect();
        let known: BTreeSet<&str> = ServiceError::ALL.iter().map(|error| error.id()).collect();
        assert_eq!(written, known, "{language}");
        assert_eq!(known.len(), ServiceError::ALL.len());
    }
}
