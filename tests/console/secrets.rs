//! The secrets of a client: added beside the one that is used, watched, compared, retired.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::Method;
use talentsoft_partner::clients::Scope;
use talentsoft_partner::ids::SecretId;
use talentsoft_partner::staff::Role;
use test_support::browser::{Browser, PASSWORD};
use test_support::{Answer, PATIENCE, SECRET, TestApp, TestClient, eventually, log};

use crate::console as start;

async fn stage() -> (TestApp, Browser, TestClient) {
    let app = start().await;
    app.add_staff("lena", Role::Operator).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let client = app.add_own_client("platform", &[Scope::Platform]).await;
    (app, browser, client)
}

fn generated(html: &str) -> Option<String> {
    let values = html
        .split("value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap());
    values
        .filter(|value| value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
        .next()
}

#[tokio::test]
async fn a_rotation_is_seen_from_the_new_secret_to_the_retired_one() {
    let (app, browser, mut client) = stage().await;
    let old = client.secret_info.secret_id;
    assert_eq!(app.client_credentials(&client).await.status, 200);
    app.advance(60);
    let form = browser.get("/clients/platform/secrets/new").await;
    let added = browser
        .submit(&form, "secret-new", &[("expires_in_days", "90")])
        .await;
    let secret = generated(&added.body).unwrap_or_else(|| panic!("{}", added.body));
    log::never(&secret);
    let again = browser
        .submit(&form, "secret-new", &[("expires_in_days", "90")])
        .await;
    assert_eq!((again.status.as_u16(), generated(&again.body)), (200, None));
    client.secret = secret.clone();
    eventually("the new secret is accepted", async || {
        app.client_credentials(&client).await.status == 200
    })
    .await;
    eventually("its use is shown", async || {
        let page = browser.get("/clients/platform/secrets").await;
        page.body.matches("127.0.0.1").count() >= 2
    })
    .await;
    let page = browser.get("/clients/platform/secrets").await;
    assert!(!page.body.contains(&secret) && page.body.contains(&old.to_string()));
    let path = format!("/clients/platform/secrets/{old}/retire");
    let ask = browser.get(&path).await;
    let retired = browser.submit(&ask, "secret-retire", &[("mode", "leaked")]).await;
    assert_eq!(retired.status, 303, "{retired:?}");
    let after: (bool, i64) = sqlx::query_as(
        "select retired_at is not null, token_generation from client_secret join client using (client_id) where secret_id = $1",
    )
    .bind(old.0)
    .fetch_one(&app.sql)
    .await
    .unwrap();
    assert_eq!(after, (true, 1));
    assert_eq!(
        browser.get(&path).await.status,
        404,
        "a retired one is not retired again"
    );
}

#[tokio::test]
async fn a_retirement_is_taken_back_by_a_button_that_asks_for_the_password_again() {
    let (app, browser, client) = stage().await;
    let id = client.secret_info.secret_id;
    let secrets = "/clients/platform/secrets";
    let ask = browser.get(&format!("{secrets}/{id}/retire")).await;
    assert!(ask.body.contains("can be taken back for"), "{}", ask.body);
    let retired = browser.submit(&ask, "secret-retire", &[("mode", "retire")]).await;
    let page = browser.follow(retired).await;
    assert!(page.body.contains("The secret is retired"), "{}", page.body);
    eventually("it is refused", async || {
        app.client_credentials(&client).await.status == 401
    })
    .await;
    app.advance(601);
    let asked = browser.submit(&page, "secret-restore", &[]).await;
    assert!(asked.body.contains("Confirm that it is you"), "{}", asked.body);
    let done = browser
        .submit(&asked, "secret-restore", &[("confirm_password", PASSWORD)])
        .await;
    let shown = browser.follow(done).await;
    assert!(
        shown.body.contains("The secret is accepted again"),
        "{}",
        shown.body
    );
    eventually("it is accepted", async || {
        app.client_credentials(&client).await.status == 200
    })
    .await;

    let ask = browser.get(&format!("{secrets}/{id}/retire")).await;
    let retired = browser.submit(&ask, "secret-retire", &[("mode", "retire")]).await;
    let page = browser.follow(retired).await;
    sqlx::query("update client_secret set restorable_until = null")
        .execute(&app.sql)
        .await
        .unwrap();
    let late = browser.submit(&page, "secret-restore", &[]).await;
    let late = browser.follow(late).await;
    assert!(late.body.contains("is over"), "{}", late.body);
    assert!(
        !late.body.contains("secret-restore"),
        "there is no button any more"
    );
}

#[tokio::test]
async fn a_pasted_secret_is_compared_and_shown_nowhere() {
    let (_app, browser, _client) = stage().await;
    let page = browser.get("/clients/platform/secrets").await;
    let right = browser
        .submit(&page, "secret-check", &[("stored_secret", SECRET)])
        .await;
    let wrong = browser
        .submit(
            &page,
            "secret-check",
            &[("stored_secret", "another one that nobody has")],
        )
        .await;
    for (name, answer) in [("right", &right), ("wrong", &wrong)] {
        assert_eq!(answer.status, 200, "{name}");
        assert!(
            !answer.body.contains(SECRET) && !answer.body.contains("nobody has"),
            "{name}"
        );
    }
    assert!(right.body.contains("notice ok") && wrong.body.contains("notice bad"));
}

#[tokio::test]
async fn the_answer_to_a_pasted_secret_says_where_its_live_part_is_read_again() {
    let (_app, browser, _client) = stage().await;
    let page = browser.get("/clients/platform/secrets").await;
    let checked = browser
        .submit(&page, "secret-check", &[("stored_secret", SECRET)])
        .await;
    let (_, rest) = checked.body.split_once("data-page=\"").expect("a live part");
    let address = rest.split('"').next().unwrap();
    let again = browser.get(address).await;
    assert_eq!(again.status, 200, "{address}");
    assert!(again.body.contains("id=\"rotation\""), "{}", again.body);
}

#[tokio::test]
async fn a_stream_says_that_a_secret_was_used_and_ends_with_its_session() {
    let (app, browser, client) = stage().await;
    let request = browser
        .request(Method::GET, "/clients/platform/live")
        .header("accept", "text/event-stream")
        .header("sec-fetch-site", "same-origin");
    let mut stream = request.send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert_eq!(stream.headers()["x-accel-buffering"], "no");
    assert_eq!(app.client_credentials(&client).await.status, 200);
    let mut seen = String::new();
    let changed = async {
        while !seen.contains("event: changed") {
            let chunk = stream.chunk().await.unwrap().expect("the stream goes on");
            seen.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    tokio::time::timeout(PATIENCE, changed).await.unwrap();
    let page = browser.get("/").await;
    browser.submit(&page, "sign-out", &[]).await;
    let ended = async { while stream.chunk().await.unwrap().is_some() {} };
    tokio::time::timeout(PATIENCE.max(Duration::from_secs(10)), ended)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_session_has_three_streams_and_no_more() {
    let (_app, browser, _client) = stage().await;
    let open = async || {
        let request = browser.request(Method::GET, "/clients/platform/live");
        request
            .header("accept", "text/event-stream")
            .send()
            .await
            .unwrap()
    };
    let streams = [open().await, open().await, open().await];
    assert!(streams.iter().all(|stream| stream.status() == 200));
    assert_eq!(open().await.status(), 429);
    drop(streams);
}

#[tokio::test]
async fn a_secret_that_is_retired_already_is_retired_again_without_a_complaint() {
    let (app, browser, client) = stage().await;
    let id = client.secret_info.secret_id;
    let ask = browser
        .get(&format!("/clients/platform/secrets/{id}/retire"))
        .await;
    for mode in ["retire", "retire", "leaked", "leaked"] {
        let retired = browser.submit(&ask, "secret-retire", &[("mode", mode)]).await;
        assert_eq!(retired.status, 303, "{retired:?}");
        let page = browser.follow(retired).await;
        assert!(page.body.contains("The secret is retired"), "{}", page.body);
    }
    let retirements: i64 = sqlx::query_scalar("select count(*) from audit_event where action = 'retired'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(retirements, 2, "once, and once for good");
    let mut unknown = ask;
    let other = SecretId::generate(app.now()).to_string();
    unknown.body = unknown.body.replace(&id.to_string(), &other);
    let unknown = browser
        .submit(&unknown, "secret-retire", &[("mode", "retire")])
        .await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_form_with_the_key_of_another_secret_is_invalid() {
    let (app, browser, _client) = stage().await;
    let other = app.add_own_client("another", &[Scope::Platform]).await;
    let taken = other.secret_info.secret_id.to_string();
    let mut form = browser.get("/clients/platform/secrets/new").await;
    form.body = with_key(&form.body, &taken);
    let refused = browser.submit(&form, "secret-new", &[]).await;
    assert_eq!(refused.status, 400, "{refused:?}");

    app.add_staff("root", Role::Admin).await;
    let admin = Browser::signed_in(&app, "root").await;
    let mut form = admin.get("/clients/new").await;
    form.body = with_key(&form.body, &taken);
    let fields = [
        ("client_id", "third"),
        ("grants", "client_credentials"),
        ("scopes", "platform"),
        ("max_assertion_ttl_seconds", "3600"),
        ("clock_skew_seconds", "60"),
        ("replay_policy", "if_jti"),
        ("expires_in_format", "string"),
    ];
    let refused = admin.submit(&form, "client-new", &fields).await;
    assert_eq!(refused.status, 400, "{refused:?}");
}

/// A form with another key.
fn with_key(html: &str, key: &str) -> String {
    let before = "name=\"idempotency_key\" value=\"";
    let (head, rest) = html.split_once(before).unwrap();
    let (_, tail) = rest.split_once('"').unwrap();
    format!("{head}{before}{key}\"{tail}")
}

#[tokio::test]
async fn a_form_that_was_sent_before_says_what_it_stored_and_nothing_of_what_is_entered_now() {
    let (app, browser, client) = stage().await;
    let form = browser.get("/clients/platform/secrets/new").await;
    let first = "the first secret, of 32 bytes or more";
    let second = "the second secret, of 32 bytes or more";
    let added = browser
        .submit(&form, "secret-new", &[("client_secret", first)])
        .await;
    assert!(
        added.body.contains("The secret that you entered is stored"),
        "{}",
        added.body
    );
    let again = browser
        .submit(&form, "secret-new", &[("client_secret", second)])
        .await;
    let stored: String =
        sqlx::query_scalar("select secret_id::text from client_secret where secret_id <> $1")
            .bind(client.secret_info.secret_id.0)
            .fetch_one(&app.sql)
            .await
            .unwrap();
    let sentence = format!("This form was sent before, and stored the secret {stored} then");
    assert!(again.body.contains(&sentence), "{}", again.body);
    assert!(!again.body.contains("that you entered"), "{}", again.body);
}

#[tokio::test]
async fn the_first_use_of_a_secret_is_known_for_days_and_is_or_earlier_after_that() {
    let (app, browser, _client) = stage().await;
    app.advance(60);
    let form = browser.get("/clients/platform/secrets/new").await;
    let key = SecretId::generate(app.now()).to_string();
    let form = Answer {
        body: with_key(&form.body, &key),
        ..form
    };
    browser.submit(&form, "secret-new", &[]).await;
    let used = "insert into secret_use (secret_id, hour, address, uses, first_at, last_at)
                select $1, date_trunc('hour', at), '203.0.113.7', 1, at, at from unnest($2::timestamptz[]) as at";
    let key: SecretId = key.parse().unwrap();
    let first = app.now() + TimeDelta::hours(2);
    sqlx::query(used)
        .bind(key.0)
        .bind([first, first + TimeDelta::days(3)])
        .execute(&app.sql)
        .await
        .unwrap();
    sqlx::query("update client_secret set last_used_at = $1")
        .bind(first + TimeDelta::days(3))
        .execute(&app.sql)
        .await
        .unwrap();
    let shown = async |days: i64| {
        app.advance(days * 86_400);
        let browser = Browser::signed_in(&app, "lena").await;
        let page = browser.get("/clients/platform/secrets").await.body;
        let (before, _) = page.split_once("First use of the new secret").unwrap();
        before.rsplit_once("<li").unwrap().1.to_owned()
    };
    let at = format!("datetime=\"{}", first.format("%Y-%m-%dT%H:%M"));
    let later = shown(5).await;
    assert!(later.contains(&at), "{at}: {later}");
    assert!(!later.contains("or earlier"), "{later}");
    let much_later = shown(6).await;
    assert!(much_later.contains("or earlier"), "{much_later}");
}
