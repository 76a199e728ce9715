//! A thousand customers, people or sites, with long names: pages stay small, and any customer is found by name.

use console_pages::assets::{CSS, SCRIPT};
use sqlx::AssertSqlSafe;
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::staff::Role;
use test_support::browser::Browser;
use test_support::platform::Stage;
use test_support::{Answer, Console, OTHER_SECRET, Setup, TestApp, log};

use crate::console;

/// What a page may weigh, with the style sheet and the script.
const MOST_BYTES: usize = 60 * 1024;

/// Adds a thousand customers with names of 200 characters, each with a library of its own and a client.
async fn add_many(app: &TestApp) {
    app.add_marketplace_client("many").await;
    let rows = "
        insert into customer (customer_id, name, created_at)
            select gen_random_uuid(), rpad('Holding ' || lpad(n::text, 4, '0') || ' Müller & Söhne ', 199, 'Gesellschaft ') || '.', now()
            from generate_series(1, 1000) n;
        insert into client select (jsonb_populate_record(client, jsonb_build_object(
                'client_id', 'holding-' || customer.customer_id, 'customer_id', customer.customer_id))).*
            from client, customer where client_id = 'client-of-many' and name like 'Holding%';
        insert into market_library (customer_id) select customer_id from customer where name like 'Holding%';
        insert into market_version (library_id, sequence, major, minor, status, classification, source_ids, title_count,
                removed_title_count, created_at, published_at)
            select library_id, 1, 2018, 1, 'published', 'soc', '{}', 1, 0, now(), now()
            from market_library where customer_id is not null;";
    sqlx::raw_sql(AssertSqlSafe(rows))
        .execute(&app.sql)
        .await
        .unwrap();
}

#[track_caller]
fn assert_small(page: &Answer, path: &str) {
    assert_eq!(page.status, 200, "{path}");
    let bytes = page.body.len() + CSS.len() + SCRIPT.len();
    assert!(
        bytes <= MOST_BYTES,
        "{path}: {bytes} bytes, {} of the page",
        page.body.len()
    );
}

#[tokio::test]
async fn pages_stay_small_with_a_thousand_customers() {
    let app = console().await;
    add_many(&app).await;
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    for path in [
        "/",
        "/persons",
        "/clients/new",
        "/customers",
        "/clients",
        "/market",
        "/market/try",
        "/invitations",
        "/audit",
    ] {
        assert_small(&browser.get(path).await, path);
    }
    let persons = browser.get("/persons").await;
    for (typed, names) in [("Holding", 3), ("Holding 0777", 1), ("nobody", 0)] {
        let fields = [("customer_id", typed), ("applicant", "x")];
        let answer = browser.submit(&persons, "persons-find", &fields).await;
        assert_small(&answer, typed);
        let error = answer.body.split("class=\"error\"").nth(1).unwrap();
        let error = error.split("</p>").next().unwrap();
        assert_eq!(
            error.matches("Holding 0").count(),
            names + usize::from(typed == "Holding 0777"),
            "{error}"
        );
    }
    let market = browser.get("/market").await;
    assert!(market.body.contains("rel=\"next\""), "{}", market.body);
}

#[tokio::test]
async fn pages_stay_small_with_a_thousand_people_and_sites() {
    let app = console().await;
    let acme = app.add_customer("Acme").await;
    app.add_staff("lena", Role::Admin).await;
    let rows = "
        insert into staff (staff_id, sign_in_name, name, role, is_enabled, created_at)
            select gen_random_uuid(), rpad('person-' || lpad(n::text, 4, '0'), 64, '-x'), rpad('Person ' || n, 200, ' of Staff'),
                'viewer', true, now() from generate_series(1, 1000) n;
        insert into subdomain (customer_id, name, created_at)
            select customer_id, rpad('site-' || lpad(n::text, 4, '0'), 63, '-x'), now() from customer, generate_series(1, 1000) n;";
    sqlx::raw_sql(AssertSqlSafe(rows))
        .execute(&app.sql)
        .await
        .unwrap();
    let browser = Browser::signed_in(&app, "lena").await;
    let path = format!("/customers/{acme}");
    let customer = browser.get(&path).await;
    assert_small(&customer, &path);
    assert!(customer.body.contains("and 950 more"), "{}", customer.body);
    let (mut path, mut seen, mut pages) = ("/staff".to_owned(), 0, 0);
    loop {
        let page = browser.get(&path).await;
        assert_small(&page, &path);
        seen += page.body.matches("<th scope=\"row\">").count();
        pages += 1;
        let Some(next) = page.body.split("rel=\"next\" href=\"").nth(1) else {
            break;
        };
        path = next.split('"').next().unwrap().to_owned();
    }
    assert_eq!((seen, pages), (1001, 21));
}

#[tokio::test]
async fn all_libraries_are_on_some_page_and_one_is_tried_by_its_customers_name() {
    let app = console().await;
    add_many(&app).await;
    sqlx::query("delete from market_version where library_id in (select library_id from market_library join customer using (customer_id) where name > 'Holding 0045')")
        .execute(&app.sql)
        .await
        .unwrap();
    app.add_staff("lena", Role::Viewer).await;
    let browser = Browser::signed_in(&app, "lena").await;
    let (mut path, mut seen, mut pages) = ("/market".to_owned(), 0, 0);
    loop {
        let page = browser.get(&path).await;
        assert_small(&page, &path);
        seen += page.body.matches("Library of Holding").count();
        pages += 1;
        let Some(next) = page.body.split("rel=\"next\" href=\"").nth(1) else {
            break;
        };
        path = next.split('"').next().unwrap().to_owned();
    }
    assert_eq!((seen, pages), (44, 3));
    let name = "Holding 0007";
    let found = browser
        .get(&format!(
            "/market/try?title=nurse&library={}",
            name.replace(' ', "%20")
        ))
        .await;
    assert!(found.body.contains("No customer of this name"), "{}", found.body);
    let shared = browser.get("/market/try?title=registered%20nurse").await;
    assert!(shared.body.contains("29-1141"), "{}", shared.body);
}

#[tokio::test]
async fn a_client_is_registered_for_a_customer_that_is_typed() {
    let app = console().await;
    add_many(&app).await;
    app.add_customer("Only Once").await;
    app.add_customer("TWICE").await;
    app.add_customer("twice").await;
    let names = ["Only Once", "twice"];
    app.add_staff("lena", Role::Admin).await;
    let browser = Browser::signed_in(&app, "lena").await;
    log::never(OTHER_SECRET);
    for (number, (typed, expected)) in [
        ("Only Once", Some("Only Once")),
        ("  only once ", Some("Only Once")),
        ("twice", Some("twice")),
        ("Twice", None),
        ("Only", None),
        ("Only \u{0}", None),
        ("\u{202e}", None),
    ]
    .into_iter()
    .enumerate()
    {
        let page = browser.get("/clients/new").await;
        let client_id = format!("typed-{number}");
        let fields = [
            ("customer_id", typed),
            ("client_id", &client_id),
            ("grants", "client_credentials"),
            ("scopes", "videos"),
            ("max_assertion_ttl_seconds", "3600"),
            ("clock_skew_seconds", "60"),
            ("replay_policy", "if_jti"),
            ("expires_in_format", "string"),
        ];
        let answer = browser.submit(&page, "client-new", &fields).await;
        assert_eq!(answer.status, 200, "{typed}");
        let of: Option<String> = sqlx::query_scalar(
            "select name from customer join client using (customer_id) where client_id = $1",
        )
        .bind(&client_id)
        .fetch_optional(&app.sql)
        .await
        .unwrap();
        assert_eq!(of.as_deref(), expected, "{typed}");
        if expected.is_none() {
            assert!(
                answer.body.contains("id=\"customer_id-error\""),
                "{typed}: {}",
                answer.body
            );
            assert!(
                answer.body.contains("list=\"customer_id-names\""),
                "{typed}: {}",
                answer.body
            );
        }
        if typed == "Only" {
            assert!(
                answer.body.contains("such as one of these: Only Once"),
                "{}",
                answer.body
            );
            assert!(
                answer.body.contains("<option value=\"Only Once\">"),
                "it is suggested"
            );
            assert!(answer.body.contains("value=\"Only\""), "what was typed is there");
        }
    }
    // Whoever comes from the page of a customer finds its name in the field.
    for name in names {
        let id: uuid::Uuid = sqlx::query_scalar("select customer_id from customer where name = $1")
            .bind(name)
            .fetch_one(&app.sql)
            .await
            .unwrap();
        let page = browser.get(&format!("/clients/new?customer={id}")).await;
        let field = page.body.split("<input id=\"customer_id\"").nth(1).unwrap();
        assert!(
            field
                .split('>')
                .next()
                .unwrap()
                .contains(&format!("value=\"{name}\"")),
            "{field}"
        );
    }
}

#[tokio::test]
async fn a_person_is_found_with_a_customer_that_is_typed() {
    let stage = Stage::with(Setup {
        console: Console::Local,
        ..Setup::default()
    })
    .await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let invitee = stage.invite(&campaign).await;
    add_many(&stage.app).await;
    stage.app.add_staff("lena", Role::Operator).await;
    let browser = Browser::signed_in(&stage.app, "lena").await;
    let page = browser.get("/persons").await;
    let name: String = sqlx::query_scalar("select name from customer where customer_id = $1")
        .bind(stage.customer_id.0)
        .fetch_one(&stage.app.sql)
        .await
        .unwrap();
    let id = stage.customer_id.to_string();
    let applicant = invitee.applicant_id.to_string();
    for typed in [&name, &id] {
        let fields = [("customer_id", typed.as_str()), ("applicant", &applicant)];
        let found = browser.submit(&page, "persons-find", &fields).await;
        assert_eq!(
            found.header("location"),
            format!("/persons/i-{}", invitee.invitation_id)
        );
    }
    let fields = [("customer_id", ""), ("applicant", applicant.as_str())];
    let none = browser.submit(&page, "persons-find", &fields).await;
    assert!(
        none.body.contains("Enter the whole name of a customer"),
        "{}",
        none.body
    );
    assert!(!none.body.contains(&applicant), "{}", none.body);
}
