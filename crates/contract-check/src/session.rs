//! What the checks of one run share: the plan, the caller, and the tokens that were got on the way.

use std::cell::Cell;

use aws_lc_rs::hmac;
use reqwest::Method;
use secrecy::ExposeSecret;
use tokio::sync::OnceCell;

use crate::assertion::{Assertion, Forge, Names};
use crate::clock::now;
use crate::http::{Caller, Fetched, Request};
use crate::not_passed::{Otherwise, see};
use crate::plan::Plan;

/// Name of the assertion grant (RFC 7523 s2.1).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// A read call of each API that the partner may have.
pub const RESOURCES: [&str; 2] = ["/videos/campaigns", "/assessments/campaigns"];

/// One run.
pub struct Session {
    /// What is to be done.
    pub plan: Plan,
    /// The way to the partner.
    pub caller: Caller,
    /// Good assertions made so far.
    made: Cell<i64>,
    token: OnceCell<Fetched>,
    basic: OnceCell<Fetched>,
    user: OnceCell<Fetched>,
    resource: OnceCell<Result<Resource, Otherwise>>,
    metadata: OnceCell<Fetched>,
    /// The answers to invitations, of video interviews and of assessments.
    invited: [OnceCell<(Vec<serde_json::Value>, Fetched)>; 2],
}

/// A read call that works.
#[derive(Clone, Copy)]
struct Resource {
    path: &'static str,
    needs_user: bool,
}

impl Session {
    /// A session that has not called yet.
    pub fn new(plan: Plan) -> reqwest::Result<Self> {
        Ok(Self {
            caller: Caller::new(&plan)?,
            plan,
            made: Cell::new(0),
            token: OnceCell::new(),
            basic: OnceCell::new(),
            user: OnceCell::new(),
            resource: OnceCell::new(),
            metadata: OnceCell::new(),
            invited: [OnceCell::new(), OnceCell::new()],
        })
    }

    /// A request to a path of the API.
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request::new(method, format!("{}{path}", self.plan.url.path()))
    }

    /// `POST /token` with a form.
    pub fn token_request(&self, form: &[(&str, &str)]) -> Request {
        self.request(Method::POST, "/token").form(form)
    }

    /// The form of `client_credentials` in the body, as Talentsoft sends it.
    pub fn credentials(&self) -> [(&str, &str); 3] {
        [
            ("grant_type", "client_credentials"),
            ("client_id", &self.plan.client_id),
            ("client_secret", self.plan.secret.expose_secret()),
        ]
    }

    /// That form with more in it.
    pub fn credentials_and<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [&self.credentials(), more].concat()
    }

    /// Sends `POST /token` with a form.
    pub async fn post_token(&self, form: &[(&str, &str)]) -> Fetched {
        self.caller.send(self.token_request(form)).await
    }

    async fn once(&self, cell: &OnceCell<Fetched>, fetch: impl Future<Output = Fetched>) -> Fetched {
        let is_known = cell.initialized();
        let fetched = cell.get_or_init(|| fetch).await.clone();
        if let (true, Ok(answer)) = (is_known, &fetched) {
            self.caller.recall(answer);
        }
        fetched
    }

    /// The answer to `client_credentials` in the body.
    pub async fn token_answer(&self) -> Fetched {
        self.once(&self.token, self.post_token(&self.credentials())).await
    }

    /// The answer to `client_credentials` by Basic.
    pub async fn basic_answer(&self) -> Fetched {
        let request = self
            .token_request(&[("grant_type", "client_credentials")])
            .basic(&self.plan.client_id, self.plan.secret.expose_secret());
        self.once(&self.basic, self.caller.send(request)).await
    }

    /// An application token.
    pub async fn token(&self) -> Result<String, Otherwise> {
        let fetched = match self.token.get() {
            Some(fetched) => fetched.clone(),
            None => self.token_answer().await,
        };
        let token = fetched.ok().and_then(|answer| answer.access_token());
        token.ok_or_else(|| see("token.form.issued"))
    }

    /// An application token that nobody else here uses.
    pub async fn own_token(&self) -> Result<String, Otherwise> {
        self.token().await?;
        let answer = self.post_token(&self.credentials()).await?;
        answer.access_token().ok_or_else(|| see("token.form.issued"))
    }

    /// A good assertion, different from all before.
    pub fn forge(&self) -> Forge {
        self.made.set(self.made.get() + 1);
        // A partner may remember assertions, and two of the same second would be the same.
        let issued_at = now().timestamp() - self.made.get();
        let names = Names {
            client_id: &self.plan.client_id,
            audience: &self.plan.audience,
            user: &self.plan.user,
        };
        Forge::good(&names, issued_at)
    }

    /// Signs with the secret that is shared with the partner.
    pub fn sign(&self, forge: &Forge) -> Assertion {
        forge.sign(self.plan.secret.expose_secret().as_bytes())
    }

    /// The same by another HMAC.
    pub fn sign_by(&self, forge: &Forge, algorithm: hmac::Algorithm) -> Assertion {
        forge
            .texts()
            .sign(algorithm, self.plan.secret.expose_secret().as_bytes())
    }

    /// Presents an assertion.
    pub async fn present(&self, assertion: &Assertion) -> Fetched {
        self.present_beside(assertion, &[]).await
    }

    /// The same, with more in the form.
    pub async fn present_beside(&self, assertion: &Assertion, more: &[(&str, &str)]) -> Fetched {
        let form = [
            &[("grant_type", JWT_BEARER), ("assertion", &assertion.text)],
            more,
        ]
        .concat();
        self.caller
            .send(self.token_request(&form).showing(assertion))
            .await
    }

    /// The answer to a good assertion; not offered, where the partner says so.
    pub async fn user_answer(&self) -> Fetched {
        let answer = self.once(&self.user, self.ask_for_user()).await?;
        let left_out = |why: &str| Err(Otherwise::NotOffered(why.to_owned()));
        match answer.error_code().as_deref() {
            Some("unsupported_grant_type") => left_out(
                "the partner does not offer the user grant (unsupported_grant_type), which the contract leaves to it",
            ),
            Some("unauthorized_client") => {
                left_out("the user grant is not open to this client (unauthorized_client)")
            }
            _ => Ok(answer),
        }
    }

    async fn ask_for_user(&self) -> Fetched {
        let answer = self.present(&self.sign(&self.forge())).await?;
        if answer.access_token().is_none() && answer.error_code().as_deref() == Some("invalid_grant") {
            // A partner may tell only a client that proves itself that the grant is not open to it.
            let [_, client_id, client_secret] = self.credentials();
            let assertion = self.sign(&self.forge());
            let beside = self
                .present_beside(&assertion, &[client_id, client_secret])
                .await?;
            if beside.error_code().as_deref() == Some("unauthorized_client") {
                return Ok(beside);
            }
        }
        Ok(answer)
    }

    /// A token of the user.
    pub async fn user_token(&self) -> Result<String, Otherwise> {
        let is_known = self.user.initialized();
        match self.user_answer().await {
            Err(Otherwise::NotOffered(why)) => Err(Otherwise::NotOffered(why)),
            Err(_) => Err(see("assertion.accepted")),
            Ok(answer) => {
                if is_known {
                    self.caller.take_exchanges();
                }
                answer.access_token().ok_or_else(|| see("assertion.accepted"))
            }
        }
    }

    /// Goes on only where a good assertion is accepted: else the refusal of a bad one says nothing.
    pub async fn require_user_grant(&self) -> Result<(), Otherwise> {
        self.user_token().await.map(drop)
    }

    /// The first read call that a token opens, and the answer; the last answer where there is none.
    pub async fn find_resource(&self) -> Fetched {
        let token = self.token().await?;
        let mut last = Err(see("token.form.issued"));
        let mut first_served = None;
        for path in RESOURCES {
            for needs_user in [false, true] {
                let resource = Resource { path, needs_user };
                let answer = self
                    .caller
                    .send(self.read_request(resource).bearer(&token))
                    .await?;
                if answer.is_success() {
                    self.resource.get_or_init(async || Ok(resource)).await;
                    return Ok(answer);
                }
                if answer.status == 404 {
                    last = Ok(answer);
                    break;
                }
                first_served = first_served.or(Some(answer));
            }
        }
        self.resource
            .get_or_init(async || Err(see("bearer.accepted")))
            .await;
        first_served.map_or(last, Ok)
    }

    fn read_request(&self, resource: Resource) -> Request {
        let request = self.request(Method::GET, resource.path);
        if resource.needs_user {
            request.current_user(&self.plan.user)
        } else {
            request
        }
    }

    async fn resource(&self) -> Result<Resource, Otherwise> {
        self.token().await?;
        if !self.resource.initialized() {
            let _ = self.find_resource().await;
        }
        let found = self.resource.get().cloned();
        found.unwrap_or_else(|| Err(see("bearer.accepted")))
    }

    /// A read call that works with a good token, still without one.
    pub async fn protected(&self) -> Result<Request, Otherwise> {
        Ok(self.read_request(self.resource().await?))
    }

    /// The same without a user, wherever it needs one; and whether it does.
    pub async fn protected_without_user(&self) -> Result<Request, Otherwise> {
        let resource = self.resource().await?;
        Ok(self.request(Method::GET, resource.path))
    }

    /// The same with a query.
    pub async fn protected_with_query(&self, query: &str) -> Result<Request, Otherwise> {
        Ok(self.protected().await?.query(query))
    }

    /// A call of the API with the application's token, for the user where reads need one.
    pub async fn authorised(&self, method: Method, path: &str) -> Result<Request, Otherwise> {
        let token = self.token().await?;
        let needs_user = self.resource().await.is_ok_and(|resource| resource.needs_user);
        let request = self.request(method, path).bearer(&token);
        Ok(if needs_user {
            request.current_user(&self.plan.user)
        } else {
            request
        })
    }

    /// The answer to the metadata's path (RFC 8414 s3: before the path of the issuer).
    pub async fn metadata_answer(&self) -> Fetched {
        let path = format!("/.well-known/oauth-authorization-server{}", self.plan.url.path());
        self.once(&self.metadata, self.caller.send(Request::new(Method::GET, path)))
            .await
    }

    /// The answer to the invitation of `candidates`, which is sent once for each `slot`.
    pub async fn invite_once(
        &self,
        slot: usize,
        candidates: impl FnOnce() -> Vec<serde_json::Value>,
        send: impl AsyncFnOnce(&[serde_json::Value]) -> Fetched,
    ) -> (Vec<serde_json::Value>, Fetched) {
        let Some(cell) = self.invited.get(slot) else {
            return (
                Vec::new(),
                Err(Otherwise::Skipped("there is no such API".to_owned())),
            );
        };
        let is_known = cell.initialized();
        let invite = async {
            let candidates = candidates();
            let fetched = send(&candidates).await;
            (candidates, fetched)
        };
        let (candidates, fetched) = cell.get_or_init(|| invite).await.clone();
        if let (true, Ok(answer)) = (is_known, &fetched) {
            self.caller.recall(answer);
        }
        (candidates, fetched)
    }
}
