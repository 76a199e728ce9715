//! The parameters of a query, read strictly.

use std::borrow::Cow;
use std::str::FromStr;

use url::form_urlencoded;

use crate::page::{self, InvalidPage};

/// A query that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A parameter is sent more than once.
    #[error("a query parameter is sent more than once")]
    Repeated,
    /// A parameter that names something is not a UUID.
    #[error("{0} must be a UUID")]
    InvalidId(&'static str),
    /// `limit` or `cursor`.
    #[error(transparent)]
    Page(#[from] InvalidPage),
}

impl QueryError {
    /// A short name, in kebab case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Repeated => "repeated-parameter",
            Self::InvalidId(_) => "invalid-id",
            Self::Page(InvalidPage::Limit) => "invalid-limit",
            Self::Page(InvalidPage::Cursor) => "invalid-cursor",
        }
    }
}

/// The parameters that a route knows: none twice; others are ignored, and an empty one counts as absent.
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads the parameters with these names.
    pub fn parse(query: &'a str, names: &[&str]) -> Result<Self, QueryError> {
        let mut parameters: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !names.contains(&name.as_ref()) {
                continue;
            }
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(QueryError::Repeated);
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_ref())
            .filter(|value| !value.is_empty())
    }

    /// An identifier.
    pub fn id<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, QueryError> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| QueryError::InvalidId(name)))
            .transpose()
    }

    /// `limit`: 1 to 500; 500 where absent.
    pub fn limit(&self) -> Result<i64, InvalidPage> {
        page::parse_limit(self.get("limit"), page::MAX_LIMIT)
    }
}

/// One parameter of a query, decoded leniently; the first where it stands twice.
#[must_use]
pub fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_once_and_unknown_ones_are_ignored() {
        let names = ["limit", "cursor"];
        let query = Query::parse("limit=5&x=1&x=2&cursor=", &names).unwrap();
        assert_eq!(query.limit().unwrap(), 5);
        assert_eq!(query.get("cursor"), None);
        assert_eq!(query.get("x"), None);
        assert!(Query::parse("limit=5&limit=5", &names).is_err());
        for bad in ["limit=0", "limit=501", "limit=x", "limit=-1"] {
            assert!(Query::parse(bad, &names).unwrap().limit().is_err(), "{bad}");
        }
    }
}
