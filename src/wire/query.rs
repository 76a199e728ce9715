//! The parameters of a query, read strictly: what is ignored could have narrowed the answer.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use url::form_urlencoded;

use super::form::decode;
use crate::page::{self, InvalidPage, Page};

/// Longest unknown name that an error repeats, in characters.
const MAX_SHOWN_CHARS: usize = 60;

/// A query that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// `%` without two hex digits, or bytes that are not UTF-8.
    #[error("the query must be percent-encoded UTF-8: `%` stands before two hex digits only")]
    Malformed,
    /// The route does not know a parameter.
    #[error("`{name}` is no parameter here; {}", Known(known))]
    Unknown {
        /// Its name as it was sent, or the beginning of it.
        name: String,
        /// The parameters that the route knows.
        known: Vec<&'static str>,
    },
    /// A parameter is sent more than once.
    #[error("{0} must be sent only once")]
    Repeated(&'static str),
    /// A parameter that names something is not a UUID.
    #[error("{0} must be a UUID")]
    InvalidId(&'static str),
    /// A text has the character U+0000, which the database does not take.
    #[error("{0} must not have the character U+0000")]
    Null(&'static str),
    /// `limit` or `cursor`.
    #[error(transparent)]
    Page(#[from] InvalidPage),
}

/// Writes which parameters a route knows.
struct Known<'a>(&'a [&'static str]);

impl fmt::Display for Known<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("there is none")
        } else {
            write!(f, "the parameters are {}", self.0.join(", "))
        }
    }
}

impl QueryError {
    fn unknown(name: &str, known: Vec<&'static str>) -> Self {
        Self::Unknown {
            name: name.chars().take(MAX_SHOWN_CHARS).collect(),
            known,
        }
    }

    /// A short name, in kebab case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed-query",
            Self::Unknown { .. } => "unknown-parameter",
            Self::Repeated(_) => "repeated-parameter",
            Self::InvalidId(_) => "invalid-id",
            Self::Null(_) => "invalid-text",
            Self::Page(InvalidPage::Limit) => "invalid-limit",
            Self::Page(InvalidPage::Cursor) => "invalid-cursor",
        }
    }
}

/// The parameters of a query, all of which the route knows. An empty value counts as absent.
///
/// A name may end in `[]` or `[0]`, as clients write lists that were made for PHP or Rails.
#[derive(Debug)]
pub struct Query<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads a query that may have these parameters and no others, each once.
    pub fn parse(query: &'a str, names: &[&'static str]) -> Result<Self, QueryError> {
        Self::parse_with_list(query, names, &[])
    }

    /// Reads a query that may have the parameters `names`, each once, and `repeatable`.
    pub fn parse_with_list(
        query: &'a str,
        names: &[&'static str],
        repeatable: &[&'static str],
    ) -> Result<Self, QueryError> {
        let mut parameters: Vec<(&'static str, Cow<'a, str>)> = Vec::new();
        for pair in pairs(query) {
            let (sent, value) = pair?;
            let is_sent = |name: &&&'static str| **name == without_index(&sent);
            let name = match names.iter().find(is_sent) {
                Some(name) if parameters.iter().any(|(known, _)| known == name) => {
                    return Err(QueryError::Repeated(name));
                }
                Some(name) => name,
                None => repeatable
                    .iter()
                    .find(is_sent)
                    .ok_or_else(|| QueryError::unknown(&sent, [repeatable, names].concat()))?,
            };
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// The same, if no value has the character U+0000: for routes that look for texts in the database.
    pub fn without_null(self) -> Result<Self, QueryError> {
        let found = self.0.iter().find(|(_, value)| value.contains('\0'));
        match found {
            Some((name, _)) => Err(QueryError::Null(name)),
            None => Ok(self),
        }
    }

    /// Refuses every parameter: for routes that have none.
    pub fn expect_none(query: &str) -> Result<(), QueryError> {
        Query::parse(query, &[]).map(drop)
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
            .filter(move |(known, value)| *known == name && !value.is_empty())
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

/// The value of the only parameter that a query may have; `Some` also for an empty one. Nothing is allocated for a query
/// without escapes.
pub fn only_parameter<'a>(query: &'a str, name: &'static str) -> Result<Option<Cow<'a, str>>, QueryError> {
    let mut found = None;
    for pair in pairs(query) {
        let (sent, value) = pair?;
        if without_index(&sent) != name {
            return Err(QueryError::unknown(&sent, vec![name]));
        }
        if found.replace(value).is_some() {
            return Err(QueryError::Repeated(name));
        }
    }
    Ok(found)
}

/// The names and values of a query, decoded.
fn pairs(query: &str) -> impl Iterator<Item = Result<(Cow<'_, str>, Cow<'_, str>), QueryError>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decoded(name)?, decoded(value)?))
    })
}

/// The names of a query, decoded as far as they can be: for who must know whether something was sent, in a query of any form.
pub fn names(query: &str) -> impl Iterator<Item = Cow<'_, str>> {
    query.split('&').flat_map(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        form_urlencoded::parse(name.as_bytes()).map(|(name, _)| name)
    })
}

/// A name without the `[]` or `[0]` at its end.
fn without_index(name: &str) -> &str {
    name.strip_suffix(']')
        .and_then(|rest| rest.rsplit_once('['))
        .filter(|(_, index)| index.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(name, |(name, _)| name)
}

/// A name or a value, which is copied only where it has escapes.
fn decoded(text: &str) -> Result<Cow<'_, str>, QueryError> {
    decode(text).map_err(|_| QueryError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_a_query_of_any_form() {
        let found: Vec<_> = names("access_token=%zz&&%61ccess_token=x&b&c=d=e").collect();
        assert_eq!(found, ["access_token", "access_token", "b", "c"]);
        assert_eq!(names("").count(), 0);
    }

    #[test]
    fn every_parameter_is_known_and_stands_once() {
        let names = ["limit", "cursor"];
        let query = Query::parse("&limit=5&&cursor=", &names).unwrap();
        assert_eq!(query.limit().unwrap(), 5);
        assert_eq!(query.get("cursor"), None);
        for (bad, expected) in [
            ("limit=5&limit=5", "limit must be sent only once"),
            ("limit=&limit=5", "limit must be sent only once"),
            ("limit[]=5&limit=5", "limit must be sent only once"),
            ("limit[0]=5&limit[1]=6", "limit must be sent only once"),
            ("x", "`x` is no parameter here; the parameters are limit, cursor"),
            ("Limit=5", "`Limit` is no"),
            ("limits=5", "`limits` is no"),
            ("limit[x]=5", "`limit[x]` is no"),
            ("limit%5B%5D%5B%5D=5", "`limit[][]` is no"),
            ("[]=5", "`[]` is no"),
            ("=5", "`` is no"),
            ("limit=5;cursor=7&y=1", "`y` is no"),
            ("limit=%", "the query must be percent-encoded"),
            ("limit=%zz", "the query must be percent-encoded"),
            ("limit=%E9", "the query must be percent-encoded"),
            ("%ff=1", "the query must be percent-encoded"),
        ] {
            let error = Query::parse(bad, &names).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{bad}: {error}");
        }
        let long = Query::parse(&"é".repeat(1000), &names).unwrap_err().to_string();
        assert_eq!(long.chars().filter(|c| *c == 'é').count(), MAX_SHOWN_CHARS);
        assert!(Query::expect_none("").is_ok() && Query::expect_none("&").is_ok());
        assert_eq!(
            Query::expect_none("x=1").unwrap_err().to_string(),
            "`x` is no parameter here; there is none"
        );
        for bad in ["limit=0", "limit=501", "limit=x", "limit=-1"] {
            assert!(Query::parse(bad, &names).unwrap().limit().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_only_parameter_is_told_from_none_and_from_an_empty_one() {
        let scope = |query| only_parameter(query, "scope").map(|value| value.map(Cow::into_owned));
        assert_eq!(scope(""), Ok(None));
        assert_eq!(scope("scope="), Ok(Some(String::new())));
        assert_eq!(scope("&scope[]=a%20b"), Ok(Some("a b".to_owned())));
        assert_eq!(scope("scope=a&scope=a"), Err(QueryError::Repeated("scope")));
        assert_eq!(scope("scope=%"), Err(QueryError::Malformed));
        assert!(matches!(
            scope("scope=a&scopes=b"),
            Err(QueryError::Unknown { .. })
        ));
    }

    #[test]
    fn brackets_after_a_name_are_read() {
        for query in [
            "limit[]=5",
            "limit%5B%5D=5",
            "limit%5b0%5d=5",
            "limit[12]=5",
            "%6cimit=5",
        ] {
            assert_eq!(Query::parse(query, &["limit"]).unwrap().limit(), Ok(5), "{query}");
        }
    }

    #[test]
    fn a_list_is_repeated_or_separated_by_commas() {
        let ids = |query| -> Result<Vec<u8>, _> {
            let query = Query::parse_with_list(query, &["limit"], &["id"]).unwrap();
            query.ids("id").collect()
        };
        assert_eq!(ids("id=1&id=2%2C,3,&id=&limit=5").unwrap(), [1, 2, 3]);
        assert_eq!(
            ids("id[]=1&id%5B%5D=2&id[0]=3&id[17]=4,5").unwrap(),
            [1, 2, 3, 4, 5]
        );
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
