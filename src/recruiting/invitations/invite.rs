//! Inviting candidates (contract s4, s5): one by one for the caller, one statement for the database.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::candidate::Candidate;
use super::error::Error;
use super::link::{InvitationToken, link_context};
use super::store::{self, CandidateColumns, InsertContext, InvitationLink};
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::{ApplicantId, ApplicationId, CampaignId, ClientId, CustomerId, InvitationId};
use crate::keys::{self, Purpose, RingKey, SealingKeyId};
use crate::recruiting::Recruiting;
use crate::recruiting::campaigns::CampaignKind;
use crate::text::EmailAddress;
use crate::webhooks::enqueue_new_invitations;

/// Most candidates of one call.
pub const MAX_CANDIDATES: usize = 500;

/// Who invites, and to what.
pub struct Inviter<'a> {
    /// The client, whose secrets sign the callbacks.
    pub client_id: &'a ClientId,
    /// Its customer.
    pub customer_id: CustomerId,
    /// The kind of campaigns that it may invite to.
    pub kind: CampaignKind,
    /// The recruiter; `None`: the client acts as an application.
    pub user: Option<&'a EmailAddress>,
}

/// A candidate's invitation.
#[derive(Clone, Debug)]
pub struct Invited {
    /// Its identifier.
    pub invitation_id: InvitationId,
    /// The capability URL for the candidate.
    pub link: String,
}

/// A candidate is not invited: the customer has no such campaign of this kind that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("campaign_id names no open {0} campaign of this customer")]
pub struct NoOpenCampaign(pub CampaignKind);

/// What identifies an invitation from outside.
type CandidateKey = (CampaignId, ApplicationId, ApplicantId);

impl Candidate {
    const fn key(&self) -> CandidateKey {
        (self.campaign_id, self.application_id, self.applicant_id)
    }
}

/// Invites the candidates, at most [`MAX_CANDIDATES`], in their order. The same candidate, application and campaign have the
/// same invitation, however often and by however many at once it is asked for; the contact data of the latest call replace
/// those before, and so does its callback URL if it has one.
///
/// It is one statement where the platform is not told of new invitations, and must be in a transaction where it is.
pub async fn invite(
    db: &mut PgConnection,
    act: &Act,
    recruiting: &Recruiting,
    inviter: &Inviter<'_>,
    candidates: &[&Candidate],
) -> Result<Vec<Result<Invited, NoOpenCampaign>>, Error> {
    if candidates.len() > MAX_CANDIDATES {
        return Err(Error::TooManyCandidates);
    }
    let Some((columns, sealing_key_id)) = columns(recruiting, candidates, act.now)? else {
        return Ok(Vec::new());
    };
    let context = InsertContext {
        customer_id: inviter.customer_id,
        client_id: inviter.client_id,
        kind: inviter.kind,
        invited_by: inviter.user.map(EmailAddress::as_str),
        sealing_key_id,
        now: act.now,
        expires_at: act.now + recruiting.settings.ttl,
    };
    let links = store::insert_invitations(db, &context, &columns).await?;
    if recruiting.tells_platform() {
        let created = links.iter().filter(|link| link.is_new);
        let created: Vec<InvitationId> = created.map(|link| link.invitation_id).collect();
        enqueue_new_invitations(db, act, &created).await?;
    }
    let invited = open_links(db, recruiting, links).await?;
    let answer = |candidate: &&Candidate| {
        let invited = invited.get(&candidate.key()).cloned();
        invited.ok_or(NoOpenCampaign(inviter.kind))
    };
    Ok(candidates.iter().map(answer).collect())
}

/// The candidates by columns, with a fresh link for each; `None` when there are none. Of a candidate that is named twice the
/// later one counts.
fn columns(
    recruiting: &Recruiting,
    candidates: &[&Candidate],
    now: DateTime<Utc>,
) -> Result<Option<(CandidateColumns, SealingKeyId)>, Failure> {
    let by_key: HashMap<CandidateKey, &Candidate> = candidates
        .iter()
        .map(|candidate| (candidate.key(), *candidate))
        .collect();
    if by_key.is_empty() {
        return Ok(None);
    }
    let key = sealing_key(recruiting, now)?;
    let mut columns = CandidateColumns::default();
    // In an order that all batches share, so that two at once do not wait for each other.
    let mut ordered: Vec<_> = by_key.into_iter().collect();
    ordered.sort_unstable_by_key(|(key, _)| *key);
    for (_, candidate) in ordered {
        let invitation_id = InvitationId::generate(now);
        let token = InvitationToken::generate();
        let sealed = key.key.seal(&link_context(invitation_id), token.bytes());
        columns.push(
            candidate,
            invitation_id,
            token.digest(),
            sealed.map_err(Failure::internal)?,
        );
    }
    Ok(Some((columns, key.id)))
}

fn sealing_key(recruiting: &Recruiting, now: DateTime<Utc>) -> Result<Arc<RingKey>, Failure> {
    recruiting
        .ring
        .sealing(Purpose::Link, now)
        .ok_or_else(|| Failure::internal("there is no link key"))
}

/// The invitations with the links that were given out for them.
async fn open_links(
    db: &mut PgConnection,
    recruiting: &Recruiting,
    links: Vec<InvitationLink>,
) -> Result<HashMap<CandidateKey, Invited>, Failure> {
    let is_known = |link: &InvitationLink| {
        let key_id = SealingKeyId(link.sealing_key_id);
        recruiting.ring.opening(Purpose::Link, key_id).is_some()
    };
    // Another replica may have sealed some with a key that is newer than what is in memory here.
    if !links.iter().all(is_known) {
        keys::load(db, &recruiting.ring).await.map_err(Failure::from)?;
    }
    let open = |link: InvitationLink| {
        let invited = Invited {
            invitation_id: link.invitation_id,
            link: open_link(recruiting, &link)?,
        };
        Ok((
            (link.campaign_id, link.application_id, link.applicant_id),
            invited,
        ))
    };
    links.into_iter().map(open).collect()
}

fn open_link(recruiting: &Recruiting, link: &InvitationLink) -> Result<String, Failure> {
    let key_id = SealingKeyId(link.sealing_key_id);
    let key = recruiting
        .ring
        .opening(Purpose::Link, key_id)
        .ok_or_else(|| Failure::internal(format!("there is no link key {key_id}")))?;
    let bytes = key
        .key
        .open(&link_context(link.invitation_id), &link.sealed_link)
        .map_err(Failure::internal)?;
    let token = InvitationToken::from_bytes(&bytes)
        .ok_or_else(|| Failure::internal("a sealed link is not 16 bytes"))?;
    Ok(token.link(&recruiting.settings.base_url))
}
