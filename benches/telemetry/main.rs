//! What the code saves that is ours where a library would do, as ratios within one run: the log's buffer against the
//! non-blocking writer of `tracing-appender`, JSON lines against the formatter of `tracing-subscriber`, and the series of
//! requests that a worker keeps against those that `prometheus` looks up by their labels. And what it costs to note a refused
//! call, and what traces cost, against the line in the log that a request has anyway.
//!
//! `cargo bench --bench telemetry`. Each ratio is the median over pairs measured in turn; above 1, ours is cheaper.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot go on should say so at once, and its output is what it is for"
)]

mod lines;
mod log;
mod refusals;
mod requests;
mod traces;

/// How many pairs a ratio is the median of.
const PAIRS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(position) = arguments.iter().position(|argument| argument == log::CHILD) {
        return log::run_child(&arguments[position + 1..]);
    }
    println!("| what | ours | the library's | ratio (min–max) |");
    println!("|---|---:|---:|---:|");
    for lines_per_second in [4_000, 100_000] {
        compare(
            &format!("processor time for a log line, at {lines_per_second} lines a second"),
            || log::nanos_per_line("buffer", lines_per_second),
            || log::nanos_per_line("appender", lines_per_second),
        );
    }
    compare("time to format a line", lines::nanos_json, lines::nanos_text);
    for threads in [1, 2] {
        compare(
            &format!("time to count a request, {threads} thread(s)"),
            || requests::nanos_kept(threads),
            || requests::nanos_by_label(threads),
        );
    }
    println!("\n| what | time | time to format its log line | ratio (min–max) |");
    println!("|---|---:|---:|---:|");
    for threads in [1, 2] {
        let what = |record| format!("time to note a refused call that is {record}, {threads} thread(s)");
        let counted = || refusals::nanos_counted(threads);
        compare(&what("counted"), counted, lines::nanos_json);
        compare(&what("kept"), || refusals::nanos_kept(threads), lines::nanos_json);
    }
    for (what, cost) in [
        (
            "time of a request for traces that are off",
            traces::nanos_off as fn() -> f64,
        ),
        ("time of a request that is not sampled", traces::nanos_not_sampled),
        ("time of a request that is sampled", traces::nanos_sampled),
    ] {
        compare(what, cost, lines::nanos_json);
    }
}

/// Prints the row of a comparison of two costs in nanoseconds.
fn compare(what: &str, mut ours: impl FnMut() -> f64, mut theirs: impl FnMut() -> f64) {
    let mut pairs: Vec<(f64, f64)> = (0..PAIRS).map(|_| (ours(), theirs())).collect();
    pairs.sort_by(|one, other| (one.1 / one.0).total_cmp(&(other.1 / other.0)));
    let ratio = |index: usize| pairs[index].1 / pairs[index].0;
    let (ours, theirs) = pairs[PAIRS / 2];
    println!(
        "| {what} | {ours:.0} ns | {theirs:.0} ns | {:.2} ({:.2}–{:.2}) |",
        ratio(PAIRS / 2),
        ratio(0),
        ratio(PAIRS - 1),
    );
}
