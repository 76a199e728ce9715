//! Reports pass through: a report is never whole in the memory of the service.

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Grants, Scope};
use tokio::task::JoinSet;

use test_support::Answer;
use test_support::{ISSUER, Instance, Registry, SECRET, TestClient};

const REPORT_BYTES: usize = 20 * 1024 * 1024;
const REPORTS: usize = 12;
/// Some chunks for each connection, here and to the database, on their way in and out: a third of what the reports have
/// together.
const ROOM_KIB: u64 = 80 * 1024;

async fn call(instance: &Instance, method: Method, path: &str, token: &str, body: &Value) -> Value {
    let request = instance.request(method, path).bearer_auth(token).json(body);
    let answer = Answer::of(request).await.unwrap();
    assert!((200..300).contains(&answer.status.as_u16()), "{answer:?}");
    answer.json()
}

/// Somebody who has started an assessment, by the path of the invitation.
async fn started(instance: &Instance, registry: &Registry, token: &str, client: &TestClient) -> String {
    let customer_id: uuid::Uuid = sqlx::query_scalar("select customer_id from customer")
        .fetch_one(&registry.sql)
        .await
        .unwrap();
    let campaign =
        json!({ "customer_id": customer_id, "kind": "assessment", "name": "Logic", "language": "en" });
    let campaign = call(instance, Method::POST, "/platform/v1/campaigns", token, &campaign).await;
    let candidate = json!([{
        "campaign_id": campaign["campaign_id"], "applicant_id": uuid::Uuid::nil(), "application_id": uuid::Uuid::nil(),
        "lastname": "Dupont", "firstname": "Zoé", "email": "zoe.dupont@site",
    }]);
    let marketplace = instance.token(client).await;
    let rows = call(
        instance,
        Method::POST,
        "/assessments/invitations",
        &marketplace,
        &candidate,
    )
    .await;
    let path = format!(
        "/platform/v1/invitations/{}",
        rows[0]["invitation_id"].as_str().unwrap()
    );
    set_status(instance, &path, token, "started").await;
    path
}

async fn set_status(instance: &Instance, path: &str, token: &str, status: &str) {
    let status = json!({ "status": status });
    call(instance, Method::POST, &format!("{path}/status"), token, &status).await;
}

/// A document of that many bytes, for as long as the tests run: the memory of this process is none of the matter.
fn document(bytes: usize) -> &'static [u8] {
    let mut document = b"%PDF-1.7".to_vec();
    document.resize(bytes, b'x');
    document.leak()
}

/// Reads a report to its end, and says how long it is.
async fn length(instance: &Instance, location: &str, token: &str) -> usize {
    let request = instance.request(Method::GET, location).bearer_auth(token);
    let mut report = request.send().await.unwrap();
    assert_eq!(report.status(), 200);
    let mut length = 0;
    while let Some(piece) = report.chunk().await.unwrap() {
        length += piece.len();
    }
    length
}

/// Adds a report, and says where it is.
async fn upload(instance: &Instance, path: &str, token: &str, body: &'static [u8]) -> String {
    let request = instance
        .request(Method::POST, &format!("{path}/reports?name=x"))
        .bearer_auth(token)
        .header("content-type", "application/pdf")
        .body(body);
    let answer = Answer::of(request).await.unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    let url = answer.header("location");
    url.strip_prefix(ISSUER).unwrap_or(url).to_owned()
}

#[tokio::test]
async fn large_reports_take_no_more_memory_than_their_chunks() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let scopes = [Scope::Platform].into_iter().collect();
    let platform = ClientSettings::new(None, Grants::both(), scopes);
    let platform = registry.add_client("platform", SECRET, platform).await;
    let instance = Instance::start(&registry.database_url).await;
    let token = instance.token(&platform).await;
    let path = started(&instance, &registry, &token, &client).await;
    let marketplace = instance.token(&client).await;
    // What the first of anything costs.
    let small = upload(&instance, &path, &token, document(1000)).await;
    set_status(&instance, &path, &token, "completed").await;
    assert_eq!(length(&instance, &small, &marketplace).await, 1000);
    let before = instance.peak_memory_kib();

    let instance = std::sync::Arc::new(instance);
    let large = document(REPORT_BYTES);
    let mut transfers = JoinSet::new();
    for _ in 0..REPORTS {
        let (instance, path) = (std::sync::Arc::clone(&instance), path.clone());
        let (token, marketplace) = (token.clone(), marketplace.clone());
        transfers.spawn(async move {
            let location = upload(&instance, &path, &token, large).await;
            assert_eq!(length(&instance, &location, &marketplace).await, REPORT_BYTES);
        });
    }
    while let Some(transfer) = transfers.join_next().await {
        transfer.unwrap();
    }
    let grown = instance.peak_memory_kib() - before;
    assert!(grown < ROOM_KIB, "{grown} KiB more for {REPORTS} reports at once");
}
