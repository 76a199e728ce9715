//! Whether an assertion was exchanged before, and remembering that it was (RFC 7523 s3(7), R33).

use aws_lc_rs::digest::{SHA256, digest};

use super::assertion::Verified;
use super::jws::Jws;
use crate::clients::ReplayPolicy;

/// What is remembered of a single-use assertion: 32 bytes.
pub type Fingerprint = [u8; 32];

/// The fingerprint by which a second use would be recognised; none where the client's policy allows it.
#[must_use]
pub fn fingerprint(policy: ReplayPolicy, jws: &Jws<'_>, verified: &Verified) -> Option<Fingerprint> {
    let input = match (policy, &verified.jwt_id) {
        (ReplayPolicy::Off, _) | (ReplayPolicy::IfJti, None) => return None,
        (ReplayPolicy::IfJti | ReplayPolicy::Always, Some(jwt_id)) => ["jti ", jwt_id].concat(),
        (ReplayPolicy::Always, None) => ["input ", jws.signing_input].concat(),
    };
    digest(&SHA256, input.as_bytes()).as_ref().try_into().ok()
}
