//! The invitation link: a capability URL, whose token is 128 random bits.
//!
//! The database has the token's digest, to find the invitation by, and the token sealed, to answer the same link again.

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::ids::InvitationId;

/// Bytes of a token.
const TOKEN_BYTES: usize = 16;

/// What the link of an invitation ends in. It cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationToken(Zeroizing<[u8; TOKEN_BYTES]>);

/// SHA-256 of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkDigest(pub Vec<u8>);

impl InvitationToken {
    /// A fresh one.
    #[must_use]
    pub fn generate() -> Self {
        Self(Zeroizing::new(random::bytes()))
    }

    /// The token of these bytes, 16 of them.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// Reads 22 characters of base64url.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(&Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?))
    }

    /// Its bytes, for sealing.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// Its digest, to find it by.
    #[must_use]
    pub fn digest(&self) -> LinkDigest {
        LinkDigest(digest::digest(&digest::SHA256, self.bytes()).as_ref().to_vec())
    }

    /// The link to give to the candidate.
    #[must_use]
    pub fn link(&self, base_url: &str) -> String {
        format!("{base_url}/{}", URL_SAFE_NO_PAD.encode(self.bytes()))
    }
}

impl fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationToken(..)")
    }
}

/// What binds a sealed token to its invitation.
#[must_use]
pub fn link_context(invitation_id: InvitationId) -> Vec<u8> {
    format!("talentsoft-partner invitation_link {invitation_id}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_back_and_nothing_else_is() {
        let token = InvitationToken::generate();
        let link = token.link("https://meet.partner.example/i");
        let text = link.strip_prefix("https://meet.partner.example/i/").unwrap();
        assert_eq!(text.len(), 22);
        assert_eq!(InvitationToken::parse(text), Some(token.clone()));
        assert_ne!(token, InvitationToken::generate());
        for bad in ["", &text[1..], &format!("{text}A"), "!!!!!!!!!!!!!!!!!!!!!!"] {
            assert_eq!(InvitationToken::parse(bad), None, "{bad}");
        }
        assert_eq!(format!("{token:?}"), "InvitationToken(..)");
    }
}
