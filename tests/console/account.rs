//! One's own account.

use talentsoft_partner::staff::Role;
use test_support::browser::{Browser, PASSWORD, token_of};

use crate::console;

#[tokio::test]
async fn own_sessions_are_listed_and_ended() {
    let app = console().await;
    app.add_staff("lena", Role::Viewer).await;
    app.add_staff("omar", Role::Viewer).await;
    let [one, two, three] = [
        Browser::signed_in(&app, "lena").await,
        Browser::signed_in(&app, "lena").await,
        Browser::signed_in(&app, "lena").await,
    ];
    let stranger = Browser::signed_in(&app, "omar").await;
    Browser::signed_in(&app, "omar").await;
    let page = one.get("/account").await;
    assert_eq!(page.body.matches("This session").count(), 1);
    let ids: Vec<&str> = page.body.split("name=\"session\" value=\"").skip(1).collect();
    assert_eq!(ids.len(), 2);
    let theirs = stranger.get("/account").await;
    let session = ids[0].split('"').next().unwrap();
    let token = token_of(&theirs, "sessions-end");
    let fields = [
        ("form", "sessions-end"),
        ("token", token.as_str()),
        ("session", session),
    ];
    stranger.post("/account/sessions/end", &fields).await;
    assert_eq!(
        two.get("/staff").await.status,
        200,
        "nobody ends a session of somebody else"
    );
    assert_eq!(three.get("/staff").await.status, 200);
    assert_eq!(one.submit(&page, "sessions-end-others", &[]).await.status, 303);
    let left: i64 = sqlx::query_scalar("select count(*) from staff_session")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(left, 3, "this one, and those of the stranger");
    assert_eq!(one.get("/staff").await.status, 200);
    assert_eq!(two.get("/staff").await.status, 303);
}

#[tokio::test]
async fn language_and_colours_are_remembered_also_without_a_session() {
    let app = console().await;
    app.add_staff("lena", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let page = browser.get("/account").await;
    let chosen = [("language", "fr"), ("theme", "dark")];
    let saved = browser.submit(&page, "account-preferences", &chosen).await;
    let page = browser.follow(saved).await;
    assert!(
        page.body.contains("<html lang=\"fr\"") && page.body.contains("data-theme=\"dark\""),
        "{}",
        page.body
    );
    let out = browser.submit(&page, "sign-out", &[]).await;
    let page = browser.follow(out).await;
    assert!(
        page.body.contains("<html lang=\"fr\"") && page.body.contains("data-theme=\"dark\""),
        "{}",
        page.body
    );
    let other = Browser::signed_in(&app, "lena").await;
    assert!(other.get("/nowhere").await.body.contains("<html lang=\"fr\""));
    let page = other.get("/account").await;
    let bad = other
        .submit(&page, "account-preferences", &[("language", "de")])
        .await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let app = console().await;
    app.add_staff("lena", Role::Viewer).await;
    let [one, two] = [
        Browser::signed_in(&app, "lena").await,
        Browser::signed_in(&app, "lena").await,
    ];
    let page = one.get("/account").await;
    let weak = one
        .submit(&page, "account-password", &[("new_password", "short")])
        .await;
    assert!(
        weak.body.contains("Enter at least 12 characters"),
        "{}",
        weak.body
    );
    let fields = [("new_password", "another fine password")];
    assert_eq!(one.submit(&page, "account-password", &fields).await.status, 303);
    assert_eq!(
        (
            one.get("/staff").await.status.as_u16(),
            two.get("/staff").await.status.as_u16()
        ),
        (200, 303)
    );
    let browser = Browser::of(&app);
    assert_eq!(browser.sign_in("lena", PASSWORD).await.status, 200);
    assert_eq!(browser.sign_in("lena", "another fine password").await.status, 303);
}
