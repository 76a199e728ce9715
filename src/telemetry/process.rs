//! Metrics of the process, by the names that Prometheus' own libraries use.
//!
//! The crates that collect them know the processor time by the second only; it is told here to the microsecond. What the
//! system does not tell is left out.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::{SysconfVar, sysconf};
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge, Opts};

/// What is known of the process now.
pub(super) fn collect() -> Result<Vec<MetricFamily>, prometheus::Error> {
    let mut families = Vec::new();
    if let Some(used) = processor_time() {
        let counter = Counter::with_opts(Opts::new(
            "process_cpu_seconds_total",
            "Processor time of the process, in user and system mode.",
        ))?;
        counter.inc_by(used.as_secs_f64());
        families.extend(counter.collect());
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let gauges = [
        (
            "process_resident_memory_bytes",
            "Memory that is resident.",
            status_bytes(&status, "VmRSS:"),
        ),
        (
            "process_virtual_memory_bytes",
            "Memory that is mapped.",
            status_bytes(&status, "VmSize:"),
        ),
        ("process_open_fds", "Open file descriptors.", open_files()),
        (
            "process_max_fds",
            "The limit of open file descriptors.",
            getrlimit(Resource::RLIMIT_NOFILE)
                .ok()
                .map(|(soft, _hard)| float(soft)),
        ),
        (
            "process_start_time_seconds",
            "When the process was started, in seconds since 1970.",
            started_at(),
        ),
    ];
    for (name, help, value) in gauges {
        if let Some(value) = value {
            let gauge = Gauge::new(name, help)?;
            gauge.set(value);
            families.extend(gauge.collect());
        }
    }
    Ok(families)
}

#[expect(clippy::cast_precision_loss, reason = "the values of Prometheus are doubles")]
fn float(number: u64) -> f64 {
    number as f64
}

fn processor_time() -> Option<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let micros = |time: TimeVal| u64::try_from(time.num_microseconds()).ok();
    Some(Duration::from_micros(
        micros(usage.user_time())? + micros(usage.system_time())?,
    ))
}

/// A size in `/proc/self/status`, which is told in KiB.
fn status_bytes(status: &str, name: &str) -> Option<f64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = value.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(float(kib * 1024))
}

fn open_files() -> Option<f64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    // One of them reads the directory.
    Some(float(u64::try_from(count.saturating_sub(1)).ok()?))
}

/// When the machine was booted, and how long after that the process was started.
fn started_at() -> Option<f64> {
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot: u64 = boot
        .lines()
        .find_map(|line| line.strip_prefix("btime "))?
        .trim()
        .parse()
        .ok()?;
    let per_second = u64::try_from(sysconf(SysconfVar::CLK_TCK).ok()??).ok()?;
    let ticks = start_ticks(&fs::read_to_string("/proc/self/stat").ok()?)?;
    Some(float(boot) + float(ticks) / float(per_second))
}

/// The 22nd field of `/proc/self/stat`. The second is the name of the program, which may have spaces and parentheses.
fn start_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_told_by_the_names_of_prometheus() {
        let families = collect().unwrap();
        let value = |name: &str| {
            let family = families.iter().find(|family| family.name() == name);
            let metric = &family.unwrap_or_else(|| panic!("no {name}")).get_metric()[0];
            metric.get_gauge().get_value() + metric.get_counter().get_value()
        };
        assert!(value("process_cpu_seconds_total") > 0.0);
        let resident = value("process_resident_memory_bytes");
        assert!(resident > 1e6 && resident < value("process_virtual_memory_bytes"));
        let open = value("process_open_fds");
        assert!(open >= 3.0 && open < value("process_max_fds"));
        // After this was written, and before the clock of any machine that runs it.
        assert!(value("process_start_time_seconds") > 1.7e9);
    }

    #[test]
    fn a_program_may_have_any_name() {
        let stat = "12 (a) b) (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(start_ticks(stat), Some(4711));
    }
}
