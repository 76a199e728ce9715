//! How a single-use assertion is recognised when it is presented again (RFC 7523 s3(7), R33).
//!
//! That it was used is stored before the token is issued. Assertions that are presented at the same moment are stored by one
//! statement, and each caller is told of its own.

use aws_lc_rs::digest::{SHA256, digest};
use sqlx::PgConnection;

use super::assertion::VerifiedAssertion;
use super::jws::Jws;
use super::store::{self, AssertionUse};
use crate::clients::ReplayPolicy;
use crate::db::{BatchChange, Extent};
use crate::error::Failure;

/// SHA-256 over what identifies a single-use assertion: its `jti`, or else its signing input.
pub type Fingerprint = [u8; 32];

/// The fingerprint by which a second use is recognised; `None` where the client's policy allows a second use.
#[must_use]
pub fn fingerprint(policy: ReplayPolicy, jws: &Jws<'_>, verified: &VerifiedAssertion) -> Option<Fingerprint> {
    let input = match (policy, &verified.jwt_id) {
        (ReplayPolicy::Off, _) | (ReplayPolicy::IfJti, None) => return None,
        (ReplayPolicy::IfJti | ReplayPolicy::Always, Some(jwt_id)) => ["jti ", jwt_id].concat(),
        (ReplayPolicy::Always, None) => ["input ", jws.signing_input].concat(),
    };
    digest(&SHA256, input.as_bytes()).as_ref().try_into().ok()
}

/// Uses of single-use assertions that are stored together. The outcome of each is whether it was the first.
pub(super) struct Claiming;

impl BatchChange for Claiming {
    type Item = AssertionUse;
    type Outcome = bool;

    const MAX_BATCH: usize = 128;
    const EXTENT: Extent = Extent::Statement;

    async fn apply(&self, db: &mut PgConnection, uses: &[AssertionUse]) -> Result<Vec<bool>, Failure> {
        let mut first = store::insert_used_assertions(db, uses).await?;
        // Of several that present the same assertion together one is the first.
        let is_first = |used: &AssertionUse| first.remove(&(used.client_id.clone(), used.fingerprint));
        Ok(uses.iter().map(is_first).collect())
    }
}
