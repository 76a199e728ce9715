//! Signing in with a password, and being asked for it again.
//!
//! Whatever is wrong, one argon2id is computed and the answer is the same, so nobody learns from outside which names there are.

use std::net::IpAddr;
use std::sync::Arc;

use crate::clock::Clock;
use crate::crypto::password::PasswordPool;
use crate::crypto::secret::{HashCosts, PresentedSecret, SecretHash};
use crate::db::Db;
use crate::error::Failure;
use crate::keys::KeyRing;

use super::accounts::{self, Account};
use super::error::Error;
use super::failures::{self, Tried};
use super::names::SignInName;
use super::password::verify;
use super::second_factor::{self, Accepted, Factor};

/// Password hashes of staff that run at once: one, so that tries at the console never slow token requests down.
const HASHING_THREADS: usize = 1;
/// Password hashes of staff that wait.
const HASHING_QUEUE: usize = 32;

/// Checks passwords of staff.
pub struct SignIn {
    clock: Clock,
    db: Db,
    ring: Arc<KeyRing>,
    /// Where passwords of staff are hashed: apart from the secrets of clients.
    pub passwords: PasswordPool,
}

/// Signing in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The name or the password is wrong, or sign-in is paused; the reason is for the log.
    #[error("these details do not match, or sign-in is paused; try again in a few minutes")]
    Refused(&'static str),
    /// A failure of the service.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<Error> for SignInError {
    fn from(error: Error) -> Self {
        match error {
            Error::Failure(failure) => Self::Failure(failure),
            Error::UnknownAccount(_) => Self::Refused("staff_unknown"),
            Error::AccountExists(_)
            | Error::LastAdmin(_)
            | Error::WeakPassword
            | Error::SecondFactorExists
            | Error::IdentityTaken(_)
            | Error::InvalidIdentity => Self::Failure(Failure::internal(error)),
        }
    }
}

impl SignIn {
    /// Checks passwords of the accounts in this database.
    #[must_use]
    pub fn new(clock: Clock, db: Db, ring: Arc<KeyRing>) -> Self {
        Self {
            clock,
            db,
            ring,
            passwords: PasswordPool::new(HASHING_THREADS, HASHING_QUEUE),
        }
    }

    /// The account of this name, if that is its password.
    pub async fn check_password(
        &self,
        name: &str,
        password: PresentedSecret,
        address: Option<IpAddr>,
    ) -> Result<Account, SignInError> {
        let now = self.clock.now();
        let name = name.parse::<SignInName>().ok();
        let found = match &name {
            Some(name) => {
                self.db
                    .read(async |db| accounts::find_credentials(db, name).await)
                    .await?
            }
            None => None,
        };
        let tried = Tried {
            name: name.as_ref(),
            staff_id: found.as_ref().map(|found| found.account.staff_id),
            address,
        };
        let counted = self
            .db
            .change(async |db| failures::begin_password(db, &tried, now).await)
            .await?;
        let stored = found.as_ref().and_then(|found| found.password_hash.as_deref());
        let hash = match stored {
            Some(phc) => SecretHash::from_phc(phc).map_err(Failure::internal)?,
            None => SecretHash::decoy(HashCosts::PRESENT),
        };
        let has_password = stored.is_some();
        let is_right = verify(&self.passwords, password, hash).await?;
        let Some(counted) = counted else {
            return Err(SignInError::Refused("staff_paused"));
        };
        let account = match found {
            None => return Err(SignInError::Refused("staff_unknown")),
            Some(_) if !has_password => return Err(SignInError::Refused("staff_without_password")),
            Some(_) if !is_right => return Err(SignInError::Refused("staff_wrong_password")),
            Some(found) if !found.account.is_enabled => {
                return Err(SignInError::Refused("staff_disabled"));
            }
            Some(found) => found.account,
        };
        self.db
            .change(async |db| failures::take_back(db, &counted).await)
            .await?;
        Ok(account)
    }

    /// Checks a code of somebody whose password was right, and uses it up.
    pub async fn check_code(
        &self,
        account: &Account,
        code: &PresentedSecret,
        accepted: Accepted,
    ) -> Result<Factor, SignInError> {
        let (now, staff_id) = (self.clock.now(), account.staff_id);
        let counted = self
            .db
            .change(async |db| failures::begin_code(db, staff_id, now).await)
            .await?;
        let counted = counted.ok_or(SignInError::Refused("staff_code_paused"))?;
        let used = self
            .db
            .change(async |db| second_factor::use_code(db, &self.ring, staff_id, (code, accepted), now).await)
            .await?;
        let factor = used.ok_or(SignInError::Refused("staff_wrong_code"))?;
        self.db
            .change(async |db| failures::take_back(db, &counted).await)
            .await?;
        Ok(factor)
    }
}
