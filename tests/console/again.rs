//! Forms that are sent again: by a second click, at once or later, and by going back. What they ask for is done once, and whoever
//! sent them is answered as the first time.

use sqlx::AssertSqlSafe;
use talentsoft_partner::clients::Scope;
use talentsoft_partner::housekeeping;
use talentsoft_partner::market::sources::SourceKind;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::staff::Role;
use test_support::browser::{AuthenticatorApp, Browser, PASSWORD, recovery_codes};
use test_support::platform::Stage;
use test_support::{Answer, Console, Setup, TestApp, application, market};

use crate::console;

async fn signed_in(role: Role) -> (TestApp, Browser) {
    let app = console().await;
    app.add_staff("lena", role).await;
    let browser = Browser::signed_in(&app, "lena").await;
    (app, browser)
}

async fn count(app: &TestApp, what: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {what}")))
        .fetch_one(&app.sql)
        .await
        .unwrap()
}

/// Sends a form twice at once, and once more later; the answers.
async fn send_thrice(browser: &Browser, page: &Answer, form: &str, fields: &[(&str, &str)]) -> [Answer; 3] {
    let (one, two) = tokio::join!(
        browser.submit(page, form, fields),
        browser.submit(page, form, fields)
    );
    [one, two, browser.submit(page, form, fields).await]
}

/// Where each answer leads to.
fn locations(answers: &[Answer; 3]) -> [&str; 3] {
    answers.each_ref().map(|answer| {
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.header("location")
    })
}

#[tokio::test]
async fn one_click_makes_one_key_and_another_form_another_one() {
    let (app, admin) = signed_in(Role::Admin).await;
    let tokens = "sealing_key where purpose = 'token'";
    let page = admin.get("/keys/new").await;
    let purpose = [("purpose", "token")];
    let answers = send_thrice(&admin, &page, "key-new", &purpose).await;
    assert_eq!(locations(&answers), ["/keys"; 3]);
    assert_eq!(count(&app, tokens).await, 2);
    let shown = admin.follow(answers.into_iter().next_back().unwrap()).await;
    assert!(shown.body.contains("The key was added"), "{}", shown.body);
    // Filled in otherwise, it is another form; and so it is when it is shown again.
    admin.submit(&page, "key-new", &[("purpose", "link")]).await;
    assert_eq!(count(&app, "sealing_key where purpose = 'link'").await, 2);
    let page = admin.get("/keys/new").await;
    admin.submit(&page, "key-new", &purpose).await;
    assert_eq!(count(&app, tokens).await, 3);
}

#[tokio::test]
async fn who_was_asked_for_the_password_and_goes_back_makes_one_key() {
    let (app, admin) = signed_in(Role::Admin).await;
    let page = admin.get("/keys/new").await;
    let purpose = [("purpose", "token")];
    app.advance(601);
    let asked = admin.submit(&page, "key-new", &purpose).await;
    let wrong = [("confirm_password", "not the password")];
    let asked = admin.submit(&asked, "key-new", &wrong).await;
    let confirmed = [("confirm_password", PASSWORD)];
    for (from, fields) in [(&asked, confirmed), (&page, purpose), (&asked, confirmed)] {
        let done = admin.submit(from, "key-new", &fields).await;
        assert_eq!(done.status, 303, "{done:?}");
        assert_eq!(count(&app, "sealing_key where purpose = 'token'").await, 2);
    }
}

#[tokio::test]
async fn two_replicas_do_a_form_once() {
    let (app, admin) = signed_in(Role::Admin).await;
    let other = app.beside_with(Console::Local).await;
    let there = Browser::of(&other);
    there.plant("partner_console", &admin.cookie("partner_console").unwrap());
    let page = admin.get("/keys/new").await;
    let purpose = [("purpose", "token")];
    let (one, two) = tokio::join!(
        admin.submit(&page, "key-new", &purpose),
        there.submit(&page, "key-new", &purpose)
    );
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (303, 303));
    assert_eq!(count(&app, "sealing_key where purpose = 'token'").await, 2);
}

#[tokio::test]
async fn a_key_that_is_removed_by_the_first_click_is_so_for_the_second() {
    let (app, admin) = signed_in(Role::Admin).await;
    let before: i32 = sqlx::query_scalar("select sealing_key_id from sealing_key where purpose = 'token'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    let page = admin.get("/keys/new").await;
    admin.submit(&page, "key-new", &[("purpose", "token")]).await;
    app.advance(120);
    let reference = before.to_string();
    let page = admin.get(&format!("/keys/{before}/remove")).await;
    let entered = [("reference", reference.as_str())];
    let answers = send_thrice(&admin, &page, "key-remove", &entered).await;
    assert_eq!(locations(&answers), ["/keys"; 3]);
    let elsewhere = Browser::signed_in(&app, "lena").await;
    let gone = elsewhere.get(&format!("/keys/{before}/remove")).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn a_person_is_erased_once_and_every_click_shows_the_same_receipt() {
    let stage = Stage::with(Setup {
        console: Console::Local,
        ..Setup::default()
    })
    .await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    stage.app.add_staff("lena", Role::Admin).await;
    let admin = Browser::signed_in(&stage.app, "lena").await;
    let reference = format!("i-{}", invitee.invitation_id);
    let path = format!("/persons/{reference}/erase");
    let page = admin.get(&path).await;
    let later = admin.get(&path).await;
    let fields = [
        ("reference", reference.as_str()),
        ("erase_reason", "asked for it"),
    ];
    let answers = send_thrice(&admin, &page, "person-erase", &fields).await;
    let numbers: Vec<String> =
        sqlx::query_scalar("select subject from audit_event where subject_kind = 'person'")
            .fetch_all(&stage.app.sql)
            .await
            .unwrap();
    assert_eq!(numbers.len(), 1);
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        for words in [&numbers[0], &reference, "1 invitation"] {
            assert!(answer.body.contains(words), "{words}: {}", answer.body);
        }
    }
    // A form that had not erased the person has no receipt.
    let late = admin.submit(&later, "person-erase", &fields).await;
    assert_eq!(late.status, 404);
    let kept: String = sqlx::query_scalar("select outcome::text from staff_sent_form")
        .fetch_one(&stage.app.sql)
        .await
        .unwrap();
    for personal in [&invitee.email, &invitee.lastname, &invitee.firstname] {
        assert!(!kept.contains(personal.as_str()), "{kept}");
    }
}

#[tokio::test]
async fn a_customer_and_a_person_are_added_once_and_every_click_leads_to_them() {
    let (app, admin) = signed_in(Role::Admin).await;
    let page = admin.get("/customers/new").await;
    let answers = send_thrice(&admin, &page, "customer-new", &[("customer_name", "Acme")]).await;
    let [one, two, three] = locations(&answers);
    assert!(one.starts_with("/customers/") && one == two && two == three);
    assert_eq!(count(&app, "customer").await, 1);
    let page = admin.get("/staff/new").await;
    let fields = [
        ("name", "Omar Haddad"),
        ("sign_in_name", "omar"),
        ("role", "viewer"),
        ("new_password", "another fine password"),
    ];
    let answers = send_thrice(&admin, &page, "staff-new", &fields).await;
    let [one, two, three] = locations(&answers);
    assert!(one.starts_with("/staff/") && one == two && two == three);
    assert_eq!(count(&app, "staff").await, 2);
}

#[tokio::test]
async fn settings_that_are_saved_by_the_first_click_are_no_conflict_for_the_second() {
    let (app, admin) = signed_in(Role::Admin).await;
    app.add_own_client("platform", &[Scope::Platform]).await;
    let page = admin.get("/clients/platform/settings").await;
    let settings = [
        ("grants", "client_credentials"),
        ("scopes", "platform"),
        ("token_ttl_seconds", "120"),
        ("max_assertion_ttl_seconds", "3600"),
        ("clock_skew_seconds", "60"),
        ("replay_policy", "if_jti"),
        ("expires_in_format", "string"),
    ];
    let answers = send_thrice(&admin, &page, "client-settings", &settings).await;
    assert_eq!(locations(&answers), ["/clients/platform"; 3]);
    let updates = "audit_event where subject_kind = 'client' and action = 'updated'";
    assert_eq!(count(&app, updates).await, 1);
}

#[tokio::test]
async fn a_version_is_published_and_retired_once() {
    let (app, admin) = signed_in(Role::Admin).await;
    let customer_id = app.add_customer("Acme").await;
    for name in ["Nurse", "Head Nurse"] {
        let titles = [market::title(name, "29-1141")];
        app.publish_titles(Some(customer_id), SourceKind::Titles, &titles)
            .await;
    }
    sqlx::query("update market_version set status = 'draft', published_at = null where sequence = (select max(sequence) from market_version) and library_id = (select library_id from market_library where customer_id is not null)")
        .execute(&app.sql)
        .await
        .unwrap();
    for (action, says) in [("publish", "is published"), ("retire", "is retired")] {
        let listed = admin.get("/market").await;
        let link = listed
            .body
            .split('"')
            .find(|path| path.starts_with(&format!("/market/{customer_id}/")) && path.ends_with(action));
        let path = link
            .unwrap_or_else(|| panic!("{action}: {}", listed.body))
            .to_owned();
        let version = path.split('/').nth(3).unwrap().to_owned();
        let page = admin.get(&path).await;
        let entered = [("reference", version.as_str())];
        let answers = send_thrice(&admin, &page, "market-version", &entered).await;
        assert_eq!(locations(&answers), ["/market"; 3]);
        let shown = admin.follow(answers.into_iter().next_back().unwrap()).await;
        assert!(shown.body.contains(says), "{}", shown.body);
    }
}

#[tokio::test]
async fn who_confirms_an_app_twice_sees_recovery_codes_that_are_good() {
    let (app, lena) = signed_in(Role::Viewer).await;
    let account = lena.get("/account").await;
    let begin = [("action", "begin")];
    let (page, same) = tokio::join!(
        lena.submit(&account, "second-factor", &begin),
        lena.submit(&account, "second-factor", &begin)
    );
    let authenticator = AuthenticatorApp::of(&page);
    let code = authenticator.code(app.now());
    assert_eq!(AuthenticatorApp::of(&same).code(app.now()), code, "one key");
    let confirm = async || {
        let confirmed = lena
            .submit(&page, "second-factor-confirm", &[("code", &code)])
            .await;
        recovery_codes(&confirmed)
    };
    let first = confirm().await;
    let second = confirm().await;
    assert_eq!((first.len(), second.len()), (10, 10));
    let other = Browser::of(&app);
    let asked = other.sign_in("lena", PASSWORD).await;
    let asked = other.follow(asked).await;
    for (code, status) in [(&first[0], 200), (&second[0], 303)] {
        let answer = other.submit(&asked, "sign-in-code", &[("code", code)]).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    // Once another code was used, the one that confirmed the app is worth nothing.
    app.advance(30);
    let code = authenticator.code(app.now());
    let other = Browser::of(&app);
    let asked = other.sign_in("lena", PASSWORD).await;
    let asked = other.follow(asked).await;
    let used = other.submit(&asked, "sign-in-code", &[("code", &code)]).await;
    assert_eq!(used.status, 303);
    assert_eq!(confirm().await.len(), 0);
}

#[tokio::test]
async fn what_forms_came_to_is_forgotten_when_their_session_must_be_over() {
    let (app, admin) = signed_in(Role::Admin).await;
    let page = admin.get("/customers/new").await;
    admin
        .submit(&page, "customer-new", &[("customer_name", "Acme")])
        .await;
    for (seconds, kept) in [(12 * 3_600, 1), (301, 0)] {
        app.advance(seconds);
        let settings = Setup::default().settings;
        housekeeping::prune(&application(settings, &app.clock, &app.db).await.unwrap()).await;
        assert_eq!(count(&app, "staff_sent_form").await, kept, "{seconds}");
    }
}
