//! Employment and wages of one occupation in one area.

use serde::{Serialize, Serializer};

use crate::market::benchmark::import::WAGES;

/// One row of wages; what the source does not publish is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WageRow {
    /// The code of the row.
    pub code: String,
    /// Employed people.
    pub employment: Option<f64>,
    /// The relative standard error of the employment, in percent.
    pub employment_error: Option<f32>,
    /// How much commoner the occupation is in the area than in the nation.
    pub location_quotient: Option<f32>,
    /// The relative standard error of the mean wage, in percent.
    pub mean_error: Option<f32>,
    /// In dollars: the mean and the percentiles 10, 25, 50, 75 and 90 by the hour, then by the year.
    pub wages: [Option<f32>; WAGES],
    /// A bit for each wage that is at or above the highest that is published.
    pub top_coded: i16,
}

/// A number as the source prints it: whole where it is whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure(f32);

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Whole numbers up to here are exact.
        const EXACT: f32 = 16_777_216.0;
        if self.0.fract() == 0.0 && self.0.abs() < EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
            return serializer.serialize_i64(self.0 as i64);
        }
        serializer.serialize_f32(self.0)
    }
}

impl From<f32> for Figure {
    fn from(number: f32) -> Self {
        Self(number)
    }
}

/// The percentiles of a wage, in dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    #[serde(rename = "10")]
    p10: Option<Figure>,
    #[serde(rename = "25")]
    p25: Option<Figure>,
    #[serde(rename = "50")]
    p50: Option<Figure>,
    #[serde(rename = "75")]
    p75: Option<Figure>,
    #[serde(rename = "90")]
    p90: Option<Figure>,
}

/// Wages by one unit of time, in dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WageScale {
    mean: Option<Figure>,
    percentiles: Percentiles,
}

/// The dataset `salary`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Salary {
    /// The annual mean, in dollars.
    mean: Option<Figure>,
    /// The annual median, in dollars.
    median: Option<Figure>,
    annual: WageScale,
    hourly: WageScale,
    /// Of the mean, in percent.
    relative_standard_error: Option<Figure>,
    /// Paths of what is null because it is at or above the highest wage that the source publishes.
    top_coded: Vec<&'static str>,
}

/// Where the wages of a row stand in a [`Salary`], in their order.
const PATHS: [&str; WAGES] = [
    "hourly.mean",
    "hourly.percentiles.10",
    "hourly.percentiles.25",
    "hourly.percentiles.50",
    "hourly.percentiles.75",
    "hourly.percentiles.90",
    "annual.mean",
    "annual.percentiles.10",
    "annual.percentiles.25",
    "annual.percentiles.50",
    "annual.percentiles.75",
    "annual.percentiles.90",
];

impl Salary {
    /// Paths of what is at or above the highest wage that the source publishes.
    #[must_use]
    pub fn top_coded(&self) -> &[&'static str] {
        &self.top_coded
    }
}

impl WageRow {
    /// The annual mean, in dollars.
    #[must_use]
    pub fn annual_mean(&self) -> Option<f32> {
        self.wages[6]
    }

    /// Employed people, a whole number.
    #[must_use]
    pub fn employed(&self) -> Option<u64> {
        let people = self.employment.filter(|people| (0.0..1e15).contains(people))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is within these bounds"
        )]
        Some(people.round() as u64)
    }

    /// The dataset `salary`.
    #[must_use]
    pub fn salary(&self) -> Salary {
        let [hm, h10, h25, h50, h75, h90, am, a10, a25, a50, a75, a90] =
            self.wages.map(|wage| wage.map(Figure));
        let scale = |mean, [p10, p25, p50, p75, p90]: [Option<Figure>; 5]| WageScale {
            mean,
            percentiles: Percentiles {
                p10,
                p25,
                p50,
                p75,
                p90,
            },
        };
        Salary {
            mean: am,
            median: a50,
            annual: scale(am, [a10, a25, a50, a75, a90]),
            hourly: scale(hm, [h10, h25, h50, h75, h90]),
            relative_standard_error: self.mean_error.map(Figure),
            top_coded: self.paths(|wage, is_top_coded| wage.is_none() && is_top_coded),
        }
    }

    /// The paths of the wages that the source does not publish.
    #[must_use]
    pub fn unpublished(&self) -> Vec<&'static str> {
        self.paths(|wage, is_top_coded| wage.is_none() && !is_top_coded)
    }

    /// The paths of the wages that are so.
    fn paths(&self, is_so: impl Fn(Option<f32>, bool) -> bool) -> Vec<&'static str> {
        let wages = PATHS.iter().zip(self.wages).enumerate();
        let chosen = wages.filter(|(index, (_, wage))| is_so(*wage, self.top_coded >> index & 1 == 1));
        chosen.map(|(_, (path, _))| *path).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_written_as_they_are_published() {
        let written = |number: f32| serde_json::to_string(&Figure(number)).unwrap();
        assert_eq!(written(65.38), "65.38");
        assert_eq!(written(135_980.0), "135980");
        assert_eq!(written(257_310.0), "257310");
        assert_eq!(written(0.4), "0.4");
    }

    #[test]
    fn what_is_top_coded_or_not_published_is_null_and_named_and_never_0() {
        let mut row = WageRow {
            top_coded: 1 << 11 | 1 << 5,
            ..WageRow::default()
        };
        row.wages[6] = Some(200_000.0);
        let salary = serde_json::to_value(row.salary()).unwrap();
        assert_eq!(
            salary["topCoded"],
            json!(["hourly.percentiles.90", "annual.percentiles.90"])
        );
        assert_eq!(salary["mean"], 200_000);
        assert_eq!(salary["annual"]["percentiles"]["90"], json!(null));
        assert!(!salary.to_string().contains(":0"));
        assert_eq!(row.unpublished().len(), 9);
    }
}
