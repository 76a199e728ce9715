//! What a client may do with the market data APIs beyond what its scopes open, and how often.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use serde::{Serialize, Serializer};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// Most normalizations that a quota may have in one period.
const MAX_QUOTA: u32 = 1_000_000_000;

/// What a client may do beyond the calls that its scope opens (Lightcast contract s1, "Entitlements").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(parse_err_ty = InvalidEntitlement, parse_err_fn = InvalidEntitlement::of)]
pub enum Entitlement {
    /// To normalize titles one at a time, and to inspect how.
    #[strum(serialize = "titles:normalize")]
    NormalizeTitles,
    /// To normalize titles in bulk.
    #[strum(serialize = "titles:normalize:bulk")]
    NormalizeTitlesInBulk,
    /// To see which occupations and skills a title is mapped to.
    #[strum(serialize = "titles:mapping")]
    TitleMapping,
}

/// The text is not an entitlement.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an entitlement; the entitlements are titles:normalize, titles:normalize:bulk and titles:mapping"
)]
pub struct InvalidEntitlement(String);

impl InvalidEntitlement {
    fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Entitlement {
    const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// A set of entitlements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entitlements(u8);

impl Entitlements {
    /// Every entitlement: full access.
    #[must_use]
    pub fn all() -> Self {
        Entitlement::VARIANTS.iter().copied().collect()
    }

    /// Whether the entitlement is in it.
    #[must_use]
    pub const fn contains(self, entitlement: Entitlement) -> bool {
        self.0 & entitlement.bit() != 0
    }

    /// Its members, in order.
    pub fn iter(self) -> impl Iterator<Item = Entitlement> {
        Entitlement::VARIANTS
            .iter()
            .copied()
            .filter(move |entitlement| self.contains(*entitlement))
    }

    /// The names of its members, as the database holds them.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        self.iter().map(|entitlement| entitlement.to_string()).collect()
    }
}

impl FromIterator<Entitlement> for Entitlements {
    fn from_iter<I: IntoIterator<Item = Entitlement>>(entitlements: I) -> Self {
        Self(
            entitlements
                .into_iter()
                .fold(0, |bits, entitlement| bits | entitlement.bit()),
        )
    }
}

/// Reads what the database holds. An entitlement that a newer version wrote is left out: this version has no use for it.
impl From<Vec<String>> for Entitlements {
    fn from(names: Vec<String>) -> Self {
        names
            .iter()
            .filter_map(|name| name.parse::<Entitlement>().ok())
            .collect()
    }
}

impl Serialize for Entitlements {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(<&str>::from))
    }
}

/// The time after which a quota begins anew, by the calendar in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum QuotaPeriod {
    /// From the first day of a month.
    Month,
    /// From the first day of January.
    Year,
}

/// How many normalizations a client may make in a period (Lightcast contract s1, "Quota"). Its text is `50/year`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many: 1 to 1 000 000 000.
    pub count: NonZeroU32,
    /// In which time.
    pub period: QuotaPeriod,
}

/// The text is not a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a quota is a number of normalizations, 1 to 1000000000, in a month or a year, such as 50/year")]
pub struct InvalidQuota;

impl Quota {
    /// The first day of the period that `now` is in.
    #[must_use]
    pub fn period_start(self, now: DateTime<Utc>) -> NaiveDate {
        let today = now.date_naive();
        let month = match self.period {
            QuotaPeriod::Month => today.month(),
            QuotaPeriod::Year => 1,
        };
        NaiveDate::from_ymd_opt(today.year(), month, 1).unwrap_or(today)
    }

    /// Whole seconds until the next period begins; at least 1.
    #[must_use]
    pub fn seconds_left(self, now: DateTime<Utc>) -> u64 {
        let months = match self.period {
            QuotaPeriod::Month => 1,
            QuotaPeriod::Year => 12,
        };
        let next = self
            .period_start(now)
            .checked_add_months(Months::new(months))
            .and_then(|day| day.and_hms_opt(0, 0, 0));
        let left = next.map_or(0, |next| (next.and_utc() - now).num_milliseconds());
        u64::try_from(left).unwrap_or_default().div_ceil(1000).max(1)
    }
}

impl FromStr for Quota {
    type Err = InvalidQuota;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (count, period) = text.split_once('/').ok_or(InvalidQuota)?;
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidQuota);
        }
        let count: NonZeroU32 = count.parse().map_err(|_| InvalidQuota)?;
        if count.get() > MAX_QUOTA {
            return Err(InvalidQuota);
        }
        let period = period.parse().map_err(|_| InvalidQuota)?;
        Ok(Self { count, period })
    }
}

/// For what the database holds.
impl TryFrom<&str> for Quota {
    type Error = InvalidQuota;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.period)
    }
}

impl Serialize for Quota {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn a_quota_is_a_number_in_a_period() {
        for good in ["50/year", "1/month", "1000000000/month"] {
            assert_eq!(good.parse::<Quota>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "50",
            "0/year",
            "-1/year",
            "+5/year",
            "50/day",
            "50/Year",
            "50 / year",
            "1000000001/year",
            "9999999999/year",
            "/year",
            "50/",
            "5/5/year",
        ] {
            assert_eq!(bad.parse::<Quota>(), Err(InvalidQuota), "{bad}");
        }
    }

    #[test]
    fn a_period_begins_by_the_calendar() {
        let at = |y, m, d, h, s| Utc.with_ymd_and_hms(y, m, d, h, 59, s).unwrap();
        let (month, year): (Quota, Quota) = ("5/month".parse().unwrap(), "5/year".parse().unwrap());
        let now = at(2028, 2, 29, 23, 59);
        assert_eq!(month.period_start(now).to_string(), "2028-02-01");
        assert_eq!(year.period_start(now).to_string(), "2028-01-01");
        assert_eq!(month.seconds_left(now), 1);
        assert_eq!(month.seconds_left(now + chrono::TimeDelta::milliseconds(1)), 1);
        assert_eq!(month.seconds_left(now - chrono::TimeDelta::milliseconds(1)), 2);
        assert_eq!(year.seconds_left(at(2028, 12, 31, 23, 0)), 60);
    }

    #[test]
    fn entitlements_are_a_set_and_unknown_ones_are_left_out() {
        let stored = ["titles:mapping", "titles:normalize", "titles:of-the-future"];
        let set = Entitlements::from(stored.map(str::to_owned).to_vec());
        assert_eq!(set.names(), ["titles:normalize", "titles:mapping"]);
        assert!(set.contains(Entitlement::TitleMapping));
        assert!(!set.contains(Entitlement::NormalizeTitlesInBulk));
        assert_eq!(Entitlements::all().iter().count(), 3);
        assert!("titles".parse::<Entitlement>().is_err());
    }
}
