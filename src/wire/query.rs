//! The parameters of a query, read strictly.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use url::form_urlencoded;

use crate::page::{self, InvalidPage, Page};

/// A query that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A parameter is sent more than once.
    #[error("{0} must be sent only once")]
    Repeated(&'static str),
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
            Self::Repeated(_) => "repeated-parameter",
            Self::InvalidId(_) => "invalid-id",
            Self::Page(InvalidPage::Limit) => "invalid-limit",
            Self::Page(InvalidPage::Cursor) => "invalid-cursor",
        }
    }
}

/// The parameters that a route knows; others are ignored, and an empty one counts as absent.
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads the parameters with these names, none of which may be sent more than once.
    pub fn parse(query: &'a str, names: &[&'static str]) -> Result<Self, QueryError> {
        Self::parse_with_list(query, names, &[])
    }

    /// Reads the parameters with these names: those of `names`, none of which may be sent more than once, and those of
    /// `repeatable`.
    pub fn parse_with_list(
        query: &'a str,
        names: &[&'static str],
        repeatable: &[&str],
    ) -> Result<Self, QueryError> {
        let mut parameters: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Some(once) = names.iter().find(|known| **known == name) {
                if parameters.iter().any(|(known, _)| *known == name) {
                    return Err(QueryError::Repeated(once));
                }
            } else if !repeatable.contains(&name.as_ref()) {
                continue;
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.list(name).next()
    }

    /// The identifiers of a list: the parameter may be repeated, and have several with commas between.
    pub fn ids<T: FromStr>(&self, name: &'static str) -> impl Iterator<Item = Result<T, QueryError>> {
        self.list(name)
            .flat_map(|value| value.split(','))
            .filter(|id| !id.is_empty())
            .map(move |id| id.parse().map_err(|_| QueryError::InvalidId(name)))
    }

    fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_ref())
    }

    /// An identifier.
    pub fn id<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, QueryError> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| QueryError::InvalidId(name)))
            .transpose()
    }

    /// `cursor`: what the previous page returned.
    pub fn cursor<T: FromStr>(&self) -> Result<Option<T>, InvalidPage> {
        self.get("cursor")
            .map(|text| text.parse().map_err(|_| InvalidPage::Cursor))
            .transpose()
    }

    /// `limit`: 1 to 500; 500 where absent.
    pub fn limit(&self) -> Result<i64, InvalidPage> {
        page::parse_limit(self.get("limit"), page::MAX_LIMIT)
    }

    /// `limit` and `cursor`; without a limit, `default_limit`.
    pub fn page<Id: FromStr>(&self, default_limit: i64) -> Result<Page<Id>, InvalidPage> {
        Ok(Page {
            after: self.cursor()?,
            limit: page::parse_limit(self.get("limit"), default_limit)?,
        })
    }

    /// The query of the next page: these parameters again, and where it begins.
    #[must_use]
    pub fn next_page(&self, names: &[&str], cursor: &impl fmt::Display) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in names {
            if let Some(value) = self.get(name) {
                query.append_pair(name, value);
            }
        }
        query.append_pair("cursor", &cursor.to_string());
        query.finish()
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
        let repeated = Query::parse("limit=5&limit=5", &names).err();
        assert_eq!(
            repeated.map(|error| error.to_string()).as_deref(),
            Some("limit must be sent only once")
        );
        for bad in ["limit=0", "limit=501", "limit=x", "limit=-1"] {
            assert!(Query::parse(bad, &names).unwrap().limit().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_list_is_repeated_or_separated_by_commas() {
        let ids = |query| -> Result<Vec<u8>, _> {
            let query = Query::parse_with_list(query, &["limit"], &["id"]).unwrap();
            query.ids("id").collect()
        };
        assert_eq!(ids("id=1&id=2%2C,3,&id=&limit=5").unwrap(), [1, 2, 3]);
        assert_eq!(ids("").unwrap(), [0; 0]);
        assert_eq!(ids("id=1,x").unwrap_err(), QueryError::InvalidId("id"));
        assert!(Query::parse_with_list("limit=5&limit=6", &["limit"], &["id"]).is_err());
    }

    #[test]
    fn a_page_is_bounded_and_the_next_one_asks_for_the_same() {
        let query = Query::parse("a=x%26y&limit=3&cursor=7&b=", &["a", "b", "limit", "cursor"]).unwrap();
        let page = query.page::<u8>(500).unwrap();
        assert_eq!((page.after, page.limit), (Some(7), 3));
        assert_eq!(
            query.next_page(&["a", "b", "limit"], &9),
            "a=x%26y&limit=3&cursor=9"
        );
        let page = |query| {
            Query::parse(query, &["limit", "cursor"])
                .unwrap()
                .page::<u8>(2000)
        };
        assert_eq!(
            page("limit=&cursor=").unwrap(),
            Page {
                after: None,
                limit: 2000
            }
        );
        assert_eq!(page("limit=501").unwrap_err(), InvalidPage::Limit);
        assert_eq!(page("cursor=nope").unwrap_err(), InvalidPage::Cursor);
    }
}
