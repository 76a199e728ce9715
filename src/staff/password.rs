//! Passwords of staff: argon2id, as the secrets of clients, with a salt of its own for each.

use crate::crypto::password::PasswordPool;
use crate::crypto::secret::{PresentedSecret, SecretHash, SecretHashing};
use crate::error::Failure;

use super::error::Error;

/// The least number of characters of a password (NIST SP 800-63B asks for 8, and for 15 where there is no second factor).
pub const MIN_PASSWORD_CHARS: usize = 12;

/// A password that was hashed, to be stored: there is no other way to make one than [`hash_password`].
pub struct HashedPassword(String);

impl HashedPassword {
    /// The PHC string to store.
    pub(super) fn as_phc(&self) -> &str {
        &self.0
    }
}

/// Hashes a new password on a thread of `passwords`.
pub async fn hash_password(
    passwords: &PasswordPool,
    password: PresentedSecret,
) -> Result<HashedPassword, Error> {
    if password.expose().chars().count() < MIN_PASSWORD_CHARS {
        return Err(Error::WeakPassword);
    }
    let pool = passwords.clone();
    let hash = passwords
        .run(move |memory| pool.timed(|| SecretHash::compute(&password, SecretHashing::fresh(), memory)))
        .await?
        .map_err(|error| Failure::internal(error.to_string()))?;
    let phc = hash.to_phc().map_err(Failure::internal)?;
    Ok(HashedPassword(phc))
}

/// Whether `password` is the one of this hash; costs one argon2id.
pub(super) async fn verify(
    passwords: &PasswordPool,
    password: PresentedSecret,
    stored: SecretHash,
) -> Result<bool, Failure> {
    let pool = passwords.clone();
    let compared = passwords
        .run(move |memory| {
            pool.timed(|| stored.recompute(&password, memory))
                .map(|computed| computed.matches(&stored))
        })
        .await
        .map_err(Failure::unavailable)?;
    compared.map_err(|error| Failure::internal(error.to_string()))
}
