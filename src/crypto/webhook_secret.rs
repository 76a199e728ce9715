//! The key that signs webhooks, as Standard Webhooks writes it: `whsec_` and base64 of 24 to 64 bytes.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::random;

/// Fewest and most bytes, by Standard Webhooks.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const PREFIX: &str = "whsec_";

/// A signing key. It cannot be printed, and its memory is wiped when it goes.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

/// The text is not such a key.
#[derive(Debug, thiserror::Error)]
#[error("a webhook secret is `{PREFIX}` and base64 of 24 to 64 random bytes")]
pub struct InvalidWebhookSecret;

impl WebhookSecret {
    /// Reads `whsec_…`.
    pub fn parse(text: &str) -> Result<Self, InvalidWebhookSecret> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(InvalidWebhookSecret)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| InvalidWebhookSecret)?);
        if BYTES.contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(InvalidWebhookSecret)
        }
    }

    /// A fresh one of 256 random bits.
    #[must_use]
    pub fn generate() -> Self {
        Self(Zeroizing::new(random::bytes::<32>().to_vec()))
    }

    /// The key itself, for MACs.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_written_form_is_taken_and_nothing_is_printed() {
        let text = format!("{PREFIX}{}", STANDARD.encode([7; 32]));
        let secret = WebhookSecret::parse(&text).unwrap();
        assert_eq!(secret.expose(), [7; 32]);
        assert_eq!(format!("{secret:?}"), "WebhookSecret(..)");
        let short = format!("{PREFIX}{}", STANDARD.encode([7; 23]));
        let long = format!("{PREFIX}{}", STANDARD.encode([7; 65]));
        for bad in ["", "whsec_", "whsec_!", &text[6..], &short, &long] {
            assert!(WebhookSecret::parse(bad).is_err(), "{bad}");
        }
    }
}
