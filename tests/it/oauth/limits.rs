//! Failed attempts and request rates (R7, R74).

use std::sync::Arc;

use futures_util::future::join_all;
use talentsoft_partner::app::ForwardedHeader;
use talentsoft_partner::clients::{ClientCache, ClientSettings, Grant, Grants, Scope};
use talentsoft_partner::db::Db;
use talentsoft_partner::ids::ClientId;

use test_support::{OTHER_SECRET, SECRET, Setup, TestApp, TestClient, eventually};

#[tokio::test]
async fn somebody_who_guesses_is_slowed_down_and_the_right_secret_still_gets_in() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let guesser = TestClient {
        secret: OTHER_SECRET.to_owned(),
        ..client.clone()
    };
    // The clock stands still: how long the hashes take changes nothing.
    for _ in 0..10 {
        assert_eq!(app.client_credentials(&guesser).await.oauth_error().0, 401);
    }
    let answer = app.client_credentials(&guesser).await;
    assert_eq!(answer.oauth_error(), (429, "invalid_client".to_owned()));
    assert_eq!(answer.header("retry-after"), "6");
    assert_eq!(answer.header("ratelimit-policy"), "\"failures\";q=10;w=60");
    assert_eq!(answer.header("ratelimit"), "\"failures\";r=0;t=6");
    // From the same address, with the same id, never seen before by this instance.
    assert_eq!(app.client_credentials(&client).await.status, 200);
    // The same at every endpoint that takes the secret.
    for path in ["/revoke", "/introspect", "/connect/token"] {
        let form = [
            ("client_id", guesser.client_id.as_str()),
            ("client_secret", OTHER_SECRET),
            ("token", "x"),
            ("grant_type", "client_credentials"),
        ];
        assert_eq!(app.post_form(path, &form).await.oauth_error().0, 429, "{path}");
    }
    app.advance(6);
    assert_eq!(app.client_credentials(&guesser).await.oauth_error().0, 401);
}

/// A service that takes the word of proxies on this machine, and a client that it has to learn: without the assertion grant
/// its secret is kept as a hash only, so nothing knows it before it was verified once.
async fn behind_a_proxy(header: ForwardedHeader) -> (TestApp, TestClient) {
    let mut setup = Setup::default();
    setup.settings.trusted_proxies = vec!["::ffff:127.0.0.1/128".parse().unwrap()];
    setup.settings.forwarded_header = header;
    let app = TestApp::start_with(setup).await;
    let customer_id = app.add_customer("acme").await;
    let settings = ClientSettings {
        grants: Grants::only(Grant::ClientCredentials),
        ..ClientSettings::marketplace(customer_id)
    };
    let client = app.add_client("cold", SECRET, settings).await;
    (app, client)
}

/// The status for this secret, by a proxy that writes this header.
async fn ask_through(app: &TestApp, client: &TestClient, (name, value): (&str, &[u8]), secret: &str) -> u16 {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client.client_id.as_str()),
        ("client_secret", secret),
    ];
    let request = app.request(reqwest::Method::POST, "/token").header(name, value);
    test_support::send(request.form(&form)).await.status.as_u16()
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_forwarded_address_counts() {
    for (header, name, stranger, caller) in [
        (
            ForwardedHeader::XForwardedFor,
            "x-forwarded-for",
            &b"192.0.2.1"[..],
            &b"192.0.2.2"[..],
        ),
        (
            ForwardedHeader::XForwardedFor,
            "x-forwarded-for",
            b"\xff, 192.0.2.1:51234",
            b"\xff, \"[2001:db8::1]:443\"",
        ),
        (
            ForwardedHeader::Forwarded,
            "forwarded",
            b"for=192.0.2.2, for=\"192.0.2.1:1\"",
            b"for=\"[2001:db8::1]\";proto=https",
        ),
    ] {
        let (app, client) = behind_a_proxy(header).await;
        let ask = async |value, secret| ask_through(&app, &client, (name, value), secret).await;
        for _ in 0..10 {
            assert_eq!(ask(stranger, OTHER_SECRET).await, 401, "{name}");
        }
        assert_eq!(ask(stranger, OTHER_SECRET).await, 429, "{name}");
        assert_eq!(
            ask(stranger, SECRET).await,
            429,
            "a secret that is not known yet waits with the guesses of its address"
        );
        assert_eq!(ask(caller, SECRET).await, 200, "{name}");
        assert_eq!(
            ask(stranger, SECRET).await,
            200,
            "and once known it is let in from everywhere"
        );
    }
}

#[tokio::test]
async fn a_stranger_behind_a_proxy_that_tells_no_address_keeps_no_right_secret_out() {
    for (header, name, value) in [
        (ForwardedHeader::XForwardedFor, "x-forwarded-for", "unix:"),
        (ForwardedHeader::Forwarded, "forwarded", "for=unknown"),
        // The proxy writes the other header.
        (ForwardedHeader::Forwarded, "x-forwarded-for", "192.0.2.1"),
    ] {
        let (app, client) = behind_a_proxy(header).await;
        let ask = async |secret| ask_through(&app, &client, (name, value.as_bytes()), secret).await;
        for _ in 0..12 {
            assert_eq!(ask(OTHER_SECRET).await, 401, "{name}: {value}");
        }
        assert_eq!(ask(SECRET).await, 200, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_client_with_a_rate_is_held_to_it_by_api() {
    let app = TestApp::start().await;
    let customer_id = app.add_customer("acme").await;
    let settings = ClientSettings {
        requests_per_second: Some(1.try_into().unwrap()),
        ..ClientSettings::marketplace(customer_id)
    };
    let client = app.add_client("limited", SECRET, settings).await;
    let token = app.application_token(&client).await;
    let first = app.get_with("/videos/campaigns", &token).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("ratelimit-policy"), "\"requests\";q=1;w=1");
    assert_eq!(first.header("ratelimit"), "\"requests\";r=0;t=1");
    let answer = app.get_with("/videos/campaigns", &token).await;
    assert_eq!(answer.problem(), (429, "over-limit".to_owned()));
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.header("ratelimit"), "\"requests\";r=0;t=1");
    assert_eq!(
        app.get_with("/auth/check?scope=assessments", &token).await.status,
        204,
        "another API"
    );
    app.advance(1);
    assert_eq!(app.get_with("/videos/campaigns", &token).await.status, 200);
}

#[tokio::test]
async fn data_scopes_have_five_a_second_unless_told_otherwise() {
    let app = TestApp::start().await;
    let client = app.add_own_client("data", &[Scope::OccupationBenchmark]).await;
    let token = app.application_token(&client).await;
    let answer = app
        .get_with("/auth/check?scope=occupation-benchmark", &token)
        .await;
    assert_eq!(answer.header("ratelimit-policy"), "\"requests\";q=5;w=1");
}

#[tokio::test]
async fn a_right_secret_is_never_refused_for_being_presented_often_before_it_is_known() {
    let app = TestApp::start().await;
    let customer_id = app.add_customer("acme").await;
    let grants = Grants::only(Grant::ClientCredentials);
    let settings = ClientSettings {
        grants,
        ..ClientSettings::marketplace(customer_id)
    };
    let client = app.add_client("cold", SECRET, settings).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client.client_id.as_str()),
        ("client_secret", SECRET),
    ];
    let attempts: Vec<_> = (0..40)
        .map(|_| {
            tokio::spawn(test_support::send(
                app.request(reqwest::Method::POST, "/token").form(&form),
            ))
        })
        .collect();
    for attempt in attempts {
        assert_eq!(attempt.await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn who_asks_at_once_for_a_client_that_the_feed_has_not_told_of_shares_one_lookup() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let ring = Arc::new(app.ring().await);
    let clients = ClientCache::new(Db::new(&app.database_url, 5, 1).unwrap(), ring);
    clients.set_registered(&[]);
    let find = async |client_id: &ClientId| {
        let found = join_all((0..100).map(|_| clients.find(client_id))).await;
        found.into_iter().filter_map(Result::unwrap).count()
    };
    assert_eq!(find(&client.client_id).await, 100);
    assert_eq!(find(&"nobody".parse().unwrap()).await, 0);
    assert_eq!(clients.unknown_lookups(), 2);
}

#[tokio::test]
async fn who_makes_identifiers_up_keeps_no_client_out_that_is_at_the_same_address() {
    let app = TestApp::start().await;
    // The secret of the one is sealed here; of that of the other there is a hash alone.
    let sealed = app.add_marketplace_client("acme").await;
    let scopes = [Scope::Platform].into_iter().collect();
    let settings = ClientSettings::new(None, Grants::only(Grant::ClientCredentials), scopes);
    let hashed = app.add_client("hashed", SECRET, settings).await;
    let ask = async |client_id: &str, secret: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", secret),
        ];
        app.post_form("/token", &form).await
    };
    let mut made_up = 0;
    while ask(&format!("nobody-{made_up}"), "wrong").await.status != 429 {
        made_up += 1;
        assert!(made_up < 1000, "nobody is refused");
    }
    // The feed brings the identifiers of new clients.
    for client in [&sealed, &hashed] {
        eventually("the right secret gets in", async || {
            app.client_credentials(client).await.status == 200
        })
        .await;
    }
    // Nothing else does, and it looks like the refusal of an identifier that nobody has.
    let nobody = ask("nobody-again", OTHER_SECRET).await;
    assert_eq!(nobody.status, 429);
    for client in [&sealed, &hashed] {
        let wrong = ask(client.client_id.as_str(), OTHER_SECRET).await;
        assert_eq!((wrong.status, &wrong.body), (nobody.status, &nobody.body));
        assert_eq!(wrong.header("retry-after"), nobody.header("retry-after"));
    }
}
