//! In which order profiles are listed.

use std::fmt::Write;
use std::str::FromStr;

/// What profiles can be sorted by (Lightcast contract s4).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "camelCase")]
pub enum SortKey {
    /// When the profile was made.
    CreatedAt,
    /// The school; whoever has none comes first.
    CurrentSchoolName,
    /// The email address.
    Email,
    /// The family name; whoever has none comes first.
    FamilyName,
    /// The given name; whoever has none comes first.
    GivenName,
    /// When the person logged in last; who never did comes first.
    LastLogin,
}

/// Which way a key is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The greatest first: a hyphen before the key.
    Descending,
}

impl Direction {
    pub(super) const fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

impl Direction {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }

    /// What stands between a value and one that comes after it.
    pub(super) const fn before(self) -> &'static str {
        match self {
            Self::Ascending => "<",
            Self::Descending => ">",
        }
    }
}

impl SortKey {
    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::CurrentSchoolName => "school_key",
            Self::Email => "email_key",
            Self::FamilyName => "family_key",
            Self::GivenName => "given_key",
            Self::LastLogin => "login_key",
        }
    }

    pub(super) const fn is_instant(self) -> bool {
        matches!(self, Self::CreatedAt | Self::LastLogin)
    }
}

/// What the indexes of lists are in the order of, behind the segment and before the identifier.
const INDEXES: [&[SortKey]; 8] = {
    use SortKey::{CreatedAt, CurrentSchoolName, Email, FamilyName, GivenName, LastLogin};
    [
        &[CreatedAt],
        &[LastLogin],
        &[FamilyName, GivenName, Email],
        &[GivenName, FamilyName, Email],
        &[Email, FamilyName, GivenName],
        &[CurrentSchoolName, FamilyName, GivenName, Email],
        &[CurrentSchoolName, LastLogin],
        &[CurrentSchoolName, CreatedAt],
    ]
};

/// Which of these keys, each of one value, an index has before this one, so that it has the rows with these values in the order of
/// this key; as many as possible.
pub(super) fn indexed_before(key: SortKey, fixed: &[SortKey]) -> &'static [SortKey] {
    let before = INDEXES.iter().filter_map(|keys| {
        let (before, _) = keys.split_at_checked(keys.iter().position(|other| *other == key)?)?;
        before.iter().all(|other| fixed.contains(other)).then_some(before)
    });
    before.max_by_key(|keys| keys.len()).unwrap_or_default()
}

/// Whether an index has just these keys, in whatever order, before the identifier: where each is of one value, it has the rows in
/// the order of their identifiers.
pub(super) fn is_indexed(fixed: &[SortKey]) -> bool {
    INDEXES
        .iter()
        .any(|keys| keys.len() == fixed.len() && keys.iter().all(|key| fixed.contains(key)))
}

/// Keys, the first one first. Profiles that they do not tell apart are sorted by family name, given name and address where the
/// first key is a text, and by their identifiers, all in the direction of the first key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort(Vec<(SortKey, Direction)>);

/// The text is not a list of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`sort` must name createdAt, currentSchoolName, email, familyName, givenName or lastLogin, each once, with commas between; \
     a hyphen before a name sorts it descending"
)]
pub struct InvalidSort;

/// By when the profiles were made.
impl Default for Sort {
    fn default() -> Self {
        Self(vec![(SortKey::CreatedAt, Direction::Ascending)])
    }
}

/// Reads `sort`, such as `familyName,-lastLogin`.
impl FromStr for Sort {
    type Err = InvalidSort;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut keys: Vec<(SortKey, Direction)> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (name, direction) = match part.strip_prefix('-') {
                Some(name) => (name, Direction::Descending),
                None => (part, Direction::Ascending),
            };
            let key: SortKey = name.parse().map_err(|_| InvalidSort)?;
            if keys.iter().any(|(other, _)| *other == key) {
                return Err(InvalidSort);
            }
            keys.push((key, direction));
        }
        Ok(Self(keys))
    }
}

impl Sort {
    /// The first key.
    pub(super) fn first(&self) -> SortKey {
        self.0.first().map_or(SortKey::CreatedAt, |(key, _)| *key)
    }

    /// All keys, but for the identifier.
    pub(super) fn keys(&self) -> Vec<(SortKey, Direction)> {
        const NAMES: [SortKey; 3] = [SortKey::FamilyName, SortKey::GivenName, SortKey::Email];
        let mut keys = self.0.clone();
        if !self.first().is_instant() {
            for name in NAMES {
                if keys.iter().all(|(key, _)| *key != name) {
                    keys.push((name, self.last_direction()));
                }
            }
        }
        keys
    }

    /// Whether an index is in this order, or in the reverse of it.
    pub(super) fn is_of_index(&self) -> bool {
        let (keys, directions): (Vec<SortKey>, Vec<Direction>) = self.keys().into_iter().unzip();
        let is_one_way = directions.iter().all(|other| *other == self.last_direction());
        is_one_way && INDEXES.contains(&keys.as_slice())
    }

    /// The direction of what comes after the keys.
    pub(super) fn last_direction(&self) -> Direction {
        self.0
            .first()
            .map_or(Direction::Ascending, |(_, direction)| *direction)
    }

    /// What stands behind `order by`, or the reverse of it.
    pub(super) fn order_by(&self, is_reversed: bool) -> String {
        let mut text = String::new();
        let identifier = ("profile_id", self.last_direction());
        let keys = self.keys().into_iter();
        for (column, direction) in keys
            .map(|(key, direction)| (key.column(), direction))
            .chain([identifier])
        {
            let direction = if is_reversed {
                direction.reversed()
            } else {
                direction
            };
            let separator = if text.is_empty() { "" } else { ", " };
            let word = direction.word();
            // Writing to a text cannot fail.
            let _ = write!(text, "{separator}{column} {word}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_between_commas_with_a_hyphen_where_they_descend() {
        for (text, expected) in [
            ("createdAt", "created_at asc, profile_id asc"),
            ("-lastLogin", "login_key desc, profile_id desc"),
            (
                "familyName",
                "family_key asc, given_key asc, email_key asc, profile_id asc",
            ),
            (
                "-email",
                "email_key desc, family_key desc, given_key desc, profile_id desc",
            ),
            (
                "currentSchoolName, -givenName",
                "school_key asc, given_key desc, family_key asc, email_key asc, profile_id asc",
            ),
            (
                "-lastLogin,familyName",
                "login_key desc, family_key asc, profile_id desc",
            ),
        ] {
            assert_eq!(text.parse::<Sort>().unwrap().order_by(false), expected, "{text}");
        }
        assert_eq!(
            "-createdAt".parse::<Sort>().unwrap().order_by(true),
            Sort::default().order_by(false)
        );
        for bad in [
            "",
            "email,",
            "Email",
            "email,-email",
            "--email",
            "created_at",
            "id",
            "+email",
        ] {
            assert_eq!(bad.parse::<Sort>(), Err(InvalidSort), "{bad:?}");
        }
    }

    #[test]
    fn an_index_is_in_some_orders() {
        for (text, is_of_index) in [
            ("createdAt", true),
            ("-lastLogin", true),
            ("-currentSchoolName", true),
            ("-familyName,-givenName", true),
            ("familyName,-givenName", false),
            ("familyName,email", false),
            ("currentSchoolName,lastLogin", false),
            ("lastLogin,createdAt", false),
        ] {
            assert_eq!(text.parse::<Sort>().unwrap().is_of_index(), is_of_index, "{text}");
        }
    }

    #[test]
    fn an_index_may_have_what_is_fixed_before_the_identifier() {
        use SortKey::{CreatedAt, CurrentSchoolName, Email, FamilyName, GivenName, LastLogin};
        for (fixed, expected) in [
            (&[LastLogin, CurrentSchoolName][..], true),
            (&[Email, GivenName, FamilyName], true),
            (&[CurrentSchoolName], false),
            (&[LastLogin, CreatedAt], false),
            (&[LastLogin, CurrentSchoolName, CreatedAt], false),
        ] {
            assert_eq!(is_indexed(fixed), expected, "{fixed:?}");
        }
    }

    #[test]
    fn an_index_may_have_what_is_fixed_before_a_key() {
        use SortKey::{CreatedAt, CurrentSchoolName, Email, FamilyName, GivenName, LastLogin};
        for (key, fixed, expected) in [
            (LastLogin, &[][..], &[][..]),
            (LastLogin, &[CurrentSchoolName], &[CurrentSchoolName]),
            (CreatedAt, &[LastLogin], &[]),
            (Email, &[GivenName, FamilyName], &[FamilyName, GivenName]),
            (
                GivenName,
                &[FamilyName, CurrentSchoolName],
                &[CurrentSchoolName, FamilyName],
            ),
            (FamilyName, &[LastLogin], &[]),
        ] {
            let mut found = indexed_before(key, fixed).to_vec();
            if expected == [FamilyName, GivenName] {
                // Either of two indexes.
                found.sort_by_key(|key| *key != FamilyName);
            }
            assert_eq!(found, expected, "{key} {fixed:?}");
        }
    }
}
