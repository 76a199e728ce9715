//! How Talentsoft's two APIs write invitations.

use serde::Serialize;
use sqlx::PgConnection;

use super::candidates::CandidateRow;
use super::{Api, Assessments, Videos};
use crate::error::Failure;
use crate::ids::{CustomerId, InvitationId};
use crate::page::Page;
use crate::recruiting::invitations::{
    Assessment, Interview, Invited, RefreshTarget, list_assessments, list_interviews,
};
use crate::text::PublicUrl;

/// The invitation of a candidate's row, or words for the caller.
pub(super) type RowResult = Result<Invited, String>;

/// The words of one API for what both have.
pub(super) trait Answers: Api {
    /// The answer to a candidate's row.
    type Row<'a>: Serialize;

    /// How far an invitation is.
    type State: Serialize;

    /// Answers a candidate's row.
    fn row<'a>(sent: &'a CandidateRow, result: &'a RowResult) -> Self::Row<'a>;

    /// Reads how far invitations of a customer are, in the order of their identifiers; one more than the page has if there
    /// are more.
    fn list(
        db: &mut PgConnection,
        customer_id: CustomerId,
        target: &RefreshTarget,
        page: &Page<InvitationId>,
    ) -> impl Future<Output = Result<Vec<Self::State>, Failure>>;

    /// Adds the URLs of what is fetched from this service.
    fn add_urls(state: &mut Self::State, public_url: &PublicUrl);

    /// The invitation of a state.
    fn id(state: &Self::State) -> InvitationId;
}

/// Whether a row was taken.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum RowStatus {
    Success,
    Error,
}

impl RowStatus {
    const fn of(result: &RowResult) -> Self {
        match result {
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

impl Answers for Videos {
    type Row<'a> = InterviewRow<'a>;
    type State = Interview;

    fn row<'a>(sent: &'a CandidateRow, result: &'a RowResult) -> InterviewRow<'a> {
        InterviewRow {
            applicant_id: sent.applicant_id.as_deref(),
            application_id: sent.application_id.as_deref(),
            interview_invitation_link: result.as_ref().ok().map(|invited| invited.link.as_str()),
            status: RowStatus::of(result),
            error_message: result.as_ref().err().map(String::as_str),
        }
    }

    async fn list(
        db: &mut PgConnection,
        customer_id: CustomerId,
        target: &RefreshTarget,
        page: &Page<InvitationId>,
    ) -> Result<Vec<Interview>, Failure> {
        list_interviews(db, customer_id, target, page).await
    }

    fn add_urls(_: &mut Interview, _: &PublicUrl) {}

    fn id(state: &Interview) -> InvitationId {
        state.invitation_id
    }
}

impl Answers for Assessments {
    type Row<'a> = AssessmentRow<'a>;
    type State = Assessment;

    fn row<'a>(sent: &'a CandidateRow, result: &'a RowResult) -> AssessmentRow<'a> {
        AssessmentRow {
            applicant_id: sent.applicant_id.as_deref(),
            application_id: sent.application_id.as_deref(),
            invitation_id: result.as_ref().ok().map(|invited| invited.invitation_id),
            assessment_invitation_link: result.as_ref().ok().map(|invited| invited.link.as_str()),
            status: RowStatus::of(result),
            error_message: result.as_ref().err().map(String::as_str),
        }
    }

    async fn list(
        db: &mut PgConnection,
        customer_id: CustomerId,
        target: &RefreshTarget,
        page: &Page<InvitationId>,
    ) -> Result<Vec<Assessment>, Failure> {
        list_assessments(db, customer_id, target, page).await
    }

    fn add_urls(state: &mut Assessment, public_url: &PublicUrl) {
        for report in &mut state.reports.0 {
            report.url = public_url.join(&format!(
                "/assessments/invitations/{}/reports/{}",
                state.invitation_id, report.report_id
            ));
        }
    }

    fn id(state: &Assessment) -> InvitationId {
        state.invitation_id
    }
}
