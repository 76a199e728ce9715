//! The access token: sealed, not stored. The format is written down in `docs/SECURITY.md`, with test vectors.
//!
//! `tsp_` and base64url (no padding) of
//! `version (1 byte = 1) | key id (4, big-endian) | nonce (12) | ciphertext | tag (16)`,
//! AES-256-GCM-SIV with `version | key id | issuer` as associated data. The plaintext, integers big-endian:
//! `token id (16) | kind (1: 0 application, 1 user) | scopes (2) | generation (8) | issued at (8, Unix seconds) |
//! lifetime (4, seconds) | customer (1: 0 or 1; then 16) | client_id (1 length, then bytes)`, and for a user
//! `email (1 length, then bytes) | name (2 length, then bytes)`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::clients::ScopeSet;
use crate::crypto::random;
use crate::crypto::seal::{DoesNotOpen, NONCE_BYTES, TAG_BYTES};
use crate::ids::{ClientId, CustomerId, TokenId};
use crate::keys::{KeyRing, Purpose, RingKey, SealingKeyId};
use crate::text::EmailAddress;

/// What every token starts with, for secret scanners.
pub const PREFIX: &str = "tsp_";
/// Longest text that is decoded, in bytes.
pub const MAX_TOKEN_CHARS: usize = 1600;

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 5;
const MAX_RAW_BYTES: usize = MAX_TOKEN_CHARS / 4 * 3;

/// Longest name of a user, in bytes.
pub const MAX_NAME_BYTES: usize = 256;

/// Whether a token was issued to a client or to a user: explicit, never derived from a name (R70).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The client itself.
    Application,
    /// A user of the client.
    User {
        /// The user's address, as the assertion gave it.
        email: EmailAddress,
        /// Their name, where the assertion gave one; at most 256 bytes, none of them of a hidden character.
        name: Option<String>,
    },
}

/// What is sealed in a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its identifier, by which it is revoked.
    pub token_id: TokenId,
    /// The client that it was issued to.
    pub client_id: ClientId,
    /// The customer whose data it reaches; `None` for a client that belongs to no customer.
    pub customer_id: Option<CustomerId>,
    /// Whether it was issued to the client itself or to one of its users.
    pub holder: Holder,
    /// The scopes that it was issued with; the client may have lost some since.
    pub scopes: ScopeSet,
    /// The client's token generation when it was issued.
    pub generation: i64,
    /// When it was issued, to the second.
    pub issued_at: DateTime<Utc>,
    /// Its lifetime in seconds.
    pub ttl_seconds: u32,
}

/// Why a text is not a token of this installation.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedToken {
    /// The text does not have the form of a token.
    #[error("not of the form of an access token")]
    Malformed,
    /// The token is sealed with a key that is not, or no longer, in the ring.
    #[error("sealed with key {0}, which this installation does not have")]
    UnknownKey(SealingKeyId),
    /// The token is of another installation or another issuer, or damaged.
    #[error("does not open: another installation, another issuer, or damaged")]
    DoesNotOpen,
}

impl From<DoesNotOpen> for MalformedToken {
    fn from(_: DoesNotOpen) -> Self {
        Self::DoesNotOpen
    }
}

impl Token {
    /// The instant from which it is refused.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.issued_at + TimeDelta::seconds(i64::from(self.ttl_seconds))
    }

    /// The user that it was issued to, if it was issued to one.
    #[must_use]
    pub fn user(&self) -> Option<&EmailAddress> {
        match &self.holder {
            Holder::Application => None,
            Holder::User { email, .. } => Some(email),
        }
    }

    /// Seals the token into the text that the client gets. Nothing about it is stored.
    pub fn seal(&self, key: &RingKey, issuer: &str) -> Result<String, DoesNotOpen> {
        self.seal_with_nonce(key, issuer, random::public_bytes())
    }

    fn seal_with_nonce(
        &self,
        key: &RingKey,
        issuer: &str,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<String, DoesNotOpen> {
        let header = header(key.id);
        let mut raw = Vec::with_capacity(256);
        raw.extend_from_slice(&header);
        raw.extend_from_slice(&nonce);
        let plaintext_at = raw.len();
        self.encode(&mut raw);
        let plaintext = raw.get_mut(plaintext_at..).ok_or(DoesNotOpen)?;
        let tag = key
            .key
            .seal_in_place(nonce, &associated_data(header, issuer), plaintext)?;
        raw.extend_from_slice(&tag);
        let mut text = String::with_capacity(PREFIX.len() + raw.len().div_ceil(3) * 4);
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(&raw, &mut text);
        Ok(text)
    }

    /// Opens a token: whatever opens was issued here, but may have expired or been revoked since.
    pub fn open(text: &str, ring: &KeyRing, issuer: &str) -> Result<Self, MalformedToken> {
        let encoded = text.strip_prefix(PREFIX).ok_or(MalformedToken::Malformed)?;
        if text.len() > MAX_TOKEN_CHARS {
            return Err(MalformedToken::Malformed);
        }
        let mut buffer = [0_u8; MAX_RAW_BYTES];
        let length = URL_SAFE_NO_PAD
            .decode_slice(encoded, &mut buffer)
            .map_err(|_| MalformedToken::Malformed)?;
        let raw = buffer.get_mut(..length).ok_or(MalformedToken::Malformed)?;
        let (header_bytes, rest) = raw
            .split_first_chunk_mut::<HEADER_BYTES>()
            .ok_or(MalformedToken::Malformed)?;
        let [version, key_id @ ..] = *header_bytes;
        let (nonce, sealed) = rest
            .split_first_chunk_mut::<NONCE_BYTES>()
            .ok_or(MalformedToken::Malformed)?;
        if version != VERSION || sealed.len() < TAG_BYTES {
            return Err(MalformedToken::Malformed);
        }
        let key_id = SealingKeyId(i32::from_be_bytes(key_id));
        let key = ring
            .opening(Purpose::Token, key_id)
            .ok_or(MalformedToken::UnknownKey(key_id))?;
        let plaintext = key
            .key
            .open_in_place(*nonce, &associated_data(header(key_id), issuer), sealed)?;
        // Whatever opens was sealed by this service: if it cannot be decoded, a newer version sealed it.
        TokenDecoder(plaintext).token().ok_or(MalformedToken::Malformed)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.token_id.0.as_bytes());
        out.push(u8::from(self.user().is_some()));
        out.extend_from_slice(&self.scopes.bits().to_be_bytes());
        out.extend_from_slice(&self.generation.to_be_bytes());
        out.extend_from_slice(&self.issued_at.timestamp().to_be_bytes());
        out.extend_from_slice(&self.ttl_seconds.to_be_bytes());
        match self.customer_id {
            Some(customer_id) => {
                out.push(1);
                out.extend_from_slice(customer_id.0.as_bytes());
            }
            None => out.push(0),
        }
        write_short(out, self.client_id.as_str());
        if let Holder::User { email, name } = &self.holder {
            write_short(out, email.as_str());
            let name = name.as_deref().unwrap_or_default();
            out.extend_from_slice(&u16::try_from(name.len()).unwrap_or(0).to_be_bytes());
            out.extend_from_slice(name.as_bytes());
        }
    }
}

/// `client_id` and email are bounded to 255 and 254 bytes by their types.
fn write_short(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).unwrap_or(0));
    out.extend_from_slice(text.as_bytes());
}

fn header(key_id: SealingKeyId) -> [u8; HEADER_BYTES] {
    let [a, b, c, d] = key_id.0.to_be_bytes();
    [VERSION, a, b, c, d]
}

fn associated_data(header: [u8; HEADER_BYTES], issuer: &str) -> Vec<u8> {
    [&header, issuer.as_bytes()].concat()
}

/// Reads a plaintext from the front.
struct TokenDecoder<'a>(&'a [u8]);

impl TokenDecoder<'_> {
    fn token(mut self) -> Option<Token> {
        let token_id = TokenId(Uuid::from_bytes(self.array()?));
        let [kind] = self.array()?;
        let scopes = ScopeSet::from_bits(u16::from_be_bytes(self.array()?))?;
        let generation = i64::from_be_bytes(self.array()?);
        let issued_at = DateTime::from_timestamp(i64::from_be_bytes(self.array()?), 0)?;
        let ttl_seconds = u32::from_be_bytes(self.array()?);
        let customer_id = match self.array()? {
            [0] => None,
            [1] => Some(CustomerId(Uuid::from_bytes(self.array()?))),
            _ => return None,
        };
        let client_id = self.short_text()?.parse().ok()?;
        let holder = match kind {
            0 => Holder::Application,
            1 => {
                let email = self.short_text()?.parse().ok()?;
                let length = u16::from_be_bytes(self.array()?);
                let name = self.text(usize::from(length))?;
                Holder::User {
                    email,
                    name: (!name.is_empty()).then(|| name.to_owned()),
                }
            }
            _ => return None,
        };
        let is_whole = self.0.is_empty();
        is_whole.then_some(Token {
            token_id,
            client_id,
            customer_id,
            holder,
            scopes,
            generation,
            issued_at,
            ttl_seconds,
        })
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    fn short_text(&mut self) -> Option<&str> {
        let [length] = self.array()?;
        self.text(usize::from(length))
    }

    fn text(&mut self, length: usize) -> Option<&str> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        std::str::from_utf8(head).ok()
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
