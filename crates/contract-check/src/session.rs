//! What the checks of one run share: the plan, the HTTP client, and the responses that several checks look at.

use std::cell::Cell;
use std::rc::Rc;

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::assertion::{Assertion, AssertionBuilder, Parties};
use crate::clock::now;
use crate::http::{HttpClient, Request, Response};
use crate::not_passed::{NotPassed, blocked_by};
use crate::plan::Plan;

/// The grant type of assertions (RFC 7523 s2.1).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The resources of the API that the checks of tokens may read. A partner serves at least one of them.
pub const RESOURCES: &[&str] = &["/videos/campaigns", "/assessments/campaigns"];

/// A value that is requested from the endpoint once, by the first check that needs it.
pub type Shared<T> = OnceCell<Result<T, NotPassed>>;

/// The state of one run.
pub struct Session {
    /// What the run checks.
    pub plan: Plan,
    /// The only way to the endpoint, so that the rate of requests is kept.
    pub http: HttpClient,
    /// How many assertions were built.
    assertions: Cell<i64>,
    token: Shared<Rc<Response>>,
    basic_token: Shared<Rc<Response>>,
    user_token: Shared<Rc<Response>>,
    metadata: Shared<Rc<Response>>,
    resource: Shared<Resource>,
    /// The invitations that were sent to the API of video interviews.
    pub video_invitations: Shared<InvitationBatch>,
    /// The invitations that were sent to the API of assessments.
    pub assessment_invitations: Shared<InvitationBatch>,
}

/// A resource that the application's token gives access to.
#[derive(Clone, Copy)]
struct Resource {
    path: &'static str,
    /// Whether reading it requires `X-Current-User`.
    needs_user: bool,
}

/// A batch of two candidates that was sent, and the response to it.
#[derive(Clone)]
pub struct InvitationBatch {
    /// A candidate with all members, as it was sent.
    pub complete: Value,
    /// A candidate without email address and last name, as it was sent.
    pub incomplete: Value,
    /// The response to the batch.
    pub response: Rc<Response>,
}

impl Session {
    /// The session of a run that has not sent anything yet.
    pub fn new(plan: Plan) -> reqwest::Result<Self> {
        Ok(Self {
            http: HttpClient::new(&plan)?,
            plan,
            assertions: Cell::new(0),
            token: OnceCell::new(),
            basic_token: OnceCell::new(),
            user_token: OnceCell::new(),
            metadata: OnceCell::new(),
            resource: OnceCell::new(),
            video_invitations: OnceCell::new(),
            assessment_invitations: OnceCell::new(),
        })
    }

    /// A request to a path below the base URL.
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request::new(method, format!("{}{path}", self.plan.url.path()))
    }

    /// `POST /token` with a form.
    pub fn token_request(&self, form: &[(&str, &str)]) -> Request {
        self.request(Method::POST, "/token").form(form)
    }

    /// Sends `POST /token` with a form.
    pub async fn post_token(&self, form: &[(&str, &str)]) -> Result<Rc<Response>, NotPassed> {
        self.http.send(self.token_request(form)).await
    }

    /// The form of `client_credentials`, with the client's credentials in the body as Talentsoft sends them.
    pub fn credentials(&self) -> [(&str, &str); 3] {
        [
            ("grant_type", "client_credentials"),
            ("client_id", &self.plan.client_id),
            ("client_secret", self.plan.secret.expose_secret()),
        ]
    }

    /// The same form with more parameters.
    pub fn credentials_with<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [&self.credentials(), more].concat()
    }

    /// Requests a shared response, or shows its exchange in the report of this check too.
    async fn share(
        &self,
        shared: &Shared<Rc<Response>>,
        request: impl Future<Output = Result<Rc<Response>, NotPassed>>,
    ) -> Result<Rc<Response>, NotPassed> {
        let is_known = shared.initialized();
        let response = shared.get_or_init(|| request).await.clone();
        if let (true, Ok(response)) = (is_known, &response) {
            self.http.repeat_exchange(response);
        }
        response
    }

    /// The shared response to `client_credentials` with the credentials in the body.
    pub async fn token_response(&self) -> Result<Rc<Response>, NotPassed> {
        self.share(&self.token, self.post_token(&self.credentials()))
            .await
    }

    /// The shared response to `client_credentials` with the credentials by HTTP Basic.
    pub async fn basic_token_response(&self) -> Result<Rc<Response>, NotPassed> {
        let request = self
            .token_request(&[("grant_type", "client_credentials")])
            .basic(&self.plan.client_id, self.plan.secret.expose_secret());
        self.share(&self.basic_token, self.http.send(request)).await
    }

    /// The shared token of the application.
    pub async fn token(&self) -> Result<String, NotPassed> {
        let response = match self.token.get() {
            Some(response) => response.clone(),
            None => self.token_response().await,
        };
        let token = response.ok().and_then(|response| response.access_token());
        token.ok_or_else(|| blocked_by("token.form.issued"))
    }

    /// A token of the application that no other check uses, so that it may be revoked or exposed.
    pub async fn separate_token(&self) -> Result<String, NotPassed> {
        self.token().await?;
        let response = self.post_token(&self.credentials()).await?;
        response
            .access_token()
            .ok_or_else(|| blocked_by("token.form.issued"))
    }

    /// A valid assertion that differs from every one before it.
    pub fn assertion(&self) -> AssertionBuilder {
        self.assertions.set(self.assertions.get() + 1);
        // Two assertions of the same second would be equal, and a partner may accept each only once.
        let issued_at = now().timestamp() - self.assertions.get();
        let parties = Parties {
            client_id: &self.plan.client_id,
            audience: &self.plan.audience,
            user: &self.plan.user,
        };
        AssertionBuilder::valid(&parties, issued_at)
    }

    /// Signs an assertion with the client's secret.
    pub fn sign(&self, assertion: &AssertionBuilder) -> Assertion {
        assertion.sign(self.plan.secret.expose_secret().as_bytes())
    }

    /// Sends an assertion to `/token`.
    pub async fn send_assertion(&self, assertion: &Assertion) -> Result<Rc<Response>, NotPassed> {
        self.send_assertion_with(assertion, &[]).await
    }

    /// Sends an assertion to `/token`, with more parameters.
    pub async fn send_assertion_with(
        &self,
        assertion: &Assertion,
        more: &[(&str, &str)],
    ) -> Result<Rc<Response>, NotPassed> {
        let form = [
            &[("grant_type", JWT_BEARER), ("assertion", &assertion.compact)],
            more,
        ]
        .concat();
        self.http.send(self.token_request(&form).showing(assertion)).await
    }

    /// The shared response to a valid assertion, if the partner offers the user grant to this client.
    pub async fn user_token_response(&self) -> Result<Rc<Response>, NotPassed> {
        let response = self.share(&self.user_token, self.request_user_token()).await?;
        let not_offered = |reason: &str| Err(NotPassed::NotOffered(reason.to_owned()));
        match response.error_code().as_deref() {
            Some("unsupported_grant_type") => not_offered(
                "the partner does not offer the user grant (unsupported_grant_type), which the contract allows",
            ),
            Some("unauthorized_client") => {
                not_offered("the user grant is not enabled for this client (unauthorized_client)")
            }
            _ => Ok(response),
        }
    }

    async fn request_user_token(&self) -> Result<Rc<Response>, NotPassed> {
        let response = self.send_assertion(&self.sign(&self.assertion())).await?;
        if response.access_token().is_none() && response.error_code().as_deref() == Some("invalid_grant") {
            // Some partners tell only an authenticated client that the grant is not enabled for it.
            let [_, client_id, client_secret] = self.credentials();
            let assertion = self.sign(&self.assertion());
            let authenticated = self
                .send_assertion_with(&assertion, &[client_id, client_secret])
                .await?;
            if authenticated.error_code().as_deref() == Some("unauthorized_client") {
                return Ok(authenticated);
            }
        }
        Ok(response)
    }

    /// The shared token of the user.
    pub async fn user_token(&self) -> Result<String, NotPassed> {
        let is_known = self.user_token.initialized();
        match self.user_token_response().await {
            Err(NotPassed::NotOffered(reason)) => Err(NotPassed::NotOffered(reason)),
            Err(_) => Err(blocked_by("assertion.accepted")),
            Ok(response) => {
                if is_known {
                    self.http.take_exchanges();
                }
                response
                    .access_token()
                    .ok_or_else(|| blocked_by("assertion.accepted"))
            }
        }
    }

    /// Skips a check of assertions unless a valid one is accepted. If none is, it says nothing that an invalid one is
    /// refused.
    pub async fn require_user_grant(&self) -> Result<(), NotPassed> {
        self.user_token().await.map(drop)
    }

    /// Looks for a resource that the application's token gives access to, with and without a user, and remembers it.
    ///
    /// The response is that of the resource. If there is none, it is the most informative one: a refusal rather than
    /// a 404.
    pub async fn find_resource(&self) -> Result<Rc<Response>, NotPassed> {
        let token = self.token().await?;
        let mut not_found = Err(blocked_by("token.form.issued"));
        let mut first_refusal = None;
        for path in RESOURCES {
            for needs_user in [false, true] {
                let resource = Resource { path, needs_user };
                let request = self.request_of(resource).bearer(&token);
                let response = self.http.send(request).await?;
                if response.is_success() {
                    self.resource.get_or_init(async || Ok(resource)).await;
                    return Ok(response);
                }
                if response.status == 404 {
                    not_found = Ok(response);
                    break;
                }
                first_refusal = first_refusal.or(Some(response));
            }
        }
        self.resource
            .get_or_init(async || Err(blocked_by("bearer.accepted")))
            .await;
        first_refusal.map_or(not_found, Ok)
    }

    fn request_of(&self, resource: Resource) -> Request {
        let request = self.request(Method::GET, resource.path);
        if resource.needs_user {
            request.current_user(&self.plan.user)
        } else {
            request
        }
    }

    async fn resource(&self) -> Result<Resource, NotPassed> {
        self.token().await?;
        if !self.resource.initialized() {
            // Its response is of no interest here: what matters is what it remembers.
            let _ = self.find_resource().await;
        }
        let found = self.resource.get().cloned();
        found.unwrap_or_else(|| Err(blocked_by("bearer.accepted")))
    }

    /// A request to the resource that was found, with the user if it needs one, but without a token.
    pub async fn resource_request(&self) -> Result<Request, NotPassed> {
        Ok(self.request_of(self.resource().await?))
    }

    /// A request to the resource that was found, without a user and without a token.
    pub async fn resource_request_without_user(&self) -> Result<Request, NotPassed> {
        let resource = self.resource().await?;
        Ok(self.request(Method::GET, resource.path))
    }

    /// A request to the API with the application's token, and with the user if reading needs one.
    pub async fn api_request(&self, method: Method, path: &str) -> Result<Request, NotPassed> {
        let token = self.token().await?;
        let needs_user = self.resource().await.is_ok_and(|resource| resource.needs_user);
        let request = self.request(method, path).bearer(&token);
        Ok(if needs_user {
            request.current_user(&self.plan.user)
        } else {
            request
        })
    }

    /// The shared response to the request for the metadata, whose path RFC 8414 s3 puts before the path of the issuer.
    pub async fn metadata_response(&self) -> Result<Rc<Response>, NotPassed> {
        let path = format!("/.well-known/oauth-authorization-server{}", self.plan.url.path());
        self.share(&self.metadata, self.http.send(Request::new(Method::GET, path)))
            .await
    }
}
