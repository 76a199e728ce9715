//! Any lines are the titles, coded titles and descriptions of a library, and each of them is asked of it: no panic,
//! and the same answers when the rows come in another order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use title_engine::library::{CodedTitle, Evidence, Library, Occupation, TitleRow};
use title_engine::{Engine, Scratch, TitleId};

/// Lines that are read: more make the fuzzer slow, and no other case.
const MOST_LINES: usize = 24;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().take(MOST_LINES).collect();
    let mut library = Library::default();
    for (number, line) in lines.iter().enumerate() {
        let code = format!("{}-{:04}.0{}", 11 + number % 7, number % 5, number % 2).parse().unwrap();
        let weight = f32::from_bits(u32::try_from(line.len()).unwrap().wrapping_mul(0x9E37_79B9));
        let evidence = vec![Evidence { occupation: code, weight: 1.0 }, Evidence { occupation: code, weight }];
        let name = (*line).to_owned();
        match number % 3 {
            0 => library.occupations.push(Occupation {
                code,
                name: name.clone(),
                description: text.chars().take(200).collect(),
                employment: Some(u64::try_from(line.len()).unwrap()),
            }),
            1 => library.coded_titles.push(CodedTitle { name: name.clone(), evidence: evidence.clone() }),
            _ => {}
        }
        library.titles.push(TitleRow { id: TitleId::of_name(line), name, evidence });
    }
    let engine = Engine::build(&library);
    library.occupations.reverse();
    library.titles.reverse();
    library.coded_titles.reverse();
    let other = Engine::build(&library);
    let mut scratch = Scratch::default();
    for line in lines {
        let found = engine.inspect(line, 10, &mut scratch);
        assert_eq!(found, other.inspect(line, 10, &mut Scratch::default()));
        assert!(found.0.candidates.iter().all(|candidate| (0.0..=1.0).contains(&candidate.confidence)));
    }
});
