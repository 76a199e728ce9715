//! Scrapes of running services, stretched over time for `promtool`: it evaluates the rules as Prometheus does, on what was
//! there before a cause for ten minutes, and then on what was there with it for as long as it takes.
//!
//! A gauge keeps its value. A counter that has grown from one scrape to the next grows as much in each interval from then on.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::Command;

use talentsoft_partner::clock::Clock;
use test_support::TestApp;

/// The job of the targets: that of all pods, because no alert may depend on its name.
const JOB: &str = "kubernetes-pods";
/// The seconds between two samples, and two evaluations.
const INTERVAL: u32 = 10;
/// How many samples there are before the cause, beside the first.
const BEFORE: u32 = 60;
/// How many there are with it: half an hour.
const AFTER: u32 = 180;

/// What one scrape told: the value of each series.
#[derive(Clone, Debug, Default)]
pub struct Scrape {
    samples: BTreeMap<String, f64>,
    /// The names of counters, those of histograms among them.
    counters: Vec<String>,
    /// The value of `up`; `None` where Prometheus has no such target.
    up: Option<u8>,
}

impl Scrape {
    /// That of a service, now.
    pub async fn of(app: &TestApp) -> Self {
        Self::of_text(&app.get_ops("/metrics").await.body)
    }

    /// What is left of a service that does not answer.
    pub fn unanswered() -> Self {
        Self {
            up: Some(0),
            ..Self::default()
        }
    }

    /// What is left of a service that Prometheus does not find any more.
    pub fn untargeted() -> Self {
        Self::default()
    }

    pub fn of_text(text: &str) -> Self {
        let mut scrape = Self {
            up: Some(1),
            ..Self::default()
        };
        for line in text.lines() {
            if let Some(declared) = line.strip_prefix("# TYPE ") {
                let (name, kind) = declared.split_once(' ').unwrap();
                match kind {
                    "counter" => scrape.counters.push(name.to_owned()),
                    "histogram" => {
                        let parts = ["_bucket", "_count", "_sum"];
                        scrape.counters.extend(parts.map(|part| format!("{name}{part}")));
                    }
                    _ => {}
                }
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let value: f64 = value.parse().unwrap();
                // `promtool` begins in 1970.
                let is_instant = series.split('{').next().unwrap().ends_with("_timestamp_seconds");
                let value = if is_instant { value - now() } else { value };
                scrape.samples.insert(series.to_owned(), value);
            }
        }
        scrape
    }

    /// The value of a series, by its name and labels.
    #[track_caller]
    pub fn value(&self, series: &str) -> f64 {
        let value = self.samples.get(series);
        *value.unwrap_or_else(|| panic!("there is no {series}"))
    }

    fn is_counter(&self, series: &str) -> bool {
        let name = series.split('{').next().unwrap();
        self.counters.iter().any(|counter| counter == name)
    }
}

#[expect(clippy::cast_precision_loss, reason = "the values of Prometheus are doubles")]
fn now() -> f64 {
    Clock::system().now().timestamp() as f64
}

/// A replica as Prometheus sees it: before the cause, and with it.
pub struct Replica {
    pub before: Scrape,
    pub after: Scrape,
}

impl Replica {
    /// Its series, as `promtool` takes them.
    fn series(&self, instance: usize, used: &str) -> String {
        let target = format!("instance=\"{instance}\",job=\"{JOB}\"");
        let mut lines = String::new();
        let mut write = |series: &str, values: &str| {
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let separator = if labels == "}" { "" } else { "," };
            let series = format!("{name}{{{target}{separator}{labels}");
            writeln!(lines, "      - series: '{series}'\n        values: '{values}'").unwrap();
        };
        for (series, after) in &self.after.samples {
            if !used.contains(series.split('{').next().unwrap()) {
                continue;
            }
            let before = self.before.samples.get(series);
            let first = match before {
                Some(before) => format!("{before}x{BEFORE}"),
                None => format!("_x{}", BEFORE + 1),
            };
            let then = if self.after.is_counter(series) {
                // One that has fallen is that of another process, and began at zero.
                let growth = after
                    - before
                        .copied()
                        .filter(|before| before <= after)
                        .unwrap_or_default();
                format!("{after}+{growth}x{AFTER}")
            } else {
                format!("{after}x{AFTER}")
            };
            write(series, &format!("{first} {then}"));
        }
        for (series, before) in &self.before.samples {
            let is_used = used.contains(series.split('{').next().unwrap());
            if is_used && !self.after.samples.contains_key(series) {
                write(series, &format!("{before}x{BEFORE} stale"));
            }
        }
        let up = |scrape: &Scrape, times| match scrape.up {
            Some(value) => format!("{value}x{times}"),
            None => "stale".to_owned(),
        };
        write(
            "up",
            &format!("{} {}", up(&self.before, BEFORE), up(&self.after, AFTER)),
        );
        lines
    }
}

/// The rules of the documents.
fn rules() -> String {
    format!("{}/docs/alerts.yml", env!("CARGO_MANIFEST_DIR"))
}

/// The names of all alerts.
pub fn alerts() -> Vec<String> {
    let rules = fs::read_to_string(rules()).unwrap();
    let names = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    names.map(str::to_owned).collect()
}

/// The alerts are silent before the cause, and fire with it.
#[track_caller]
pub fn fires(alerts: &[&str], replicas: &[Replica]) {
    let rules_text = fs::read_to_string(rules()).unwrap();
    let series = replicas.iter().enumerate();
    let series: String = series
        .map(|(instance, replica)| replica.series(instance, &rules_text))
        .collect();
    let mut text = format!(
        "rule_files: [ {} ]\nevaluation_interval: {INTERVAL}s\ntests:\n  - interval: {INTERVAL}s\n    \
         input_series:\n{series}    promql_expr_test:\n",
        rules()
    );
    for alert in alerts {
        let firing = format!("min(ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}})");
        let (quiet, loud) = (BEFORE * INTERVAL, (BEFORE + AFTER) * INTERVAL);
        writeln!(
            text,
            "      - expr: {firing}\n        eval_time: {quiet}s\n        exp_samples: []\n      - expr: {firing}\n        \
             eval_time: {loud}s\n        exp_samples:\n          - labels: '{{}}'\n            value: 1"
        )
        .unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("fired.yml");
    fs::write(&file, &text).unwrap();
    let output = Command::new("promtool")
        .args(["test", "rules"])
        .arg(&file)
        .output()
        .expect("scripts/ensure-packages prometheus");
    assert!(
        output.status.success(),
        "{alerts:?}: {}{}\n{text}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
