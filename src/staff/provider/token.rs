//! From the code that came back to who it is: the token request, and the checks of the ID token.

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreClient, CoreJwsSigningAlgorithm};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, Nonce, PkceCodeVerifier, RedirectUrl, TokenResponse,
};
use secrecy::ExposeSecret;

use super::visit::Derived;
use super::{METADATA_TTL, MIN_REFRESH, Metadata, Provider, ProviderError, http};
use crate::error::Failure;
use crate::staff::accounts::Identity;

/// Signatures by a key that the provider alone has: never one by the client secret, and never none.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// How far the provider's clock may be from ours, and how old an ID token may be.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);

/// What the provider says of somebody.
pub struct Proof {
    /// Who it is.
    pub identity: Identity,
    /// When the person proved it to the provider.
    pub authenticated_at: Option<DateTime<Utc>>,
}

impl Provider {
    /// Checks that the answer comes from this provider (RFC 9207 s2.4).
    pub(super) async fn check_issuer(&self, issuer: Option<&str>) -> Result<(), ProviderError> {
        let metadata = self.metadata(METADATA_TTL).await?;
        let promises = metadata
            .additional_metadata()
            .authorization_response_iss_parameter_supported;
        match issuer {
            Some(issuer) if issuer == metadata.issuer().as_str() => Ok(()),
            None if !promises => Ok(()),
            _ => Err(ProviderError::Refused("company_issuer")),
        }
    }

    /// Exchanges a code, and checks who it is about. Keys that are not known have the metadata read once more: providers
    /// rotate them.
    pub(super) async fn exchange(&self, code: &str, derived: &Derived) -> Result<Proof, ProviderError> {
        let metadata = self.metadata(METADATA_TTL).await?;
        let client = self.openid_client(&metadata)?;
        let http_client = self.http.client()?;
        let ask = |request| http::send(http_client.clone(), request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(Failure::internal)?
            .set_pkce_verifier(PkceCodeVerifier::new(derived.verifier.clone()))
            .request_async(&ask)
            .await
            .map_err(|error| {
                tracing::warn!(
                    cause = crate::error::chain(&error),
                    "the identity provider gave no token"
                );
                ProviderError::Refused("company_token")
            })?;
        let Some(id_token) = answer.id_token() else {
            return Err(ProviderError::Refused("company_no_id_token"));
        };
        let nonce = Nonce::new(derived.nonce.clone());
        let checked = self.claims(&metadata, id_token, &nonce);
        let checked = match checked {
            Err(_) => {
                let metadata = self.metadata(MIN_REFRESH).await?;
                self.claims(&metadata, id_token, &nonce)
            }
            checked => checked,
        };
        checked.map_err(|cause| {
            tracing::warn!(cause, "the ID token was not accepted");
            ProviderError::Refused("company_id_token")
        })
    }

    fn claims(
        &self,
        metadata: &Metadata,
        id_token: &openidconnect::core::CoreIdToken,
        nonce: &Nonce,
    ) -> Result<Proof, String> {
        let client = self.openid_client(metadata).map_err(|error| error.to_string())?;
        let now = self.clock.now();
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now - LEEWAY)
            .set_issue_time_verifier_fn(move |issued_at| {
                let is_recent = issued_at <= now + LEEWAY && now - MAX_AGE <= issued_at;
                is_recent
                    .then_some(())
                    .ok_or_else(|| "issued at another time".to_owned())
            });
        let claims = id_token
            .claims(&verifier, nonce)
            .map_err(|error| crate::error::chain(&error))?;
        // The library compares it with nothing.
        let party = claims.authorized_party().map(|party| party.as_str());
        if party.is_some_and(|party| party != self.settings.client_id) {
            return Err("authorized for another party".to_owned());
        }
        Ok(Proof {
            identity: Identity {
                issuer: claims.issuer().as_str().to_owned(),
                subject: claims.subject().as_str().to_owned(),
            },
            authenticated_at: claims.auth_time(),
        })
    }
}

/// Builds the library's client for a provider; a macro would be needed to name its type.
macro_rules! openid_client_type {
    () => {
        CoreClient<
            openidconnect::EndpointSet,
            openidconnect::EndpointNotSet,
            openidconnect::EndpointNotSet,
            openidconnect::EndpointNotSet,
            openidconnect::EndpointMaybeSet,
            openidconnect::EndpointMaybeSet,
        >
    };
}

impl Provider {
    pub(super) fn openid_client(&self, metadata: &Metadata) -> Result<openid_client_type!(), Failure> {
        let settings = &self.settings;
        let secret = settings.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let redirect = RedirectUrl::new(settings.redirect_url.clone()).map_err(Failure::internal)?;
        let takes_basic = metadata
            .token_endpoint_auth_methods_supported()
            .is_none_or(|methods| {
                methods.contains(&openidconnect::core::CoreClientAuthMethod::ClientSecretBasic)
            });
        let auth_type = if takes_basic {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        };
        let client_id = ClientId::new(settings.client_id.clone());
        Ok(
            CoreClient::from_provider_metadata(metadata.clone(), client_id, secret)
                .set_redirect_uri(redirect)
                .set_auth_type(auth_type),
        )
    }
}
