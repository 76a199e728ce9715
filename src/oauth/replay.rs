//! How a single-use assertion is recognised when it is presented again (RFC 7523 s3(7), R33).

use aws_lc_rs::digest::{SHA256, digest};

use super::assertion::VerifiedAssertion;
use super::jws::Jws;
use crate::clients::ReplayPolicy;

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
