//! The parameters of a call that asks how far invitations are (contract s4, s5).

use std::collections::HashSet;
use std::fmt::Write;

use foldhash::fast::RandomState;

use crate::ids::{ApplicationId, InvitationId};
use crate::page::{InvalidPage, MAX_LIMIT, Page};
use crate::recruiting::invitations::{Applications, RefreshTarget};
use crate::wire::query::{Query, QueryError};

/// Most applications that one call names.
const MAX_APPLICATIONS: usize = 500;
/// Rows that are answered at once for the applications of a call, unless it says less: an application has few invitations,
/// so that a call for 500 of them is one call.
const MAX_OF_APPLICATIONS: i64 = 2000;

/// A call about invitations.
#[derive(Debug)]
pub(super) struct RefreshQuery {
    /// The invitations that it is about.
    pub(super) target: RefreshTarget,
    /// Where they begin, and how many.
    pub(super) page: Page<InvitationId>,
    has_limit: bool,
}

/// The parameters cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// A parameter is not as it must be.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Neither applications nor a campaign are named.
    #[error("application_id (up to 500, repeated or separated by commas), campaign_id, or both must be sent")]
    NothingNamed,
    /// Too many applications are named.
    #[error("a call must name at most 500 applications; ask for the others in another")]
    TooManyApplications,
}

impl From<InvalidPage> for RefreshError {
    fn from(error: InvalidPage) -> Self {
        Self::Query(error.into())
    }
}

impl RefreshQuery {
    /// Reads the query of a URL.
    pub(super) fn parse(query: &str) -> Result<Self, RefreshError> {
        let query = Query::parse_with_list(query, &["campaign_id", "limit", "cursor"], &["application_id"])?;
        let ids = applications(&query)?;
        let (target, default_limit) = match (ids.is_empty(), query.id("campaign_id")?) {
            (true, None) => return Err(RefreshError::NothingNamed),
            (true, Some(campaign_id)) => (RefreshTarget::Campaign(campaign_id), MAX_LIMIT),
            (false, campaign_id) => {
                let applications = Applications { ids, campaign_id };
                (RefreshTarget::Applications(applications), MAX_OF_APPLICATIONS)
            }
        };
        Ok(Self {
            target,
            page: query.page(default_limit)?,
            has_limit: query.get("limit").is_some(),
        })
    }

    /// The query of the next page: the same, after `last`.
    pub(super) fn next(&self, last: InvitationId) -> String {
        let mut query = String::new();
        let campaign_id = match &self.target {
            RefreshTarget::Campaign(campaign_id) => Some(*campaign_id),
            RefreshTarget::Applications(applications) => {
                for (at, id) in applications.ids.iter().enumerate() {
                    let before = if at == 0 { "application_id=" } else { "," };
                    // Writing to a string cannot fail.
                    let _ = write!(query, "{before}{id}");
                }
                query.push('&');
                applications.campaign_id
            }
        };
        if let Some(campaign_id) = campaign_id {
            let _ = write!(query, "campaign_id={campaign_id}&");
        }
        if self.has_limit {
            let _ = write!(query, "limit={}&", self.page.limit);
        }
        let _ = write!(query, "cursor={last}");
        query
    }
}

/// The applications that are named, each once.
fn applications(query: &Query<'_>) -> Result<Vec<ApplicationId>, RefreshError> {
    let mut ids = Vec::new();
    for id in query.ids("application_id") {
        if ids.len() == MAX_APPLICATIONS {
            return Err(RefreshError::TooManyApplications);
        }
        ids.push(id?);
    }
    let mut named = HashSet::with_capacity_and_hasher(ids.len(), RandomState::default());
    ids.retain(|id| named.insert(*id));
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0190a5d0-0000-7000-8000-000000000001";
    const TWO: &str = "0190a5d0-0000-7000-8000-000000000002";

    fn ids(query: &str) -> Vec<String> {
        match RefreshQuery::parse(query).unwrap().target {
            RefreshTarget::Applications(applications) => {
                applications.ids.iter().map(ToString::to_string).collect()
            }
            RefreshTarget::Campaign(_) => Vec::new(),
        }
    }

    #[test]
    fn applications_are_repeated_or_separated_by_commas() {
        for query in [
            format!("application_id={ONE}&application_id={TWO}"),
            format!("application_id={ONE},{TWO}"),
            format!("application_id[]={ONE}&application_id[]={TWO}"),
            format!("application_id%5B0%5D={ONE}&application_id%5B1%5D={TWO}"),
            format!("application_id={ONE}%2C,{TWO},&application_id="),
        ] {
            assert_eq!(ids(&query), [ONE, TWO], "{query}");
        }
        assert_eq!(ids(&format!("campaign_id={ONE}")), [""; 0]);
    }

    #[test]
    fn what_is_invalid_is_named() {
        let many = format!("application_id={}", [ONE; 501].join(","));
        for (query, expected) in [
            ("", "application_id (up to"),
            ("application_id=&campaign_id=", "application_id (up to"),
            ("limit=5", "application_id (up to"),
            ("application_id=x", "application_id must be a UUID"),
            ("campaign_id=x", "campaign_id must be a UUID"),
            (
                "campaign_id=x&campaign_id=y",
                "campaign_id must be sent only once",
            ),
            (
                "campaign_id=&application_ids=x",
                "`application_ids` is no parameter here",
            ),
            (many.as_str(), "a call must name at most 500 applications"),
        ] {
            let error = RefreshQuery::parse(query).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{query}: {error}");
        }
        let bad_limit = format!("campaign_id={ONE}&limit=501");
        assert!(matches!(
            RefreshQuery::parse(&bad_limit),
            Err(RefreshError::Query(QueryError::Page(InvalidPage::Limit)))
        ));
    }

    #[test]
    fn the_next_page_asks_for_the_same() {
        let last = TWO.parse().unwrap();
        for (query, expected) in [
            (
                format!("campaign_id={ONE}&limit=3"),
                format!("campaign_id={ONE}&limit=3&cursor={TWO}"),
            ),
            (
                format!("application_id={ONE}&application_id={TWO}&campaign_id={ONE}&cursor={ONE}"),
                format!("application_id={ONE},{TWO}&campaign_id={ONE}&cursor={TWO}"),
            ),
        ] {
            let next = RefreshQuery::parse(&query).unwrap().next(last);
            assert_eq!(next, expected);
            assert_eq!(RefreshQuery::parse(&next).unwrap().next(last), expected);
        }
    }
}
