//! Any text is asked of a small library, with coded titles and without: no panic, no more work than the bounds, and
//! the same answer whatever was asked before.
#![no_main]

use std::cell::RefCell;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use title_engine::engine::work::{MOST_CORRECTIONS, MOST_FITS, MOST_GRAMS, MOST_POSTINGS};
use title_engine::{Engine, Scratch, is_supervisor, key, level_band};

#[path = "../../tests/engine/library.rs"]
mod library;

static ENGINES: LazyLock<[Engine; 2]> = LazyLock::new(|| {
    let mut rows = library::rows();
    rows.coded_titles.push(library::coded("Happiness Hero", "41-3091.00"));
    rows.coded_titles.push(library::coded("Kitchen Hero / Cook", "35-2014.00"));
    [library::engine(), Engine::build(&rows)]
});

thread_local! {
    static USED: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for engine in &*ENGINES {
        USED.with_borrow_mut(|used| {
            let mut fresh = Scratch::default();
            let (found, explanations) = engine.inspect(&text, 100, used);
            assert_eq!(found, engine.normalize(&text, 100, &mut fresh));
            assert_eq!(found.candidates.len(), explanations.len());
            let work = used.work();
            assert_eq!(work, fresh.work());
            assert!(work.postings <= 2 * MOST_POSTINGS && work.grams <= MOST_GRAMS, "{work:?}");
            assert!(work.corrections <= 32 * MOST_CORRECTIONS && work.fits <= MOST_FITS, "{work:?}");
            for candidate in &found.candidates {
                assert!((0.0..=1.0).contains(&candidate.confidence), "{candidate:?}");
            }
            assert_eq!(
                engine.search(&text, 0, 10, used),
                engine.search(&text, 0, 10, &mut fresh)
            );
        });
    }
    let _ = (key(&text), level_band(&text), is_supervisor(&text, "11-1011".parse().unwrap()));
});
