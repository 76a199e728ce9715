//! How Talentsoft's two APIs write invitations.

use serde::Serialize;
use sqlx::PgConnection;

use super::{Api, Assessments, Videos};
use crate::db::Db;
use crate::ids::{CustomerId, InvitationId};
use crate::recruiting::Error;
use crate::recruiting::invitations::{
    self as store, Assessment, CandidateRow, Interview, Invited, RefreshQuery, Which,
};

/// What was made of a candidate's row: the invitation, or words for the caller.
type Outcome = Result<Invited, String>;

/// The words of one API for what both have.
pub(super) trait Dialect: Api {
    /// The answer to a candidate's row.
    type Row<'a>: Serialize;

    /// Where an invitation stands.
    type State: Serialize;

    /// Answers a candidate's row.
    fn row<'a>(sent: &'a CandidateRow, outcome: &'a Outcome) -> Self::Row<'a>;

    /// Makes of what the database has what the caller gets, on a service at this URL.
    fn finish(state: &mut Self::State, base_url: &str);

    /// Which invitation it is.
    fn id(state: &Self::State) -> InvitationId;

    /// Reads a customer's.
    fn list(
        connection: &mut PgConnection,
        customer_id: CustomerId,
        query: &RefreshQuery,
    ) -> impl Future<Output = Result<Vec<Self::State>, sqlx::Error>>;
}

/// Where a customer's invitations stand, in the order of their identifiers, and the query of the next page if there is one.
pub(super) async fn refresh<D: Dialect>(
    db: &Db,
    customer_id: CustomerId,
    query: &RefreshQuery,
    base_url: &str,
) -> Result<(Vec<D::State>, Option<String>), Error> {
    let mut states = db
        .run(async |connection| Ok::<_, Error>(D::list(connection, customer_id, query).await?))
        .await?;
    let has_more = query.page.cut(&mut states);
    for state in &mut states {
        D::finish(state, base_url);
    }
    let last = states.last().filter(|_| has_more).map(D::id);
    Ok((states, last.map(|last| query.next(last))))
}

/// Whether a row was taken.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum RowStatus {
    Success,
    Error,
}

impl RowStatus {
    const fn of(outcome: &Outcome) -> Self {
        match outcome {
            Ok(_) => Self::Success,
            Err(_) => Self::Error,
        }
    }
}

/// The answer to a candidate of a video interview.
#[derive(Serialize)]
pub(super) struct InterviewRow<'a> {
    applicant_id: Option<&'a str>,
    application_id: Option<&'a str>,
    interview_invitation_link: Option<&'a str>,
    status: RowStatus,
    error_message: Option<&'a str>,
}

/// The answer to a candidate of an assessment.
#[derive(Serialize)]
pub(super) struct AssessmentRow<'a> {
    applicant_id: Option<&'a str>,
    application_id: Option<&'a str>,
    invitation_id: Option<InvitationId>,
    assessment_invitation_link: Option<&'a str>,
    status: RowStatus,
    error_message: Option<&'a str>,
}

impl Dialect for Videos {
    type Row<'a> = InterviewRow<'a>;
    type State = Interview;

    fn row<'a>(sent: &'a CandidateRow, outcome: &'a Outcome) -> InterviewRow<'a> {
        InterviewRow {
            applicant_id: sent.applicant_id.as_deref(),
            application_id: sent.application_id.as_deref(),
            interview_invitation_link: outcome.as_ref().ok().map(|invited| invited.link.as_str()),
            status: RowStatus::of(outcome),
            error_message: outcome.as_ref().err().map(String::as_str),
        }
    }

    fn finish(_: &mut Interview, _: &str) {}

    fn id(state: &Interview) -> InvitationId {
        state.invitation_id
    }

    async fn list(
        connection: &mut PgConnection,
        customer_id: CustomerId,
        query: &RefreshQuery,
    ) -> Result<Vec<Interview>, sqlx::Error> {
        let page = &query.page;
        match &query.which {
            Which::OfApplications(these) => {
                store::list_interviews_of_applications(connection, customer_id, these, page).await
            }
            Which::OfCampaign(campaign_id) => {
                store::list_interviews_of_campaign(connection, customer_id, *campaign_id, page).await
            }
        }
    }
}

impl Dialect for Assessments {
    type Row<'a> = AssessmentRow<'a>;
    type State = Assessment;

    fn row<'a>(sent: &'a CandidateRow, outcome: &'a Outcome) -> AssessmentRow<'a> {
        AssessmentRow {
            applicant_id: sent.applicant_id.as_deref(),
            application_id: sent.application_id.as_deref(),
            invitation_id: outcome.as_ref().ok().map(|invited| invited.invitation_id),
            assessment_invitation_link: outcome.as_ref().ok().map(|invited| invited.link.as_str()),
            status: RowStatus::of(outcome),
            error_message: outcome.as_ref().err().map(String::as_str),
        }
    }

    fn finish(state: &mut Assessment, base_url: &str) {
        state.locate_reports(base_url);
    }

    fn id(state: &Assessment) -> InvitationId {
        state.invitation_id
    }

    async fn list(
        connection: &mut PgConnection,
        customer_id: CustomerId,
        query: &RefreshQuery,
    ) -> Result<Vec<Assessment>, sqlx::Error> {
        let page = &query.page;
        match &query.which {
            Which::OfApplications(these) => {
                store::list_assessments_of_applications(connection, customer_id, these, page).await
            }
            Which::OfCampaign(campaign_id) => {
                store::list_assessments_of_campaign(connection, customer_id, *campaign_id, page).await
            }
        }
    }
}
