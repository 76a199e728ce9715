//! Inviting a batch of candidates (contract s4, s5): row by row for the caller, one statement for the database.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::batch::{Batch, MAX_CANDIDATES};
use super::candidate::{CallbackRule, Candidate, CandidateRow};
use super::link::{InvitationToken, link_context};
use super::store::{self, BatchColumns, BatchContext, KeptRow};
use crate::db::Db;
use crate::error::Failure;
use crate::ids::{ApplicantId, ApplicationId, CampaignId, ClientId, CustomerId, InvitationId};
use crate::keys::{self, Purpose, RingKey, SealingKeyId};
use crate::recruiting::Recruiting;
use crate::recruiting::campaigns::CampaignKind;
use crate::recruiting::error::Error;
use crate::text::EmailAddress;

/// Who invites, and to what.
pub struct Inviter<'a> {
    /// The client.
    pub client_id: &'a ClientId,
    /// Its customer.
    pub customer_id: CustomerId,
    /// What kind of campaigns.
    pub kind: CampaignKind,
    /// At which instant.
    pub now: DateTime<Utc>,
    /// The recruiter; none: the client acts as an application.
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

/// What identifies an invitation from outside.
type Key = (CampaignId, ApplicationId, ApplicantId);

impl Candidate {
    const fn key(&self) -> Key {
        (self.campaign_id, self.application_id, self.applicant_id)
    }
}

/// Reads the candidates of a batch by the rule of the client that invites.
pub async fn read_rows(
    recruiting: &Recruiting,
    client_id: &ClientId,
    batch: &Batch,
) -> Result<Vec<CandidateRow>, Error> {
    if batch.is_too_long {
        return Err(Error::TooManyCandidates);
    }
    let client = recruiting.clients.find(client_id).await?;
    let hosts = client
        .as_ref()
        .map(|client| client.info.settings.callback_hosts.as_slice());
    let rule = CallbackRule {
        hosts: hosts.unwrap_or_default(),
        may_be_plain: recruiting.webhooks.settings.allows_private_addresses,
    };
    let read = |element| CandidateRow::read(element, &rule);
    Ok(batch.elements.iter().map(read).collect())
}

/// Invites the candidates, at most [`MAX_CANDIDATES`], in their order: an invitation each, or what is wrong with the row, in
/// words for the caller. The same candidate, application and campaign have the same invitation, however often and by
/// however many at once it is asked for; the contact data of the latest call replace those before,
/// and so does its callback URL if it has one.
pub async fn invite(
    recruiting: &Recruiting,
    db: &Db,
    inviter: &Inviter<'_>,
    rows: &[CandidateRow],
) -> Result<Vec<Result<Invited, String>>, Error> {
    if rows.len() > MAX_CANDIDATES {
        return Err(Error::TooManyCandidates);
    }
    let kept = keep(recruiting, db, inviter, rows).await?;
    let answer = |row: &CandidateRow| {
        let candidate = row.candidate.as_ref().map_err(Clone::clone)?;
        let found = kept.get(&candidate.key()).cloned();
        found.ok_or_else(|| {
            let kind = inviter.kind.as_str();
            format!("campaign_id names no open {kind} campaign of this customer")
        })
    };
    Ok(rows.iter().map(answer).collect())
}

/// The batch by columns, with a fresh link for each; `None` when it is empty. Of a candidate that stands there twice the
/// later one counts.
fn columns<'a>(
    recruiting: &Recruiting,
    candidates: impl Iterator<Item = &'a Candidate>,
    now: DateTime<Utc>,
) -> Result<Option<(BatchColumns, SealingKeyId)>, Error> {
    let by_key: HashMap<Key, &Candidate> = candidates.map(|candidate| (candidate.key(), candidate)).collect();
    if by_key.is_empty() {
        return Ok(None);
    }
    let key = sealing_key(recruiting, now)?;
    let mut columns = BatchColumns::default();
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

fn sealing_key(recruiting: &Recruiting, now: DateTime<Utc>) -> Result<std::sync::Arc<RingKey>, Failure> {
    recruiting
        .ring
        .sealing(Purpose::Link, now)
        .ok_or_else(|| Failure::internal("there is no link key"))
}

/// The invitations of the rows that are right and whose campaign can be had.
async fn keep(
    recruiting: &Recruiting,
    db: &Db,
    inviter: &Inviter<'_>,
    rows: &[CandidateRow],
) -> Result<HashMap<Key, Invited>, Error> {
    let candidates = rows.iter().filter_map(|row| row.candidate.as_ref().ok());
    let Some((columns, sealing_key_id)) = columns(recruiting, candidates, inviter.now)? else {
        return Ok(HashMap::new());
    };
    let settings = &recruiting.settings;
    let context = BatchContext {
        customer_id: inviter.customer_id,
        client_id: inviter.client_id,
        kind: inviter.kind,
        invited_by: inviter.user.map(EmailAddress::as_str),
        sealing_key_id,
        now: inviter.now,
        expires_at: inviter.now + settings.ttl,
        is_platform_told: recruiting.webhooks.settings.platform.is_some(),
    };
    let rows = db
        .run(async |connection| {
            let rows = store::insert_invitations(connection, &context, &columns).await?;
            let is_known = |row: &KeptRow| {
                recruiting
                    .ring
                    .opening(Purpose::Link, SealingKeyId(row.sealing_key_id))
                    .is_some()
            };
            if !rows.iter().all(is_known) {
                keys::load(connection, &recruiting.ring)
                    .await
                    .map_err(Failure::from)?;
            }
            Ok::<_, Error>(rows)
        })
        .await?;
    if context.is_platform_told {
        recruiting.webhooks.wake();
    }
    let invited = |row: KeptRow| {
        let key_id = SealingKeyId(row.sealing_key_id);
        let invited = Invited {
            invitation_id: row.invitation_id,
            link: link_of(recruiting, row.invitation_id, key_id, &row.sealed_link)?,
        };
        Ok(((row.campaign_id, row.application_id, row.applicant_id), invited))
    };
    rows.into_iter().map(invited).collect()
}

/// The link that was given out for an invitation.
fn link_of(
    recruiting: &Recruiting,
    invitation_id: InvitationId,
    key_id: SealingKeyId,
    sealed_link: &[u8],
) -> Result<String, Failure> {
    let key = recruiting
        .ring
        .opening(Purpose::Link, key_id)
        .ok_or_else(|| Failure::internal(format!("there is no link key {key_id}")))?;
    let bytes = key
        .key
        .open(&link_context(invitation_id), sealed_link)
        .map_err(Failure::internal)?;
    let token = InvitationToken::from_bytes(&bytes)
        .ok_or_else(|| Failure::internal("a sealed link is not 16 bytes"))?;
    Ok(token.link(&recruiting.settings.base_url))
}
