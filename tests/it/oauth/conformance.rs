//! Rules of `docs/CONFORMANCE.md` that belong to no endpoint in particular, or to all.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor};
use talentsoft_partner::clients::{ClientSettings, Scope};

use test_support::assertion::{self, Assertion, GRANT_TYPE};
use test_support::eventually;
use test_support::{Answer, ISSUER, OTHER_SECRET, SECRET, TestApp, log, send};

const INVALID_GRANT: (u16, &str) = (400, "invalid_grant");

#[track_caller]
fn assert_refused(answer: &Answer, expected: (u16, &str), what: &str) {
    let (status, error) = answer.oauth_error();
    assert_eq!((status, error.as_str()), expected, "{what}");
}

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
async fn only_keys_of_the_client_that_iss_names_are_tried() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let customer_id = app.add_customer("other").await;
    let other = app
        .add_client("other", OTHER_SECRET, ClientSettings::marketplace(customer_id))
        .await;
    let good = assertion::good(&app, &client);
    let of_other = good.sign(OTHER_SECRET);
    assert_refused(
        &app.jwt_bearer(&of_other).await,
        INVALID_GRANT,
        "another client's key",
    );
    let good_of_other = assertion::good(&app, &other).sign(OTHER_SECRET);
    assert_eq!(app.jwt_bearer(&good_of_other).await.status, 200);
    // A header that brings its key, or says where another one is.
    let key = URL_SAFE_NO_PAD.encode(OTHER_SECRET);
    let jwk = json!({ "kty": "oct", "alg": "HS256", "k": key, "kid": "mine" });
    for (name, value) in [
        ("jwk", jwk),
        ("kid", json!(other.secret_info.secret_id)),
        ("kid", json!(other.client_id)),
        ("kid", json!("../../dev/null")),
        ("kid", json!("' or 1=1 --")),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/x5u")),
        ("x5c", json!([STANDARD.encode(OTHER_SECRET)])),
    ] {
        let brought = good.clone().header(name, value).sign(OTHER_SECRET);
        assert_refused(&app.jwt_bearer(&brought).await, INVALID_GRANT, name);
        let empty = good.clone().header(name, json!("x")).sign(" ");
        assert_refused(&app.jwt_bearer(&empty).await, INVALID_GRANT, name);
    }
}

#[tokio::test]
async fn a_mac_by_another_algorithm_is_refused_also_with_the_right_secret() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let sign = |named: &str, algorithm: Algorithm| {
        let Assertion { header, claims } = assertion::good(&app, &client).header("alg", json!(named));
        let input = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let input = input.join(".");
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        let mac = jsonwebtoken::crypto::sign(input.as_bytes(), &key, algorithm).unwrap();
        format!("{input}.{mac}")
    };
    for (named, algorithm) in [
        ("HS384", Algorithm::HS384),
        ("HS512", Algorithm::HS512),
        ("HS256", Algorithm::HS384),
        ("HS256", Algorithm::HS512),
    ] {
        let what = format!("{algorithm:?} named {named}");
        let answer = app.jwt_bearer(&sign(named, algorithm)).await;
        assert_refused(&answer, INVALID_GRANT, &what);
    }
    assert_eq!(app.jwt_bearer(&sign("HS256", Algorithm::HS256)).await.status, 200);
}

#[tokio::test]
async fn the_assertion_grant_takes_each_parameter_once() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client).sign(SECRET);
    for twice in [("assertion", signed.as_str()), ("scope", "videos"), ("x", "y")] {
        let form = [("grant_type", GRANT_TYPE), ("assertion", &signed), twice, twice];
        let answer = app.post_form("/token", &form).await;
        assert_refused(&answer, (400, "invalid_request"), twice.0);
    }
    // Two assertions are not one.
    let form = [
        ("grant_type", GRANT_TYPE),
        ("assertion", &format!("{signed} {signed}")),
    ];
    assert_refused(&app.post_form("/token", &form).await, INVALID_GRANT, "two in one");
}

#[tokio::test]
async fn wrong_credentials_spoil_a_good_assertion_and_get_their_challenge() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client).sign(SECRET);
    let form = [("grant_type", GRANT_TYPE), ("assertion", signed.as_str())];
    let ask = async |value: String| {
        let request = app
            .request(Method::POST, "/token")
            .header(AUTHORIZATION, value)
            .form(&form);
        send(request).await
    };
    let basic = |secret: &str| {
        format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{secret}", client.client_id))
        )
    };
    for bad in [
        basic(OTHER_SECRET),
        basic(""),
        "Basic !".to_owned(),
        "Bearer x".to_owned(),
    ] {
        let answer = ask(bad.clone()).await;
        assert_refused(&answer, (401, "invalid_client"), &bad);
        assert_eq!(answer.challenge().0, "Basic", "{bad}");
    }
    assert_eq!(ask(basic(SECRET)).await.status, 200);
    let unsupported = [&form[..], &[("client_assertion", "a.b.c")]].concat();
    let answer = app.post_form("/token", &unsupported).await;
    assert_refused(&answer, (401, "invalid_client"), "client_assertion");
}

#[tokio::test]
async fn an_assertion_may_ask_for_less_and_never_for_more() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client).sign(SECRET);
    let ask = async |scope: &str| {
        let form = [
            ("grant_type", GRANT_TYPE),
            ("assertion", signed.as_str()),
            ("scope", scope),
        ];
        app.post_form("/connect/token", &form).await
    };
    let less = ask("assessments").await.json();
    assert_eq!(less["scope"], "assessments");
    assert!(less.get("refresh_token").is_none());
    let token = less["access_token"].as_str().unwrap();
    assert_eq!(app.get_with("/videos/campaigns", token).await.status, 403);
    for more in [
        "admin",
        "videos admin",
        "ASSESSMENTS",
        "videos\tassessments",
        "\"videos\"",
        "é",
    ] {
        assert_refused(&ask(more).await, (400, "invalid_scope"), more);
    }
}

#[tokio::test]
async fn what_a_proxy_or_a_caller_says_about_the_host_changes_nothing() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let evil = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example;proto=http"),
    ];
    let with = |mut request: reqwest::RequestBuilder| {
        for (name, value) in evil {
            request = request.header(name, value);
        }
        request
    };
    let metadata = app.request(Method::GET, "/.well-known/oauth-authorization-server");
    let metadata = send(with(metadata)).await;
    assert_eq!(metadata.json()["issuer"], ISSUER);
    assert!(!metadata.body.contains("evil"), "{}", metadata.body);
    for aud in [
        "https://evil.example",
        "http://evil.example/token",
        "evil.example",
    ] {
        let signed = assertion::good(&app, &client)
            .claim("aud", json!(aud))
            .sign(SECRET);
        log::never(&signed);
        let form = [("grant_type", GRANT_TYPE), ("assertion", &signed)];
        let answer = send(with(app.request(Method::POST, "/token")).form(&form)).await;
        assert_refused(&answer, INVALID_GRANT, aud);
    }
}

#[tokio::test]
async fn a_client_that_is_named_like_a_user_is_no_user() {
    let app = TestApp::start().await;
    let customer_id = app.add_customer("acme").await;
    let client = app
        .add_client("someone@site", SECRET, ClientSettings::marketplace(customer_id))
        .await;
    let describe = async |token: &str| {
        let form = [
            ("client_id", "someone@site"),
            ("client_secret", SECRET),
            ("token", token),
        ];
        app.post_form("/introspect", &form).await.json()
    };
    let token = app.application_token(&client).await;
    let described = describe(&token).await;
    assert_eq!(described["token_kind"], "application");
    assert!(described.get("username").is_none(), "{described}");
    let check = app.get_with("/auth/check", &token).await;
    assert_eq!(check.header("x-client-id"), "someone@site");
    assert!(!check.headers.contains_key("x-user-email"));
    // And a user whose address is the client's identifier is a user.
    let signed = assertion::good(&app, &client)
        .claim("email", json!("someone@site"))
        .sign(SECRET);
    let body = app.jwt_bearer(&signed).await.json();
    let described = describe(body["access_token"].as_str().unwrap()).await;
    assert_eq!(
        (&described["token_kind"], &described["username"]),
        (&json!("user"), &json!("someone@site"))
    );
}

#[tokio::test]
async fn ending_the_tokens_of_a_client_ends_them_for_introspection_too() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
        ("token", &token),
    ];
    assert_eq!(app.post_form("/introspect", &form).await.json()["active"], true);
    app.revoke_tokens(&client).await;
    eventually("the token is inactive", async || {
        app.post_form("/introspect", &form).await.json() == json!({ "active": false })
    })
    .await;
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
async fn head_is_get_without_a_body_and_every_answer_has_its_date() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let token = app.application_token(&client).await;
    let registered = test_support::routes::registered(talentsoft_partner::api::configure);
    let paths: Vec<String> = registered
        .iter()
        .filter_map(|route| route.strip_prefix("GET "))
        .map(|path| path.replace("{file}", "index.html"))
        .chain(["/docs/nope".to_owned(), "/auth/check?scope=nope".to_owned()])
        .collect();
    assert!(paths.len() >= 8, "{paths:?}");
    for path in paths {
        for token in [token.as_str(), "nonsense"] {
            let ask = async |method| send(app.request(method, &path).bearer_auth(token)).await;
            let (get, head) = (ask(Method::GET).await, ask(Method::HEAD).await);
            assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
            let headers = |answer: &Answer| {
                let mut headers = answer.headers.clone();
                assert!(headers.remove("date").is_some(), "{path} has no date");
                headers.remove("x-request-id");
                headers
            };
            assert_eq!(headers(&head), headers(&get), "{path}");
        }
    }
    for (method, path) in [
        (Method::POST, "/token"),
        (Method::GET, "/token"),
        (Method::GET, "/nope"),
        (Method::POST, "/introspect"),
        (Method::OPTIONS, "/auth/check"),
    ] {
        let answer = send(app.request(method.clone(), path)).await;
        assert!(answer.header("date").ends_with(" GMT"), "{method} {path}");
        assert_eq!(
            answer.status == 405,
            answer.headers.contains_key("allow"),
            "{method} {path}"
        );
        assert_eq!(
            answer.status == 401,
            answer.headers.contains_key("www-authenticate"),
            "{method} {path}"
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
