//! How much one question may cost, counted: whatever is asked, and whatever the library holds.

use std::sync::LazyLock;

use proptest::prelude::*;
use title_engine::engine::work::{MOST_CORRECTIONS, MOST_FITS, MOST_GRAMS, MOST_POSTINGS};
use title_engine::library::{CodedTitle, Evidence, Library, Occupation, TitleRow};
use title_engine::{Engine, Scratch, TitleId, Work};

/// Words that count in one text.
const MOST_WORDS: usize = 32;

/// So many occupations that each of many grams speaks for most of them.
const OCCUPATIONS: usize = 600;

fn occupation(number: usize) -> Occupation {
    Occupation {
        code: format!("{}-{:04}", 11 + number / 1000, number % 1000)
            .parse()
            .unwrap(),
        name: format!("Occupation {number}"),
        description: shared(20, 4),
        employment: None,
    }
}

/// Words that are the same in every title: as many, of so many syllables.
fn shared(words: usize, syllables: usize) -> String {
    let names: Vec<String> = (0..words).map(|word| shared_word(word, syllables)).collect();
    names.join(" ")
}

fn shared_word(word: usize, syllables: usize) -> String {
    let letter = |index: usize| char::from(b'a' + u8::try_from(index % 26).unwrap());
    (0..syllables)
        .flat_map(|index| [letter(word + index * 7), letter(word / 26 + index)])
        .collect()
}

/// A word that one title alone has.
fn rare_word(number: usize) -> String {
    let letter = |place: u32| char::from(b'a' + u8::try_from(number / 26_usize.pow(place) % 26).unwrap());
    format!("xq{}", (0..4).map(letter).collect::<String>())
}

/// A library whose titles all have the same words, of the fewest occupations or of all.
fn library(titles: usize, syllables: usize, occupations: usize) -> Library {
    let mut library = Library {
        occupations: (0..occupations).map(occupation).collect(),
        ..Library::default()
    };
    let codes: Vec<_> = library
        .occupations
        .iter()
        .map(|occupation| occupation.code)
        .collect();
    for (number, occupation) in (0..titles).zip(codes.into_iter().cycle()) {
        let evidence = vec![Evidence {
            occupation,
            weight: 1.0,
        }];
        let words = shared(26, syllables);
        let half = words.len() / 2;
        // A piece of words that speaks for more than half of the occupations is not kept.
        let words = match number % occupations {
            _ if occupations == 1 => words.as_str(),
            even if even % 2 == 0 => words.get(..half).unwrap_or_default(),
            _ => words.get(half + 1..).unwrap_or_default(),
        };
        let name = format!("{words} {}", rare_word(number));
        library.coded_titles.push(CodedTitle {
            name: name.clone(),
            evidence: evidence.clone(),
        });
        library.titles.push(TitleRow {
            id: TitleId::of_name(&name),
            name,
            evidence,
        });
    }
    library
}

/// Titles with the same words: each word is in all of them.
static SAME_WORDS: LazyLock<Engine> = LazyLock::new(|| Engine::build(&library(8000, 2, 1)));

/// Long words: each has many pieces, and each piece speaks for most occupations.
static LONG_WORDS: LazyLock<Engine> = LazyLock::new(|| Engine::build(&library(OCCUPATIONS, 12, OCCUPATIONS)));

/// Words that differ in one letter only.
static SIMILAR_WORDS: LazyLock<Engine> = LazyLock::new(|| {
    let mut library = library(1, 1, 1);
    let evidence = library.titles.first().unwrap().evidence.clone();
    for number in 0..26_usize.pow(2) {
        let name = format!("bricklayer{}x", shared_word(number, 1));
        for name in [name.clone(), format!("{name} chief")] {
            library.titles.push(TitleRow {
                id: TitleId::of_name(&name),
                name,
                evidence: evidence.clone(),
            });
        }
    }
    Engine::build(&library)
});

fn check(work: Work) {
    assert!(work.postings <= 2 * MOST_POSTINGS, "{work:?}");
    assert!(work.grams <= MOST_GRAMS, "{work:?}");
    assert!(work.corrections <= MOST_WORDS * MOST_CORRECTIONS, "{work:?}");
    assert!(work.fits <= MOST_FITS, "{work:?}");
    assert!(work.scored <= OCCUPATIONS, "{work:?}");
}

fn ask(engine: &Engine, raw: &str) -> Work {
    let mut scratch = Scratch::default();
    let _ = engine.normalize(raw, 100, &mut scratch);
    check(scratch.work());
    scratch.work()
}

#[test]
fn of_words_that_every_title_has_no_more_are_read_than_the_bound() {
    let work = ask(&SAME_WORDS, &shared(26, 2));
    assert!(
        work.postings > 2 * (MOST_POSTINGS - 8000),
        "the bound is reached: {work:?}"
    );
}

#[test]
fn of_grams_that_speak_for_every_occupation_no_more_are_read_than_the_bound() {
    let work = ask(&LONG_WORDS, &shared(26, 12));
    assert!(
        work.grams > MOST_GRAMS - OCCUPATIONS,
        "the bound is reached: {work:?}"
    );
}

#[test]
fn a_misspelt_word_is_compared_with_no_more_words_than_the_bound() {
    let work = ask(&SIMILAR_WORDS, "bricklayerx");
    assert_eq!(
        work.corrections, MOST_CORRECTIONS,
        "the bound is reached: {work:?}"
    );
}

#[test]
fn the_rarest_word_counts_where_not_all_can_be_read() {
    let engine = &*SAME_WORDS;
    let rare = rare_word(17);
    let mut scratch = Scratch::default();
    let raw = format!("{} {rare}", shared(26, 2));
    let found = engine.normalize(&raw, 1, &mut scratch);
    assert!(found.candidates[0].name.ends_with(&rare), "{found:?}");
}

#[test]
fn a_common_question_costs_far_less_than_the_bounds() {
    let engine = crate::library::engine();
    let work = ask(&engine, "Sr. Registered Nurse (Remote) – Req 1234");
    assert!(work.postings > 0 && work.grams > 0 && work.scored > 0, "{work:?}");
    assert!(
        work.postings < 100 && work.grams < 1000 && work.fits < 100,
        "{work:?}"
    );
    assert_eq!(ask(&engine, ""), Work::default());
}

/// Texts of up to a kilobyte of the words of the libraries, of pieces of them, and of any characters.
fn any_raw() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        (0_usize..26).prop_map(|word| shared_word(word, 2)),
        (0_usize..26).prop_map(|word| shared_word(word, 12)),
        (0_usize..8000).prop_map(rare_word),
        (0_usize..700).prop_map(|word| format!("bricklayer{}y", shared_word(word, 1))),
        "\\PC{0,12}",
        prop::sample::select(vec!["-", ",", "/", "(", ")", "senior", "manager"]).prop_map(str::to_owned),
    ];
    let texts = prop::collection::vec(part, 0..64).prop_map(|parts| parts.join(" "));
    texts.prop_map(|text| {
        let end = (0..=text.len().min(1024))
            .rev()
            .find(|end| text.is_char_boundary(*end));
        text[..end.unwrap()].to_owned()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_costs_more_than_the_bounds(raw in any_raw()) {
        for engine in [&*SAME_WORDS, &*LONG_WORDS, &*SIMILAR_WORDS] {
            ask(engine, &raw);
        }
    }
}
