//! What is recorded holds nothing that is secret, and no person.

use reqwest::Method;
use serde_json::json;
use sqlx::AssertSqlSafe;
use test_support::assertion::{self, GRANT_TYPE};
use test_support::{OTHER_SECRET, SECRET, TestApp, send};

use super::{keeping, until_counted};

const CANARY: &str = "c4n4ry-of-nobody";

/// Every row of what is recorded, as text.
async fn dump(app: &TestApp) -> String {
    let mut dump = String::new();
    for table in ["refusal", "refusal_count"] {
        let sql = AssertSqlSafe(format!("select t::text from {table} t"));
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&app.sql).await.unwrap();
        dump.push_str(&rows.join("\n"));
    }
    dump
}

#[tokio::test]
async fn no_secret_no_token_no_assertion_and_no_person_is_in_any_column() {
    let app = keeping(1_000).await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let good = assertion::good(&app, &client);
    let mut requests = 0;
    // In each claim and header parameter, as text, as an address, in a URL, and within a list.
    let values = [
        json!(CANARY),
        json!(format!("{CANARY}@site.example")),
        json!(format!(
            "https://{CANARY}:{CANARY}@site.example/{CANARY}?{CANARY}#{CANARY}"
        )),
        json!([CANARY, { CANARY: CANARY }]),
        json!({ CANARY: 1 }),
    ];
    let mut texts = vec![CANARY.to_owned(), format!("{CANARY}.{CANARY}.{CANARY}")];
    for value in &values {
        for name in [
            "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "email", "name", CANARY,
        ] {
            texts.push(good.clone().claim(name, value.clone()).sign(OTHER_SECRET));
            texts.push(
                good.clone()
                    .claim(name, value.clone())
                    .claim("nbf", json!("x"))
                    .sign(SECRET),
            );
        }
        for name in ["typ", "alg", "crit", "b64", "kid", CANARY] {
            texts.push(good.clone().header(name, value.clone()).sign(OTHER_SECRET));
        }
    }
    let signature = |text: &str| text.rsplit('.').next().unwrap().to_owned();
    let mut forbidden: Vec<String> = texts[2..].iter().map(|text| signature(text)).collect();
    for text in &texts {
        assert_eq!(app.jwt_bearer(text).await.status, 400);
        requests += 1;
    }
    let path = format!("/auth/check/{CANARY}?{CANARY}");
    let basic = app
        .request(Method::POST, "/token")
        .basic_auth(CANARY, Some(CANARY));
    let user = app.request(Method::GET, "/videos/campaigns").bearer_auth(&token);
    for request in [
        app.request(Method::GET, &path),
        app.request(Method::GET, &path).bearer_auth(CANARY),
        app.request(Method::GET, &path)
            .bearer_auth(format!("{}{CANARY}", &token[..60])),
        app.request(Method::GET, &format!("/videos/campaigns?access_token={CANARY}")),
        basic.form(&[("grant_type", "client_credentials"), ("scope", CANARY)]),
        user.header("x-current-user", format!("{CANARY}@site @x")),
        app.request(Method::POST, "/token").form(&[
            ("grant_type", GRANT_TYPE),
            ("client_id", CANARY),
            ("client_secret", CANARY),
            ("assertion", CANARY),
        ]),
        app.request(Method::POST, "/token")
            .form(&[("grant_type", CANARY)]),
        app.request(Method::POST, &format!("/token?client_secret={CANARY}"))
            .form(&[("x", CANARY)]),
    ] {
        assert!(send(request).await.status.is_client_error());
        requests += 1;
    }
    until_counted(&app, requests).await;
    let dump = dump(&app).await;
    assert!(
        dump.contains(client.client_id.as_str()) && dump.contains("https://site.example/…"),
        "{dump}"
    );
    forbidden.extend(
        [
            CANARY,
            SECRET,
            OTHER_SECRET,
            &token[20..],
            "eyJ",
            "jean",
            "Dupont",
        ]
        .map(str::to_owned),
    );
    // As much of an identifier that nobody has as the log shows is 8 characters.
    forbidden.push(CANARY[..9].to_owned());
    for forbidden in forbidden {
        let at = dump.find(&forbidden);
        let around = at.map(|at| dump.get(at.saturating_sub(200)..at + 50));
        assert_eq!(around, None, "{forbidden} is recorded");
    }
}
