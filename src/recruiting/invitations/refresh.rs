//! How far invitations are (contract s4, s5): many at once, so that a nightly refresh is a few calls.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use url::form_urlencoded;
use uuid::Uuid;

use crate::ids::{ApplicantId, ApplicationId, CampaignId, InvitationId, ReportId};
use crate::page::{MAX_LIMIT, Page};
use crate::recruiting::error::Error;

/// Most applications that one call names.
const MAX_APPLICATIONS: usize = 500;
/// Rows that are answered at once for the applications of a call, unless it says less: an application has few invitations,
/// so that a call for 500 of them is one call.
const MAX_OF_APPLICATIONS: i64 = 2000;

/// Where a video interview stands.
#[derive(Debug, Serialize)]
pub struct Interview {
    /// Its invitation.
    #[serde(skip)]
    pub invitation_id: InvitationId,
    /// Who was invited.
    pub applicant_id: ApplicantId,
    /// For which application.
    pub application_id: ApplicationId,
    /// To which campaign.
    pub campaign_id: CampaignId,
    /// `invited`, `started`, `completed`, `expired` or `cancelled`.
    pub status: String,
    /// Since when.
    pub status_changed_at: DateTime<Utc>,
    /// Where to watch it, once completed.
    #[serde(rename = "interview_link")]
    pub link: Option<String>,
}

/// Where an assessment stands, and its result.
#[derive(Debug, Serialize)]
pub struct Assessment {
    /// Its invitation.
    pub invitation_id: InvitationId,
    /// Who was invited.
    pub applicant_id: ApplicantId,
    /// For which application.
    pub application_id: ApplicationId,
    /// To which campaign.
    pub campaign_id: CampaignId,
    /// `invited`, `started`, `completed`, `expired` or `cancelled`.
    pub status: String,
    /// Since when.
    pub status_changed_at: DateTime<Utc>,
    /// 0 to 100 percent.
    pub overall_score: Option<f64>,
    /// Further ones: `[{"name","score"}]`.
    pub scores: serde_json::Value,
    /// Its reports.
    pub reports: Json<Vec<AssessmentReport>>,
}

/// A report of an assessment.
#[derive(Debug, Serialize, Deserialize)]
pub struct AssessmentReport {
    /// Its identifier.
    pub report_id: ReportId,
    /// Its name.
    pub name: String,
    /// Whether it is about the whole assessment.
    pub is_global: bool,
    /// Of an uploaded one; none: it is on the partner's own site.
    pub media_type: Option<String>,
    /// Where to fetch it: a route of this service.
    #[serde(default)]
    pub url: String,
}

impl Assessment {
    /// Says where its reports are, on a service at this URL.
    pub fn locate_reports(&mut self, base_url: &str) {
        for report in &mut self.reports.0 {
            report.url = format!(
                "{base_url}/assessments/invitations/{}/reports/{}",
                self.invitation_id, report.report_id
            );
        }
    }
}

/// Applications, and of which campaign if that matters.
#[derive(Debug)]
pub struct Applications {
    /// At most 500, each once.
    pub ids: Vec<Uuid>,
    /// Only invitations to this one.
    pub campaign_id: Option<CampaignId>,
}

/// Which invitations are asked about.
#[derive(Debug)]
pub enum Which {
    /// Those of these applications.
    OfApplications(Applications),
    /// All of a campaign.
    OfCampaign(CampaignId),
}

/// A call about invitations.
#[derive(Debug)]
pub struct RefreshQuery {
    /// Which.
    pub which: Which,
    /// Where they begin, and how many.
    pub page: Page<InvitationId>,
    has_limit: bool,
}

/// The parameters as they came.
#[derive(Default)]
struct Parameters<'a> {
    application_ids: Vec<Uuid>,
    campaign_id: Option<Cow<'a, str>>,
    limit: Option<Cow<'a, str>>,
    cursor: Option<Cow<'a, str>>,
}

impl<'a> Parameters<'a> {
    fn parse(query: &'a str) -> Result<Self, Error> {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let parameter = match name.as_ref() {
                "application_id" => {
                    parsed.add_applications(&value)?;
                    continue;
                }
                "campaign_id" => &mut parsed.campaign_id,
                "limit" => &mut parsed.limit,
                "cursor" => &mut parsed.cursor,
                _ => continue,
            };
            if parameter.replace(value).is_some() {
                return Err(Error::RepeatedParameter);
            }
        }
        Ok(parsed)
    }

    /// Identifiers with commas between; an empty one counts as absent.
    fn add_applications(&mut self, value: &str) -> Result<(), Error> {
        for id in value.split(',').filter(|id| !id.is_empty()) {
            if self.application_ids.len() == MAX_APPLICATIONS {
                return Err(Error::TooManyIds);
            }
            let id: ApplicationId = id.parse().map_err(|_| Error::InvalidId("application_id"))?;
            self.application_ids.push(id.0);
        }
        Ok(())
    }
}

impl RefreshQuery {
    /// Reads the query of a URL.
    pub fn parse(query: &str) -> Result<Self, Error> {
        let parameters = Parameters::parse(query)?;
        let campaign_id = parameters
            .campaign_id
            .as_deref()
            .filter(|id| !id.is_empty())
            .map(|id| id.parse().map_err(|_| Error::InvalidId("campaign_id")))
            .transpose()?;
        let (which, default_limit) = match (parameters.application_ids, campaign_id) {
            (ids, None) if ids.is_empty() => return Err(Error::WhichOnes),
            (ids, Some(campaign_id)) if ids.is_empty() => (Which::OfCampaign(campaign_id), MAX_LIMIT),
            (mut ids, campaign_id) => {
                let mut named = HashSet::new();
                ids.retain(|id| named.insert(*id));
                let applications = Applications { ids, campaign_id };
                (Which::OfApplications(applications), MAX_OF_APPLICATIONS)
            }
        };
        let limit = parameters.limit.as_deref().filter(|limit| !limit.is_empty());
        Ok(Self {
            which,
            page: Page {
                limit: crate::page::parse_limit(limit, default_limit)?,
                after: parameters
                    .cursor
                    .as_deref()
                    .filter(|cursor| !cursor.is_empty())
                    .map(|cursor| cursor.parse().map_err(|_| Error::InvalidCursor))
                    .transpose()?,
            },
            has_limit: limit.is_some(),
        })
    }

    /// The query of the next page: the same, after `last`.
    #[must_use]
    pub fn next(&self, last: InvitationId) -> String {
        let mut query = String::new();
        let campaign_id = match &self.which {
            Which::OfCampaign(campaign_id) => Some(*campaign_id),
            Which::OfApplications(applications) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0190a5d0-0000-7000-8000-000000000001";
    const TWO: &str = "0190a5d0-0000-7000-8000-000000000002";

    fn ids(query: &str) -> Vec<String> {
        match RefreshQuery::parse(query).unwrap().which {
            Which::OfApplications(applications) => applications.ids.iter().map(Uuid::to_string).collect(),
            Which::OfCampaign(_) => Vec::new(),
        }
    }

    #[test]
    fn applications_are_repeated_or_separated_by_commas() {
        for query in [
            format!("application_id={ONE}&application_id={TWO}"),
            format!("application_id={ONE},{TWO}"),
            format!("application_id={ONE}%2C,{TWO},&application_id=&x=1"),
        ] {
            assert_eq!(ids(&query), [ONE, TWO], "{query}");
        }
        assert_eq!(ids(&format!("campaign_id={ONE}")), [""; 0]);
    }

    #[test]
    fn what_is_not_right_is_named() {
        let many = format!("application_id={}", [ONE; 501].join(","));
        for (query, expected) in [
            ("", "say which ones"),
            ("application_id=&campaign_id=", "say which ones"),
            ("limit=5", "say which ones"),
            ("application_id=x", "application_id is not a UUID"),
            ("campaign_id=x", "campaign_id is not a UUID"),
            (
                "campaign_id=x&campaign_id=y",
                "a query parameter is sent more than once",
            ),
            (many.as_str(), "one call asks for 500 applications at most"),
        ] {
            let error = RefreshQuery::parse(query).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{query}: {error}");
        }
        let bad_limit = format!("campaign_id={ONE}&limit=501");
        assert!(matches!(
            RefreshQuery::parse(&bad_limit),
            Err(Error::InvalidLimit)
        ));
    }

    #[test]
    fn the_next_page_asks_for_the_same() {
        let last = TWO.parse().unwrap();
        for (query, expected) in [
            (
                format!("campaign_id={ONE}&limit=3&x=1"),
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
