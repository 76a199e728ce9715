//! What the database, an answer and a cache must not hold.

use serde_json::json;
use sqlx::{AssertSqlSafe, Executor};
use talentsoft_partner::clients::Scope;

use super::assert_refused;
use test_support::assertion::{self, GRANT_TYPE};
use test_support::{SECRET, TestApp, log};

/// Every row of every table, as text.
async fn dump(app: &TestApp) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables where table_schema = 'public'",
    )
    .fetch_all(&app.sql)
    .await
    .unwrap();
    assert!(tables.len() >= 8, "{tables:?}");
    let mut dump = String::new();
    for table in tables {
        let sql = AssertSqlSafe(format!("select t::text from {table} t"));
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&app.sql).await.unwrap();
        dump.push_str(&rows.join("\n"));
    }
    dump
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_database_holds_no_secret_token_or_assertion() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client)
        .claim("jti", json!("the-only-one"))
        .sign(SECRET);
    let user_token = app.jwt_bearer(&signed).await.json()["access_token"].clone();
    let token = app.application_token(&client).await;
    for token in [token.as_str(), user_token.as_str().unwrap()] {
        let form = [
            ("token", token),
            ("client_id", client.client_id.as_str()),
            ("client_secret", SECRET),
        ];
        assert_eq!(app.post_form("/revoke", &form).await.status, 200);
    }
    let dump = dump(&app).await;
    assert!(
        dump.contains(client.client_id.as_str()),
        "the dump sees what is there"
    );
    let last = |text: &str| text.rsplit('.').next().unwrap().to_owned();
    for forbidden in [
        SECRET,
        &hex(SECRET.as_bytes()),
        &token[20..],
        &user_token.as_str().unwrap()[20..],
        &last(&signed),
        "the-only-one",
        "jean.dupont@site",
    ] {
        assert!(!dump.contains(forbidden), "{forbidden} is in the database");
    }
}

#[tokio::test]
async fn a_defect_says_nothing_about_itself() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    for table in ["campaign", "client", "revoked_token"] {
        let sql = AssertSqlSafe(format!("alter table {table} rename to {table}_is_elsewhere"));
        app.sql.execute(sql).await.unwrap();
    }
    let credentials = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
    ];
    let form = [&credentials[..], &[("token", &token)]].concat();
    let stranger = [
        ("grant_type", "client_credentials"),
        ("client_id", "stranger"),
        ("client_secret", SECRET),
    ];
    let problem = app.get_with("/videos/campaigns", &token).await;
    assert_eq!(problem.problem(), (500, "internal".to_owned()));
    let revoking = app.post_form("/revoke", &form).await;
    let issuing = app.post_form("/token", &stranger).await;
    for answer in [&revoking, &issuing] {
        assert_refused(answer, (500, "server_error"), "a table is missing");
        assert_eq!(answer.json()["error_description"], "internal error");
    }
    for answer in [problem, revoking, issuing] {
        for internal in [
            "relation",
            "elsewhere",
            "sqlx",
            "select",
            "postgres",
            "src/",
            "42P01",
        ] {
            assert!(!answer.body.contains(internal), "{internal}: {}", answer.body);
        }
        let id = answer.header("x-request-id").to_owned();
        let [line] = &log::lines_with(&id)
            .into_iter()
            .filter(|line| line["status"] == 500)
            .collect::<Vec<_>>()[..]
        else {
            panic!("not one line for {id}");
        };
        assert!(
            line["cause"].as_str().unwrap().contains("does not exist"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn no_answer_with_a_token_may_be_kept() {
    let app = TestApp::start().await;
    let client = app.add_own_client("own", &[Scope::Introspect]).await;
    let signed = assertion::good(&app, &client).sign(SECRET);
    let token = app.application_token(&client).await;
    let credentials = [("client_id", "own"), ("client_secret", SECRET)];
    for path in ["/token", "/connect/token", "/introspect"] {
        for more in [
            [("grant_type", "client_credentials"), ("token", token.as_str())],
            [("grant_type", GRANT_TYPE), ("assertion", &signed)],
        ] {
            let answer = app.post_form(path, &[credentials, more].concat()).await;
            assert_eq!(answer.header("cache-control"), "no-store", "{path} {more:?}");
            assert_eq!(answer.header("pragma"), "no-cache", "{path} {more:?}");
        }
    }
}
