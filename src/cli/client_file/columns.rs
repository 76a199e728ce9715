//! The columns of a file of clients, and what stands in their cells.

use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use zeroize::Zeroizing;

use crate::text::csv::FORMULA;

/// A column: the names are those that `client show --json` has, where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Column {
    /// The `client_id`, which each row must have.
    ClientId,
    /// The customer, by name or identifier.
    Customer,
    /// Whether the client may get and use tokens.
    IsEnabled,
    /// The customer's unit.
    OrganisationalUnit,
    /// Grants that it may use.
    Grants,
    /// Scopes that it may have.
    Scopes,
    /// Audiences that its assertions may name.
    Audiences,
    /// How long its tokens live.
    TokenTtlSeconds,
    /// Longest accepted lifetime of its assertions.
    MaxAssertionTtlSeconds,
    /// Tolerated difference of clocks.
    ClockSkewSeconds,
    /// Which assertions are single-use.
    ReplayPolicy,
    /// How `/token` writes `expires_in`.
    ExpiresInFormat,
    /// Its limit of requests.
    RequestsPerSecond,
    /// Hosts that callback URLs may name.
    CallbackHosts,
    /// What it may do with market data beyond its scopes.
    Entitlements,
    /// How many normalizations it may make.
    Quota,
    /// Where its tokens with scope `admin` may be used from.
    AdminNetworks,
    /// Its first secret; an export has none.
    ClientSecret,
    /// After how long that secret expires.
    SecretExpiresIn,
}

impl Column {
    /// The columns of an export: `client_secret`, which is empty there, is the last.
    pub const EXPORTED: &'static [Self] = Self::VARIANTS.split_at(Self::SecretExpiresIn as usize).0;

    /// The settings that an existing client is compared with and changed in.
    pub const SETTINGS: &'static [Self] = Self::EXPORTED
        .split_at(Self::OrganisationalUnit as usize)
        .1
        .split_at(Self::ClientSecret as usize - Self::OrganisationalUnit as usize)
        .0;

    /// The name of the column.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The word that stands for a setting that is not set or an empty list, as the options of `client add` have it; in JSON,
    /// null and `[]` stand for it.
    pub const fn unset_word(self) -> Option<&'static str> {
        match self {
            Self::Customer | Self::OrganisationalUnit | Self::CallbackHosts | Self::Entitlements => {
                Some("none")
            }
            Self::Audiences | Self::TokenTtlSeconds => Some("default"),
            Self::RequestsPerSecond | Self::Quota => Some("unlimited"),
            Self::AdminNetworks => Some("any"),
            Self::ClientId
            | Self::IsEnabled
            | Self::Grants
            | Self::Scopes
            | Self::MaxAssertionTtlSeconds
            | Self::ClockSkewSeconds
            | Self::ReplayPolicy
            | Self::ExpiresInFormat
            | Self::ClientSecret
            | Self::SecretExpiresIn => None,
        }
    }

    /// All names, for messages.
    pub fn names() -> String {
        Self::VARIANTS
            .iter()
            .map(|column| column.name())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// What stands in a cell. It may be a secret, so there is no `Debug`.
pub enum Cell {
    /// Text of CSV, in which the words of the options have their meaning.
    Text(Zeroizing<String>),
    /// Text that stands for itself: a string of JSON, or one that is marked in CSV.
    Literal(Zeroizing<String>),
    /// An array of JSON, or one that is written as JSON in CSV.
    List(Vec<String>),
    /// Null in JSON: not set.
    Unset,
}

/// The mark of text in a spreadsheet.
const MARK: char = '\'';

impl Cell {
    /// A cell of CSV; `None` where it is empty: the column says nothing of this client.
    ///
    /// [`marked`] is undone: an apostrophe before what it marks is not part of the value.
    pub fn of_csv(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let rest = text.strip_prefix(MARK).filter(|rest| needs_mark(rest));
        Some(match rest {
            Some(rest) => Self::Literal(rest.to_owned().into()),
            None => Self::Text(text.to_owned().into()),
        })
    }

    /// The one value; `word` stands for one that is not set.
    pub fn value<'a>(&'a self, word: Option<&'a str>) -> Result<&'a str, String> {
        match (self, word) {
            (Self::Text(text) | Self::Literal(text), _) => Ok(text),
            (Self::List(_), _) => Err("it is one value, not a list".to_owned()),
            (Self::Unset, Some(word)) => Ok(word),
            (Self::Unset, None) => Err("it cannot be null; leave it out for the default".to_owned()),
        }
    }

    /// The values of a list. In CSV they are separated by spaces, and by commas too where `has_commas`, unless they are written
    /// as an array of JSON; `word` stands for a list without any.
    pub fn values(&self, has_commas: bool, word: Option<&str>) -> Result<Vec<String>, String> {
        let values = match self {
            Self::Text(text) | Self::Literal(text) if text.starts_with('[') => serde_json::from_str(text)
                .map_err(|_| "a list that begins with `[` is an array of strings in JSON".to_owned())?,
            Self::Text(text) | Self::Literal(text) => {
                let is_separator = |c: char| c.is_whitespace() || has_commas && c == ',';
                let parts = text.split(is_separator).filter(|part| !part.is_empty());
                parts.map(str::to_owned).collect()
            }
            Self::List(values) => values.clone(),
            Self::Unset => Vec::new(),
        };
        match word {
            Some(word) if values.is_empty() => Ok(vec![word.to_owned()]),
            None if values.is_empty() => Err("the list has at least one value".to_owned()),
            _ => Ok(values),
        }
    }
}

/// Whether an apostrophe before the text is a mark: where a spreadsheet would take it for a formula, where it has one already,
/// and where it would be taken for the word that stands for nothing.
fn needs_mark(text: &str) -> bool {
    text.starts_with(FORMULA) || text.starts_with(MARK) || text == "none"
}

/// Text for a cell of CSV that stands for itself, but for the mark of formulas, which [`csv::line`](crate::text::csv::line)
/// adds.
pub fn marked(text: &str) -> String {
    if needs_mark(text) && !text.starts_with(FORMULA) {
        format!("{MARK}{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: Option<Cell>) -> String {
        cell.unwrap().value(None).unwrap().to_owned()
    }

    #[test]
    fn what_is_written_in_csv_is_read_back() {
        for value in [
            "Rennes", "none", "'none", "=1+1", "'=1+1", "''", "-", "@a", "'a", "\tx",
        ] {
            let line = crate::text::csv::line(&[&marked(value)]);
            let written = line.trim_end_matches("\r\n").trim_matches('"');
            assert_eq!(text(Cell::of_csv(written)), value, "{written}");
        }
        assert_eq!(text(Cell::of_csv("'quoted'")), "'quoted'", "no mark");
        assert!(Cell::of_csv("").is_none());
    }

    #[test]
    fn lists_are_separated_or_arrays() {
        let list = |text: &str, has_commas| Cell::of_csv(text).unwrap().values(has_commas, Some("none"));
        assert_eq!(list("a b,c", true).unwrap(), ["a", "b", "c"]);
        assert_eq!(list("a b,c", false).unwrap(), ["a", "b,c"]);
        assert_eq!(list("[\"a b\", \"c\"]", false).unwrap(), ["a b", "c"]);
        assert_eq!(list("[]", false).unwrap(), ["none"]);
        assert!(list("[1]", false).is_err());
        assert!(Cell::Unset.values(true, None).is_err());
        assert!(Cell::Unset.value(None).is_err());
    }

    #[test]
    fn the_settings_are_the_columns_between() {
        assert_eq!(Column::EXPORTED.last(), Some(&Column::ClientSecret));
        assert_eq!(Column::SETTINGS.first(), Some(&Column::OrganisationalUnit));
        assert_eq!(Column::SETTINGS.last(), Some(&Column::AdminNetworks));
    }
}
