//! The calls that `demo` prints: lines for any POSIX shell, which need only curl and sed.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Local, TimeDelta, Utc};
use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;
use serde_json::json;

use super::SUBDOMAIN;
use super::console_login::ConsoleLogin;
use crate::app::App;
use crate::crypto::secret::PresentedSecret;
use crate::ids::{CampaignId, ClientId, CustomerId};

/// The lifetime of the printed assertion, in seconds: the longest that is accepted from a client by default.
const ASSERTION_TTL_SECONDS: i64 = 3600;
/// Makes the shell generate a UUID, so that pasting the lines twice invites for two applications.
const FRESH_APPLICATION: &str = r"APPLICATION=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n' | sed 's/\(.\{8\}\)\(.\{4\}\)\(.\{4\}\)\(.\{4\}\)/\1-\2-\3-\4-/')";
/// Talentsoft's identifier of the demo's candidate.
const APPLICANT_ID: &str = "0190a5d0-1111-7000-8000-00000000a11c";
/// The email address of the demo's recruiter.
const EMAIL: &str = "jean.dupont@demo.example";

/// The credentials of a client of the demo.
pub struct DemoCredentials {
    /// The `client_id`.
    pub client_id: ClientId,
    /// A live secret of the client.
    pub secret: PresentedSecret,
}

/// The demo data that the calls use.
pub struct DemoData {
    /// The credentials of Talentsoft's client.
    pub talentsoft: DemoCredentials,
    /// The credentials of the partner's platform.
    pub platform: DemoCredentials,
    /// The credentials of a caller of the data APIs.
    pub data_caller: DemoCredentials,
    /// The credentials of an admin's tool.
    pub admin: DemoCredentials,
    /// The customer.
    pub customer_id: CustomerId,
    /// The campaign that candidates are invited to.
    pub campaign_id: CampaignId,
    /// The same for an assessment.
    pub assessment_id: CampaignId,
    /// The URL for callbacks to Talentsoft.
    pub callback_url: String,
}

/// What `demo` prints.
#[derive(Serialize)]
pub struct DemoScript {
    /// The URL under which this machine reaches the service.
    pub base_url: String,
    /// The issuer, and the audience of assertions.
    pub public_url: String,
    /// The `client_id` of Talentsoft's client.
    pub client_id: ClientId,
    /// The secret of Talentsoft's client.
    pub client_secret: String,
    /// A new assertion for a user.
    pub assertion: String,
    /// The instant at which the assertion expires.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub assertion_expires_at: DateTime<Utc>,
    /// The lines to paste, in order.
    pub lines: Vec<String>,
    /// The file that sets what the examples of the API document use.
    pub variables: Option<PathBuf>,
    /// The console, if there is one.
    pub console: Option<ConsoleLogin>,
}

impl DemoScript {
    /// The calls to a service at `base_url`, with an assertion signed now.
    pub fn new(app: &App, base_url: &str, data: &DemoData) -> anyhow::Result<Self> {
        let now = app.clock.now();
        let public_url = app.settings.public_url.to_string();
        let assertion = sign(&data.talentsoft, &public_url, now)?;
        let calls = Calls { base_url };
        let mut lines = calls.tokens_and_campaigns(&data.talentsoft, &assertion);
        lines.extend(calls.one_interview(data));
        lines.extend(calls.one_title(&data.data_caller));
        lines.extend(calls.one_benchmark());
        lines.extend(calls.one_profile());
        Ok(Self {
            console: None,
            lines,
            variables: None,
            base_url: base_url.to_owned(),
            public_url,
            client_id: data.talentsoft.client_id.clone(),
            client_secret: data.talentsoft.secret.expose().to_owned(),
            assertion,
            assertion_expires_at: now + TimeDelta::seconds(ASSERTION_TTL_SECONDS),
        })
    }

    /// The text for people.
    pub fn describe(&self, data_dir: &Path) -> String {
        format!(
            "The demo is served on {base_url}, from the data in {data_dir}. Ctrl-C stops it.\n\n\
             client_id      {client_id}\n\
             client_secret  {client_secret}\n\n\
             Paste these lines into another terminal, in this order:\n\n\
             {lines}\n\n\
             The assertion in them is valid for 1 hour, until {expires_at}; after that, restart the demo for a new one.\n\
             What is sent to Talentsoft and to the partner's platform is printed here when it arrives.\n\
             The API is described at {base_url}/docs/.{variables}{console}",
            variables = self.variables.as_deref().map_or_else(String::new, |file| {
                let file = quoted(&file.display().to_string());
                format!("\nThis line sets what its examples and the tutorials need:\n\n. {file}\n")
            }),
            console = self
                .console
                .as_ref()
                .map_or_else(String::new, ConsoleLogin::describe),
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
fn sign(client: &DemoCredentials, audience: &str, now: DateTime<Utc>) -> anyhow::Result<String> {
    let claims = json!({
        "iss": client.client_id,
        "aud": audience,
        "sub": "TalentSoftMarketPlace",
        "exp": now.timestamp() + ASSERTION_TTL_SECONDS,
        "iat": now.timestamp(),
        "email": EMAIL,
        "name": "Jean Dupont",
    });
    let key = EncodingKey::from_secret(client.secret.expose().as_bytes());
    Ok(jsonwebtoken::encode(&Header::default(), &claims, &key)?)
}

/// Makes lines for any POSIX shell. Captions are `echo`, because a pasted `#` starts no comment in zsh.
struct Calls<'a> {
    base_url: &'a str,
}

impl Calls<'_> {
    fn tokens_and_campaigns(&self, client: &DemoCredentials, assertion: &str) -> Vec<String> {
        let grant =
            format!("-d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer -d assertion={assertion}");
        let for_user = format!("-H 'X-Current-User: {EMAIL}'");
        vec![
            caption("a token as an application"),
            self.ask_token("TOKEN", &credentials(client)),
            caption("campaigns, as the application"),
            self.call("/videos/campaigns", "TOKEN", ""),
            caption("campaigns, as the application for a user"),
            self.call("/videos/campaigns", "TOKEN", &for_user),
            caption("a token as a user, by an assertion"),
            self.ask_token("USER_TOKEN", &grant),
            caption("campaigns, as the user"),
            self.call("/videos/campaigns", "USER_TOKEN", &for_user),
        ]
    }

    /// The lines from the invitation to the callback.
    fn one_interview(&self, data: &DemoData) -> Vec<String> {
        let candidate = json!([{
            "campaign_id": data.campaign_id,
            "applicant_id": APPLICANT_ID,
            "application_id": "APPLICATION",
            "lastname": "Martin",
            "firstname": "Zoé",
            "email": "zoe.martin@mail.example",
            "callback_url": data.callback_url,
        }]);
        // The shell inserts its variable here.
        let candidate = candidate.to_string().replace("APPLICATION", "'$APPLICATION'");
        let result =
            json!({ "overall_score": 87.5, "video_url": "https://platform.partner.example/videos/1" });
        let post = |body: &str| format!("-H 'Content-Type: application/json' -d {body}");
        vec![
            caption("a recruiter invites a candidate"),
            FRESH_APPLICATION.to_owned(),
            keep(
                "LINK",
                &self.request(
                    "/videos/interviews",
                    "USER_TOKEN",
                    &post(&format!("'{candidate}'")),
                ),
                "interview_invitation_link",
            ),
            caption("the platform asks whose link it is"),
            self.ask_token("PLATFORM_TOKEN", &credentials(&data.platform)),
            keep(
                "INVITATION",
                &self.request(
                    "/platform/v1/invitations/resolve",
                    "PLATFORM_TOKEN",
                    &post(r#""{\"token\":\"${LINK##*/}\"}""#),
                ),
                "invitation_id",
            ),
            caption("the candidate begins, and the platform pushes the result"),
            self.call(
                "/platform/v1/invitations/$INVITATION/status",
                "PLATFORM_TOKEN",
                &post(r#"'{"status":"started"}' -H "Idempotency-Key: start-$INVITATION""#),
            ),
            self.call(
                "/platform/v1/invitations/$INVITATION/result",
                "PLATFORM_TOKEN",
                &post(&format!("'{result}' -X PUT")),
            ),
            caption("Talentsoft was called back, as the other terminal shows, and reads the status"),
            self.call("/videos/interviews?application_id=$APPLICATION", "TOKEN", ""),
        ]
    }

    /// The lines from a raw title to what it stands for.
    fn one_title(&self, client: &DemoCredentials) -> Vec<String> {
        let body = json!({
            "term": "Sr. Dental Hygienist (Remote) - Req 1234",
            "fields": ["id", "name", "mapping"],
        });
        vec![
            caption("a caller of the Titles API asks which titles there are"),
            self.ask_token("DATA_TOKEN", &credentials(client)),
            self.call("/titles/versions/latest", "DATA_TOKEN", ""),
            caption("a raw title becomes one of the library, with occupations and skills"),
            self.call(
                "/titles/versions/latest/normalize",
                "DATA_TOKEN",
                &format!("-H 'Content-Type: application/json' -d '{body}'"),
            ),
        ]
    }

    /// The lines from a search for an occupation to what it is paid, with the token of the lines before.
    fn one_benchmark(&self) -> Vec<String> {
        let body =
            json!({ "id": "29-1292", "region": { "nation": "us" }, "datasets": ["salary", "employment"] });
        vec![
            caption("a caller of the Occupation Benchmark API searches for an occupation"),
            self.call("/occupation-benchmark/dimensions/soc?q=dental", "DATA_TOKEN", ""),
            caption("what it is paid, and how many work in it"),
            self.call(
                "/occupation-benchmark/dimensions/soc",
                "DATA_TOKEN",
                &format!("-H 'Content-Type: application/json' -d '{body}'"),
            ),
        ]
    }

    /// The lines from a person at a subdomain to the list that has it.
    fn one_profile(&self) -> Vec<String> {
        let attributes = json!({
            "email": "zoe.martin@mail.example",
            "given-name": "Zoé",
            "family-name": "Martin",
            "user-roles": ["student"],
            "first-year": 2026,
        });
        let path = format!("/platform/v1/profiles/{SUBDOMAIN}/0000001");
        let put = format!("-H 'Content-Type: application/json' -X PUT -d '{attributes}'");
        vec![
            caption("the platform writes the profile of a student"),
            self.call(&path, "PLATFORM_TOKEN", &put),
            caption("a caller of the Career Coach Profiles API searches for it"),
            self.call(
                &format!("/profiles/{SUBDOMAIN}?search=zoe&sort=-createdAt"),
                "DATA_TOKEN",
                "",
            ),
        ]
    }

    fn ask_token(&self, variable: &str, form: &str) -> String {
        keep(
            variable,
            &format!("curl -sS {}/token {form}", self.base_url),
            "access_token",
        )
    }

    fn call(&self, path: &str, token: &str, options: &str) -> String {
        format!("{}; echo", self.request(path, token, options))
    }

    fn request(&self, path: &str, token: &str, options: &str) -> String {
        let request = format!(
            "curl -sS \"{}{path}\" -H \"Authorization: Bearer ${token}\" {options}",
            self.base_url
        );
        request.trim_end().to_owned()
    }
}

/// As a shell reads it as one word.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn caption(text: &str) -> String {
    format!("echo '--- {text}'")
}

fn credentials(client: &DemoCredentials) -> String {
    format!(
        "-d grant_type=client_credentials -d client_id={} -d client_secret={}",
        client.client_id,
        client.secret.expose()
    )
}

/// A line that prints the response to `request`, and sets `variable` to the text of its `member`.
fn keep(variable: &str, request: &str, member: &str) -> String {
    format!(
        "{variable}=$({request}); echo \"${variable}\"; \
         {variable}=$(echo \"${variable}\" | sed 's/.*\"{member}\":\"\\([^\"]*\\)\".*/\\1/')"
    )
}
