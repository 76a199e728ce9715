//! A service and a client with scope `admin`.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use talentsoft_partner::clients::{ClientSettings, Scope};

use test_support::{Answer, SECRET, Setup, TestApp, TestClient, send};

pub struct AdminStage {
    pub app: TestApp,
    pub admin: TestClient,
    pub token: String,
}

impl AdminStage {
    pub async fn new() -> Self {
        Self::within(&[]).await
    }

    /// An admin whose tokens are accepted from these networks; a request says where it comes from.
    pub async fn within(networks: &[&str]) -> Self {
        let mut setup = Setup::default();
        setup.settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        Self::with_networks(TestApp::start_with(setup).await, networks).await
    }

    /// An admin of a service that runs already.
    pub async fn of(app: TestApp) -> Self {
        Self::with_networks(app, &[]).await
    }

    async fn with_networks(app: TestApp, networks: &[&str]) -> Self {
        let networks: Vec<String> = networks.iter().copied().map(str::to_owned).collect();
        let settings = ClientSettings {
            admin_networks: networks.try_into().unwrap(),
            ..ClientSettings::first(None, None, Some([Scope::Admin].into_iter().collect())).unwrap()
        };
        let admin = app.add_client("admin", SECRET, settings).await;
        let token = app.application_token(&admin).await;
        Self { app, admin, token }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.app
            .request(method, &format!("/admin/v1{path}"))
            .bearer_auth(&self.token)
            .header("x-forwarded-for", "203.0.113.7")
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn post_under(&self, key: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("idempotency-key", key);
        send(request.json(body)).await
    }

    /// Changes the state that is there now.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        let tag = self.get(path).await.header("etag").to_owned();
        self.patch_of(&tag, path, body).await
    }

    pub async fn patch_of(&self, tag: &str, path: &str, body: &Value) -> Answer {
        send(
            self.request(Method::PATCH, path)
                .header("if-match", tag)
                .json(body),
        )
        .await
    }

    /// Replaces the state that is there now.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        let tag = self.get(path).await.header("etag").to_owned();
        let request = self.request(Method::PUT, path).header("if-match", tag);
        send(request.json(body)).await
    }

    /// Removes what is there, in whatever state.
    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path).header("if-match", "*")).await
    }

    /// What is in the audit trail by the admin: what was done, to what, from where.
    pub async fn trail(&self) -> Vec<(String, String, Option<String>)> {
        let sql = "select action, subject_kind, address from audit_event where actor = 'admin' order by audit_event_id";
        sqlx::query_as(sql).fetch_all(&self.app.sql).await.unwrap()
    }
}
