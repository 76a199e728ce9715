//! Signatures of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over identifier, timestamp and body.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What is signed.
#[derive(Clone, Copy)]
pub(super) struct SignedContent<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`: Unix seconds of the attempt.
    pub timestamp: i64,
    /// The body.
    pub body: &'a [u8],
}

impl SignedContent<'_> {
    /// The value of `webhook-signature`: `v1,` and base64 for each key, separated by spaces. A receiver accepts it if it knows
    /// one of the keys. `None` without a key.
    pub(super) fn signature<'k>(&self, keys: impl IntoIterator<Item = &'k [u8]>) -> Option<String> {
        let signatures: Vec<String> = keys.into_iter().map(|key| self.signed_by(key)).collect();
        (!signatures.is_empty()).then(|| signatures.join(" "))
    }

    fn signed_by(&self, key: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        context.update(format!("{}.{}.", self.id, self.timestamp).as_bytes());
        context.update(self.body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::webhook_secret::WebhookSecret;

    const CONTENT: SignedContent<'static> = SignedContent {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: 1_614_265_330,
        body: br#"{"test": 2432232314}"#,
    };
    const EXPECTED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_published_example_is_signed_as_published() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = CONTENT.signature([secret.expose()]);
        assert_eq!(signed.as_deref(), Some(EXPECTED));
    }

    #[test]
    fn each_key_signs_and_without_one_there_is_no_signature() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = CONTENT.signature([&b"other"[..], secret.expose()]).unwrap();
        let (other, known) = signed.split_once(' ').unwrap();
        assert_eq!(known, EXPECTED);
        assert!(other.starts_with("v1,") && other != EXPECTED, "{other}");
        assert_eq!(CONTENT.signature([]), None);
    }

    #[test]
    fn every_part_is_signed() {
        let signed = |id, timestamp, body| SignedContent { id, timestamp, body }.signature([&b"key"[..]]);
        let one = signed("a", 1, b"body");
        for other in [
            signed("b", 1, b"body"),
            signed("a", 2, b"body"),
            signed("a", 1, b"bodies"),
        ] {
            assert_ne!(one, other);
        }
    }
}
