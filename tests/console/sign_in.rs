//! Signing in with a password, and out again.

use reqwest::Method;
use talentsoft_partner::clients::Scope;
use talentsoft_partner::staff::{Role, accounts};
use test_support::browser::{Browser, PASSWORD};
use test_support::{Answer, Console, PATIENCE, TestApp, log};

use crate::console;

/// A page without what differs between any two.
fn same(answer: &Answer) -> (u16, String, Vec<String>) {
    let mut body = answer.body.clone();
    for mark in [
        "name=\"token\" value=\"",
        "name=\"sign_in_name\" type=\"text\" value=\"",
    ] {
        let (before, rest) = body
            .split_once(mark)
            .unwrap_or_else(|| panic!("no {mark}: {body}"));
        body = format!("{before}{}", rest.split_once('"').unwrap().1);
    }
    let names = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status.as_u16(), body, names)
}

#[tokio::test]
async fn who_signs_in_gets_where_they_were_going_and_is_recorded() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::of(&app);
    let page = browser.follow(browser.get("/staff").await).await;
    let fields = [("sign_in_name", "Lena"), ("password", PASSWORD)];
    let answer = browser.submit(&page, "sign-in", &fields).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/staff")
    );
    let staff = browser.follow(answer).await;
    assert!(staff.body.contains("Lena Roth"), "{}", staff.body);
    let (actor_kind, actor, address): (String, String, String) =
        sqlx::query_as("select actor_kind, actor, address from audit_event where action = 'signed_in'")
            .fetch_one(&app.sql)
            .await
            .unwrap();
    assert_eq!((&*actor_kind, &*actor, &*address), ("staff", "lena", "127.0.0.1"));
    let metrics = app.get_ops("/metrics").await.body;
    assert!(
        metrics.contains("partner_staff_sign_ins_total{outcome=\"password\"} 1"),
        "{metrics}"
    );

    let out = browser.submit(&staff, "sign-out", &[]).await;
    assert_eq!(out.header("clear-site-data"), "\"cache\"");
    assert!(browser.follow(out).await.body.contains("You have signed out."));
    assert_eq!(browser.get("/staff").await.status, 303);
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let app = console().await;
    let omar = app.add_staff("omar", Role::Viewer).await;
    app.add_staff("lena", Role::Admin).await;
    let act = app.act();
    let disabled = app
        .db
        .transaction(async |db| accounts::disable(db, &act, omar.staff_id).await);
    disabled.await.unwrap();
    let browser = Browser::of(&app);
    let hashes = async || -> u64 {
        let metrics = app.get_ops("/metrics").await.body;
        let line = "partner_password_hashes_total{of=\"staff\"} ";
        let count = metrics.lines().find_map(|row| row.strip_prefix(line));
        count.expect("it is counted").parse().unwrap()
    };
    let mut before = hashes().await;
    let unknown = browser.sign_in("nobody", PASSWORD).await;
    assert_eq!(unknown.status, 200);
    assert_eq!(hashes().await, before + 1, "nobody");
    assert!(
        unknown.body.contains("These details do not match"),
        "{}",
        unknown.body
    );
    for (name, password) in [("lena", "wrong password"), ("omar", PASSWORD), ("no name", "x")] {
        before = hashes().await;
        let answer = browser.sign_in(name, password).await;
        assert_eq!(same(&answer), same(&unknown), "{name}");
        assert_eq!(hashes().await, before + 1, "{name}");
    }
    // Paused: by that many wrong passwords at once.
    fail(&browser, "lena", 4).await;
    before = hashes().await;
    let paused = browser.sign_in("lena", PASSWORD).await;
    assert_eq!(same(&paused), same(&unknown), "paused");
    assert_eq!(hashes().await, before + 1, "paused");
    // A form without a password is not one that a person sends.
    assert_eq!(same(&browser.sign_in("", "").await), same(&unknown));
    for (name, reason) in [("lena", "staff_wrong_password"), ("omar", "staff_disabled")] {
        assert!(!log::lines_with(reason).is_empty(), "{name}");
    }
    assert_eq!(browser.get("/staff").await.status, 303);
}

/// Tries a wrong password so often.
async fn fail(browser: &Browser, name: &str, times: usize) {
    for _ in 0..times {
        browser.sign_in(name, "a wrong password").await;
    }
}

#[tokio::test]
async fn wrong_passwords_pause_sign_in_for_a_while() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::of(&app);
    fail(&browser, "lena", 4).await;
    assert_eq!(
        browser.sign_in("lena", PASSWORD).await.status,
        303,
        "a right one is let in"
    );
    fail(&browser, "lena", 5).await;
    assert_eq!(browser.sign_in("lena", PASSWORD).await.status, 200, "paused");
    app.advance(61);
    assert_eq!(
        browser.sign_in("lena", PASSWORD).await.status,
        303,
        "one more each minute"
    );
}

#[tokio::test]
async fn whoever_tries_in_vain_locks_nobody_else_out() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    sqlx::query(
        "insert into staff_failure (count_key, used_until)
                 select sha256('account\\000lena\\000'::bytea), $1",
    )
    .bind(app.now() + chrono::TimeDelta::days(1))
    .execute(&app.sql)
    .await
    .unwrap();
    let stranger = Browser::of(&app);
    fail(&stranger, "lena", 12).await;
    assert_eq!(stranger.sign_in("lena", PASSWORD).await.status, 200);
    // Somebody at another address; all of them are this machine's.
    sqlx::query("delete from staff_failure where staff_id is null or used_until < $1")
        .bind(app.now() + chrono::TimeDelta::minutes(6))
        .execute(&app.sql)
        .await
        .unwrap();
    assert_eq!(Browser::of(&app).sign_in("lena", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_cookie_from_before_is_worth_nothing_afterwards() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::of(&app);
    let planted = "A".repeat(43);
    browser.plant("partner_console", &planted);
    browser.plant("partner_console_visitor", &planted);
    assert_eq!(browser.sign_in("lena", PASSWORD).await.status, 303);
    assert_ne!(browser.cookie("partner_console").unwrap(), planted);
    let old = Browser::of(&app);
    old.plant("partner_console", &browser.cookie("partner_console").unwrap());
    assert_eq!(old.get("/staff").await.status, 200);
    browser.sign_in("lena", PASSWORD).await;
    assert_eq!(
        old.get("/staff").await.status,
        303,
        "a new sign-in ends the session before it"
    );
}

#[tokio::test]
async fn a_session_ends_by_itself_and_with_rights_that_are_taken_away() {
    let app = console().await;
    let lena = app.add_staff("lena", Role::Admin).await;
    app.add_staff("other", Role::Admin).await;
    let idle = Browser::signed_in(&app, "lena").await;
    app.advance(29 * 60);
    assert_eq!(idle.get("/staff").await.status, 200);
    app.advance(29 * 60);
    assert_eq!(idle.get("/staff").await.status, 200, "it was used in between");
    app.advance(31 * 60);
    assert_eq!(idle.get("/staff").await.status, 303);
    let busy = Browser::signed_in(&app, "lena").await;
    for _ in 0..30 {
        app.advance(25 * 60);
        busy.get("/staff").await;
    }
    assert_eq!(
        busy.get("/staff").await.status,
        303,
        "no session lasts longer than 12 hours"
    );

    let act = app.act();
    let browser = Browser::signed_in(&app, "lena").await;
    let lowered = app
        .db
        .transaction(async |db| accounts::set_role(db, &act, lena.staff_id, Role::Viewer).await);
    lowered.await.unwrap();
    assert_eq!(browser.get("/staff").await.status, 303);
    let browser = Browser::signed_in(&app, "lena").await;
    let disabled = app
        .db
        .transaction(async |db| accounts::disable(db, &act, lena.staff_id).await);
    disabled.await.unwrap();
    assert_eq!(browser.get("/staff").await.status, 303);
    let posted = browser.post("/sign-out", &[]).await;
    assert_eq!(posted.status, 401);
    assert!(
        posted.body.contains("name=\"form\" value=\"sign-in\""),
        "it asks to sign in"
    );
}

/// A session, and a stream of it that stays open, on one replica.
struct Open {
    browser: Browser,
    stream: reqwest::Response,
}

impl Open {
    async fn on(app: &TestApp, session: &str) -> Self {
        let browser = Browser::of(app);
        browser.plant("partner_console", session);
        let request = browser
            .request(Method::GET, "/clients/platform/live")
            .header("accept", "text/event-stream")
            .header("sec-fetch-site", "same-origin");
        let stream = request.send().await.unwrap();
        assert_eq!(stream.status(), 200);
        Self { browser, stream }
    }

    /// Waits for the end of the stream, and asks for a page.
    async fn ends(mut self, what: &str) {
        let ended = async { while self.stream.chunk().await.unwrap().is_some() {} };
        let ended = tokio::time::timeout(PATIENCE, ended).await;
        assert!(ended.is_ok(), "{what}");
        assert_eq!(self.browser.get("/staff").await.status, 303, "{what}");
    }
}

#[tokio::test]
async fn what_is_taken_away_ends_sessions_and_their_streams_on_every_replica() {
    let app = console().await;
    let other = app.beside_with(Console::Local).await;
    app.add_own_client("platform", &[Scope::Platform]).await;
    let lena = app.add_staff("lena", Role::Admin).await;
    app.add_staff("omar", Role::Admin).await;
    let omar = Browser::signed_in(&app, "omar").await;
    let page = omar.get(&format!("/staff/{}", lena.staff_id)).await;
    for (form, field) in [
        ("staff-role", ("role", "operator")),
        ("staff-password", ("new_password", PASSWORD)),
        ("staff-state", ("action", "reset-second-factor")),
        ("staff-state", ("action", "end-sessions")),
        ("staff-state", ("action", "disable")),
    ] {
        let browser = Browser::signed_in(&app, "lena").await;
        let session = browser.cookie("partner_console").unwrap();
        let open = [Open::on(&app, &session).await, Open::on(&other, &session).await];
        let done = omar.submit(&page, form, &[field]).await;
        assert_eq!(done.status, 303, "{field:?} {done:?}");
        for open in open {
            open.ends(field.1).await;
        }
    }
}

#[tokio::test]
async fn a_page_that_reloads_itself_keeps_no_session_alive() {
    let app = console().await;
    app.add_staff("lena", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "lena").await;
    for minutes in [20, 20, 20] {
        app.advance(60 * minutes);
        let reload = browser.request(Method::GET, "/staff").header("x-live", "1");
        browser.send(reload).await;
    }
    assert_eq!(browser.get("/staff").await.status, 303);
}

#[tokio::test]
async fn a_link_from_elsewhere_goes_through_a_page_of_ours_once() {
    let app = console().await;
    let browser = Browser::of(&app);
    let request = browser.request(Method::GET, "/staff?x=%3Ca%3E");
    let answer = browser.send(request.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("http-equiv=\"refresh\""), "{}", answer.body);
    assert!(answer.body.contains("/staff?x=%3Ca%3E"), "{}", answer.body);
    assert_eq!(browser.get("/staff").await.status, 303);
}

#[tokio::test]
async fn nobody_is_led_out_of_the_console() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    for next in [
        "//evil.example",
        "/\\evil.example",
        "/%5cevil.example",
        "/\t/evil.example",
        "////evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "x./staff",
        "/staff",
    ] {
        let browser = Browser::of(&app);
        let page = browser.get("/sign-in").await;
        let fields = [("sign_in_name", "lena"), ("password", PASSWORD), ("next", next)];
        let answer = browser.submit(&page, "sign-in", &fields).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/"),
            "{next}"
        );
    }
}

#[tokio::test]
async fn pages_speak_the_language_of_the_reader() {
    let app = console().await;
    let browser = Browser::of(&app);
    let request = browser.request(Method::GET, "/sign-in");
    let answer = browser
        .send(request.header("accept-language", "de, fr-CA;q=0.8, en;q=0.5"))
        .await;
    assert!(answer.body.contains("<html lang=\"fr\""), "{}", answer.body);
    assert!(browser.get("/sign-in").await.body.contains("<html lang=\"en\""));
    let request = browser.request(Method::GET, "/nowhere");
    let answer = browser.send(request.header("accept-language", "fr")).await;
    assert!(answer.body.contains("<html lang=\"fr\""), "{}", answer.body);
}
