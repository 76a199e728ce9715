//! A counter whose series exist before their first event.

use prometheus::{IntCounterVec, Opts, Registry};

use super::labels::Series;

/// A counter with `LABELS` labels, whose values are a closed list.
pub struct Counter<const LABELS: usize> {
    counter: IntCounterVec,
    series: Series<LABELS>,
}

impl<const LABELS: usize> Counter<LABELS> {
    /// Registers the counter, with all its series at zero.
    pub(super) fn register(
        registry: &Registry,
        name: &str,
        help: &str,
        labels: [&str; LABELS],
        series: Series<LABELS>,
    ) -> Result<Self, prometheus::Error> {
        let counter = IntCounterVec::new(Opts::new(name, help), &labels)?;
        registry.register(Box::new(counter.clone()))?;
        for values in series {
            create(&counter, values, &mut Vec::with_capacity(LABELS));
        }
        Ok(Self { counter, series })
    }

    /// Adds one to the series with these values of the labels, in the order of their registration.
    pub fn inc(&self, values: [&str; LABELS]) {
        self.add(values, 1);
    }

    /// Adds `count` to that series.
    pub fn add(&self, values: [&str; LABELS], count: u64) {
        debug_assert!(self.lists(values), "telemetry/labels.rs does not list {values:?}");
        self.counter.with_label_values(&values).inc_by(count);
    }

    fn lists(&self, values: [&str; LABELS]) -> bool {
        self.series.iter().any(|listed| {
            let mut pairs = listed.iter().zip(values);
            pairs.all(|(listed, value)| listed.contains(&value))
        })
    }
}

/// Creates the series of all combinations of `rest` that begin with `first`.
fn create<'a>(counter: &IntCounterVec, rest: &[&[&'a str]], first: &mut Vec<&'a str>) {
    let Some((values, rest)) = rest.split_first() else {
        counter.with_label_values(first.as_slice());
        return;
    };
    for value in *values {
        first.push(value);
        create(counter, rest, first);
        first.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: Series<2> = &[[&["a", "b"], &["x"]], [&["b"], &["y"]]];

    #[test]
    fn all_listed_series_are_there_at_zero() {
        let registry = Registry::new();
        let counter =
            Counter::register(&registry, "things_total", "Things.", ["one", "two"], SERIES).unwrap();
        let values = || -> Vec<(String, f64)> {
            let families = registry.gather();
            let metrics = families[0].get_metric().iter();
            let labels = |metric: &prometheus::proto::Metric| {
                let labels = metric.get_label().iter();
                labels.map(prometheus::proto::LabelPair::value).collect()
            };
            metrics
                .map(|metric| (labels(metric), metric.get_counter().get_value()))
                .collect()
        };
        let named = |values: &[(&str, f64)]| -> Vec<(String, f64)> {
            let owned = values.iter().map(|(name, value)| ((*name).to_owned(), *value));
            owned.collect()
        };
        assert_eq!(values(), named(&[("ax", 0.0), ("bx", 0.0), ("by", 0.0)]));
        counter.inc(["b", "y"]);
        assert_eq!(values(), named(&[("ax", 0.0), ("bx", 0.0), ("by", 1.0)]));
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "does not list [\"a\", \"y\"]")]
    fn what_is_not_listed_fails_a_test() {
        let counter = Counter::register(
            &Registry::new(),
            "things_total",
            "Things.",
            ["one", "two"],
            SERIES,
        )
        .unwrap();
        counter.inc(["a", "y"]);
    }
}
