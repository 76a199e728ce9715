//! AES-256-GCM-SIV (RFC 8452), the only AEAD of the service: it seals tokens, secrets and the sealing keys themselves.
//!
//! It was chosen over AES-GCM because a repeated nonce does not break it: random 96-bit nonces are safe without a count of
//! them.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::random;

/// Length in bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Length in bytes of a nonce.
pub const NONCE_BYTES: usize = 12;
/// Length in bytes of an authentication tag.
pub const TAG_BYTES: usize = 16;

/// The sealed bytes were made with another key or for another purpose, or are damaged.
#[derive(Debug, thiserror::Error)]
#[error("sealed data cannot be opened: it has another key or purpose, or is damaged")]
pub struct DoesNotOpen;

/// An AES-256-GCM-SIV key.
pub struct SealKey(LessSafeKey);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

/// The bytes of a key; wiped when dropped.
pub type KeyBytes = Zeroizing<[u8; KEY_BYTES]>;

/// Fresh random key bytes.
#[must_use]
pub fn generate_key() -> KeyBytes {
    let mut key = KeyBytes::default();
    random::fill(key.as_mut());
    key
}

impl SealKey {
    /// Prepares the key for use.
    pub fn new(bytes: &KeyBytes) -> Result<Self, DoesNotOpen> {
        let unbound = UnboundKey::new(&AES_256_GCM_SIV, bytes.as_ref()).map_err(|_| DoesNotOpen)?;
        Ok(Self(LessSafeKey::new(unbound)))
    }

    /// Encrypts `data` in place and returns the tag. `nonce` must be random; `context` is authenticated, not stored.
    pub fn seal_in_place(
        &self,
        nonce: [u8; NONCE_BYTES],
        context: &[u8],
        data: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], DoesNotOpen> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(context), data)
            .map_err(|_| DoesNotOpen)?;
        tag.as_ref().try_into().map_err(|_| DoesNotOpen)
    }

    /// Decrypts `data` (ciphertext and tag) in place and returns the plaintext in it.
    pub fn open_in_place<'data>(
        &self,
        nonce: [u8; NONCE_BYTES],
        context: &[u8],
        data: &'data mut [u8],
    ) -> Result<&'data mut [u8], DoesNotOpen> {
        self.0
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(context), data)
            .map_err(|_| DoesNotOpen)
    }

    /// Seals into one value for storage: nonce, ciphertext, tag.
    pub fn seal(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
        let nonce = random::bytes();
        let mut data = Zeroizing::new(plaintext.to_vec());
        let tag = self.seal_in_place(nonce, context, &mut data)?;
        Ok([nonce.as_slice(), &data, &tag].concat())
    }

    /// Opens what [`SealKey::seal`] made with the same context.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (nonce, data) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(DoesNotOpen)?;
        let mut data = Zeroizing::new(data.to_vec());
        let length = self.open_in_place(*nonce, context, &mut data)?.len();
        data.truncate(length);
        Ok(data)
    }
}

/// The key that seals the other keys. It comes from the environment or a file and is never in the database.
pub struct MasterKey {
    key: SealKey,
    id: String,
}

/// The text is not a master key.
#[derive(Debug, thiserror::Error)]
#[error("a master key is 32 random bytes as 64 hex digits or as base64 (`openssl rand -base64 32`)")]
pub struct InvalidMasterKey;

impl MasterKey {
    /// The same key in all tests.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self::parse(&"0f".repeat(32)).unwrap()
    }

    /// Parses 64 hex digits or padded base64, with white space around it.
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        let text = text.trim();
        let bytes = Zeroizing::new(
            decode_hex(text)
                .or_else(|| STANDARD.decode(text).ok())
                .ok_or(InvalidMasterKey)?,
        );
        let bytes: [u8; KEY_BYTES] = bytes.as_slice().try_into().map_err(|_| InvalidMasterKey)?;
        let bytes = KeyBytes::from(bytes);
        let fingerprint = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, bytes.as_ref()),
            b"talentsoft-partner master key id",
        );
        let id = fingerprint
            .as_ref()
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            key: SealKey::new(&bytes).map_err(|_| InvalidMasterKey)?,
            id,
        })
    }

    /// The text of a fresh random master key, as base64.
    #[must_use]
    pub fn generate_text() -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(generate_key().as_ref()))
    }

    /// A fingerprint of 8 hex digits, which tells keys apart and reveals nothing of them.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key that seals and opens.
    #[must_use]
    pub fn key(&self) -> &SealKey {
        &self.key
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 2 * KEY_BYTES {
        return None;
    }
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16)?.try_into().ok())
        .collect::<Option<_>>()?;
    Some(
        digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_data_opens_with_the_same_key_and_context_only() {
        let key = SealKey::new(&generate_key()).unwrap();
        let sealed = key.seal(b"purpose", b"plain").unwrap();
        assert_eq!(key.open(b"purpose", &sealed).unwrap().as_slice(), b"plain");
        assert!(key.open(b"other", &sealed).is_err());
        assert!(
            SealKey::new(&generate_key())
                .unwrap()
                .open(b"purpose", &sealed)
                .is_err()
        );
        for index in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[index] ^= 1;
            assert!(key.open(b"purpose", &flipped).is_err(), "byte {index}");
        }
        assert!(key.open(b"purpose", &[]).is_err());
    }

    #[test]
    fn the_cipher_is_rfc_8452_aead_aes_256_gcm_siv() {
        // RFC 8452 appendix C.2, first vector with an 8-byte plaintext.
        let mut bytes = KeyBytes::default();
        bytes[0] = 1;
        let mut nonce = [0; NONCE_BYTES];
        nonce[0] = 3;
        let mut data = [1, 0, 0, 0, 0, 0, 0, 0];
        let tag = SealKey::new(&bytes)
            .unwrap()
            .seal_in_place(nonce, &[], &mut data)
            .unwrap();
        assert_eq!(data, [0xc2, 0xef, 0x32, 0x8e, 0x5c, 0x71, 0xc8, 0x3b]);
        assert_eq!(tag[..4], [0x84, 0x31, 0x22, 0x13]);
    }

    #[test]
    fn a_master_key_is_read_as_hex_or_base64_and_never_printed() {
        let hex = MasterKey::parse(&"0f".repeat(32)).unwrap();
        let base64 = MasterKey::parse(" Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8=\n").unwrap();
        assert_eq!(hex.id(), base64.id());
        assert_eq!(format!("{hex:?}"), format!("MasterKey({})", hex.id()));
        for bad in ["", "0f0f", &"0g".repeat(32), "Dw8PDw8="] {
            assert!(MasterKey::parse(bad).is_err(), "{bad:?}");
        }
        assert!(MasterKey::parse(&MasterKey::generate_text()).is_ok());
    }
}
