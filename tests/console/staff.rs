//! What admins do with accounts.

use talentsoft_partner::staff::Role;
use test_support::browser::{Browser, PASSWORD};
use test_support::{Answer, TestApp};

use crate::console;

/// Opens the page of an account and sends one of its forms.
async fn change(browser: &Browser, path: &str, form: &str, field: (&str, &str)) -> Answer {
    let page = browser.get(path).await;
    browser.submit(&page, form, &[field]).await
}

async fn console_of_lena() -> (TestApp, Browser) {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    (app, browser)
}

/// How often the audit trail says that the one session of omar was ended.
async fn recorded_ends(app: &TestApp) -> i64 {
    sqlx::query_scalar(
        "select count(*) from audit_event
         where action = 'sessions_ended' and subject = 'omar' and detail = '{\"sessions\": 1}'",
    )
    .fetch_one(&app.sql)
    .await
    .unwrap()
}

#[tokio::test]
async fn an_admin_adds_and_changes_people() {
    let (app, lena) = console_of_lena().await;
    let page = lena.get("/staff/new").await;
    for (fields, words) in [
        (
            [("name", ""), ("sign_in_name", "omar"), ("role", "viewer")],
            "Enter a name of 1 to 200",
        ),
        (
            [("name", "Omar"), ("sign_in_name", "o@x"), ("role", "viewer")],
            "Enter 1 to 64 letters",
        ),
        (
            [("name", "Omar"), ("sign_in_name", "omar"), ("role", "god")],
            "Choose a role",
        ),
        (
            [("name", "Omar"), ("sign_in_name", "lena"), ("role", "viewer")],
            "has this sign-in name already",
        ),
    ] {
        let answer = lena.submit(&page, "staff-new", &fields).await;
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    let fields = [
        ("name", "Omar <b>"),
        ("sign_in_name", "omar"),
        ("role", "viewer"),
        ("new_password", PASSWORD),
    ];
    let added = lena.submit(&page, "staff-new", &fields).await;
    let path = added.header("location").to_owned();
    let shown = lena.follow(added).await;
    assert!(
        shown.body.contains("Omar &#60;b&#62;") && !shown.body.contains("Omar <b>"),
        "{}",
        shown.body
    );

    let omar = Browser::signed_in(&app, "omar").await;
    assert_eq!(
        change(&lena, &path, "staff-role", ("role", "operator"))
            .await
            .status,
        303
    );
    assert_eq!(
        omar.get("/staff").await.status,
        303,
        "another role is another session"
    );
    let omar = Browser::signed_in(&app, "omar").await;
    assert_eq!(
        change(&lena, &path, "staff-state", ("action", "end-sessions"))
            .await
            .status,
        303
    );
    assert_eq!(omar.get("/staff").await.status, 303);
    assert_eq!(recorded_ends(&app).await, 1);
    let weak = change(&lena, &path, "staff-password", ("new_password", "x")).await;
    assert!(weak.body.contains("Enter at least 12 characters"));
    let set = change(
        &lena,
        &path,
        "staff-password",
        ("new_password", "another fine password"),
    )
    .await;
    assert_eq!(set.status, 303);
    assert_eq!(
        Browser::of(&app)
            .sign_in("omar", "another fine password")
            .await
            .status,
        303
    );
    for action in ["unlock", "disable", "enable"] {
        assert_eq!(
            change(&lena, &path, "staff-state", ("action", action))
                .await
                .status,
            303,
            "{action}"
        );
    }
    assert_eq!(
        change(&lena, &path, "staff-state", ("action", "delete"))
            .await
            .status,
        400
    );
    let actors: Vec<String> = sqlx::query_scalar(
        "select distinct actor from audit_event where subject = 'omar' and action <> 'signed_in'",
    )
    .fetch_all(&app.sql)
    .await
    .unwrap();
    assert_eq!(actors, ["lena"]);
}

#[tokio::test]
async fn nobody_changes_the_own_role_and_the_last_admin_stays() {
    let (app, lena) = console_of_lena().await;
    let other = app.add_staff("other", Role::Admin).await;
    let own: uuid::Uuid = sqlx::query_scalar("select staff_id from staff where sign_in_name = 'lena'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    let path = format!("/staff/{}", other.staff_id);
    let page = lena.get(&path).await;
    let role = [("role", "viewer")];
    let token = test_support::browser::token_of(&page, "staff-role");
    let fields = [
        ("form", "staff-role"),
        ("token", token.as_str()),
        ("role", "viewer"),
    ];
    let answer = lena.post(&format!("/staff/{own}"), &fields).await;
    assert_eq!(answer.status, 400, "one's own");
    let second = Browser::signed_in(&app, "other").await;
    assert_eq!(lena.submit(&page, "staff-role", &role).await.status, 303);
    assert_eq!(second.get("/staff").await.status, 303);
    let roles: i64 = sqlx::query_scalar("select count(*) from staff where role = 'admin'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(roles, 1);
}
