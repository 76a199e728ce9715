//! A visit to the provider: how it begins, and what is accepted when it comes back.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow};
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier};
use sqlx::PgConnection;
use strum::{EnumString, IntoStaticStr};
use subtle::ConstantTimeEq;

use super::store::{self, VisitRow};
use super::token::Proof;
use super::{METADATA_TTL, Provider, ProviderError};
use crate::audit::Act;
use crate::db::Db;
use crate::ids::SessionNumber;
use crate::staff::sessions::SessionId;

/// How long a visit may take.
pub(super) const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// How far the provider's clock may be from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// What a visit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Purpose {
    /// Signing in.
    SignIn,
    /// Being asked again, in a session.
    Confirm,
    /// Linking the account of a session.
    Link,
}

/// A visit that begins.
pub struct Begun {
    /// What the cookie of the browser holds.
    pub visit_id: SessionId,
    /// Where the browser is sent.
    pub url: String,
}

/// What came back from the provider.
pub struct Returned<'a> {
    /// What the cookie holds.
    pub visit_id: &'a SessionId,
    /// `state`.
    pub state: &'a str,
    /// `code`.
    pub code: &'a str,
    /// `iss`.
    pub issuer: Option<&'a str>,
}

/// What was asked for when a visit began.
pub struct Finished {
    /// What it was for.
    pub purpose: Purpose,
    /// The session that began it.
    pub session_number: Option<SessionNumber>,
    /// What opens afterwards.
    pub next_path: Option<String>,
    /// Who it is.
    pub proof: Proof,
}

/// What is derived from the random bits of a visit.
pub(super) struct Derived {
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

impl Derived {
    fn of(visit_id: &SessionId) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, visit_id.expose().as_bytes());
        let derive = |name: &str| URL_SAFE_NO_PAD.encode(hmac::sign(&key, name.as_bytes()));
        Self {
            state: derive("state"),
            nonce: derive("nonce"),
            verifier: derive("verifier"),
        }
    }
}

/// Begins a visit.
pub async fn begin(
    provider: &Provider,
    db: &Db,
    act: &Act,
    purpose: Purpose,
    (session_number, next_path): (Option<SessionNumber>, Option<&str>),
) -> Result<Begun, ProviderError> {
    let visit_id = SessionId::generate();
    let derived = Derived::of(&visit_id);
    let metadata = provider.metadata(METADATA_TTL).await?;
    let client = provider.openid_client(&metadata)?;
    let (state, nonce) = (CsrfToken::new(derived.state), Nonce::new(derived.nonce));
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(derived.verifier));
    let request = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
        .set_pkce_challenge(challenge);
    let request = match purpose {
        Purpose::SignIn => request,
        Purpose::Confirm | Purpose::Link => request
            .add_prompt(CoreAuthPrompt::Login)
            .set_max_age(std::time::Duration::ZERO),
    };
    let (url, _, _) = request.url();
    let row = VisitRow {
        purpose: <&str>::from(purpose).to_owned(),
        session_number,
        next_path: next_path.map(str::to_owned),
        began_at: act.now,
    };
    db.change(async |db: &mut PgConnection| {
        store::insert_visit(db, visit_id.hash().as_bytes(), &row)
            .await
            .map_err(ProviderError::from)
    })
    .await?;
    Ok(Begun {
        visit_id,
        url: url.into(),
    })
}

/// Ends a visit: checks that it began here a short while ago, comes back once, and who it is about.
pub async fn finish(
    provider: &Provider,
    db: &Db,
    act: &Act,
    returned: &Returned<'_>,
) -> Result<Finished, ProviderError> {
    let derived = Derived::of(returned.visit_id);
    if !bool::from(derived.state.as_bytes().ct_eq(returned.state.as_bytes())) {
        return Err(ProviderError::Refused("company_state"));
    }
    let hash = returned.visit_id.hash();
    let row = db
        .change(async |db: &mut PgConnection| {
            store::take_visit(db, hash.as_bytes())
                .await
                .map_err(ProviderError::from)
        })
        .await?;
    let row = row.ok_or(ProviderError::Refused("company_state_used"))?;
    if row.began_at + LIFETIME < act.now {
        return Err(ProviderError::Refused("company_too_late"));
    }
    provider.check_issuer(returned.issuer).await?;
    let proof = provider.exchange(returned.code, &derived).await?;
    let purpose = row
        .purpose
        .parse()
        .map_err(|_| ProviderError::Refused("company_state"))?;
    let is_fresh = proof
        .authenticated_at
        .is_some_and(|at| at + LEEWAY >= row.began_at);
    if purpose != Purpose::SignIn && !is_fresh {
        return Err(ProviderError::Refused("company_auth_time"));
    }
    Ok(Finished {
        purpose,
        session_number: row.session_number,
        next_path: row.next_path,
        proof,
    })
}
