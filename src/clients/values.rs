//! The values of a client's settings: parsed once, so that whoever has one need not doubt it.

use std::num::NonZeroU32;

use chrono::TimeDelta;
use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use super::error::InvalidSetting;
use crate::text::{has_stray_space, is_host_name, is_plain};

/// Most audiences or callback hosts of a client.
const MAX_LIST: usize = 20;
/// Longest name of an organisational unit, in characters.
const MAX_UNIT_CHARS: usize = 200;
/// Longest audience, in bytes.
const MAX_AUDIENCE_BYTES: usize = 500;

/// A whole number within bounds, stored as an `i32`.
macro_rules! bounded {
    ($(
        $(#[$doc:meta])*
        $name:ident = $least:literal..=$most:literal;
    )+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(i32);

        impl TryFrom<i32> for $name {
            type Error = InvalidSetting;

            fn try_from(number: i32) -> Result<Self, Self::Error> {
                if ($least..=$most).contains(&number) {
                    Ok(Self(number))
                } else {
                    Err(InvalidSetting::$name)
                }
            }
        }

        impl From<$name> for i32 {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl $name {
            /// The number.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0.unsigned_abs()
            }
        }
    )+};
}

bounded! {
    /// How long tokens live: 60 to 3600 seconds.
    TokenTtl = 60..=3600;
    /// Longest accepted `exp` − `iat` of an assertion: 60 to 86400 seconds.
    MaxAssertionTtl = 60..=86_400;
    /// Tolerated difference between two clocks: 0 to 300 seconds.
    ClockSkew = 0..=300;
    /// Requests a second to each API: 1 to 1000000.
    RequestRate = 1..=1_000_000;
}

impl Default for MaxAssertionTtl {
    fn default() -> Self {
        Self(3600)
    }
}

impl Default for ClockSkew {
    fn default() -> Self {
        Self(60)
    }
}

impl From<MaxAssertionTtl> for TimeDelta {
    fn from(ttl: MaxAssertionTtl) -> Self {
        Self::seconds(ttl.0.into())
    }
}

impl From<ClockSkew> for TimeDelta {
    fn from(skew: ClockSkew) -> Self {
        Self::seconds(skew.0.into())
    }
}

impl RequestRate {
    /// What a client with a market data scope gets unless told otherwise.
    pub const OF_MARKET_DATA: Self = Self(5);

    /// Requests a second.
    #[must_use]
    pub fn per_second(self) -> NonZeroU32 {
        // It is not zero; were it, the least rate would count.
        NonZeroU32::new(self.get()).unwrap_or(NonZeroU32::MIN)
    }
}

/// When an assertion may be exchanged a second time.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray, Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(
    serialize_all = "snake_case",
    parse_err_ty = InvalidReplayPolicy,
    parse_err_fn = InvalidReplayPolicy::of
)]
pub enum ReplayPolicy {
    /// One with a `jti` never; one without until it expires (RFC 7523 s3(7), contract 2.2).
    #[default]
    IfJti,
    /// Never: without a `jti`, its signing input is what is remembered.
    Always,
    /// Until it expires.
    Off,
}

/// The text is not a replay policy.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a replay policy; it is if_jti, always or off")]
pub struct InvalidReplayPolicy(String);

impl InvalidReplayPolicy {
    fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// How `/token` writes `expires_in`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray, Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(
    serialize_all = "snake_case",
    parse_err_ty = InvalidExpiresInFormat,
    parse_err_fn = InvalidExpiresInFormat::of
)]
pub enum ExpiresInFormat {
    /// `"3600"`, as the contract's section 2.3.
    #[default]
    String,
    /// `3600`, as RFC 6749 s5.1.
    Number,
}

/// The text is not a format of `expires_in`.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a format of expires_in; it is string or number")]
pub struct InvalidExpiresInFormat(String);

impl InvalidExpiresInFormat {
    fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// The unit of a customer that a pair was given for: 1 to 200 characters, none of them a line break, a control or an invisible
/// character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OrganisationalUnit(String);

impl TryFrom<String> for OrganisationalUnit {
    type Error = InvalidSetting;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // White space around it is part of it.
        let is_name = (1..=MAX_UNIT_CHARS).contains(&text.chars().count()) && is_plain(&text);
        if is_name {
            Ok(Self(text))
        } else {
            Err(InvalidSetting::OrganisationalUnit)
        }
    }
}

impl OrganisationalUnit {
    /// What the database holds, which is not checked again.
    pub(super) const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name of the unit.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Without what was listed before: a list of settings is a set in the order in which it was given.
pub(super) fn without_repeated<T: PartialEq>(list: Vec<T>) -> Vec<T> {
    let mut kept = Vec::with_capacity(list.len());
    for value in list {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

/// Accepted `aud` values of assertions, compared byte for byte, each once; empty: the service's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Audiences(Vec<String>);

impl TryFrom<Vec<String>> for Audiences {
    type Error = InvalidSetting;

    fn try_from(audiences: Vec<String>) -> Result<Self, Self::Error> {
        // White space around an audience is a slip: no assertion names it so.
        let is_audience =
            |text: &String| (1..=MAX_AUDIENCE_BYTES).contains(&text.len()) && !has_stray_space(text);
        if audiences.len() <= MAX_LIST && audiences.iter().all(is_audience) {
            Ok(Self(without_repeated(audiences)))
        } else {
            Err(InvalidSetting::Audiences)
        }
    }
}

impl Audiences {
    /// The audiences.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// Hosts that callback URLs may name (contract s6), in lower case, each once; empty: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CallbackHosts(Vec<String>);

impl TryFrom<Vec<String>> for CallbackHosts {
    type Error = InvalidSetting;

    fn try_from(mut hosts: Vec<String>) -> Result<Self, Self::Error> {
        for host in &mut hosts {
            host.make_ascii_lowercase();
        }
        if hosts.len() <= MAX_LIST && hosts.iter().all(|host| is_host_name(host)) {
            Ok(Self(without_repeated(hosts)))
        } else {
            Err(InvalidSetting::CallbackHosts)
        }
    }
}

impl CallbackHosts {
    /// No hosts.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The hosts that the database holds.
    pub(super) fn from_stored(hosts: Vec<String>) -> Self {
        Self(hosts)
    }

    /// The host names.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_named() {
        assert_eq!(
            TokenTtl::try_from(59).unwrap_err().to_string(),
            "the token lifetime should be 60 to 3600 seconds"
        );
        assert!(TokenTtl::try_from(60).is_ok() && TokenTtl::try_from(3600).is_ok());
        assert!(TokenTtl::try_from(3601).is_err());
        assert!(ClockSkew::try_from(0).is_ok() && ClockSkew::try_from(300).is_ok());
        assert!(ClockSkew::try_from(-1).is_err() && ClockSkew::try_from(301).is_err());
        assert!(MaxAssertionTtl::try_from(59).is_err() && MaxAssertionTtl::try_from(86_401).is_err());
        assert!(RequestRate::try_from(0).is_err() && RequestRate::try_from(1_000_001).is_err());
        assert_eq!(RequestRate::try_from(7).unwrap().per_second().get(), 7);
    }

    #[test]
    fn lists_and_names_are_bounded() {
        let of = |text: &str, count: usize| vec![text.to_owned(); count];
        assert!(Audiences::try_from(of("https://a.example", 20)).is_ok());
        assert!(Audiences::try_from(of("https://a.example", 21)).is_err());
        for bad in [
            "",
            " https://a.example",
            "https://a.example ",
            "https://a.example\n",
            "a\tb",
        ] {
            assert!(Audiences::try_from(of(bad, 1)).is_err(), "{bad:?}");
        }
        assert!(CallbackHosts::try_from(of("a.example", 20)).is_ok());
        for bad in [
            "\u{212a}.example",
            "https://a.example",
            "a.example:443",
            "127.0.0.1",
            "[::1]",
            "",
            "*.example",
            "a..example",
            ".example",
            "a.example.",
        ] {
            assert!(CallbackHosts::try_from(of(bad, 1)).is_err(), "{bad}");
        }
        assert!(OrganisationalUnit::try_from("x".repeat(201)).is_err());
        assert!(OrganisationalUnit::try_from(String::new()).is_err());
    }

    #[test]
    fn what_a_list_says_twice_is_kept_once_where_it_stood_first() {
        let of = |texts: &[&str]| texts.iter().copied().map(str::to_owned).collect::<Vec<_>>();
        let hosts = CallbackHosts::try_from(of(&["B.example", "a.example", "b.EXAMPLE", "A.example"]));
        assert_eq!(hosts.unwrap().as_slice(), of(&["b.example", "a.example"]));
        let audiences = Audiences::try_from(of(&["urn:b", "urn:a", "urn:b", "urn:B"]));
        assert_eq!(audiences.unwrap().as_slice(), of(&["urn:b", "urn:a", "urn:B"]));
    }
}
