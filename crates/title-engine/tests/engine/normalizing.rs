//! Which titles raw titles become.

use title_engine::engine::features::Feature;
use title_engine::library::Library;
use title_engine::{Engine, Normalized, Scratch};

use crate::library::{coded, engine, rows};

fn best<'a>(engine: &'a Engine, raw: &str) -> (String, &'a str, f32) {
    let found = engine.normalize(raw, 1, &mut Scratch::default());
    let best = found
        .candidates
        .first()
        .unwrap_or_else(|| panic!("{raw} has no candidate"));
    (best.soc.to_string(), best.name, best.confidence)
}

#[test]
fn raw_titles_find_their_occupation_whatever_surrounds_them() {
    let engine = engine();
    for (raw, soc) in [
        ("Sr. Software Engineer (Remote) – Req 1234", "15-1252"),
        ("SOFTWARE ENGR II - Dallas, TX", "15-1252"),
        ("RN - Night Shift $45/hr", "29-1141"),
        ("Manager, Sales", "11-2022"),
        ("Sofware Develper", "15-1252"),
        ("Accountant (m/f/d)", "13-2011"),
        ("Ｃｏｏｋ", "35-2014"),
        ("Line Cooks", "35-2014"),
    ] {
        assert_eq!(best(&engine, raw).0, soc, "{raw}");
    }
}

#[test]
fn words_with_another_meaning_do_not_mislead() {
    let engine = engine();
    for (raw, soc) in [
        ("Non-CDL Driver", "53-3033"),
        ("Electrician Helper", "47-3013"),
        ("Cardiology Fellow", "29-1212"),
        ("Resident Physician - Cardiology", "29-1212"),
        ("Salesforce Developer", "15-1252"),
        ("Lead Generation Specialist", "41-3091"),
        ("Associate Professor of Medicine", "25-1071"),
        ("Principal - Elementary School", "11-9032"),
        ("Executive Assistant", "43-6011"),
    ] {
        assert_eq!(best(&engine, raw).0, soc, "{raw}");
    }
}

#[test]
fn levels_are_named_in_order_and_only_where_they_are_levels() {
    let engine = engine();
    for (raw, expected) in [
        ("Manager, Senior Sales", vec!["senior", "manager"]),
        ("Software Engineer II", vec!["level-2"]),
        ("Jr Accountant", vec!["entry"]),
        ("Software Engineering Intern", vec!["intern"]),
        ("Lead Generation Specialist", vec![]),
        ("Associate Professor of Medicine", vec![]),
        ("School Principal", vec![]),
        ("Executive Assistant", vec![]),
        ("VP of Sales", vec!["executive"]),
        ("Nurse", vec![]),
    ] {
        let levels = engine.normalize(raw, 1, &mut Scratch::default()).job_levels;
        let levels: Vec<&str> = levels.into_iter().map(title_engine::JobLevel::as_str).collect();
        assert_eq!(levels, expected, "{raw}");
    }
}

#[test]
fn the_title_is_the_one_of_the_occupation_that_fits_best() {
    let engine = engine();
    for (raw, title) in [
        ("Senior Java Developer", "Java Developer"),
        ("registered nurse", "Registered Nurse (RN)"),
        ("CDL Class A Driver", "Class A CDL Driver"),
        ("District Manager Sales", "District Sales Manager"),
    ] {
        assert_eq!(best(&engine, raw).1, title, "{raw}");
    }
}

#[test]
fn what_is_no_title_has_no_confidence() {
    let engine = engine();
    let prose =
        "we are looking for a nurse who will drive the truck and cook for our managers in the office. "
            .repeat(10);
    for raw in [
        "",
        "   ",
        "12345",
        "xkcd qwrty zzyzx",
        "🚀🔥",
        "看護師",
        "221B Baker Street, London",
        "2961 Park Street, Salem, IL 82898",
        "Salem",
        "john.cook@example.com",
        "https://example.com/cook",
        "zzyzx qwrty cook plugh",
        prose.as_str(),
    ] {
        let found = engine.normalize(raw, 5, &mut Scratch::default());
        assert!(
            found
                .candidates
                .iter()
                .all(|candidate| candidate.confidence < 0.5),
            "{raw}: {found:?}"
        );
    }
}

#[test]
fn candidates_are_different_titles_the_likeliest_first() {
    let engine = engine();
    let found = engine.normalize("Driver", 10, &mut Scratch::default());
    assert!(found.candidates.len() > 1, "{found:?}");
    assert!(
        found
            .candidates
            .is_sorted_by(|one, next| one.confidence >= next.confidence),
        "{found:?}"
    );
    let mut ids: Vec<_> = found.candidates.iter().map(|candidate| candidate.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), found.candidates.len());
    for limit in [0, 1, 2] {
        assert_eq!(
            engine
                .normalize("Driver", limit, &mut Scratch::default())
                .candidates
                .len(),
            limit
        );
    }
}

#[test]
fn coded_titles_teach_the_engine_what_a_partner_calls_its_people() {
    let raw = "Happiness Hero";
    assert_eq!(
        engine().normalize(raw, 1, &mut Scratch::default()),
        Normalized::default()
    );
    let mut library = rows();
    library.coded_titles.push(coded("Happiness Hero", "41-3091.00"));
    let engine = Engine::build(&library);
    let found = engine.normalize("Sr. Happiness Hero", 1, &mut Scratch::default());
    assert_eq!(found.candidates[0].soc.to_string(), "41-3091");
    assert!(
        engine.normalize(raw, 1, &mut Scratch::default()).candidates[0]
            .evidence
            .is_coded
    );
    assert_eq!(
        engine.title_count(),
        crate::library::engine().title_count(),
        "a coded title is no title"
    );
}

#[test]
fn coded_titles_of_one_occupation_do_not_draw_what_is_unlike_them() {
    let plain = engine();
    let mut library = rows();
    for number in 0..200 {
        let name = format!(
            "Happiness Hero of Team {}",
            char::from(b'a' + number % 26).to_string().repeat(4)
        );
        library.coded_titles.push(coded(&name, "41-3091.00"));
    }
    let engine = Engine::build(&library);
    for raw in [
        "Charge Nurse",
        "Line Cook",
        "Principal",
        "Java Developer",
        "Cost Accountant",
    ] {
        assert_eq!(best(&engine, raw).0, best(&plain, raw).0, "{raw}");
    }
    assert_eq!(best(&engine, "Happiness Hero").0, "41-3091");
}

#[test]
fn many_titles_are_normalized_until_the_caller_breaks_off() {
    use std::ops::ControlFlow;
    let engine = engine();
    let raws = ["Nurse", "Cook", "Driver"];
    let mut scratch = Scratch::default();
    let all = engine
        .normalize_all(&raws, 1, &mut scratch, || ControlFlow::Continue(()))
        .unwrap();
    assert_eq!(all.len(), raws.len());
    for (raw, found) in raws.iter().zip(&all) {
        assert_eq!(*found, engine.normalize(raw, 1, &mut Scratch::default()));
    }
    let mut asked = 0;
    let broken = engine.normalize_all(&raws, 1, &mut scratch, || {
        asked += 1;
        if asked > 2 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!((broken, asked), (None, 3));
}

#[test]
fn what_is_like_titles_of_an_occupation_speaks_for_what_those_were_coded_as() {
    let mut library = rows();
    let codes = ["Java Developer", "Software Developer"].map(|name| coded(name, "13-2011.00"));
    library.coded_titles = codes.into();
    let habit = |library: &Library, soc: &str| {
        let engine = Engine::build(library);
        let measured = engine.features("Salesforce", &mut Scratch::default());
        let of_soc = measured.iter().find(|(other, _)| other.to_string() == soc);
        of_soc.map_or(0.0, |(_, features)| features[Feature::CodedHabit as usize])
    };
    // No coded title has the word, but those of software developers were all coded otherwise.
    assert!(habit(&library, "13-2011") > 0.0);
    assert!(habit(&library, "29-1141").abs() < f32::EPSILON);
    library.coded_titles.clear();
    assert!(habit(&library, "13-2011").abs() < f32::EPSILON);
}
