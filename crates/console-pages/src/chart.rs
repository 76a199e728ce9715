//! Charts of hourly counts as SVG with presentation attributes only, in key colours that the style sheet gives those of the theme.
//!
//! The one module that knows the chart library. Tooltips and animations would write styles into the page, so there are none.

use askama::Template;
use askama::filters::HtmlSafe;
use charts_rs::{BarChart, Box as Sides, Color, Series};
use chrono::{DateTime, TimeDelta, Timelike, Utc};

use crate::format;
use crate::frame::{Frame, Language};
use crate::svg::Svg;
use crate::text::{ToArg, say};

/// Counts by hour, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hourly {
    /// When the first hour begins.
    pub since: DateTime<Utc>,
    /// The count of each hour.
    pub counts: Vec<i64>,
}

impl Hourly {
    /// All hours together.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.counts.iter().sum()
    }

    /// The hours that began then or later.
    pub(crate) fn total_since(&self, since: DateTime<Utc>) -> i64 {
        let late = self.hours().filter(|(hour, _)| *hour >= since);
        late.map(|(_, count)| count).sum()
    }

    /// Each hour with its count.
    fn hours(&self) -> impl Iterator<Item = (DateTime<Utc>, i64)> {
        let hours = (0..).map(|hour| self.since + TimeDelta::hours(hour));
        hours.zip(self.counts.iter().copied())
    }
}

/// Which key colour the bars have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hue {
    /// What is issued or used.
    First,
    /// What is refused.
    Second,
}

impl Hue {
    const fn key(self) -> &'static str {
        match self {
            Self::First => "#2A6FB8",
            Self::Second => "#BF4A12",
        }
    }
}

/// A chart of one series with the sentence that it shows, and the same numbers as a table.
#[derive(Debug, Template)]
#[template(path = "parts/chart.html")]
pub struct Chart {
    caption: String,
    svg: Svg,
    as_table: String,
    hour: String,
    count: String,
    rows: Vec<(String, String)>,
}

impl HtmlSafe for Chart {}

impl Chart {
    pub(crate) fn new(frame: &Frame<'_>, series: &Hourly, hue: Hue, caption: String) -> Self {
        let language = frame.language;
        Self {
            caption,
            svg: Svg::drawn(bars(language, series, hue)),
            as_table: say(language, "chart-as-table", &[]),
            hour: say(language, "chart-hour", &[]),
            count: say(language, "chart-count", &[]),
            rows: series
                .hours()
                .map(|(hour, count)| {
                    (
                        format::instant(language, hour, frame.now),
                        format::number(language, count),
                    )
                })
                .collect(),
        }
    }
}

/// Small bars beside a number, and the same in words for who does not see them.
#[derive(Debug, Template)]
#[template(
    source = r#"<span class="spark" aria-hidden="true">{{ svg }}</span><span class="unseen">{{ words }}</span>"#,
    ext = "html"
)]
pub struct Sparkline {
    svg: Svg,
    words: String,
}

impl HtmlSafe for Sparkline {}

impl Sparkline {
    /// One with a bar for so many hours each: where many stand on a page, each bar weighs.
    pub(crate) fn new(language: Language, series: &Hourly, hue: Hue, hours_of_bar: usize) -> Self {
        let bars = series.counts.chunks(hours_of_bar.max(1));
        let drawn_series = Hourly {
            since: series.since,
            counts: bars.map(|hours| hours.iter().sum()).collect(),
        };
        let mut chart = bare(&drawn_series, hue, (96.0, 24.0));
        chart.x_axis.hidden = true;
        chart.y_axis_hidden = true;
        chart.grid.stroke_width = 0.0;
        Self {
            svg: Svg::drawn(drawn(&chart)),
            words: in_words(language, series),
        }
    }
}

/// How many in how many hours, and the most of one hour.
fn in_words(language: Language, series: &Hourly) -> String {
    let hours = series.counts.len().to_arg();
    let most = series.hours().max_by_key(|(_, count)| *count);
    match most.filter(|(_, count)| *count > 0) {
        None => say(language, "sparkline-none", &[("hours", hours)]),
        Some((hour, most)) => {
            let at = format::clock(language, hour).to_arg();
            let args = [
                ("count", series.total().to_arg()),
                ("hours", hours),
                ("most", most.to_arg()),
                ("at", at),
            ];
            say(language, "sparkline-words", &args)
        }
    }
}

/// A bar chart without title, legend, ground and margin.
fn bare(series: &Hourly, hue: Hue, (width, height): (f32, f32)) -> BarChart {
    #[expect(clippy::cast_precision_loss, reason = "a bar is a few pixels high")]
    let counts: Vec<f32> = series.counts.iter().map(|count| *count as f32).collect();
    let labels = vec![String::new(); counts.len()];
    let mut chart = BarChart::new(vec![Series::new(String::new(), counts)], labels);
    chart.width = width;
    chart.height = height;
    chart.margin = Sides::default();
    chart.background_color = Color::transparent();
    chart.legend.show = Some(false);
    chart.series.colors = vec![Color::from(hue.key())];
    chart.radius = Some(0.0);
    chart.compact = true;
    for axis in &mut chart.y_axis_configs {
        axis.min = Some(0.0);
    }
    chart
}

/// 24 bars with hours below, a label each six hours, and three lines.
fn bars(language: Language, series: &Hourly, hue: Hue) -> String {
    let mut chart = bare(series, hue, (720.0, 140.0));
    // The highest label reaches half a line above its grid line.
    chart.margin.top = 10.0;
    chart.margin.left = 4.0;
    let (muted, line) = (Color::from("#4F5A69"), Color::from("#D5DBE4"));
    chart.x_axis.data = series
        .hours()
        .map(|(hour, _)| match hour.hour() % 6 {
            0 => format::clock(language, hour),
            _ => String::new(),
        })
        .collect();
    chart.x_axis.font.color = muted;
    chart.x_axis.font.size = 12.0;
    chart.x_axis.stroke_color = line;
    chart.grid.stroke_color = line;
    for axis in &mut chart.y_axis_configs {
        axis.split_number = 2;
        axis.font.color = muted;
        axis.font.size = 12.0;
        axis.stroke_color = Color::transparent();
    }
    drawn(&chart)
}

/// The SVG; nothing where the library cannot draw it, as every chart has its numbers in words too.
fn drawn(chart: &BarChart) -> String {
    chart.svg().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Hourly {
        Hourly {
            since: "2026-11-25T15:00:00Z".parse().unwrap(),
            counts: (0..24).map(|hour| hour * 7 % 50).collect(),
        }
    }

    #[test]
    fn a_chart_has_attributes_and_no_style() {
        for svg in [
            bars(Language::Fr, &series(), Hue::Second),
            Sparkline::new(Language::En, &series(), Hue::First, 1)
                .svg
                .as_str()
                .to_owned(),
        ] {
            assert!(svg.starts_with("<svg ") && svg.contains("viewBox="), "{svg}");
            for forbidden in ["style", "<script", "class=", "href", "id="] {
                assert!(!svg.contains(forbidden), "{forbidden} in {svg}");
            }
        }
    }

    #[test]
    fn bars_have_a_key_colour_that_the_style_sheet_knows() {
        for hue in [Hue::First, Hue::Second] {
            let svg = bars(Language::En, &series(), hue);
            let fill = format!("fill=\"{}\"", hue.key());
            assert!(svg.contains(&fill), "{svg}");
            assert!(crate::assets::CSS.contains(&format!("[{fill}]")));
        }
    }

    #[test]
    fn a_sparkline_says_what_it_shows() {
        let line = |counts: Vec<i64>, language| {
            let series = Hourly { counts, ..series() };
            Sparkline::new(language, &series, Hue::First, 3).words
        };
        assert_eq!(
            line(vec![0, 1_204, 3, 0], Language::En),
            "1,207 in the last 4 hours, at most 1,204 in one, from 16:00 UTC"
        );
        assert_eq!(
            line(vec![0, 7, 7, 0], Language::Fr),
            "14 dans les 4 dernières heures, au plus 7 en une heure, à partir de 17\u{a0}h\u{a0}00 UTC"
        );
        assert_eq!(line(vec![0, 0], Language::En), "None in the last 2 hours");
        let bars = |hours| Sparkline::new(Language::En, &series(), Hue::First, hours).svg;
        assert!(
            bars(3).as_str().len() * 2 < bars(1).as_str().len(),
            "it weighs less"
        );
    }

    #[test]
    fn no_counts_at_all_are_drawn_too() {
        let nothing = Hourly {
            counts: vec![0; 24],
            ..series()
        };
        assert!(bars(Language::En, &nothing, Hue::First).starts_with("<svg "));
        assert!(bars(Language::En, &Hourly::default(), Hue::First).len() < 4_000);
    }
}
