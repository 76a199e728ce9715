//! What the registry's types are read from in the database. `sqlx.toml` says which column is read as which type.

use sqlx::error::BoxDynError;
use sqlx::postgres::PgValueRef;
use sqlx::{Decode, Postgres};

use super::entitlement::{Entitlements, Quota};
use super::grant::Grants;
use super::networks::Networks;
use super::scope::ScopeSet;
use super::values::{
    Audiences, CallbackHosts, ClockSkew, ExpiresInFormat, MaxAssertionTtl, OrganisationalUnit, ReplayPolicy,
    RequestRate, TokenTtl,
};
use crate::crypto::secret::SecretSalt;

/// Reads a type from what the database holds of it, by its `TryFrom`.
macro_rules! read_from {
    ($($stored:ty: $($type:ty),+;)+) => {$($(
        impl<'r> Decode<'r, Postgres> for $type {
            fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
                let stored = <$stored as Decode<'r, Postgres>>::decode(value)?;
                Self::try_from(stored).map_err(Into::into)
            }
        }
    )+)+};
}

read_from! {
    i32: ClockSkew, MaxAssertionTtl, RequestRate, TokenTtl;
    &'r str: ExpiresInFormat, Quota, ReplayPolicy;
    Vec<String>: Audiences, Entitlements, Grants, Networks, ScopeSet;
    Vec<u8>: SecretSalt;
}

/// As it is stored: an earlier version took more characters, and its client is readable all the same.
impl<'r> Decode<'r, Postgres> for OrganisationalUnit {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        String::decode(value).map(Self::from_stored)
    }
}

/// As they are stored: a host that no client may be given is refused where something is sent to it, and does not make its
/// client unreadable.
impl<'r> Decode<'r, Postgres> for CallbackHosts {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Vec::decode(value).map(Self::from_stored)
    }
}
