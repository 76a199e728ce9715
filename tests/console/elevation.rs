//! Being asked for password and code again.

use std::fs;
use std::path::Path;

use console_pages::pages::ELEVATED_FORMS;
use talentsoft_partner::staff::Role;
use test_support::browser::{Browser, PASSWORD};

use crate::console;
use crate::second_factor::add_app;

const OMAR: [(&str, &str); 3] = [
    ("name", "Omar Haddad"),
    ("sign_in_name", "omar"),
    ("role", "viewer"),
];

#[tokio::test]
async fn after_ten_minutes_a_form_asks_again_and_keeps_what_was_entered() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let page = browser.get("/staff/new").await;
    app.advance(601);
    let asked = browser.submit(&page, "staff-new", &OMAR).await;
    assert_eq!(asked.status, 200);
    assert!(asked.body.contains("Confirm that it is you"), "{}", asked.body);
    let wrong = browser
        .submit(&asked, "staff-new", &[("confirm_password", "not the password")])
        .await;
    assert!(
        wrong.body.contains("These details do not match"),
        "{}",
        wrong.body
    );
    let members: i64 = sqlx::query_scalar("select count(*) from staff")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(members, 1);
    let before = browser.cookie("partner_console").unwrap();
    let done = browser
        .submit(&wrong, "staff-new", &[("confirm_password", PASSWORD)])
        .await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_ne!(browser.cookie("partner_console").unwrap(), before);
    let old = Browser::of(&app);
    old.plant("partner_console", &before);
    assert_eq!(
        old.get("/staff").await.status,
        303,
        "the cookie from before is worth nothing"
    );
    let added = browser.follow(done).await;
    assert!(added.body.contains("Omar Haddad"), "{}", added.body);
}

#[tokio::test]
async fn who_confirms_twice_at_once_stays_signed_in() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let page = browser.get("/staff/new").await;
    app.advance(601);
    let asked = browser.submit(&page, "staff-new", &OMAR).await;
    let confirm = || browser.submit(&asked, "staff-new", &[("confirm_password", PASSWORD)]);
    tokio::join!(confirm(), confirm(), confirm());
    assert_eq!(browser.get("/staff").await.status, 200);
}

#[tokio::test]
async fn a_new_password_that_was_not_kept_is_asked_for_without_a_reproach() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let omar = app.add_staff("omar", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "lena").await;
    for (path, form) in [
        ("/account".to_owned(), "account-password"),
        (format!("/staff/{}", omar.staff_id), "staff-password"),
    ] {
        let page = browser.get(&path).await;
        app.advance(601);
        let entered = [("new_password", "another fine password")];
        let asked = browser.submit(&page, form, &entered).await;
        let confirmed = browser
            .submit(&asked, form, &[("confirm_password", PASSWORD)])
            .await;
        assert_eq!(confirmed.status, 200, "{path}");
        assert!(!confirmed.body.contains("Enter at least 12 characters"), "{path}");
    }
}

#[tokio::test]
async fn a_password_is_not_kept_and_a_code_is_asked_for_too() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let (authenticator, codes) = add_app(&app, &browser).await;
    app.advance(601);
    let page = browser.get("/account").await;
    let new = [("new_password", "another fine password")];
    let asked = browser.submit(&page, "account-password", &new).await;
    assert!(!asked.body.contains("another fine password"));
    let recovery = test_support::browser::recovery_codes(&codes);
    for code in ["", "000000", &recovery[0]] {
        let fields = [("confirm_password", PASSWORD), ("confirm_code", code)];
        let refused = browser.submit(&asked, "account-password", &fields).await;
        assert!(refused.body.contains("These details do not match"), "{code}");
    }
    let code = authenticator.code(app.now());
    let fields = [("confirm_password", PASSWORD), ("confirm_code", code.as_str())];
    let confirmed = browser.submit(&asked, "account-password", &fields).await;
    assert_eq!(confirmed.status, 200, "it is to be entered again");
    let done = browser.submit(&confirmed, "account-password", &new).await;
    assert_eq!(done.status, 303);
}

#[tokio::test]
async fn what_was_entered_and_not_kept_is_asked_for_again() {
    let app = console().await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let page = browser.get("/staff/new").await;
    app.advance(601);
    let fields = [&OMAR[..], &[("new_password", "another fine password")]].concat();
    let asked = browser.submit(&page, "staff-new", &fields).await;
    assert!(!asked.body.contains("another fine password"));
    let confirmed = browser
        .submit(&asked, "staff-new", &[("confirm_password", PASSWORD)])
        .await;
    assert_eq!(
        confirmed.status, 200,
        "nobody is added without the password that was entered"
    );
    assert!(confirmed.body.contains("Omar Haddad"), "{}", confirmed.body);
    let fields = [&OMAR[..], &[("new_password", "another fine password")]].concat();
    let done = browser.submit(&confirmed, "staff-new", &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
}

#[test]
fn every_form_that_asks_again_has_words_for_what_it_does() {
    let templates = files("crates/console-pages/templates");
    let texts = files("crates/console-pages/texts/en");
    for (form, action, text) in ELEVATED_FORMS {
        assert!(templates.contains(&format!("c.token(\"{form}\")")), "{form}");
        let button = format!("value=\"{action}\"");
        assert!(
            action.is_empty() || templates.contains(&button),
            "{form} {action}"
        );
        assert!(texts.contains(&format!("\n{text} = ")), "{form}: {text}");
    }
    let handlers = files("src/api/console");
    // The forms by name; those that are named by a constant are in `ELEVATED_FORMS` if the constant's name is.
    let mut named = 0;
    for call in handlers.split(".require_elevation(").skip(1) {
        let call = call.split(".await").next().unwrap();
        let Some(form) = call.split('"').nth(1) else {
            continue;
        };
        named += 1;
        assert!(ELEVATED_FORMS.iter().any(|(known, ..)| *known == form), "{form}");
    }
    assert!(named >= 7, "{named}");
}

/// All that the files of a folder have.
fn files(folder: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut open = vec![folder];
    let mut all = String::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    all
}
