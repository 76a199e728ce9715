//! What a batch of candidates may hold, and batches at once.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::inviting::{invitations, start};
use test_support::candidate::{VIDEOS, candidate, candidates};
use test_support::send;

#[tokio::test]
async fn batches_at_once_make_one_invitation_of_each_candidate() {
    let (app, client, token) = start().await;
    let beside = app.beside().await;
    let customer_id = client.customer_id.unwrap();
    let (one, two) = (
        app.add_campaign(customer_id, "One", "en").await.campaign_id,
        app.add_campaign(customer_id, "Two", "en").await.campaign_id,
    );
    let all = |campaign, round: u32| candidates(campaign, round * 100..round * 100 + 50);
    for round in 0..8 {
        let batch = [all(one, round), all(two, round)].concat();
        let reversed: Vec<Value> = batch.iter().rev().cloned().collect();
        let (batch, reversed) = (json!(batch), json!(reversed));
        let (a, b, c, d) = tokio::join!(
            app.post_json(VIDEOS.path, &token, &batch),
            beside.post_json(VIDEOS.path, &token, &reversed),
            app.post_json(VIDEOS.path, &token, &reversed),
            beside.post_json(VIDEOS.path, &token, &batch),
        );
        let links = VIDEOS.links(&a);
        assert_eq!(links.iter().collect::<BTreeSet<_>>().len(), 100);
        assert_eq!(links, VIDEOS.links(&d));
        for reversed in [b, c] {
            let links_of_reversed: Vec<String> = VIDEOS.links(&reversed).into_iter().rev().collect();
            assert_eq!(links, links_of_reversed);
        }
        assert_eq!(invitations(&app).await, i64::from(round + 1) * 100);
    }
}

#[tokio::test]
async fn a_batch_has_500_candidates_at_most() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    assert_eq!(
        app.post_json(VIDEOS.path, &token, &json!([])).await.json(),
        json!([])
    );
    let too_many = json!(candidates(campaign, 0..501));
    let refused = app.post_json(VIDEOS.path, &token, &too_many).await;
    assert_eq!(refused.problem(), (400, "too-many-candidates".to_owned()));
    assert_eq!(invitations(&app).await, 0);
    let most = json!(candidates(campaign, 0..500));
    let links = VIDEOS.links(&app.post_json(VIDEOS.path, &token, &most).await);
    assert_eq!(links.into_iter().collect::<BTreeSet<_>>().len(), 500);
    assert_eq!(invitations(&app).await, 500);
}

#[tokio::test]
async fn what_is_no_batch_is_refused_as_a_whole() {
    let (app, _, token) = start().await;
    let post = async |media_type: Option<&str>, body: Vec<u8>| {
        let mut request = app
            .request(Method::POST, VIDEOS.path)
            .bearer_auth(&token)
            .body(body);
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        send(request).await
    };
    let json = Some("application/json");
    let padded = |bytes: usize| [b"[".to_vec(), vec![b' '; bytes - 2], b"]".to_vec()].concat();
    let long_text = format!("\"{}\"", "x".repeat(10_000)).into_bytes();
    for (media_type, body, expected) in [
        (None, b"[]".to_vec(), (415, "media-type")),
        (Some("text/plain"), b"[]".to_vec(), (415, "media-type")),
        (
            Some("application/x-www-form-urlencoded"),
            b"[]".to_vec(),
            (415, "media-type"),
        ),
        (json, padded(1024 * 1024 + 1), (413, "body-too-large")),
        (json, Vec::new(), (400, "invalid-json")),
        (json, b"{}".to_vec(), (400, "invalid-json")),
        (json, b"[".to_vec(), (400, "invalid-json")),
        (json, b"[] []".to_vec(), (400, "invalid-json")),
        (json, b"[\xff]".to_vec(), (400, "invalid-json")),
        (json, long_text, (400, "invalid-json")),
        (json, "[".repeat(100_000).into_bytes(), (400, "invalid-json")),
        (
            json,
            "[{\"email\":".repeat(50_000).into_bytes(),
            (400, "invalid-json"),
        ),
    ] {
        let answer = post(media_type, body).await;
        assert_eq!(answer.problem(), (expected.0, expected.1.to_owned()));
        assert!(answer.body.len() < 1000, "{answer:?}");
    }
    for good in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
    ] {
        assert_eq!(post(Some(good), b"[]".to_vec()).await.json(), json!([]), "{good}");
    }
    assert_eq!(post(json, padded(1024 * 1024)).await.json(), json!([]));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes();
    assert_eq!(post(json, deep).await.json()[0]["status"], "error");
}

#[tokio::test]
async fn what_no_text_of_the_database_can_hold_is_an_error_of_its_row() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    for member in [
        "campaign_id",
        "applicant_id",
        "lastname",
        "firstname",
        "email",
        "phone",
        "callback_url",
    ] {
        let mut bad = candidate(campaign, 1);
        bad[member] = json!("a\u{0}b");
        let rows = app
            .post_json(VIDEOS.path, &token, &json!([bad, candidate(campaign, 2)]))
            .await
            .json();
        assert_eq!(
            (&rows[0]["status"], &rows[1]["status"]),
            (&json!("error"), &json!("success")),
            "{member}"
        );
        assert!(
            rows[0]["error_message"].as_str().unwrap().starts_with(member),
            "{rows}"
        );
    }
}

#[tokio::test]
async fn what_a_recruiter_would_not_see_is_an_error_of_its_row() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    for member in ["lastname", "firstname", "email", "phone"] {
        for hidden in [
            "\n", "\u{2028}", "\u{202e}", "\u{2066}", "\u{61c}", "\u{200b}", "\u{ad}",
        ] {
            let mut bad = candidate(campaign, 1);
            bad[member] = json!(format!("a{hidden}b@c"));
            let batch = json!([bad, candidate(campaign, 2)]);
            let rows = app.post_json(VIDEOS.path, &token, &batch).await.json();
            let words = rows[0]["error_message"].as_str().unwrap();
            assert!(
                words.starts_with(member) && words.contains("invisible"),
                "{words}"
            );
            assert_eq!(rows[1]["status"], "success", "{member}");
        }
    }
}

#[tokio::test]
async fn a_row_that_no_text_can_hold_leaves_the_other_rows_alone() {
    let (app, client, token) = start().await;
    let campaign = app
        .add_campaign(client.customer_id.unwrap(), "One", "en")
        .await
        .campaign_id;
    let deep = "[".repeat(50_000) + &"]".repeat(50_000);
    let rows: [&[u8]; 8] = [
        br#"{"email":"\ud800"}"#,
        br#"{"\udfff":1}"#,
        br#"{"email":1e999}"#,
        br#"{"email":"a@b","email":"a@b"}"#,
        b"{\"lastname\":\"Andr\xe9\"}",
        b"null",
        b"1e999",
        deep.as_bytes(),
    ];
    let good = candidate(campaign, 1).to_string();
    let mut body = [b"[", good.as_bytes()].concat();
    for row in rows {
        body.extend([b",", row].concat());
    }
    let body = [
        &body,
        &b","[..],
        candidate(campaign, 2).to_string().as_bytes(),
        b"]",
    ]
    .concat();
    let request = app.request(Method::POST, VIDEOS.path).bearer_auth(&token);
    let request = request.header("content-type", "application/json").body(body);
    let answer = send(request).await.json();
    let status: Vec<_> = answer
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["status"])
        .collect();
    let expected = [vec!["success"], vec!["error"; rows.len()], vec!["success"]].concat();
    assert_eq!(status, expected, "{answer}");
    assert_eq!(invitations(&app).await, 2);
}
