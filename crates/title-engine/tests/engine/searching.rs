//! Titles by the beginning of their words.

use title_engine::{Engine, Scratch};

use crate::library::{coded, engine, rows};

fn names(query: &str, skip: usize, limit: usize) -> Vec<String> {
    let engine = engine();
    let found = engine.search(query, skip, limit, &mut Scratch::default());
    found.into_iter().map(|title| title.name.to_owned()).collect()
}

#[test]
fn titles_are_found_by_words_prefixes_and_misspelt_words_the_best_first() {
    for (query, first) in [
        ("software dev", "Software Developer"),
        ("nurse", "Nurse"),
        ("nurs", "Nurse"),
        ("elctrician", "Electrician"),
        ("sales manager", "Sales Manager"),
        ("manager sales district", "District Sales Manager"),
    ] {
        assert_eq!(names(query, 0, 1), [first], "{query}");
    }
}

#[test]
fn every_word_must_be_found_and_a_query_without_words_finds_nothing() {
    assert!(names("nurse zzyzx", 0, 10).is_empty());
    for query in ["", "  ", "…", "🚀"] {
        assert!(names(query, 0, 10).is_empty(), "{query}");
    }
}

#[test]
fn pages_follow_each_other_without_gap_or_overlap() {
    let all = names("driver", 0, 100);
    assert!(all.len() > 3);
    let pages: Vec<String> = (0..all.len()).flat_map(|page| names("driver", page, 1)).collect();
    assert_eq!(pages, all);
    assert!(names("driver", all.len(), 5).is_empty());
    assert!(names("driver", usize::MAX, usize::MAX).is_empty());
    assert!(names("driver", 0, 0).is_empty());
}

#[test]
fn all_titles_are_listed_by_name() {
    let engine = engine();
    let names: Vec<&str> = engine.list(0, usize::MAX).map(|title| title.name).collect();
    assert_eq!(names.len(), engine.title_count());
    assert!(names.is_sorted_by_key(|name| title_engine::key(name)));
    let page: Vec<&str> = engine.list(2, 3).map(|title| title.name).collect();
    assert_eq!(page, names[2..5]);
}

#[test]
fn mistakes_in_coded_titles_do_not_keep_titles_from_being_found() {
    let mut library = rows();
    library.coded_titles.push(coded("Sofware Guru", "15-1252"));
    library.coded_titles.push(coded("Sofware Developr", "15-1252"));
    let engine = Engine::build(&library);
    let found = engine.search("sofware developr", 0, 1, &mut Scratch::default());
    assert_eq!(found.first().map(|title| title.name), Some("Software Developer"));
}
