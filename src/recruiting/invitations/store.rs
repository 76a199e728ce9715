//! SQL of invitations.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use url::Url;
use uuid::Uuid;

use super::candidate::Candidate;
use super::invitation::{Invitation, invitation_of};
use super::link::LinkDigest;
use super::refresh::{Applications, Assessment, AssessmentReport, Interview};
use crate::audit::Act;
use crate::ids::{ApplicantId, ApplicationId, CampaignId, ClientId, CustomerId, InvitationId};
use crate::keys::SealingKeyId;
use crate::page::Page;
use crate::recruiting::campaigns::CampaignKind;
use crate::text::HttpsUrl;

/// An invitation to insert.
pub(super) struct NewInvitation<'a> {
    pub candidate: &'a Candidate,
    pub invitation_id: InvitationId,
    pub link_digest: LinkDigest,
    pub sealed_link: Vec<u8>,
}

/// What identifies a candidate from outside.
pub(super) type CandidateKey = (CampaignId, ApplicationId, ApplicantId);

impl Candidate {
    pub(super) const fn key(&self) -> CandidateKey {
        (self.campaign_id, self.application_id, self.applicant_id)
    }
}

/// The columns of a batch of candidates, as `unnest` takes them.
#[derive(Default)]
struct CandidateColumns<'a> {
    invitation_id: Vec<Uuid>,
    campaign_id: Vec<Uuid>,
    applicant_id: Vec<Uuid>,
    application_id: Vec<Uuid>,
    lastname: Vec<&'a str>,
    firstname: Vec<&'a str>,
    email: Vec<&'a str>,
    phone: Vec<Option<&'a str>>,
    callback_url: Vec<Option<&'a str>>,
    link_digest: Vec<&'a [u8]>,
    sealed_link: Vec<&'a [u8]>,
}

impl<'a> CandidateColumns<'a> {
    fn of(invitations: &[&'a NewInvitation<'a>]) -> Self {
        let mut columns = Self::default();
        for invitation in invitations {
            let candidate = invitation.candidate;
            columns.invitation_id.push(invitation.invitation_id.0);
            columns.campaign_id.push(candidate.campaign_id.0);
            columns.applicant_id.push(candidate.applicant_id.0);
            columns.application_id.push(candidate.application_id.0);
            columns.lastname.push(candidate.name.lastname().as_str());
            columns.firstname.push(candidate.name.firstname().as_str());
            columns.email.push(candidate.email.as_str());
            columns.phone.push(candidate.phone.as_deref());
            columns
                .callback_url
                .push(candidate.callback_url.as_ref().map(Url::as_str));
            columns.link_digest.push(&invitation.link_digest.0);
            columns.sealed_link.push(&invitation.sealed_link);
        }
        columns
    }
}

/// The values that all invitations of a call have in common.
pub(super) struct InsertContext<'a> {
    pub customer_id: CustomerId,
    pub client_id: &'a ClientId,
    pub kind: CampaignKind,
    pub invited_by: Option<&'a str>,
    pub sealing_key_id: SealingKeyId,
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// An invitation of the call, which it has made or found, with its sealed link.
pub(super) struct InvitationLink {
    pub invitation_id: InvitationId,
    pub campaign_id: CampaignId,
    pub application_id: ApplicationId,
    pub applicant_id: ApplicantId,
    pub sealed_link: Vec<u8>,
    pub sealing_key_id: i32,
    /// Whether this call made the invitation.
    pub is_new: bool,
}

impl InvitationLink {
    pub(super) const fn key(&self) -> CandidateKey {
        (self.campaign_id, self.application_id, self.applicant_id)
    }
}

/// Inserts invitations of the candidates whose campaign is open and of this customer and kind, or updates those that exist. A
/// candidate whose present invitation is over has no row in the answer, and that invitation is locked and not changed.
///
/// The rows are locked in the order of their unique key. `xmax` is 0 in rows that this statement inserted. A call with a callback
/// URL also replaces the client, whose secrets sign the callbacks; a call without one changes neither.
pub(super) async fn insert_invitations(
    connection: &mut PgConnection,
    context: &InsertContext<'_>,
    invitations: &[&NewInvitation<'_>],
) -> Result<Vec<InvitationLink>, sqlx::Error> {
    let columns = CandidateColumns::of(invitations);
    sqlx::query_as!(
        InvitationLink,
        r#"with candidate as (
            select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[],
                $8::text[], $9::text[], $10::bytea[], $11::bytea[])
                as row (invitation_id, campaign_id, applicant_id, application_id, lastname, firstname, email,
                    phone, callback_url, link_digest, sealed_link)
        )
        insert into invitation as present (invitation_id, campaign_id, applicant_id, application_id, lastname,
            firstname, email, phone, callback_url, link_digest, sealed_link, customer_id, client_id, kind,
            invited_by, sealing_key_id, status, created_at, status_changed_at, expires_at)
        select invitation_id, candidate.campaign_id, applicant_id, application_id, lastname, firstname, email, phone,
            callback_url, link_digest, sealed_link, $12, $13, $14, $15, $16, 'invited', $17, $17, $18
        from candidate join campaign on campaign.campaign_id = candidate.campaign_id
            and campaign.customer_id = $12 and campaign.kind = $14 and campaign.closed_at is null
        order by candidate.campaign_id, application_id, applicant_id
        on conflict on constraint invitation_candidate_key do update set
            lastname = excluded.lastname, firstname = excluded.firstname, email = excluded.email,
            phone = excluded.phone, callback_url = coalesce(excluded.callback_url, present.callback_url),
            client_id = case when excluded.callback_url is null then present.client_id else excluded.client_id end
            where present.status in ('started', 'completed') or present.status = 'invited' and present.expires_at > $17
        returning present.invitation_id, present.campaign_id, present.application_id, present.applicant_id,
            present.sealed_link, present.sealing_key_id, present.xmax = 0 as "is_new!""#,
        &columns.invitation_id,
        &columns.campaign_id,
        &columns.applicant_id,
        &columns.application_id,
        &columns.lastname as &[&str],
        &columns.firstname as &[&str],
        &columns.email as &[&str],
        &columns.phone as &[Option<&str>],
        &columns.callback_url as &[Option<&str>],
        &columns.link_digest as &[&[u8]],
        &columns.sealed_link as &[&[u8]],
        context.customer_id.0,
        context.client_id.as_str(),
        context.kind.as_str(),
        context.invited_by,
        context.sealing_key_id.0,
        context.now,
        context.expires_at,
    )
    .fetch_all(connection)
    .await
}

/// Supersedes the present invitations of these candidates that are over, by those that are to be inserted; returns whose they
/// were. One whose time is over and that is yet to be noticed expires by that.
///
/// Its campaign stays open until the transaction ends, so that the new invitation can be inserted.
pub(super) async fn supersede_invitations(
    connection: &mut PgConnection,
    context: &InsertContext<'_>,
    invitations: &[&NewInvitation<'_>],
) -> Result<Vec<CandidateKey>, sqlx::Error> {
    let columns = CandidateColumns::of(invitations);
    let rows = sqlx::query!(
        "with open as materialized (
             select campaign_id from campaign
             where campaign_id = any($1) and customer_id = $5 and kind = $6 and closed_at is null
             for share
         )
         update invitation as present set superseded_by = next.invitation_id,
             status_changed_at = case present.status when 'invited' then $7 else present.status_changed_at end,
             status = case present.status when 'invited' then 'expired' else present.status end
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[])
                 as next (campaign_id, application_id, applicant_id, invitation_id)
             join open on open.campaign_id = next.campaign_id
         where present.campaign_id = next.campaign_id and present.application_id = next.application_id
             and present.applicant_id = next.applicant_id
             and present.superseded_by = '00000000-0000-0000-0000-000000000000'
             and (present.status in ('expired', 'cancelled') or present.status = 'invited' and present.expires_at <= $7)
         returning present.campaign_id, present.application_id, present.applicant_id",
        &columns.campaign_id,
        &columns.application_id,
        &columns.applicant_id,
        &columns.invitation_id,
        context.customer_id.0,
        context.kind.as_str(),
        context.now,
    )
    .fetch_all(connection)
    .await?;
    let keys = rows
        .into_iter()
        .map(|row| (row.campaign_id, row.application_id, row.applicant_id));
    Ok(keys.collect())
}

/// Returns the invitation, and locks its row until the transaction ends, so that changes of an invitation follow one another.
/// `None` if there is none that the actor reaches.
pub(in crate::recruiting) async fn lock_invitation(
    connection: &mut PgConnection,
    act: &Act,
    invitation_id: InvitationId,
) -> Result<Option<Invitation>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select invitation_id, customer_id, campaign_id, kind, applicant_id, application_id, lastname, firstname, email, phone,
               invited_by, status, created_at, status_changed_at, expires_at, overall_score, scores, video_url, result_at,
               nullif(superseded_by, '00000000-0000-0000-0000-000000000000') as "superseded_by: InvitationId"
           from invitation where invitation_id = $1 and ($2::uuid is null or customer_id = $2) for update"#,
        invitation_id.0,
        act.customer_id.map(|id| id.0),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| invitation_of!(row)))
}

/// The identifier after which a page begins; for the first page, one that is smaller than all.
fn after(page: &Page<InvitationId>) -> Uuid {
    page.after.map_or(Uuid::nil(), |id| id.0)
}

fn application_ids(applications: &Applications) -> Vec<Uuid> {
    applications.ids.iter().map(|id| id.0).collect()
}

/// The present interviews of these applications, each of which is named once, in the order of the invitations' identifiers.
///
/// Each application is looked up on its own (by `lateral`, and by `offset 0`, which the planner does not optimise across). With
/// outdated statistics the planner turned `application_id = any(…)` into a filter of all rows of the customer.
pub(super) async fn list_interviews_of_applications(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    applications: &Applications,
    page: &Page<InvitationId>,
) -> Result<Vec<Interview>, sqlx::Error> {
    sqlx::query_as!(
        Interview,
        r#"select invitation_id, applicant_id, found.application_id, campaign_id, status, status_changed_at,
               case status when 'completed' then video_url end as "link: HttpsUrl"
           from unnest($2::uuid[]) as wanted (application_id) cross join lateral (
               select * from invitation
               where customer_id = $1 and kind = 'video' and application_id = wanted.application_id
                   and superseded_by = '00000000-0000-0000-0000-000000000000'
                   and ($3::uuid is null or campaign_id = $3) and invitation_id > $4
               offset 0
           ) as found
           order by invitation_id limit $5"#,
        customer_id.0,
        &application_ids(applications),
        applications.campaign_id.map(|id| id.0),
        after(page),
        page.read_limit(),
    )
    .fetch_all(connection)
    .await
}

/// The present interviews of this campaign, in the order of the invitations' identifiers.
pub(super) async fn list_interviews_of_campaign(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    campaign_id: CampaignId,
    page: &Page<InvitationId>,
) -> Result<Vec<Interview>, sqlx::Error> {
    sqlx::query_as!(
        Interview,
        r#"select invitation_id, applicant_id, application_id, campaign_id, status, status_changed_at,
               case status when 'completed' then video_url end as "link: HttpsUrl"
           from invitation
           where campaign_id = $1 and customer_id = $2 and kind = 'video' and invitation_id > $3
               and superseded_by = '00000000-0000-0000-0000-000000000000'
           order by invitation_id limit $4"#,
        campaign_id.0,
        customer_id.0,
        after(page),
        page.read_limit(),
    )
    .fetch_all(connection)
    .await
}

/// The present assessments of these applications, with their complete reports once they are completed. Order and look-up are those of
/// [`list_interviews_of_applications`].
pub(super) async fn list_assessments_of_applications(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    applications: &Applications,
    page: &Page<InvitationId>,
) -> Result<Vec<Assessment>, sqlx::Error> {
    sqlx::query_as!(
        Assessment,
        r#"select invitation_id, applicant_id, application_id, campaign_id, status, status_changed_at, overall_score, scores,
               (select coalesce(jsonb_agg(jsonb_build_object('report_id', report_id, 'name', name, 'is_global', is_global,
                        'media_type', media_type) order by report_id), '[]')
                from report where report.invitation_id = page.invitation_id and completed_at is not null
                    and page.status = 'completed')
                   as "reports!: Json<Vec<AssessmentReport>>"
           from (select found.* from unnest($2::uuid[]) as wanted (application_id) cross join lateral (
                     select * from invitation
                     where customer_id = $1 and kind = 'assessment' and application_id = wanted.application_id
                         and superseded_by = '00000000-0000-0000-0000-000000000000'
                         and ($3::uuid is null or campaign_id = $3) and invitation_id > $4
                     offset 0
                 ) as found
                 order by invitation_id limit $5) as page
           order by invitation_id"#,
        customer_id.0,
        &application_ids(applications),
        applications.campaign_id.map(|id| id.0),
        after(page),
        page.read_limit(),
    )
    .fetch_all(connection)
    .await
}

/// The present assessments of this campaign, with their complete reports once they are completed, in the order of the invitations' identifiers.
pub(super) async fn list_assessments_of_campaign(
    connection: &mut PgConnection,
    customer_id: CustomerId,
    campaign_id: CampaignId,
    page: &Page<InvitationId>,
) -> Result<Vec<Assessment>, sqlx::Error> {
    sqlx::query_as!(
        Assessment,
        r#"select invitation_id, applicant_id, application_id, campaign_id, status, status_changed_at, overall_score, scores,
               (select coalesce(jsonb_agg(jsonb_build_object('report_id', report_id, 'name', name, 'is_global', is_global,
                        'media_type', media_type) order by report_id), '[]')
                from report where report.invitation_id = page.invitation_id and completed_at is not null
                    and page.status = 'completed')
                   as "reports!: Json<Vec<AssessmentReport>>"
           from (select * from invitation
                 where campaign_id = $1 and customer_id = $2 and kind = 'assessment' and invitation_id > $3
                     and superseded_by = '00000000-0000-0000-0000-000000000000'
                 order by invitation_id limit $4) as page
           order by invitation_id"#,
        campaign_id.0,
        customer_id.0,
        after(page),
        page.read_limit(),
    )
    .fetch_all(connection)
    .await
}
