//! The key that an authenticator app and we share, and the codes that it makes (RFC 6238: SHA-1, 6 digits, 30 seconds).

use std::fmt;

use chrono::{DateTime, Utc};
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::crypto::secret::PresentedSecret;

/// 160 bits, as RFC 4226 s4 recommends.
const KEY_BYTES: usize = 20;
/// What the app shows above the code.
const ISSUER: &str = "Partner console";

/// The key of an app. Cannot be printed; wiped when dropped.
pub struct TotpKey(Zeroizing<[u8; KEY_BYTES]>);

impl TotpKey {
    /// A fresh key.
    #[must_use]
    pub(super) fn generate() -> Self {
        Self(Zeroizing::new(random::bytes()))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }

    fn totp(&self, account: &str) -> Option<Totp> {
        Builder::new()
            .with_secret(self.0.to_vec())
            .with_account_name(account)
            .with_issuer(Some(ISSUER))
            .build()
            .ok()
    }

    /// The step of the code, if it is that of this moment, or of the half minute before or after it.
    #[must_use]
    pub fn step_of(&self, code: &PresentedSecret, now: DateTime<Utc>) -> Option<i64> {
        let code: Zeroizing<String> = Zeroizing::new(code.expose().split_whitespace().collect());
        let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = u64::try_from(now.timestamp()).ok().filter(|_| is_code)?;
        let step = self.totp("staff")?.check(&code, seconds)?;
        i64::try_from(step).ok()
    }

    #[cfg(test)]
    fn code_at(&self, now: DateTime<Utc>) -> Option<String> {
        let seconds = u64::try_from(now.timestamp()).ok()?;
        Some(self.totp("staff")?.generate(seconds).to_string())
    }

    /// The key as people type it: base32 in groups of four.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(
            self.totp("staff")
                .map_or_else(String::new, |totp| totp.secret().to_base32()),
        );
        let groups: Vec<&str> = text
            .as_bytes()
            .chunks(4)
            .filter_map(|group| std::str::from_utf8(group).ok())
            .collect();
        Zeroizing::new(groups.join(" "))
    }

    /// The URL that the app reads from a picture.
    #[must_use]
    pub fn expose_url(&self, account: &str) -> Zeroizing<String> {
        let url = self.totp(account).and_then(|totp| totp.to_url().ok());
        Zeroizing::new(url.unwrap_or_default())
    }
}

impl fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> PresentedSecret {
        PresentedSecret::new(text.to_owned()).unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let key = TotpKey::from_bytes(b"12345678901234567890").unwrap();
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        // The last six digits of the vectors of appendix B.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
        ] {
            assert_eq!(key.code_at(at(seconds)).as_deref(), Some(code));
            assert_eq!(key.step_of(&secret(code), at(seconds)), Some(seconds / 30));
            assert_eq!(key.step_of(&secret(code), at(seconds + 30)), Some(seconds / 30));
            assert_eq!(key.step_of(&secret(code), at(seconds + 90)), None);
        }
        assert_eq!(key.step_of(&secret("287 082"), at(59)), Some(1));
        for bad in ["28708", "2870822", "abcdef", "２８７０８２"] {
            assert_eq!(key.step_of(&secret(bad), at(59)), None, "{bad}");
        }
        assert_eq!(&*key.expose_text(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let url = key.expose_url("lena");
        assert!(
            url.starts_with("otpauth://totp/Partner%20console:lena?secret=GEZD"),
            "{}",
            *url
        );
        assert_eq!(format!("{key:?}"), "TotpKey(..)");
    }
}
