//! What a cookie holds, and what forms prove that they are ours by.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::ids::FormNumber;

const BYTES: usize = 32;
/// Length in bytes of the number that the token of a form begins with.
const NUMBER_BYTES: usize = 16;

/// The 256 random bits in a cookie: who has them has the session. Cannot be printed; wiped when dropped.
#[derive(Clone)]
pub struct SessionId(Zeroizing<[u8; BYTES]>);

impl SessionId {
    /// Fresh random bits.
    #[must_use]
    pub fn generate() -> Self {
        Self(Zeroizing::new(random::bytes()))
    }

    /// Reads the value of a cookie.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        let bytes: [u8; BYTES] = bytes.as_slice().try_into().ok()?;
        Some(Self(Zeroizing::new(bytes)))
    }

    /// The value of the cookie: 43 characters.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_ref())
    }

    /// What the database knows it by.
    #[must_use]
    pub fn hash(&self) -> SessionHash {
        let mut hash = [0; BYTES];
        hash.copy_from_slice(digest::digest(&digest::SHA256, self.0.as_ref()).as_ref());
        SessionHash(hash)
    }

    /// The key of forms where there is no session yet.
    #[must_use]
    pub fn form_key(&self) -> FormKey {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_ref());
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(hmac::sign(&key, b"talentsoft-partner console forms").as_ref());
        FormKey(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// SHA-256 of a [`SessionId`]; it opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionHash([u8; BYTES]);

impl SessionHash {
    /// Its bytes, for storage.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for SessionHash {
    type Error = Vec<u8>;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Vec<u8>> {
        bytes.try_into().map(Self)
    }
}

/// What the tokens of a session's forms are made with. Cannot be printed; wiped when dropped.
#[derive(Clone)]
pub struct FormKey(Zeroizing<[u8; BYTES]>);

/// The bytes are no key.
#[derive(Debug, thiserror::Error)]
#[error("a form key has {BYTES} bytes")]
pub struct InvalidFormKey;

impl FormKey {
    /// The token that the form of this name carries: a fresh number, and what proves that it is ours.
    #[must_use]
    pub fn token(&self, form: &str) -> String {
        let number = FormNumber::generate();
        let mac = hmac::sign(&self.key(), &message(number, form));
        URL_SAFE_NO_PAD.encode([number.0.as_bytes(), mac.as_ref()].concat())
    }

    /// The number in this token, if it is one of the form of this name; compared in constant time.
    #[must_use]
    pub fn accepts(&self, form: &str, token: &str) -> Option<FormNumber> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (number, mac) = bytes.split_first_chunk::<NUMBER_BYTES>()?;
        let number = FormNumber(Uuid::from_bytes(*number));
        let verified = hmac::verify(&self.key(), &message(number, form), mac);
        verified.is_ok().then_some(number)
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.as_ref())
    }
}

/// What the proof in a token is about.
fn message(number: FormNumber, form: &str) -> Vec<u8> {
    [number.0.as_bytes(), form.as_bytes()].concat()
}

impl TryFrom<Vec<u8>> for FormKey {
    type Error = InvalidFormKey;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Self::Error> {
        let bytes = Zeroizing::new(bytes);
        let bytes: [u8; BYTES] = bytes.as_slice().try_into().map_err(|_| InvalidFormKey)?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for FormKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_read_as_it_was_written_and_cannot_be_printed() {
        let id = SessionId::generate();
        let text = id.expose();
        assert_eq!(text.len(), 43);
        assert_eq!(SessionId::parse(&text).unwrap().hash(), id.hash());
        assert_ne!(SessionId::generate().hash(), id.hash());
        assert_eq!(format!("{id:?} {:?}", id.form_key()), "SessionId(..) FormKey(..)");
        for bad in ["", "x", &text[1..], &format!("{text}A"), &text.replace('A', "=")] {
            assert!(bad == text || SessionId::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_form_token_is_good_for_its_form_and_session_only() {
        let [one, other] = [SessionId::generate().form_key(), SessionId::generate().form_key()];
        let token = one.token("sign-out");
        assert!(one.accepts("sign-out", &token).is_some());
        assert_eq!(one.accepts("staff", &token), None);
        assert_eq!(other.accepts("sign-out", &token), None);
        for bad in ["", "x", &token[..22], &token[1..]] {
            assert_eq!(one.accepts("sign-out", bad), None, "{bad}");
        }
    }

    #[test]
    fn each_token_has_a_number_of_its_own() {
        let key = SessionId::generate().form_key();
        let [one, other] = ["sign-out"; 2].map(|form| key.accepts(form, &key.token(form)));
        assert_ne!(one, other);
        let mut bytes = URL_SAFE_NO_PAD.decode(key.token("sign-out")).unwrap();
        bytes[0] ^= 1;
        assert_eq!(key.accepts("sign-out", &URL_SAFE_NO_PAD.encode(bytes)), None);
    }
}
