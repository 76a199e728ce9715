//! Inviting candidates (contract s4, s5): one by one for the caller, one statement for the database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::candidate::Candidate;
use super::error::Error;
use super::link::{InvitationToken, link_context};
use super::store::{self, CandidateKey, InsertContext, InvitationLink, NewInvitation};
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::{ClientId, CustomerId, InvitationId};
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

/// Invites the candidates, at most [`MAX_CANDIDATES`], in their order; in a transaction. The same candidate, application and
/// campaign have the same invitation, however often and by however many at once it is asked for; the contact data of the latest
/// call replace those before, and so does its callback URL if it has one.
///
/// An invitation that has expired or was cancelled is not given again: it stays as it is, and another one supersedes it.
pub async fn invite(
    db: &mut PgConnection,
    act: &Act,
    recruiting: &Recruiting,
    inviter: &Inviter<'_>,
    candidates: &[&Candidate],
) -> Result<Vec<Result<Invited, NoOpenCampaign>>, Error> {
    let Some(batch) = Batch::new(recruiting, inviter, candidates, act)? else {
        return Ok(Vec::new());
    };
    let all: Vec<_> = batch.invitations.iter().collect();
    let mut links = store::insert_invitations(db, &batch.context, &all).await?;
    let others = without(&all, &links);
    if !others.is_empty() {
        // Their rows are locked since they were found to be over, so no other call supersedes them, too.
        let over = store::supersede_invitations(db, &batch.context, &others).await?;
        let again: Vec<_> = others
            .into_iter()
            .filter(|invitation| over.contains(&invitation.candidate.key()))
            .collect();
        links.extend(store::insert_invitations(db, &batch.context, &again).await?);
    }
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

/// As [`invite`], in one statement that needs no transaction, where the platform is not told of new invitations. `None`: a
/// candidate has no open campaign, or an invitation that is over, which only [`invite`] can tell.
pub async fn invite_in_one_statement(
    db: &mut PgConnection,
    act: &Act,
    recruiting: &Recruiting,
    inviter: &Inviter<'_>,
    candidates: &[&Candidate],
) -> Result<Option<Vec<Invited>>, Error> {
    let Some(batch) = Batch::new(recruiting, inviter, candidates, act)? else {
        return Ok(Some(Vec::new()));
    };
    let all: Vec<_> = batch.invitations.iter().collect();
    let links = store::insert_invitations(db, &batch.context, &all).await?;
    let invited = open_links(db, recruiting, links).await?;
    let answer = |candidate: &&Candidate| invited.get(&candidate.key()).cloned();
    Ok(candidates.iter().map(answer).collect())
}

/// The invitations of a call.
struct Batch<'a> {
    invitations: Vec<NewInvitation<'a>>,
    context: InsertContext<'a>,
}

impl<'a> Batch<'a> {
    /// The candidates with a fresh link for each; `None` when there are none. Of a candidate that is named twice the later one
    /// counts.
    fn new(
        recruiting: &Recruiting,
        inviter: &Inviter<'a>,
        candidates: &[&'a Candidate],
        act: &Act,
    ) -> Result<Option<Self>, Error> {
        if candidates.len() > MAX_CANDIDATES {
            return Err(Error::TooManyCandidates);
        }
        let by_key: HashMap<CandidateKey, &Candidate> = candidates
            .iter()
            .map(|candidate| (candidate.key(), *candidate))
            .collect();
        if by_key.is_empty() {
            return Ok(None);
        }
        let key = sealing_key(recruiting, act.now)?;
        // In an order that all batches share, so that two at once do not wait for each other.
        let mut ordered: Vec<_> = by_key.into_iter().collect();
        ordered.sort_unstable_by_key(|(key, _)| *key);
        let invitations = ordered
            .into_iter()
            .map(|(_, candidate)| new_invitation(candidate, &key, act.now))
            .collect::<Result<_, _>>()?;
        let context = InsertContext {
            customer_id: inviter.customer_id,
            client_id: inviter.client_id,
            kind: inviter.kind,
            invited_by: inviter.user.map(EmailAddress::as_str),
            sealing_key_id: key.id,
            now: act.now,
            expires_at: act.now + recruiting.settings.ttl,
        };
        Ok(Some(Self { invitations, context }))
    }
}

fn new_invitation<'a>(
    candidate: &'a Candidate,
    key: &RingKey,
    now: DateTime<Utc>,
) -> Result<NewInvitation<'a>, Failure> {
    let invitation_id = InvitationId::generate(now);
    let token = InvitationToken::generate();
    let sealed = key.key.seal(&link_context(invitation_id), token.bytes());
    Ok(NewInvitation {
        candidate,
        invitation_id,
        link_digest: token.digest(),
        sealed_link: sealed.map_err(Failure::internal)?,
    })
}

/// The invitations whose candidates have no link.
fn without<'a>(
    invitations: &[&'a NewInvitation<'a>],
    links: &[InvitationLink],
) -> Vec<&'a NewInvitation<'a>> {
    if links.len() == invitations.len() {
        return Vec::new();
    }
    let found: HashSet<CandidateKey> = links.iter().map(InvitationLink::key).collect();
    let others = invitations.iter().copied();
    others
        .filter(|invitation| !found.contains(&invitation.candidate.key()))
        .collect()
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
        Ok((link.key(), invited))
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
