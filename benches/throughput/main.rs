//! The speed of the service as ratios within one run: against a bare actix-web server that reads the same request and
//! answers a constant of the same size, and against pgbench where a request is one statement.
//!
//! `cargo bench` runs all of it and prints the tables of `docs/PERFORMANCE.md`; `cargo bench -- quick` measures for a
//! shorter time, and `requests`, `market`, `moments` and `growth` behind it choose what is measured. Each ratio is the median over pairs measured in turn, so that a machine that slows down slows both.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot go on should say so at once, and its output is what it is for"
)]

mod bare;
mod callbacks;
mod growth;
mod load;
mod market;
mod moments;
mod pgbench;
mod process;
mod reference;
mod requests;
mod service;
mod wrk;

use std::fmt;
use std::time::Duration;

use bare::Bare;
use load::{closed, paced};
use reference::{Cost, Reference};
use requests::Request;
use service::Service;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Plan {
    /// How long one measurement lasts.
    pub duration: Duration,
    /// How many pairs a ratio is the median of.
    pub pairs: usize,
    /// Connections of the load generator.
    pub connections: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((port, constant)) = bare::requested(&arguments) {
        return bare::serve(port, constant);
    }
    let plan = if arguments.iter().any(|argument| argument == "quick") {
        Plan {
            duration: Duration::from_millis(500),
            pairs: 3,
            connections: 32,
        }
    } else {
        Plan {
            duration: Duration::from_secs(2),
            pairs: 7,
            connections: 32,
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let parts = ["requests", "market", "moments", "growth"];
    let chosen: Vec<&str> = parts
        .into_iter()
        .filter(|part| arguments.iter().any(|argument| argument == part))
        .collect();
    runtime.block_on(run(plan, if chosen.is_empty() { &parts } else { &chosen }));
}

async fn run(plan: Plan, parts: &[&str]) {
    for part in parts {
        match *part {
            "requests" => alone(plan).await,
            "market" => {
                let service = Service::start(1).await;
                let (benchmark, statements) = market::benchmarks(&service).await;
                compare(&service, &benchmark, &Reference::Pgbench(statements), plan);
            }
            "moments" => {
                moments::measure().await;
                callbacks::measure().await;
            }
            _ => growth::measure(plan).await,
        }
    }
}

/// Requests by themselves: each against what does at best the same.
async fn alone(plan: Plan) {
    let mut service = Service::start(1).await;
    println!(
        "start to first answered request, existing database: {} ms",
        service.restart_millis().await
    );
    println!("memory, idle: {:.1} MiB", service.memory_mib());
    println!();
    println!(
        "| request | service/s | reference/s | ratio (min–max) | goal | µs of processor: service + database, reference | by wrk \
         | p99 at half load (min–max) |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for request in &requests::all(&service) {
        let reference = Reference::Bare(Bare::start(&request.answer).await);
        compare(&service, request, &reference, plan);
    }
    println!(
        "memory, with the index of the built-in library: {:.1} MiB",
        service.memory_mib()
    );
    for customers in [1, plan.connections] {
        service.add_customers(customers).await;
        let reference = Reference::Pgbench(pgbench::campaigns(&service));
        compare(&service, &requests::campaigns(&service, ""), &reference, plan);
    }
    let reference = Reference::Pgbench(pgbench::campaigns(&service));
    service.add_campaigns_of_others().await;
    let campaigns = requests::campaigns(&service, ", of a million rows that nobody analysed");
    compare(&service, &campaigns, &reference, plan);
    service.analyse_campaigns().await;
    let campaigns = requests::campaigns(&service, ", of a million rows");
    compare(&service, &campaigns, &reference, plan);
    let reference = Reference::Pgbench(pgbench::batch(&service));
    compare(&service, &requests::batch(&service), &reference, plan);
    let (refresh, applications) = requests::refresh(&service);
    let reference = Reference::Pgbench(pgbench::refresh(&service, &applications));
    compare(&service, &refresh, &reference, plan);
}

/// Prints the row of a request: its speed against that of a reference, in turn, what both cost, and how long it takes at half
/// load.
fn compare(service: &Service, request: &Request, reference: &Reference, plan: Plan) {
    let (mut best, mut best_reference) = (0.0_f64, 0.0_f64);
    let (mut of_service, mut of_database, mut of_reference) =
        (Cost::default(), Cost::default(), Cost::default());
    let ratios = Spread::of(plan, || {
        let (began, database_began) = (service.processor_time(), service.database_processor_time());
        let load = closed(service.address, &request.messages, plan);
        of_service.add(began, service.processor_time(), load.requests());
        of_database.add(database_began, service.database_processor_time(), load.requests());
        let theirs = reference.per_second(service, request, plan, &mut of_reference);
        best = best.max(load.per_second());
        best_reference = best_reference.max(theirs);
        load.per_second() / theirs
    });
    let by_wrk = reference.ratio_by_wrk(service, request, plan);
    let by_wrk = by_wrk.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    let p99 = Spread::of(plan, || {
        let half = paced(service.address, &request.messages, best / 2.0, plan);
        half.percentile(0.99).as_secs_f64() * 1e3
    });
    let (name, goal) = (&request.name, request.goal);
    println!(
        "| {name} | {best:.0} | {best_reference:.0} | {ratios} | ≥ {goal:.2} | {of_service} + {of_database}, {of_reference} | \
         {by_wrk} | {p99} ms |"
    );
}

/// The least, the median and the most of what was measured several times.
pub struct Spread {
    least: f64,
    /// In the middle.
    pub median: f64,
    most: f64,
}

impl Spread {
    /// Measures as often as the plan has pairs.
    pub fn of(plan: Plan, measure: impl FnMut() -> f64) -> Self {
        let mut measured: Vec<f64> = std::iter::repeat_with(measure).take(plan.pairs).collect();
        measured.sort_by(f64::total_cmp);
        Self {
            least: measured[0],
            median: measured[measured.len() / 2],
            most: measured[measured.len() - 1],
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2}–{:.2})", self.median, self.least, self.most)
    }
}
