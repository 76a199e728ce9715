//! How fast the engine is and what it needs: `cargo bench -p title-engine -- DATA`.
//!
//! `DATA` is the folder of open occupational data that `make titles-quality` reads; the raw titles are its coded ones.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program for engineers, which prints what it measured"
)]

#[expect(dead_code, reason = "the benchmark needs no occupations of coded titles")]
#[path = "../examples/quality/read.rs"]
mod read;

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use title_engine::{Engine, Form, Scratch};

/// Counts the bytes in use, and how often memory was asked for.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

#[expect(
    unsafe_code,
    reason = "an allocator can only be wrapped so; it passes on what it was given"
)]
// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the memory came from `alloc` above, with the same layout.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<(), read::Failure> {
    let Some(data) = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"))
    else {
        println!("cargo bench -p title-engine -- DATA (an absolute path)");
        return Ok(());
    };
    let data = Path::new(&data);
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut library = read::library(data, &manifest.join("data/employment.tsv"))?;
    let mut raws = Vec::new();
    let mut coded = Vec::new();
    for file in ["lca", "lca_health", "h2b"] {
        let rows = read::coded(&data.join(format!("coded-titles/{file}.train.tsv")))?;
        raws.extend(rows.iter().map(|row| row.title.clone()));
        coded.extend(rows.iter().map(read::Coded::row));
    }
    measure("library only", &library, &raws);
    library.coded_titles = coded;
    measure("with coded titles", &library, &raws);
    Ok(())
}

fn measure(name: &str, library: &title_engine::library::Library, raws: &[String]) {
    let before = IN_USE.load(Ordering::Relaxed);
    let start = Instant::now();
    let engine = Engine::build(library);
    let built = start.elapsed();
    let used = IN_USE.load(Ordering::Relaxed) - before;
    println!(
        "\n{name}: {} titles, built in {built:.0?}, {:.1} MiB in use",
        engine.title_count(),
        mebibytes(used)
    );
    let mut scratch = Scratch::default();
    for raw in raws {
        std::hint::black_box(engine.normalize(raw, 1, &mut scratch));
    }
    let calls = CALLS.load(Ordering::Relaxed);
    let start = Instant::now();
    let mut times: Vec<Duration> = raws
        .iter()
        .map(|raw| {
            let start = Instant::now();
            std::hint::black_box(engine.normalize(raw, 1, &mut scratch));
            start.elapsed()
        })
        .collect();
    let all = start.elapsed();
    let calls = (CALLS.load(Ordering::Relaxed) - calls) as f64 / raws.len() as f64;
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 1000).copied().unwrap_or_default();
    println!(
        "one title: p50 {:.1?}, p99 {:.1?}, max {:.1?}; {:.0} titles a second; {calls:.1} allocations each",
        at(500),
        at(990),
        at(999),
        raws.len() as f64 / all.as_secs_f64()
    );
    let bulk: Vec<&String> = raws.iter().step_by((raws.len() / 500).max(1)).take(500).collect();
    println!(
        "bulk of {}: {:.1?}",
        bulk.len(),
        time_bulk(&engine, &bulk, &mut scratch)
    );
    let long: Vec<String> = (0..500).map(|index| kilobyte(raws, index)).collect();
    println!(
        "bulk of 500 of 1 kB: {:.1?}",
        time_bulk(&engine, &long, &mut scratch)
    );
    let forms: HashSet<Form> = raws.iter().map(|raw| engine.read(raw, &mut scratch)).collect();
    let start = Instant::now();
    for raw in raws {
        std::hint::black_box(engine.read(raw, &mut scratch));
    }
    println!(
        "reading one: {:.1?}, and {:.0} % of them have the words of another",
        start.elapsed() / u32::try_from(raws.len()).unwrap_or(u32::MAX).max(1),
        100.0 - 100.0 * forms.len() as f64 / raws.len() as f64
    );
    let start = Instant::now();
    for query in ["softw", "nurse pract", "a", "enginer", "manager sales"] {
        std::hint::black_box(engine.search(query, 0, 50, &mut scratch));
    }
    println!("search: {:.1?} each", start.elapsed() / 5);
}

fn time_bulk<T: AsRef<str>>(engine: &Engine, raws: &[T], scratch: &mut Scratch) -> Duration {
    let start = Instant::now();
    std::hint::black_box(engine.normalize_all(raws, 1, scratch, || ControlFlow::Continue(())));
    start.elapsed()
}

/// A kilobyte of words of many titles.
fn kilobyte(raws: &[String], index: usize) -> String {
    let words = raws.iter().skip(index * 31).flat_map(|raw| raw.split(' '));
    let mut text = String::new();
    for word in words {
        if text.len() + word.len() >= 1023 {
            break;
        }
        text.push_str(word);
        text.push(' ');
    }
    text
}

fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
