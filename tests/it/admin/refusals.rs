//! `/admin/v1/refusals` and `/admin/v1/refusal-groups`.

use serde_json::{Value, json};

use super::stage::AdminStage;
use test_support::{OTHER_SECRET, TestClient, eventually};

impl AdminStage {
    /// Refuses two calls of a client with a wrong secret and one without a token; the id of the answer to the first.
    async fn refuse_three(&self, client: &TestClient) -> String {
        let wrong = TestClient {
            secret: OTHER_SECRET.to_owned(),
            ..client.clone()
        };
        let first = self.app.client_credentials(&wrong).await;
        self.app.client_credentials(&wrong).await;
        assert_eq!(self.app.get("/videos/campaigns").await.status, 401);
        eventually("all are written", async || {
            let listed = self.get("/refusals").await.json();
            listed["refusals"].as_array().is_some_and(|list| list.len() == 3)
        })
        .await;
        first.header("x-request-id").to_owned()
    }

    /// All that a list has, page by page.
    async fn paged(&self, path: &str, member: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}?limit=1&cursor={cursor}")).await.json();
            let list = page[member].as_array().unwrap();
            assert_eq!(list.len(), 1);
            all.extend(list.iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else {
                return all;
            };
            next.clone_into(&mut cursor);
        }
    }
}

#[tokio::test]
async fn a_refused_call_is_found_and_says_why_and_what_would_mend_it() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_marketplace_client("acme").await;
    let request_id = stage.refuse_three(&client).await;
    let found = stage
        .get(&format!("/refusals?request_id={request_id}"))
        .await
        .json();
    let refusal = &found["refusals"][0];
    assert_eq!(found["refusals"].as_array().unwrap().len(), 1);
    assert_eq!(refusal["client_id"], json!(client.client_id));
    assert_eq!(refusal["reason"], "client_wrong_secret");
    for words in ["meaning", "remedy"] {
        assert!(refusal[words].as_str().unwrap().ends_with('.'), "{words}");
    }
    let id = refusal["refusal_id"].as_str().unwrap();
    let one = stage.get(&format!("/refusals/{id}")).await;
    assert_eq!(one.header("cache-control"), "no-store");
    assert_eq!(&one.json(), refusal);

    let client_id = client.client_id.as_str();
    let now = "2018-03-04T16:00:00Z";
    let later = "2099-01-01T00:00:00Z";
    for (query, expected) in [
        (format!("client_id={client_id}"), 2),
        ("reason=token_missing".to_owned(), 1),
        ("address=127.0.0.1".to_owned(), 3),
        ("address=192.0.2.1".to_owned(), 0),
        (format!("since={now}"), 3),
        (format!("since={later}"), 0),
        (format!("until={later}"), 3),
        (format!("until={now}"), 0),
    ] {
        let found = stage.get(&format!("/refusals?{query}")).await.json();
        assert_eq!(found["refusals"].as_array().unwrap().len(), expected, "{query}");
    }
    sqlx::query("update refusal set address = '2001:db8:1:2::7', network = '2001:db8:1:2::/64'")
        .execute(&stage.app.sql)
        .await
        .unwrap();
    for (address, expected) in [
        ("2001:db8:1:2::7", 3),
        ("2001:db8:1:2::/64", 3),
        ("2001:db8:1:2:3::/64", 3),
        ("2001:db8:1:3::/64", 0),
    ] {
        let found = stage.get(&format!("/refusals?address={address}")).await.json();
        assert_eq!(found["refusals"].as_array().unwrap().len(), expected, "{address}");
    }
    let all = stage.get("/refusals").await.json();
    assert_eq!(all["next_cursor"], Value::Null);
    for refusal in all["refusals"].as_array().unwrap() {
        let id = refusal["refusal_id"].as_str().unwrap();
        assert_eq!(&stage.get(&format!("/refusals/{id}")).await.json(), refusal);
    }
    assert_eq!(json!(stage.paged("/refusals", "refusals").await), all["refusals"]);
}

#[tokio::test]
async fn refused_calls_are_counted_by_caller_and_reason() {
    let stage = AdminStage::new().await;
    let client = stage.app.add_marketplace_client("acme").await;
    stage.refuse_three(&client).await;
    let client_id = client.client_id.as_str();
    let groups = stage
        .get(&format!("/refusal-groups?client_id={client_id}"))
        .await
        .json();
    let groups = groups["refusal_groups"].as_array().unwrap();
    let of_client = groups.first().unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(
        (&of_client["refused"], &of_client["not_kept"]),
        (&json!(2), &json!(0))
    );
    for (query, expected) in [
        ("reason=client_wrong_secret", 1),
        ("address=127.0.0.1", 1),
        ("since=2099-01-01T00:00:00Z", 0),
        ("until=2018-03-04T16:00:00Z", 0),
    ] {
        let found = stage.get(&format!("/refusal-groups?{query}")).await.json();
        assert_eq!(
            found["refusal_groups"].as_array().unwrap().len(),
            expected,
            "{query}"
        );
    }
    let all = stage.get("/refusal-groups").await.json();
    let paged = stage.paged("/refusal-groups", "refusal_groups").await;
    assert_eq!((paged.len(), json!(paged)), (2, all["refusal_groups"].clone()));
}

#[tokio::test]
async fn what_a_question_about_refusals_has_wrong_is_named() {
    let stage = AdminStage::new().await;
    for (path, status, name) in [
        ("/refusals?since=yesterday", 400, "invalid-parameter"),
        ("/refusals?until=2018-03-04", 400, "invalid-parameter"),
        ("/refusals?address=localhost", 400, "invalid-parameter"),
        ("/refusals?address=2001:db8::/48", 400, "invalid-parameter"),
        ("/refusals?cursor=x", 400, "invalid-cursor"),
        ("/refusals?limit=501", 400, "invalid-limit"),
        ("/refusal-groups?cursor=x", 400, "invalid-cursor"),
        ("/refusal-groups?request_id=x", 400, "unknown-parameter"),
        ("/refusals/x", 404, "not-found"),
        ("/refusals/0161ed31-5440-7000-8000-000000000003", 404, "not-found"),
    ] {
        let refused = stage.get(path).await.problem();
        assert_eq!(refused, (status, name.to_owned()), "{path}");
    }
}
