//! Customers and clients: registered, found, changed, stopped.

use talentsoft_partner::clients::Scope;
use talentsoft_partner::staff::Role;
use test_support::browser::Browser;
use test_support::{Answer, OTHER_SECRET, TestApp, eventually, log};

use crate::console as start;

async fn signed_in(role: Role) -> (TestApp, Browser) {
    let app = start().await;
    app.add_staff("lena", role).await;
    let browser = Browser::signed_in(&app, "lena").await;
    (app, browser)
}

/// The text of the first element with this beginning, up to the next tag.
#[track_caller]
fn after<'a>(page: &'a Answer, mark: &str) -> &'a str {
    let at = page
        .body
        .find(mark)
        .unwrap_or_else(|| panic!("no {mark} in {}", page.body));
    let rest = &page.body[at + mark.len()..];
    rest.split(['<', '"']).next().unwrap()
}

/// The generated secret that a page shows.
fn secret_of(page: &Answer) -> Option<String> {
    let values = page.body.split("value=\"").skip(1);
    let values = values.map(|rest| rest.split('"').next().unwrap());
    values
        .filter(|value| value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
        .next()
}

#[tokio::test]
async fn the_overview_says_how_it_is() {
    let (app, browser) = signed_in(Role::Viewer).await;
    let page = browser.get("/").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(
        page.body.contains(env!("CARGO_PKG_VERSION")),
        "no version of a replica"
    );
    app.add_own_client("platform", &[Scope::Platform]).await;
    app.advance(8 * 86_400);
    let page = Browser::signed_in(&app, "lena").await.get("/").await;
    assert!(
        page.body.contains("/clients/platform"),
        "a secret that nobody has used is named"
    );
}

#[tokio::test]
async fn of_two_customers_that_are_given_a_name_at_once_one_gets_it() {
    let (app, browser) = signed_in(Role::Admin).await;
    let first = app.add_customer("First").await;
    let second = app.add_customer("Second").await;
    let page = browser.get(&format!("/customers/{second}")).await;
    // The other one has asked first, and has not committed.
    let mut other = app.sql.begin().await.unwrap();
    sqlx::query("update customer set name = 'Acme' where customer_id = $1")
        .bind(first.0)
        .execute(&mut *other)
        .await
        .unwrap();
    let fields = [("customer_name", "Acme")];
    let (answer, ()) = tokio::join!(browser.submit(&page, "customer-rename", &fields), async {
        eventually("it waits for the other one", async || {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
            )
            .fetch_one(&app.sql)
            .await
            .unwrap();
            waiting > 0
        })
        .await;
        other.commit().await.unwrap();
    });
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.contains("named Acme exists already"),
        "{}",
        answer.body
    );
    let names: Vec<String> = sqlx::query_scalar("select name from customer order by name")
        .fetch_all(&app.sql)
        .await
        .unwrap();
    assert_eq!(names, ["Acme", "Second"]);
}

#[tokio::test]
async fn a_customer_is_registered_found_and_renamed() {
    let (app, browser) = signed_in(Role::Admin).await;
    let form = browser.get("/customers/new").await;
    let added = browser
        .submit(&form, "customer-new", &[("customer_name", "Acme & Söhne")])
        .await;
    assert_eq!(added.status, 303, "{added:?}");
    let customer = browser.follow(added).await;
    assert!(customer.body.contains("Acme &#38; Söhne"), "{}", customer.body);
    let form = browser.get("/customers/new").await;
    let again = browser
        .submit(&form, "customer-new", &[("customer_name", "Acme & Söhne")])
        .await;
    assert!(again.body.contains("exists already"), "{}", again.body);
    app.add_customer("Other").await;
    let found = browser.get("/customers?search=acme").await;
    assert!(found.body.contains("Söhne") && !found.body.contains("Other"));
    let renamed = browser
        .submit(&customer, "customer-rename", &[("customer_name", "Acme AG")])
        .await;
    assert!(browser.follow(renamed).await.body.contains("Acme AG"));
    let by: Vec<(String, String)> =
        sqlx::query_as("select action, actor from audit_event where subject_kind = 'customer' and actor_kind = 'staff' order by 1")
            .fetch_all(&app.sql)
            .await
            .unwrap();
    assert_eq!(
        by.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
        ["added", "updated"]
    );
    for bad in ["/customers?cursor=x", "/customers?other=1"] {
        assert_eq!(browser.get(bad).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_name_that_somebody_else_has_given_a_customer_meanwhile_is_not_lost() {
    let (app, browser) = signed_in(Role::Admin).await;
    app.add_staff("omar", Role::Admin).await;
    let customer_id = app.add_customer("Acme").await;
    app.add_customer("Other").await;
    let path = format!("/customers/{customer_id}");
    let form = browser.get(&path).await;
    let omar = Browser::signed_in(&app, "omar").await;
    let fields = |name| [("customer_name", name)];
    let faster = omar
        .submit(&omar.get(&path).await, "customer-rename", &fields("Acme <AG>"))
        .await;
    assert_eq!(faster.status, 303, "{faster:?}");
    let late = browser.submit(&form, "customer-rename", &fields("Acme SA")).await;
    assert_eq!(late.status, 200);
    assert!(late.body.contains("Nothing was saved"), "{}", late.body);
    assert!(
        late.body.contains("omar"),
        "it says who was faster: {}",
        late.body
    );
    assert!(
        late.body
            .contains("<td class=\"wrap\">Acme &#60;AG&#62;</td><td class=\"wrap\">Acme SA</td>"),
        "{}",
        late.body
    );
    let name = async || -> String {
        sqlx::query_scalar("select name from customer where customer_id = $1")
            .bind(customer_id.0)
            .fetch_one(&app.sql)
            .await
            .unwrap()
    };
    assert_eq!(name().await, "Acme <AG>");
    // Whoever corrects what was wrong has seen both all the same.
    let taken = browser.submit(&late, "customer-rename", &fields("Other")).await;
    assert!(taken.body.contains("exists already"), "{}", taken.body);
    assert!(!taken.body.contains("Nothing was saved"), "{}", taken.body);
    let after_all = browser
        .submit(&taken, "customer-rename", &fields("Acme SA"))
        .await;
    assert_eq!(after_all.status, 303, "who has seen both may decide");
    assert_eq!(name().await, "Acme SA");
}

#[tokio::test]
async fn a_registered_client_gets_a_token_with_what_is_shown_once() {
    let (app, browser) = signed_in(Role::Admin).await;
    let form = browser.get("/clients/new").await;
    let fields = [
        ("grants", "client_credentials"),
        ("scopes", "platform"),
        ("max_assertion_ttl_seconds", "3600"),
        ("clock_skew_seconds", "60"),
        ("replay_policy", "if_jti"),
        ("expires_in_format", "string"),
    ];
    let added = browser.submit(&form, "client-new", &fields).await;
    assert_eq!(added.status, 200, "{added:?}");
    assert_eq!(added.header("cache-control"), "no-store");
    let secret = secret_of(&added).unwrap_or_else(|| panic!("{}", added.body));
    log::never(&secret);
    let id: String = sqlx::query_scalar("select client_id from client where client_id like '%-%'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert!(added.body.contains(&id));
    let token = [
        ("grant_type", "client_credentials"),
        ("client_id", &id),
        ("client_secret", &secret),
    ];
    assert_eq!(app.post_form("/connect/token", &token).await.status, 200);

    let again = browser.submit(&form, "client-new", &fields).await;
    assert_eq!(
        (again.status.as_u16(), secret_of(&again)),
        (200, None),
        "a secret is shown once"
    );
    let brought = [&fields[..], &[("client_secret", OTHER_SECRET)]].concat();
    let again = browser.submit(&form, "client-new", &brought).await;
    assert!(again.body.contains("This form was sent before"), "{}", again.body);
    assert!(!again.body.contains("that you entered"), "{}", again.body);
    let count: i64 = sqlx::query_scalar("select count(*) from client_secret")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(count, 1);
    for path in [
        format!("/clients/{id}"),
        format!("/clients/{id}/secrets"),
        format!("/clients/{id}/settings"),
    ] {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains(&secret), "{path}");
    }
    let taken = [&fields[..], &[("client_id", "new")]].concat();
    let refused = browser
        .submit(&browser.get("/clients/new").await, "client-new", &taken)
        .await;
    assert!(
        refused.body.contains("no page could be reached by it"),
        "{}",
        refused.body
    );
    let admin = browser
        .submit(&form, "client-new", &[fields[0], ("scopes", "admin")])
        .await;
    assert!(admin.body.contains("command line"), "{}", admin.body);
}

#[tokio::test]
async fn a_pair_that_talentsoft_gave_is_registered_and_what_is_wrong_is_said() {
    let (app, browser) = signed_in(Role::Admin).await;
    log::never(OTHER_SECRET);
    let customer_id = app.add_customer("Acme").await.to_string();
    let form = browser.get(&format!("/clients/new?customer={customer_id}")).await;
    let mut fields = vec![
        ("customer_id", customer_id.as_str()),
        ("client_id", "428a51ae"),
        ("client_secret", OTHER_SECRET),
        ("grants", "jwt_bearer"),
        ("scopes", "videos"),
        ("scopes", "assessments"),
        ("callback_hosts", "ats.example\r\n"),
        ("token_ttl_seconds", "1"),
        ("max_assertion_ttl_seconds", "600"),
        ("clock_skew_seconds", "30"),
        ("replay_policy", "always"),
        ("expires_in_format", "number"),
    ];
    let refused = browser.submit(&form, "client-new", &fields).await;
    assert!(refused.body.contains("60 to 3,600 seconds"), "{}", refused.body);
    assert!(!refused.body.contains(OTHER_SECRET));
    fields[7].1 = "120";
    let added = browser.submit(&refused, "client-new", &fields).await;
    assert_eq!(added.status, 200, "{added:?}");
    assert!(!added.body.contains(OTHER_SECRET));
    let stored: (Vec<String>, i32, String, Vec<String>) =
        sqlx::query_as("select scopes, token_ttl_seconds, replay_policy, callback_hosts from client where client_id = '428a51ae'")
            .fetch_one(&app.sql)
            .await
            .unwrap();
    let expected = vec!["videos".to_owned(), "assessments".to_owned()];
    assert_eq!(
        stored,
        (expected, 120, "always".to_owned(), vec!["ats.example".to_owned()])
    );
}

#[tokio::test]
async fn settings_are_changed_and_somebody_elses_change_is_not_lost() {
    let (app, browser) = signed_in(Role::Admin).await;
    app.add_own_client("platform", &[Scope::Platform]).await;
    let form = browser.get("/clients/platform/settings").await;
    let settings = |ttl| {
        [
            ("grants", "client_credentials"),
            ("scopes", "platform"),
            ("token_ttl_seconds", ttl),
            ("max_assertion_ttl_seconds", "3600"),
            ("clock_skew_seconds", "60"),
            ("replay_policy", "if_jti"),
            ("expires_in_format", "string"),
        ]
    };
    let saved = browser.submit(&form, "client-settings", &settings("120")).await;
    assert_eq!(saved.status, 303, "{saved:?}");
    let shown = browser.follow(saved).await;
    assert!(shown.body.contains("120"));
    // Whoever corrects what was wrong has not seen the other's change yet.
    let wrong = browser.submit(&form, "client-settings", &settings("abc")).await;
    assert_eq!(wrong.status, 200);
    let late = browser.submit(&wrong, "client-settings", &settings("240")).await;
    assert_eq!(late.status, 200);
    assert!(
        late.body.contains("Lena Roth") || late.body.contains("lena"),
        "it says who was faster"
    );
    let ttl: i32 = sqlx::query_scalar("select token_ttl_seconds from client where client_id = 'platform'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(ttl, 120);
    let after_all = browser.submit(&late, "client-settings", &settings("240")).await;
    assert_eq!(after_all.status, 303, "who has seen both may decide");
    app.add_own_client("root", &[Scope::Admin]).await;
    let form = browser.get("/clients/root/settings").await;
    let refused = browser.submit(&form, "client-settings", &settings("120")).await;
    assert_eq!(
        refused.status, 404,
        "an admin's client is changed at the command line"
    );
}

#[tokio::test]
async fn a_client_is_stopped_by_who_names_it_and_started_again() {
    let (app, browser) = signed_in(Role::Operator).await;
    let client = app.add_own_client("platform", &[Scope::Platform]).await;
    let token = app.application_token(&client).await;
    let ask = browser.get("/clients/platform/end-tokens").await;
    let unsure = browser
        .submit(&ask, "client-end-tokens", &[("reference", "other")])
        .await;
    assert_eq!(unsure.status, 200);
    let is_enabled = async || -> bool {
        sqlx::query_scalar("select is_enabled from client where client_id = 'platform'")
            .fetch_one(&app.sql)
            .await
            .unwrap()
    };
    let generation = async || -> i64 {
        sqlx::query_scalar("select token_generation from client where client_id = 'platform'")
            .fetch_one(&app.sql)
            .await
            .unwrap()
    };
    assert_eq!(generation().await, 0);
    let ended = browser
        .submit(&ask, "client-end-tokens", &[("reference", "platform")])
        .await;
    assert_eq!((ended.status.as_u16(), generation().await), (303, 1));
    eventually("the token is over", async || {
        app.get_with("/platform/v1/campaigns", &token).await.status == 401
    })
    .await;
    let ask = browser.get("/clients/platform/state").await;
    let disabled = browser
        .submit(&ask, "client-state", &[("reference", "platform")])
        .await;
    assert!(!is_enabled().await);
    let client = browser.follow(disabled).await;
    browser.submit(&client, "client-state", &[]).await;
    assert!(is_enabled().await);
    let list = browser.get("/clients?search=plat&state=enabled").await;
    assert_eq!(after(&list, "href=\"/clients/platform"), "");
    assert_eq!(browser.get("/clients/nobody").await.status, 404);
}
