//! `/titles`: what there is, lists, single titles, changes (T1 to T8, T12).

mod access;
mod answers;
mod lists;

use reqwest::Method;
use serde_json::Value;
use talentsoft_partner::market::sources::SourceKind;

use test_support::market::title;
use test_support::{Answer, TestApp, send};

/// A service with two versions of a small library, and a token for all of it.
struct Stage {
    app: TestApp,
    token: String,
}

impl Stage {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let first = [
            title("Registered Nurse", "29-1141"),
            title("Sales Manager", "11-2022"),
            title("software developer", "15-1252"),
        ];
        app.publish_titles(None, SourceKind::Onet, &first).await;
        let second = [
            title("Registered Nurse", "29-1141"),
            title("Software Developer", "15-1252"),
            title("Charge Nurse", "29-1141"),
        ];
        app.publish_titles(None, SourceKind::Onet, &second).await;
        let client = app.add_titles_client("titles").await;
        let token = app.application_token(&client).await;
        Self { app, token }
    }

    async fn get(&self, path: &str) -> Answer {
        self.app.get_with(&format!("/titles{path}"), &self.token).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.app.request(Method::POST, &format!("/titles{path}"));
        send(request.bearer_auth(&self.token).json(body)).await
    }

    /// The identifier of a title of a version, by its name.
    async fn id(&self, version: &str, name: &str) -> String {
        let list = self.get(&format!("/versions/{version}/titles")).await.json();
        let titles = list["data"].as_array().unwrap();
        let found = titles.iter().find(|title| title["name"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }
}

fn names(list: &Answer) -> Vec<String> {
    let body = list.json();
    let titles = body["data"].as_array().unwrap();
    titles
        .iter()
        .map(|title| title["name"].as_str().unwrap().to_owned())
        .collect()
}
