//! What holds for every text and every library.

use std::sync::LazyLock;

use proptest::prelude::*;
use title_engine::library::Library;
use title_engine::{Engine, Scratch, is_supervisor, level_band};

use crate::library::{coded, engine, rows};

static ENGINE: LazyLock<Engine> = LazyLock::new(engine);

/// Texts of any characters, and texts that are made of what titles are made of.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,8}",
        prop::sample::select(vec![
            "senior",
            "Sr.",
            "software",
            "engineer",
            "nurse",
            "(",
            ")",
            " - ",
            ",",
            "/",
            "$",
            "#",
            "@",
            "req",
            "1234",
            "II",
            "non",
            "non-",
            "resident",
            "fellow",
            "cardiology",
            "physician",
            "of",
            "TX",
            "m/f/d",
            "street",
            "R.N.",
            "&",
            "lead",
            "principal",
            "com",
        ])
        .prop_map(|word| format!("{word} ")),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_normalized_within_bounds(text in any_text(), limit in 0_usize..200) {
        let found = ENGINE.normalize(&text, limit, &mut Scratch::default());
        prop_assert!(found.candidates.len() <= limit.min(title_engine::MAX_CANDIDATES));
        prop_assert!(found.candidates.iter().all(|candidate| (0.0..=1.0).contains(&candidate.confidence)));
        prop_assert!(found.candidates.iter().all(|candidate| (0.0..=1.0).contains(&candidate.evidence.fit)));
        prop_assert!(found.candidates.is_sorted_by(|one, next| one.confidence >= next.confidence));
        prop_assert!(found.job_levels.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn any_bytes_are_normalized(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = ENGINE.normalize(&text, 5, &mut Scratch::default());
        let _ = ENGINE.search(&text, 0, 5, &mut Scratch::default());
        let _ = (level_band(&text), is_supervisor(&text, "11-1011".parse().unwrap()));
    }

    #[test]
    fn what_was_asked_before_does_not_matter(before in prop::collection::vec(any_text(), 0..4), text in any_text()) {
        let mut scratch = Scratch::default();
        for other in &before {
            let _ = ENGINE.normalize(other, 5, &mut scratch);
            let _ = ENGINE.search(other, 0, 5, &mut scratch);
        }
        let found = ENGINE.normalize(&text, 5, &mut scratch);
        prop_assert_eq!(found, ENGINE.normalize(&text, 5, &mut Scratch::default()));
        prop_assert_eq!(ENGINE.search(&text, 0, 5, &mut scratch), ENGINE.search(&text, 0, 5, &mut Scratch::default()));
    }

    #[test]
    fn raw_titles_of_a_form_are_answered_alike(one in any_text(), other in any_text(), noise in "[0-9]{4,6}") {
        let mut scratch = Scratch::default();
        for other in [other, format!("{one} (Remote) - Req {noise}"), one.to_uppercase()] {
            let form = ENGINE.read(&one, &mut scratch);
            let found = ENGINE.normalize_read(5, &mut scratch);
            prop_assert_eq!(&found, &ENGINE.normalize(&one, 5, &mut Scratch::default()));
            if ENGINE.read(&other, &mut scratch) == form {
                prop_assert_eq!(ENGINE.normalize_read(5, &mut scratch), found);
            }
        }
    }

    #[test]
    fn what_stands_behind_the_first_characters_does_not_count(text in any_text(), rest in any_text()) {
        let mut long: String = text.chars().take(300).collect();
        long.push_str(&" .".repeat(600));
        let found = ENGINE.normalize(&long, 5, &mut Scratch::default());
        let longer = format!("{long}{rest}");
        prop_assert_eq!(found, ENGINE.normalize(&longer, 5, &mut Scratch::default()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_rows_does_not_matter(seed in any::<u64>(), text in any_text()) {
        let library = with_coded();
        let mut shuffled = library.clone();
        shuffle(&mut shuffled, seed);
        let (one, other) = (Engine::build(&library), Engine::build(&shuffled));
        let raws = ["Sr. Nurse", "Sales Lead", "Driver / Cook", text.as_str()];
        for raw in raws {
            let found = one.normalize(raw, 100, &mut Scratch::default());
            prop_assert_eq!(found, other.normalize(raw, 100, &mut Scratch::default()));
        }
    }

    #[test]
    fn any_library_is_built(names in prop::collection::vec(any_text(), 0..20), weight in any::<f32>()) {
        let mut library = with_coded();
        for (row, name) in library.titles.iter_mut().zip(&names) {
            row.name.clone_from(name);
            row.evidence.iter_mut().for_each(|evidence| evidence.weight = weight);
        }
        for (row, name) in library.occupations.iter_mut().zip(&names) {
            row.name.clone_from(name);
            row.description.clone_from(name);
        }
        let engine = Engine::build(&library);
        for name in &names {
            let found = engine.normalize(name, 5, &mut Scratch::default());
            prop_assert!(found.candidates.iter().all(|candidate| (0.0..=1.0).contains(&candidate.confidence)));
        }
    }
}

#[test]
fn a_library_without_rows_finds_nothing() {
    let engine = Engine::build(&Library::default());
    assert!(
        engine
            .normalize("Nurse", 5, &mut Scratch::default())
            .candidates
            .is_empty()
    );
    assert!(engine.search("Nurse", 0, 5, &mut Scratch::default()).is_empty());
}

fn with_coded() -> Library {
    let mut library = rows();
    library.coded_titles.push(coded("Happiness Hero", "41-3091.00"));
    library.coded_titles.push(coded("Happiness Hero", "29-1141.00"));
    library.coded_titles.push(coded("Kitchen Hero", "35-2014.00"));
    library
}

/// Puts the rows into an order that depends on `seed`.
fn shuffle(library: &mut Library, seed: u64) {
    let mut state = seed | 1;
    let mut next = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    for index in (1..library.titles.len()).rev() {
        library.titles.swap(index, next(index + 1));
    }
    for index in (1..library.occupations.len()).rev() {
        library.occupations.swap(index, next(index + 1));
    }
    library.coded_titles.reverse();
}
