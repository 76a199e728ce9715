//! `/occupation-benchmark`: what there is, and what the data say of occupations (B1 to B5).

mod asking;
mod built_in;
mod imported;
mod recorded;

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::Scope;

use test_support::{Answer, TestApp, send};

const SOC: &str = "/occupation-benchmark/dimensions/soc";
const ONET: &str = "/occupation-benchmark/dimensions/onet";

/// A service, and a token for this API.
struct Stage {
    app: TestApp,
    token: String,
}

impl Stage {
    /// With the data that come with the service.
    async fn new() -> Self {
        let app = TestApp::start().await;
        let client = app.add_data_client("benchmark", Scope::OccupationBenchmark).await;
        let token = app.application_token(&client).await;
        Self { app, token }
    }

    async fn get(&self, path: &str) -> Answer {
        self.app.get_with(path, &self.token).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.app.request(Method::POST, path).bearer_auth(&self.token);
        send(request.json(body)).await
    }

    /// What some datasets of an occupation of the nation are answered with.
    async fn ask(&self, path: &str, id: &str, datasets: &[&str]) -> (Value, Vec<String>) {
        let answer = self.post(path, &json!({ "id": id, "datasets": datasets })).await;
        read(&answer)
    }
}

/// The data and the warnings of an answer.
#[track_caller]
fn read(answer: &Answer) -> (Value, Vec<String>) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let warnings = body["warnings"].as_array().map(|warnings| {
        let text = |warning: &Value| warning.as_str().unwrap().to_owned();
        warnings.iter().map(text).collect()
    });
    (body["data"].clone(), warnings.unwrap_or_default())
}
