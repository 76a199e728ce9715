//! A client secret in its states: as presented by a caller, as hashed for storage.
//!
//! None of them can be printed, and their memory is wiped when they go.

use std::fmt;

use argon2::{Argon2, Params, password_hash::phc::PasswordHash};
use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::hash_memory::HashMemory;
use super::random;

/// Shortest secret, in bytes, that is taken without `--allow-weak-secret` (RFC 7518 s3.2: 256 bits).
pub const MIN_SECRET_BYTES: usize = 32;
/// Longest secret, in bytes.
pub const MAX_SECRET_BYTES: usize = 512;
/// Length in bytes of an argon2id salt.
const SALT_BYTES: usize = 16;

/// A secret as somebody presents it: in a request, a file or a prompt. 1 to 512 bytes of UTF-8.
#[derive(Clone)]
pub struct PresentedSecret(SecretString);

/// The text cannot be a secret.
#[derive(Debug, thiserror::Error)]
#[error("a secret has 1 to {MAX_SECRET_BYTES} bytes and no control characters")]
pub struct InvalidSecret;

impl PresentedSecret {
    /// Takes the text as it is: nothing is trimmed or decoded (contract 2.2).
    pub fn new(text: String) -> Result<Self, InvalidSecret> {
        let secret = SecretString::from(text);
        let text = secret.expose_secret();
        // Without an early end, which would keep the compiler from looking at many bytes at once.
        let is_printable = |text: &str| {
            text.bytes()
                .fold(true, |all, byte| all & matches!(byte, b' '..=b'~'))
        };
        let is_valid = (1..=MAX_SECRET_BYTES).contains(&text.len())
            && (is_printable(text) || !text.chars().any(char::is_control));
        if is_valid {
            Ok(Self(secret))
        } else {
            Err(InvalidSecret)
        }
    }

    /// A fresh secret of 256 random bits, as 64 hex digits (the form that Talentsoft gives out).
    #[must_use]
    pub fn generate() -> Self {
        let mut text = String::with_capacity(64);
        for byte in random::bytes::<32>() {
            for digit in [byte >> 4, byte & 0x0f] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        Self(SecretString::from(text))
    }

    /// The bytes themselves: for hashing, sealing, MACs, and for showing a generated secret once.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it has fewer bits than RFC 7518 s3.2 asks of an HS256 key.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.expose().len() < MIN_SECRET_BYTES
    }
}

impl fmt::Debug for PresentedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedSecret(..)")
    }
}

/// The argon2id salt of all secrets of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretSalt([u8; SALT_BYTES]);

/// The bytes are not a salt.
#[derive(Debug, thiserror::Error)]
#[error("a salt has {SALT_BYTES} bytes")]
pub struct InvalidSalt;

impl SecretSalt {
    /// A fresh random salt.
    #[must_use]
    pub fn generate() -> Self {
        Self(random::bytes())
    }

    /// Its bytes, for storage.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<[u8; SALT_BYTES]> for SecretSalt {
    fn from(bytes: [u8; SALT_BYTES]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<Vec<u8>> for SecretSalt {
    type Error = InvalidSalt;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self).map_err(|_| InvalidSalt)
    }
}

/// What a hash costs, by one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCosts {
    /// The memory that it takes, in KiB.
    pub memory_kib: u32,
    /// How often it passes over that.
    pub passes: u32,
}

impl HashCosts {
    /// Those of new clients: 7 MiB and five passes. OWASP counts this as strong as 19 MiB and two passes; it takes a quarter
    /// less time here, because more of it stays in the processor's caches, and hashes at once take a third of the memory
    /// (`docs/PERFORMANCE.md`).
    pub const PRESENT: Self = Self {
        memory_kib: 7 * 1024,
        passes: 5,
    };

    fn params(self) -> Result<Params, argon2::Error> {
        Params::new(self.memory_kib, self.passes, 1, None)
    }
}

/// How all secrets of one client are hashed: by one salt and at one cost, so that one computation tells which of them is
/// presented, and takes the same time for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretHashing {
    /// The salt.
    pub salt: SecretSalt,
    /// The costs: those that were present when the client was registered.
    pub costs: HashCosts,
}

impl SecretHashing {
    /// That of a new client.
    #[must_use]
    pub fn fresh() -> Self {
        Self {
            salt: SecretSalt::generate(),
            costs: HashCosts::PRESENT,
        }
    }
}

/// An argon2id hash, and how it was made; a PHC string in storage.
pub struct SecretHash {
    hashing: SecretHashing,
    output: [u8; 32],
}

/// Stored hash that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[error("a stored secret hash is not argon2id with one lane, a 16-byte salt and a 32-byte output")]
pub struct UnreadableHash;

impl SecretHash {
    /// Hashes. It costs ten milliseconds and more, so only a hashing thread has the memory for it:
    /// [`super::password::PasswordPool`] lends it.
    pub fn compute(
        secret: &PresentedSecret,
        hashing: SecretHashing,
        memory: &mut HashMemory,
    ) -> Result<Self, argon2::Error> {
        let params = hashing.costs.params()?;
        let mut output = [0_u8; 32];
        let blocks = memory.blocks(params.block_count());
        let secret = secret.expose().as_bytes();
        Argon2::from(&params).hash_password_into_with_memory(
            secret,
            hashing.salt.as_bytes(),
            &mut output,
            blocks,
        )?;
        Ok(Self { hashing, output })
    }

    /// A hash that no secret has: to spend on an unknown client what a known one costs.
    #[must_use]
    pub fn decoy(costs: HashCosts) -> Self {
        Self {
            hashing: SecretHashing {
                salt: SecretSalt::generate(),
                costs,
            },
            output: random::bytes(),
        }
    }

    /// Hashes `secret` the way this hash was made.
    pub fn recompute(
        &self,
        secret: &PresentedSecret,
        memory: &mut HashMemory,
    ) -> Result<Self, argon2::Error> {
        Self::compute(secret, self.hashing, memory)
    }

    /// How it was made.
    #[must_use]
    pub fn hashing(&self) -> SecretHashing {
        self.hashing
    }

    /// Constant-time comparison of the outputs; hashes made in different ways never match.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.is_made_like(other) && bool::from(self.output.ct_eq(&other.output))
    }

    /// Whether one computation serves to compare with both.
    #[must_use]
    pub fn is_made_like(&self, other: &Self) -> bool {
        self.hashing == other.hashing
    }

    /// The PHC string to store.
    pub fn to_phc(&self) -> Result<String, UnreadableHash> {
        let SecretHashing { salt, costs } = self.hashing;
        let params = costs.params().map_err(|_| UnreadableHash)?;
        let hash = PasswordHash {
            algorithm: argon2::Algorithm::Argon2id.ident(),
            version: Some(argon2::Version::default().into()),
            params: (&params).try_into().map_err(|_| UnreadableHash)?,
            salt: Some(argon2::password_hash::phc::Salt::new(salt.as_bytes()).map_err(|_| UnreadableHash)?),
            hash: Some(argon2::password_hash::phc::Output::new(&self.output).map_err(|_| UnreadableHash)?),
        };
        Ok(hash.to_string())
    }

    /// Reads a stored PHC string.
    pub fn from_phc(text: &str) -> Result<Self, UnreadableHash> {
        let hash = PasswordHash::new(text).map_err(|_| UnreadableHash)?;
        if hash.algorithm != argon2::Algorithm::Argon2id.ident() {
            return Err(UnreadableHash);
        }
        let salt = hash.salt.as_ref().ok_or(UnreadableHash)?;
        let output = hash.hash.as_ref().ok_or(UnreadableHash)?;
        let params = Params::try_from(&hash).map_err(|_| UnreadableHash)?;
        if params.p_cost() != 1 {
            return Err(UnreadableHash);
        }
        Ok(Self {
            hashing: SecretHashing {
                salt: SecretSalt(salt.as_ref().try_into().map_err(|_| UnreadableHash)?),
                costs: HashCosts {
                    memory_kib: params.m_cost(),
                    passes: params.t_cost(),
                },
            },
            output: output.as_bytes().try_into().map_err(|_| UnreadableHash)?,
        })
    }
}

/// Digests presented secrets under a key that lives and dies with this process, to recognise in a microsecond a secret
/// that has been verified before.
pub struct SecretDigester(hmac::Key);

/// What a [`SecretDigester`] makes of a secret.
#[derive(Clone, Copy)]
pub struct SecretDigest(hmac::Tag);

impl SecretDigester {
    /// A digester with a fresh random key.
    #[must_use]
    pub fn new() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>()))
    }

    /// HMAC-SHA256 of the secret.
    #[must_use]
    pub fn digest(&self, secret: &PresentedSecret) -> SecretDigest {
        self.digest_bytes(secret.expose().as_bytes())
    }

    /// The same of the bytes of an unsealed secret.
    #[must_use]
    pub fn digest_bytes(&self, secret: &[u8]) -> SecretDigest {
        SecretDigest(hmac::sign(&self.0, secret))
    }
}

impl Default for SecretDigester {
    fn default() -> Self {
        Self::new()
    }
}

impl SecretDigest {
    /// Its bytes, to tell checks in progress apart: they reveal nothing outside of this process.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.as_ref().try_into().unwrap_or_default()
    }

    /// Constant-time comparison.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.as_ref().ct_eq(other.0.as_ref()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> PresentedSecret {
        PresentedSecret::new(text.to_owned()).unwrap()
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        assert_eq!(format!("{:?}", secret("s3cr3t-s3cr3t")), "PresentedSecret(..)");
    }

    #[test]
    fn secrets_are_bounded_and_free_of_control_characters() {
        assert!(PresentedSecret::new(String::new()).is_err());
        assert!(PresentedSecret::new("x".repeat(513)).is_err());
        assert!(PresentedSecret::new("a\nb".to_owned()).is_err());
        assert!(secret(&"x".repeat(31)).is_weak());
        assert!(!secret(&"x".repeat(32)).is_weak());
    }

    #[test]
    fn a_generated_secret_is_64_hex_digits_and_never_the_same() {
        let one = PresentedSecret::generate();
        assert_eq!(one.expose().len(), 64);
        assert!(one.expose().bytes().all(|b| b.is_ascii_hexdigit()));
        assert_ne!(one.expose(), PresentedSecret::generate().expose());
    }

    #[test]
    fn a_hash_survives_storage_and_matches_only_its_secret() {
        let memory = &mut HashMemory::new();
        let hashing = SecretHashing::fresh();
        let hash = SecretHash::compute(&secret("right"), hashing, memory).unwrap();
        let stored = hash.to_phc().unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{stored}");
        let hash = SecretHash::from_phc(&stored).unwrap();
        assert_eq!(hash.hashing(), hashing);
        assert!(!hash.matches(&hash.recompute(&secret("wrong"), memory).unwrap()));
        assert!(hash.matches(&hash.recompute(&secret("right"), memory).unwrap()));
        let fresh = SecretHash::compute(&secret("right"), hashing, &mut HashMemory::new());
        assert!(hash.matches(&fresh.unwrap()));
    }

    #[test]
    fn a_hash_of_other_costs_is_recomputed_at_them() {
        // By the reference implementation: `echo -n right | argon2 0123456789abcdef -id -t 2 -k 19456 -p 1 -l 32`.
        let stored = "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$RKwT9rklJ1yKFZFNf0jxNj8+SSsdfjEdytN0DayQzTo";
        let memory = &mut HashMemory::new();
        let hash = SecretHash::from_phc(stored).unwrap();
        assert!(hash.matches(&hash.recompute(&secret("right"), memory).unwrap()));
        let hashing = SecretHashing {
            costs: HashCosts::PRESENT,
            ..hash.hashing()
        };
        let other = SecretHash::compute(&secret("right"), hashing, memory).unwrap();
        assert!(!hash.is_made_like(&other) && !hash.matches(&other));
        for unreadable in [
            stored.replace("argon2id", "argon2i"),
            stored.replace("p=1", "p=2"),
            stored.replace("MDEyMzQ1Njc4OWFiY2RlZg", "MDEyMzQ1Njc4OWFiY2Rl"),
        ] {
            assert!(SecretHash::from_phc(&unreadable).is_err(), "{unreadable}");
        }
    }

    #[test]
    fn digests_match_only_the_same_secret_under_the_same_process_key() {
        let digester = SecretDigester::new();
        let digest = digester.digest(&secret("a"));
        assert!(digest.matches(&digester.digest(&secret("a"))));
        assert!(!digest.matches(&digester.digest(&secret("b"))));
        assert!(!digest.matches(&SecretDigester::new().digest(&secret("a"))));
    }
}
