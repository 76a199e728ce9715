//! A customer with a subdomain, its client that lists profiles, and the platform that writes them.

use chrono::DateTime;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Grants, Scope};
use talentsoft_partner::clock;
use talentsoft_partner::ids::CustomerId;
use talentsoft_partner::profiles::add_subdomain;

use crate::{Answer, SECRET, Setup, TestApp, TestClient, log, send};

/// In every name, address and institution user id of a person with a profile: never in the log.
pub const PERSONAL: &str = "zqperson";
/// The customer's subdomain.
pub const SUBDOMAIN: &str = "acme";

/// A service, a customer with a subdomain, and the platform.
pub struct ProfileStage {
    pub app: TestApp,
    pub customer_id: CustomerId,
    /// The customer's, with scope `profiles`, without a limit.
    pub client: TestClient,
    pub token: String,
    /// A token of the platform, which reaches every customer.
    pub platform_token: String,
}

impl ProfileStage {
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let app = TestApp::start_with(setup).await;
        log::never(PERSONAL);
        let customer_id = app.add_customer("acme").await;
        let client = Self::add_client(&app, "profiles-of-acme", customer_id).await;
        let platform = app.add_own_client("platform", &[Scope::Platform]).await;
        let token = app.application_token(&client).await;
        let platform_token = app.application_token(&platform).await;
        let stage = Self {
            app,
            customer_id,
            client,
            token,
            platform_token,
        };
        stage.add_subdomain(SUBDOMAIN, customer_id).await;
        stage
    }

    /// A client of a customer with scope `profiles` and without a limit.
    pub async fn add_client(app: &TestApp, client_id: &str, customer_id: CustomerId) -> TestClient {
        let scopes = [Scope::Profiles].into_iter().collect();
        let settings = ClientSettings {
            requests_per_second: None,
            ..ClientSettings::new(Some(customer_id), Grants::both(), scopes)
        };
        app.add_client(client_id, SECRET, settings).await
    }

    pub async fn add_subdomain(&self, name: &str, customer_id: CustomerId) {
        let (act, name) = (self.app.act(), name.parse().unwrap());
        let added = self
            .app
            .db
            .transaction(async |db| add_subdomain(db, &act, customer_id, &name).await);
        added.await.unwrap();
    }

    /// A call as the platform, below `/platform/v1`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.app
            .request(method, &format!("/platform/v1{path}"))
            .bearer_auth(&self.platform_token)
    }

    /// Writes the profile of a user at the customer's subdomain.
    pub async fn put(&self, user_id: &str, attributes: &Value) -> Answer {
        let path = format!("/profiles/{SUBDOMAIN}/{user_id}");
        send(self.request(Method::PUT, &path).json(attributes)).await
    }

    pub async fn patch(&self, user_id: &str, patch: &Value) -> Answer {
        let path = format!("/profiles/{SUBDOMAIN}/{user_id}");
        send(self.request(Method::PATCH, &path).json(patch)).await
    }

    pub async fn delete(&self, user_id: &str) -> Answer {
        let path = format!("/profiles/{SUBDOMAIN}/{user_id}");
        send(self.request(Method::DELETE, &path)).await
    }

    /// Writes profiles, all of which must be good.
    pub async fn put_all(&self, profiles: &[Value]) {
        let answer = self.post(&json!({ "profiles": profiles })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.body.contains("\"error\""), "{answer:?}");
    }

    /// A batch at the customer's subdomain.
    pub async fn post(&self, batch: &Value) -> Answer {
        let path = format!("/profiles/{SUBDOMAIN}");
        send(self.request(Method::POST, &path).json(batch)).await
    }

    /// The customer's list with this query.
    pub async fn list(&self, query: &str) -> Answer {
        self.app
            .get_with(&format!("/profiles/{SUBDOMAIN}?{query}"), &self.token)
            .await
    }

    /// The institution user ids of that list without what all have in common, and what it has in total.
    pub async fn listed(&self, query: &str) -> (Vec<String>, i64) {
        let answer = self.list(query).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        let body = answer.json();
        let ids = body["data"].as_array().unwrap().iter().map(|profile| {
            let id = profile["attributes"]["institution-user-id"].as_str().unwrap();
            id.trim_start_matches(PERSONAL).trim_start_matches('-').to_owned()
        });
        (ids.collect(), body["meta"]["total"].as_i64().unwrap())
    }
}

/// When a person's profile was made: the one with the higher number later.
pub fn created_at(number: usize) -> String {
    let seconds = 1_500_000_000 + i64::try_from(number).unwrap();
    clock::rfc3339(DateTime::from_timestamp(seconds, 0).unwrap())
}

/// A person as the platform writes one: the number is in the id, and the names are in the address.
pub fn person(number: usize, given: &str, family: &str) -> Value {
    json!({
        "institution-user-id": format!("{PERSONAL}-{number}"),
        "email": format!("{}.{}@{PERSONAL}.example", given.to_lowercase(), family.to_lowercase()),
        "given-name": given,
        "family-name": family,
        "created-at": created_at(number),
    })
}
