//! Metrics as text: the Prometheus text format 0.0.4, and `OpenMetrics` 1.0, which alone has exemplars.

use std::fmt::Write;
use std::sync::Arc;

use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Encoder, TextEncoder};

use super::exemplars::{Exemplar, Exemplars};

/// Finds the exemplars of a series of a histogram.
pub(super) type FindExemplars<'a> = dyn Fn(&str, &[LabelPair]) -> Option<Arc<Exemplars>> + 'a;

/// How metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Prometheus text format.
    Prometheus,
    /// `OpenMetrics`.
    OpenMetrics,
}

impl Format {
    /// The format that whoever sends this `Accept` prefers: the Prometheus text format where it does not ask for `OpenMetrics`.
    #[must_use]
    pub fn preferred(accept: &str) -> Self {
        let quality = |media_type: &str| {
            let ranges = accept.split(',').filter_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let named = parts.next()?;
                let quality = parts
                    .find_map(|part| part.strip_prefix("q="))
                    .map_or(Some(1.0), |text| text.parse::<f64>().ok())?;
                named.eq_ignore_ascii_case(media_type).then_some(quality)
            });
            ranges.fold(0.0, f64::max)
        };
        let open_metrics = quality("application/openmetrics-text");
        if open_metrics > 0.0 && open_metrics >= quality("text/plain") {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    /// The media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The text of these families. `exemplars` finds those of a series of a histogram.
    pub(super) fn encode(
        self,
        families: &[MetricFamily],
        exemplars: &FindExemplars<'_>,
    ) -> Result<String, prometheus::Error> {
        match self {
            Self::Prometheus => {
                let mut text = Vec::new();
                TextEncoder::new().encode(families, &mut text)?;
                String::from_utf8(text).map_err(|error| prometheus::Error::Msg(error.to_string()))
            }
            Self::OpenMetrics => {
                let mut text = String::new();
                for family in families {
                    write_family(&mut text, family, exemplars);
                }
                text.push_str("# EOF\n");
                Ok(text)
            }
        }
    }
}

/// Appends one family as `OpenMetrics`, in which a counter is named without `_total`, and only its samples with it.
fn write_family(text: &mut String, family: &MetricFamily, exemplars: &FindExemplars<'_>) {
    let kind = family.get_field_type();
    let (name, kind_word) = match kind {
        MetricType::COUNTER => (family.name().trim_end_matches("_total"), "counter"),
        MetricType::HISTOGRAM => (family.name(), "histogram"),
        _ => (family.name(), "gauge"),
    };
    let _ = writeln!(text, "# HELP {name} {}", escaped(family.help()));
    let _ = writeln!(text, "# TYPE {name} {kind_word}");
    for metric in family.get_metric() {
        let labels = metric.get_label();
        match kind {
            MetricType::COUNTER => {
                let value = metric.get_counter().get_value();
                write_sample(text, (name, "_total"), labels, None, value);
                text.push('\n');
            }
            MetricType::HISTOGRAM => {
                let exemplars = exemplars(family.name(), labels);
                write_histogram(text, name, metric, exemplars.as_deref());
            }
            _ => {
                write_sample(text, (name, ""), labels, None, metric.get_gauge().get_value());
                text.push('\n');
            }
        }
    }
}

fn write_histogram(text: &mut String, name: &str, metric: &Metric, exemplars: Option<&Exemplars>) {
    let (histogram, labels) = (metric.get_histogram(), metric.get_label());
    let finite = histogram.get_bucket().iter();
    let finite = finite.map(|bucket| (bucket.upper_bound(), bucket.cumulative_count()));
    let all = finite.chain([(f64::INFINITY, histogram.get_sample_count())]);
    for (index, (bound, count)) in all.enumerate() {
        let sample = (name, "_bucket");
        write_sample(text, sample, labels, Some(bound), float(count));
        if let Some(exemplar) = exemplars.and_then(|exemplars| exemplars.of_bucket(index)) {
            write_exemplar(text, &exemplar);
        }
        text.push('\n');
    }
    let count = float(histogram.get_sample_count());
    write_sample(text, (name, "_count"), labels, None, count);
    text.push('\n');
    write_sample(text, (name, "_sum"), labels, None, histogram.get_sample_sum());
    text.push('\n');
}

#[expect(clippy::cast_precision_loss, reason = "the values of Prometheus are doubles")]
fn float(count: u64) -> f64 {
    count as f64
}

/// Appends a sample, without the end of its line. `bound` is that of a bucket.
fn write_sample(
    text: &mut String,
    (name, suffix): (&str, &str),
    labels: &[LabelPair],
    bound: Option<f64>,
    value: f64,
) {
    text.push_str(name);
    text.push_str(suffix);
    let mut separator = '{';
    let mut label = |text: &mut String, name: &str, value: &str| {
        let _ = write!(text, "{separator}{name}=\"{value}\"");
        separator = ',';
    };
    for pair in labels {
        label(text, pair.name(), &escaped(pair.value()));
    }
    match bound {
        Some(f64::INFINITY) => label(text, "le", "+Inf"),
        // A canonical number has a point or an exponent: 1.0.
        Some(bound) => label(text, "le", &format!("{bound:?}")),
        None => {}
    }
    if separator == ',' {
        text.push('}');
    }
    let _ = write!(text, " {value}");
}

fn write_exemplar(text: &mut String, exemplar: &Exemplar) {
    let Exemplar { trace, seconds, at } = exemplar;
    let _ = write!(
        text,
        " # {{trace_id=\"{:032x}\",span_id=\"{:016x}\"}} {seconds} {at:.3}",
        trace.trace_id, trace.span_id
    );
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use prometheus::{Histogram, HistogramOpts, IntCounterVec, Opts, Registry};

    use super::super::exemplars::{LATENCY_BUCKETS, TraceRef};
    use super::*;

    #[test]
    fn who_asks_for_openmetrics_gets_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                          application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        for (accept, format) in [
            (prometheus, Format::OpenMetrics),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("", Format::Prometheus),
            ("*/*", Format::Prometheus),
            ("text/plain", Format::Prometheus),
            ("application/openmetrics-text;q=0", Format::Prometheus),
            (
                "application/openmetrics-text;q=0.2, text/plain;q=0.3",
                Format::Prometheus,
            ),
            ("application/openmetrics-text;q=x", Format::Prometheus),
        ] {
            assert_eq!(Format::preferred(accept), format, "{accept}");
        }
    }

    #[test]
    fn openmetrics_has_exemplars_and_an_end() {
        let registry = Registry::new();
        let options = HistogramOpts::new("things_seconds", "Things.").buckets(LATENCY_BUCKETS[13..].to_vec());
        let histogram = Histogram::with_opts(options).unwrap();
        histogram.observe(0.5);
        histogram.observe(7.0);
        registry.register(Box::new(histogram)).unwrap();
        let counter = IntCounterVec::new(Opts::new("odd_total", "A \"quoted\" word."), &["a"]).unwrap();
        counter.with_label_values(&["x\"\\\n"]).inc();
        registry.register(Box::new(counter)).unwrap();
        let exemplars = Arc::new(Exemplars::default());
        // The last bucket of this histogram, which has fewer than that of requests.
        exemplars.0.lock()[2] = Some(Exemplar {
            trace: TraceRef {
                trace_id: 0xab,
                span_id: 0xcd,
            },
            seconds: 7.0,
            at: 1.5,
        });
        let find = |name: &str, _: &[LabelPair]| (name == "things_seconds").then(|| Arc::clone(&exemplars));
        let text = Format::OpenMetrics.encode(&registry.gather(), &find).unwrap();
        assert_eq!(
            text,
            "# HELP odd A \\\"quoted\\\" word.\n# TYPE odd counter\nodd_total{a=\"x\\\"\\\\\\n\"} 1\n\
             # HELP things_seconds Things.\n# TYPE things_seconds histogram\n\
             things_seconds_bucket{le=\"1.0\"} 1\nthings_seconds_bucket{le=\"5.0\"} 1\n\
             things_seconds_bucket{le=\"+Inf\"} 2 \
             # {trace_id=\"000000000000000000000000000000ab\",span_id=\"00000000000000cd\"} 7 1.500\n\
             things_seconds_count 2\nthings_seconds_sum 7.5\n# EOF\n"
        );
        let exemplars = Exemplars::default();
        for (seconds, bucket) in [(0.0, 0), (0.000_05, 0), (0.000_06, 1), (5.0, 14), (6.0, 15)] {
            let trace = TraceRef {
                trace_id: 1,
                span_id: 1,
            };
            let exemplar = Exemplar {
                trace,
                seconds,
                at: 0.0,
            };
            exemplars.note(exemplar);
            assert_eq!(exemplars.of_bucket(bucket), Some(exemplar), "{seconds}");
        }
    }
}
