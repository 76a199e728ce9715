//! Company sign-in: the company's identity provider says who somebody is (`OpenID` Connect Core 1.0, code flow with PKCE).
//!
//! A visit to the provider begins with 256 random bits in a cookie; `state`, `nonce` and the PKCE verifier are derived from
//! them, and the database has their hash, so that what comes back belongs to the browser that began and comes back once.
//! A person is known by issuer and subject, never by an e-mail address.

mod http;
mod store;
mod token;
mod visit;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, IssuerUrl, ProviderMetadata};
use parking_lot::Mutex;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::clock::Clock;
use crate::error::Failure;
use http::HttpClient;

pub use token::Proof;
pub use visit::{Begun, Finished, Purpose, Returned, begin, finish};

/// How long the provider's metadata and keys are used before they are read again.
const METADATA_TTL: TimeDelta = TimeDelta::minutes(10);
/// How often unknown keys have the metadata read again at most.
const MIN_REFRESH: TimeDelta = TimeDelta::seconds(10);

/// What the service is told of the provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// `PARTNER_OIDC_ISSUER`.
    pub issuer: String,
    /// `PARTNER_OIDC_CLIENT_ID`.
    pub client_id: String,
    /// `PARTNER_OIDC_CLIENT_SECRET`; `None`: the provider knows the console as a public client.
    pub client_secret: Option<SecretString>,
    /// `PARTNER_OIDC_NAME`: what people call it.
    pub name: String,
    /// Where the provider sends browsers back to.
    pub redirect_url: String,
}

/// Company sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// What came back is not what was asked for; the reason is for the log.
    #[error("the identity provider's answer was not accepted")]
    Refused(&'static str),
    /// The provider cannot be reached, or the service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for ProviderError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// What RFC 9207 adds to the metadata.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct IssuerIdentification {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for IssuerIdentification {}

type Metadata = ProviderMetadata<
    IssuerIdentification,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The company's identity provider.
pub struct Provider {
    settings: ProviderSettings,
    clock: Clock,
    http: HttpClient,
    metadata: Mutex<Option<(Arc<Metadata>, DateTime<Utc>)>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("issuer", &self.settings.issuer)
            .finish_non_exhaustive()
    }
}

impl Provider {
    /// The provider with these settings; it is asked at its first use.
    #[must_use]
    pub fn new(settings: ProviderSettings, clock: Clock) -> Self {
        Self {
            settings,
            clock,
            http: HttpClient::default(),
            metadata: Mutex::default(),
        }
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Its metadata and keys, not older than `max_age`.
    async fn metadata(&self, max_age: TimeDelta) -> Result<Arc<Metadata>, ProviderError> {
        let now = self.clock.now();
        let known = self.metadata.lock().clone();
        if let Some((metadata, read_at)) = known
            && now - read_at <= max_age
        {
            return Ok(metadata);
        }
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(Failure::internal)?;
        let client = self.http.client()?;
        let ask = |request| http::send(client.clone(), request);
        let read = Metadata::discover_async(issuer, &ask).await;
        let metadata = Arc::new(read.map_err(|error| Failure::unavailable(error.to_string()))?);
        *self.metadata.lock() = Some((Arc::clone(&metadata), now));
        Ok(metadata)
    }
}

/// Deletes at most `limit` visits that nobody will come back from; returns how many.
pub async fn prune(db: &mut PgConnection, now: DateTime<Utc>, limit: i64) -> Result<u64, Failure> {
    Ok(store::delete_visits(db, now - visit::LIFETIME, limit).await?)
}
