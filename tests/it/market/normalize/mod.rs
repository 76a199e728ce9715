//! `/titles/…/normalize`: one, with its candidates, many (T9 to T11).

mod answers;
mod quotas;
mod refused;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use talentsoft_partner::clients::{ClientSettings, Entitlements, Grants, Scope};
use talentsoft_partner::market::sources::SourceKind;

use test_support::market::title;
use test_support::{Answer, SECRET, TestApp, send};

struct Stage {
    app: TestApp,
    token: String,
}

const NORMALIZE: &str = "/titles/versions/latest/normalize";

impl Stage {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let titles = [
            title("Registered Nurse", "29-1141"),
            title("Charge Nurse", "29-1141"),
            title("Sales Manager", "11-2022"),
            title("Software Developer", "15-1252"),
            title("Web Developer", "15-1252"),
            title("Software Engineer", "15-1252"),
        ];
        app.publish_titles(None, SourceKind::Onet, &titles).await;
        let client = app.add_titles_client("titles").await;
        let token = app.application_token(&client).await;
        Self { app, token }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        send(
            self.app
                .request(Method::POST, path)
                .bearer_auth(&self.token)
                .json(body),
        )
        .await
    }

    async fn post_text(&self, path: &str, media_type: &str, text: impl Into<reqwest::Body>) -> Answer {
        let request = self.app.request(Method::POST, path).bearer_auth(&self.token);
        send(request.header(CONTENT_TYPE, media_type).body(text)).await
    }

    /// A client with a quota of normalizations.
    async fn token_with_quota(&self, client_id: &str, quota: &str) -> String {
        let scopes = [Scope::EmsiOpen].into_iter().collect();
        let settings = ClientSettings {
            entitlements: Entitlements::all(),
            requests_per_second: None,
            quota: Some(quota.parse().unwrap()),
            ..ClientSettings::new(None, Grants::both(), scopes)
        };
        let client = self.app.add_client(client_id, SECRET, settings).await;
        self.app.application_token(&client).await
    }

    async fn ask(&self, token: &str, path: &str, body: &Value) -> Answer {
        send(self.app.request(Method::POST, path).bearer_auth(token).json(body)).await
    }

    async fn metric(&self, series: &str) -> String {
        let text = self.app.get_ops("/metrics").await.body;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(series))
            .unwrap_or(" 0");
        line.trim().to_owned()
    }
}
