//! The key by which the assertions of a client are verified.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use zeroize::Zeroizing;

/// A secret as a key of HMAC with SHA-256 (RFC 7518 s3.2). It is prepared once, because to prepare it for each assertion
/// would take half as long as the MAC itself. Wiped when dropped.
pub struct AssertionKey {
    bytes: Zeroizing<Vec<u8>>,
    prepared: hmac::Key,
}

impl AssertionKey {
    /// Prepares a secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self {
            bytes: Zeroizing::new(secret.to_vec()),
            prepared: hmac::Key::new(HMAC_SHA256, secret),
        }
    }

    /// Whether this is the MAC of `input` with this key; compared in constant time.
    #[must_use]
    pub fn verify(&self, input: &[u8], mac: &[u8]) -> bool {
        hmac::verify(&self.prepared, input, mac).is_ok()
    }

    /// The secret, for other MACs.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::{Algorithm, EncodingKey};

    use super::*;

    #[test]
    fn the_whole_mac_of_the_same_secret_is_accepted_and_no_other() {
        let input = b"header.claims";
        for secret in [&b"x"[..], b"secret", &[0; 64], &[7; 200]] {
            let key = EncodingKey::from_secret(secret);
            let text = jsonwebtoken::crypto::sign(input, &key, Algorithm::HS256).unwrap();
            let mac = URL_SAFE_NO_PAD.decode(text).unwrap();
            let key = AssertionKey::new(secret);
            assert!(key.verify(input, &mac) && key.expose() == secret);
            assert!(!key.verify(b"header.claimz", &mac));
            assert!(!AssertionKey::new(b"another").verify(input, &mac));
            for length in 0..mac.len() {
                assert!(!key.verify(input, &mac[..length]), "{length}");
            }
            assert!(!key.verify(input, &[mac.as_slice(), &[0]].concat()));
        }
    }
}
