//! The calls that `demo` prints: lines that any shell takes as they are, with curl and sed alone.

use std::path::Path;

use chrono::{DateTime, Local, Utc};
use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;
use serde_json::json;

use crate::state::App;

/// How long the printed assertion is good, in seconds: the longest that a client accepts by default.
const ASSERTION_TTL_SECONDS: i64 = 3600;
/// The recruiter of the demo.
const EMAIL: &str = "jean.dupont@demo.example";

/// What `demo` prints.
#[derive(Serialize)]
pub struct Script {
    /// Where the service is reached.
    pub base_url: String,
    /// The issuer, and the audience of assertions.
    pub public_url: String,
    /// The client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// A fresh assertion for a user.
    pub assertion: String,
    /// Until when it is good.
    pub assertion_expires_at: DateTime<Utc>,
    /// What to paste, in order.
    pub lines: Vec<String>,
}

impl Script {
    /// The calls to a service at `base_url`, with an assertion signed now.
    pub fn new(app: &App, base_url: &str, client_id: &str, client_secret: &str) -> anyhow::Result<Self> {
        let now = app.clock.now();
        let public_url = app.service.issuer.clone();
        let assertion = sign(client_id, client_secret, &public_url, now)?;
        Ok(Self {
            lines: lines(base_url, client_id, client_secret, &assertion),
            base_url: base_url.to_owned(),
            public_url,
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            assertion,
            assertion_expires_at: now + chrono::TimeDelta::seconds(ASSERTION_TTL_SECONDS),
        })
    }

    /// As people read it.
    pub fn describe(&self, data_dir: &Path) -> String {
        format!(
            "The demo is served on {base_url}, from the data in {data_dir}. Ctrl-C stops it.\n\n\
             client_id      {client_id}\n\
             client_secret  {client_secret}\n\n\
             Paste these lines into another terminal, in this order:\n\n\
             {lines}\n\n\
             The assertion in them is good for 1 hour, until {expires_at}; after that, restart the demo for a fresh one.\n\
             The API is described at {base_url}/docs/.",
            base_url = self.base_url,
            data_dir = data_dir.display(),
            client_id = self.client_id,
            client_secret = self.client_secret,
            lines = self.lines.join("\n"),
            expires_at = self.assertion_expires_at.with_timezone(&Local).format("%H:%M:%S"),
        )
    }
}

/// An assertion as Talentsoft makes it (contract s2.2).
fn sign(client_id: &str, client_secret: &str, audience: &str, now: DateTime<Utc>) -> anyhow::Result<String> {
    let claims = json!({
        "iss": client_id,
        "aud": audience,
        "sub": "TalentSoftMarketPlace",
        "exp": now.timestamp() + ASSERTION_TTL_SECONDS,
        "iat": now.timestamp(),
        "email": EMAIL,
        "name": "Jean Dupont",
    });
    let key = EncodingKey::from_secret(client_secret.as_bytes());
    Ok(jsonwebtoken::encode(&Header::default(), &claims, &key)?)
}

/// Only what every shell takes: captions are `echo`, for a pasted `#` is no comment in zsh.
fn lines(base_url: &str, client_id: &str, client_secret: &str, assertion: &str) -> Vec<String> {
    const TAKE_TOKEN: &str = r#"sed 's/.*"access_token":"\([^"]*\)".*/\1/'"#;
    let ask = |variable: &str, form: &str| {
        format!(
            "{variable}=$(curl -sS {base_url}/token {form}); echo \"${variable}\"; \
             {variable}=$(echo \"${variable}\" | {TAKE_TOKEN})"
        )
    };
    let campaigns = |variable: &str, options: &str| {
        format!(
            "curl -sS {base_url}/videos/campaigns -H \"Authorization: Bearer ${variable}\"{options}; echo"
        )
    };
    vec![
        "echo '--- a token as an application'".to_owned(),
        ask(
            "TOKEN",
            &format!(
                "-d grant_type=client_credentials -d client_id={client_id} -d client_secret={client_secret}"
            ),
        ),
        "echo '--- campaigns, as the application'".to_owned(),
        campaigns("TOKEN", ""),
        "echo '--- campaigns, as the application for a user'".to_owned(),
        campaigns("TOKEN", &format!(" -H 'X-Current-User: {EMAIL}'")),
        "echo '--- a token as a user, by an assertion'".to_owned(),
        ask(
            "USER_TOKEN",
            &format!("-d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer -d assertion={assertion}"),
        ),
        "echo '--- campaigns, as the user'".to_owned(),
        campaigns("USER_TOKEN", &format!(" -H 'X-Current-User: {EMAIL}'")),
    ]
}
