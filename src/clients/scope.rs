//! Scopes (RFC 6749 s3.3): what a token may be used for. A fixed list; each names one API.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// One scope. Its number is that of the bit that stands for it in a token: they are append only.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case", parse_err_ty = InvalidScope, parse_err_fn = invalid_scope)]
#[repr(u8)]
pub enum Scope {
    /// Video interviews (contract s4).
    Videos = 0,
    /// Assessments (contract s5).
    Assessments = 1,
    /// Career Coach profiles.
    Profiles = 2,
    /// Occupation benchmark.
    #[strum(serialize = "occupation-benchmark")]
    OccupationBenchmark = 3,
    /// Titles, open tier.
    LightcastOpenFree = 4,
    /// Titles, expanded tier.
    EmsiOpen = 5,
    /// The partner's own platform.
    Platform = 6,
    /// Administration.
    Admin = 7,
    /// Introspection of every client's tokens (RFC 7662 s2.1).
    Introspect = 8,
}

impl Scope {
    /// The scopes that open a route of this version: what the metadata and the command line offer.
    pub const SERVED: &[Self] = &[
        Self::Videos,
        Self::Assessments,
        Self::Profiles,
        Self::OccupationBenchmark,
        Self::LightcastOpenFree,
        Self::EmsiOpen,
        Self::Platform,
        Self::Admin,
        Self::Introspect,
    ];

    /// The scope-token on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether the routes of this scope serve a customer's own data, so that a client needs a customer to have it.
    #[must_use]
    pub const fn needs_customer(self) -> bool {
        matches!(self, Self::Videos | Self::Assessments | Self::Profiles)
    }

    /// Whether this is one of the labour-market data scopes, limited to 5 requests a second by default.
    #[must_use]
    pub const fn is_market_data(self) -> bool {
        matches!(
            self,
            Self::Profiles | Self::OccupationBenchmark | Self::LightcastOpenFree | Self::EmsiOpen
        )
    }

    const fn bit(self) -> u16 {
        1 << (self as u8)
    }
}

/// The text is not a scope.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope; the scopes are {}", ScopeSet::served())]
pub struct InvalidScope;

fn invalid_scope(_text: &str) -> InvalidScope {
    InvalidScope
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet(u16);

impl ScopeSet {
    /// Every scope there is.
    #[must_use]
    pub fn all() -> Self {
        Scope::VARIANTS.iter().copied().collect()
    }

    /// The scopes that open a route of this version.
    #[must_use]
    pub fn served() -> Self {
        Scope::SERVED.iter().copied().collect()
    }

    /// The set of these bits; `None` when one stands for no scope.
    #[must_use]
    pub fn from_bits(bits: u16) -> Option<Self> {
        (bits & !Self::all().0 == 0).then_some(Self(bits))
    }

    /// One bit for each scope, by the number of the scope.
    #[must_use]
    pub fn bits(self) -> u16 {
        self.0
    }

    /// Whether the scope is in it.
    #[must_use]
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all of the other set is in it.
    #[must_use]
    pub fn is_superset(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its members, in order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::VARIANTS
            .iter()
            .copied()
            .filter(move |scope| self.contains(*scope))
    }

    /// The value of a `scope` parameter: its members, separated by single spaces (RFC 6749 s3.3).
    #[must_use]
    pub fn joined(self) -> String {
        let mut text = String::with_capacity(64);
        for scope in self.iter() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(scope.as_str());
        }
        text
    }
}

impl ScopeSet {
    /// The scope-tokens of the scopes, as the database holds them.
    pub(super) fn names(self) -> Vec<String> {
        self.iter().map(|scope| scope.to_string()).collect()
    }
}

/// Reads what the database holds. A scope that a newer version wrote is left out: this version has no route for it.
impl From<Vec<String>> for ScopeSet {
    fn from(names: Vec<String>) -> Self {
        names
            .iter()
            .filter_map(|name| name.parse::<Scope>().ok())
            .collect()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

/// Reads the `scope` parameter: scope-tokens separated by spaces (RFC 6749 s3.3), at least one; a repeated one counts once.
///
/// More spaces than the RFC's single ones name no other scopes.
impl FromStr for ScopeSet {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scopes: Self = text
            .split(' ')
            .filter(|token| !token.is_empty())
            .map(str::parse::<Scope>)
            .collect::<Result<_, _>>()?;
        if scopes.is_empty() {
            return Err(InvalidScope);
        }
        Ok(scopes)
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.joined())
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scope_lists_are_read_strictly() {
        let set: ScopeSet = "assessments videos videos".parse().unwrap();
        assert_eq!(set.to_string(), "videos assessments");
        for spaced in [" videos", "videos ", "  videos  videos "] {
            assert_eq!(
                spaced.parse::<ScopeSet>().unwrap().to_string(),
                "videos",
                "{spaced:?}"
            );
        }
        for bad in [
            "",
            " ",
            "videos,assessments",
            "Videos",
            "nope",
            "videos\tassessments",
        ] {
            assert_eq!(bad.parse::<ScopeSet>(), Err(InvalidScope), "{bad:?}");
        }
    }

    #[test]
    fn sets_are_compared_and_intersected_scope_by_scope() {
        let set = |text: &str| text.parse::<ScopeSet>().unwrap();
        let (both, videos, platform) = (set("videos assessments"), set("videos"), set("platform"));
        let none = ScopeSet::default();
        for (larger, smaller, expected) in [
            (both, both, true),
            (both, videos, true),
            (both, none, true),
            (none, none, true),
            (videos, both, false),
            (both, platform, false),
            (both, set("videos platform"), false),
            (none, videos, false),
        ] {
            assert_eq!(larger.is_superset(smaller), expected, "{larger} and {smaller}");
        }
        assert_eq!(both.intersection(set("videos platform")), videos);
        assert_eq!(both.intersection(both), both);
        assert_eq!(both.intersection(platform), none);
        assert_eq!((both.is_empty(), none.is_empty()), (false, true));
    }

    #[test]
    fn the_database_holds_names_and_unknown_ones_are_left_out() {
        let names = ["videos", "assessments"].map(str::to_owned).to_vec();
        let set = ScopeSet::from(names.clone());
        assert_eq!(set.names(), names);
        assert_eq!(
            ScopeSet::from(vec!["videos".to_owned(), "of_a_later_version".to_owned()]).joined(),
            "videos"
        );
        assert_eq!(
            ScopeSet::served().joined(),
            "videos assessments profiles occupation-benchmark lightcast_open_free emsi_open platform admin introspect"
        );
        for scope in Scope::VARIANTS {
            let is_of_customer = matches!(scope, Scope::Videos | Scope::Assessments | Scope::Profiles);
            assert_eq!(scope.needs_customer(), is_of_customer, "{scope}");
        }
    }

    #[test]
    fn bits_are_stable_and_unknown_bits_refused() {
        assert_eq!(
            "videos introspect".parse::<ScopeSet>().unwrap().bits(),
            0b1_0000_0001
        );
        assert_eq!(ScopeSet::from_bits(ScopeSet::all().bits()), Some(ScopeSet::all()));
        assert_eq!(ScopeSet::from_bits(1 << 9), None);
        for (index, scope) in Scope::VARIANTS.iter().enumerate() {
            assert_eq!(*scope as usize, index);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_set_is_read_back_and_any_other_text_is_refused(
            text in prop_oneof![
                ".{0,40}",
                "(videos|assessments|admin|emsi_open|Videos|nope)?( (videos|introspect|x)){0,3} ?",
            ],
            bits in 0_u16..1 << 9,
        ) {
            let parts: std::collections::BTreeSet<_> = text.split(' ').filter(|part| !part.is_empty()).collect();
            let is_known = |part: &&str| Scope::VARIANTS.iter().any(|scope| scope.as_str() == *part);
            let is_list = !parts.is_empty() && parts.iter().all(is_known);
            prop_assert_eq!(text.parse::<ScopeSet>().is_ok(), is_list);
            if let Ok(set) = text.parse::<ScopeSet>() {
                prop_assert_eq!(set.iter().count(), parts.len());
                prop_assert_eq!(set.to_string().parse(), Ok(set));
            }
            let set = ScopeSet::from_bits(bits).unwrap();
            prop_assert!(bits == 0 || set.to_string().parse() == Ok(set));
        }
    }
}
