//! Metrics that are read from the application at each scrape.

use prometheus::{Gauge, GaugeVec, IntCounterVec, Opts, Registry};

/// A metric that is read from `S` at each scrape.
pub struct Reading<S> {
    name: &'static str,
    help: &'static str,
    read: Read<S>,
}

enum Read<S> {
    Gauge(fn(&S) -> f64),
    States {
        label: &'static str,
        read: fn(&S) -> Vec<(&'static str, f64)>,
    },
    Counter {
        label: &'static str,
        read: fn(&S) -> Vec<(&'static str, u64)>,
    },
}

impl<S> Reading<S> {
    /// A gauge.
    pub const fn gauge(name: &'static str, help: &'static str, read: fn(&S) -> f64) -> Self {
        Self {
            name,
            help,
            read: Read::Gauge(read),
        }
    }

    /// A gauge with one label, whose values `read` returns.
    pub const fn states(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        read: fn(&S) -> Vec<(&'static str, f64)>,
    ) -> Self {
        Self {
            name,
            help,
            read: Read::States { label, read },
        }
    }

    /// A counter with one label: `read` returns its values, each with the total since the start.
    pub const fn counter(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        read: fn(&S) -> Vec<(&'static str, u64)>,
    ) -> Self {
        Self {
            name,
            help,
            read: Read::Counter { label, read },
        }
    }

    pub(super) fn register(&self, scrape: &Registry, source: &S) -> Result<(), prometheus::Error> {
        let options = Opts::new(self.name, self.help);
        match self.read {
            Read::Gauge(read) => {
                let gauge = Gauge::with_opts(options)?;
                gauge.set(read(source));
                scrape.register(Box::new(gauge))
            }
            Read::States { label, read } => {
                let gauge = GaugeVec::new(options, &[label])?;
                for (value, number) in read(source) {
                    gauge.with_label_values(&[value]).set(number);
                }
                scrape.register(Box::new(gauge))
            }
            Read::Counter { label, read } => {
                let counter = IntCounterVec::new(options, &[label])?;
                for (value, total) in read(source) {
                    counter.with_label_values(&[value]).inc_by(total);
                }
                scrape.register(Box::new(counter))
            }
        }
    }
}
