//! What a list of profiles is asked for (P1).

use std::str::FromStr;

use super::super::error::Error;
use crate::profiles::{Listing, ProfileFilter, ResumeApproval, Search};
use crate::wire::query::Query;

const NAMES: [&str; 8] = [
    "institution-user-id",
    "isAdmin",
    "includeInvited",
    "limit",
    "skip",
    "search",
    "sort",
    "resumeApprovalStatus",
];

/// Profiles of a list, unless told otherwise.
const DEFAULT_LIMIT: i64 = 50;
/// Most profiles of a list.
const MAX_LIMIT: i64 = 20_000;

/// Reads the query of a list.
pub(super) fn read(query: &str) -> Result<Listing, Error> {
    let query = Query::parse(query, &NAMES)?;
    let filter = ProfileFilter {
        is_admin: boolean(&query, "isAdmin")?,
        includes_invited: boolean(&query, "includeInvited")?.unwrap_or(false),
        resume_approval: query.get("resumeApprovalStatus").map(statuses).transpose()?,
    };
    Ok(Listing {
        institution_user_id: parsed(&query, "institution-user-id")?,
        filter,
        search: query
            .get("search")
            .map_or(Ok(Search::default()), Search::parse)
            .map_err(|error| Error::InvalidParameter(error.to_string()))?,
        sort: parsed(&query, "sort")?.unwrap_or_default(),
        skip: whole(&query, "skip", 0, i64::MAX, "a whole number from 0")?.unwrap_or(0),
        limit: whole(&query, "limit", 1, MAX_LIMIT, "a whole number from 1 to 20000")?
            .unwrap_or(DEFAULT_LIMIT),
    })
}

fn invalid(name: &str, form: &str) -> Error {
    Error::InvalidParameter(format!("`{name}` must be {form}"))
}

fn parsed<T: FromStr<Err: std::error::Error>>(query: &Query<'_>, name: &str) -> Result<Option<T>, Error> {
    let parsed = query.get(name).map(str::parse).transpose();
    parsed.map_err(|error: T::Err| Error::InvalidParameter(error.to_string()))
}

fn boolean(query: &Query<'_>, name: &str) -> Result<Option<bool>, Error> {
    let value = query.get(name).map(str::parse).transpose();
    value.map_err(|_| invalid(name, "true or false"))
}

fn whole(query: &Query<'_>, name: &str, least: i64, most: i64, form: &str) -> Result<Option<i64>, Error> {
    let Some(text) = query.get(name) else {
        return Ok(None);
    };
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.map(Some).ok_or_else(|| invalid(name, form))
}

/// Statuses with commas between.
fn statuses(text: &str) -> Result<Vec<ResumeApproval>, Error> {
    let statuses = text.split(',').map(|status| status.trim().parse());
    let statuses: Result<Vec<ResumeApproval>, _> = statuses.collect();
    statuses.map_err(|_| {
        invalid(
            "resumeApprovalStatus",
            "pending, approved, denied or edited, or several of them with commas between",
        )
    })
}
