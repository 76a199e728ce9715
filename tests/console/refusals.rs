//! Refused calls: found by the identifier of the request, counted, and an assertion explained.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use console_pages::{Language, has_text};
use talentsoft_partner::clients::Scope;
use talentsoft_partner::hours::hour_of;
use talentsoft_partner::refusals::REASONS;
use talentsoft_partner::staff::Role;
use test_support::browser::Browser;
use test_support::{Answer, TestApp, assertion, eventually, log};

use crate::console as start;

async fn stage(role: Role) -> (TestApp, Browser) {
    let app = start().await;
    app.add_staff("lena", role).await;
    let browser = Browser::signed_in(&app, "lena").await;
    (app, browser)
}

#[tokio::test]
async fn a_refused_call_is_found_by_its_request_and_says_why() {
    let (app, browser) = stage(Role::Viewer).await;
    app.add_own_client("platform", &[Scope::Platform]).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "platform"),
        ("client_secret", "wrong wrong wrong wrong wrong wrong"),
    ];
    let refused = app.post_form("/connect/token", &form).await;
    let request_id = refused.header("x-request-id").to_owned();
    let path = format!("/refusals?request={request_id}");
    eventually("the refusal is kept", async || {
        browser.get(&path).await.body.contains("client_wrong_secret")
    })
    .await;
    let list = browser.get(&path).await;
    let id: String = sqlx::query_scalar("select refusal_id::text from refusal")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert!(list.body.contains(&format!("/refusals/{id}")));
    let one = browser.get(&format!("/refusals/{id}")).await;
    assert!(
        one.body.contains(&request_id) && one.body.contains("client_wrong_secret"),
        "{}",
        one.body
    );
    let groups = async || browser.get("/refusals/groups?client=platform").await.body;
    assert!(groups().await.contains("client_wrong_secret"));
    for (hours, is_shown) in [(24, false), (23, true)] {
        sqlx::query("update refusal_count set hour = $1")
            .bind(hour_of(app.now()) - TimeDelta::hours(hours))
            .execute(&app.sql)
            .await
            .unwrap();
        assert_eq!(
            groups().await.contains("client_wrong_secret"),
            is_shown,
            "{hours}"
        );
    }
    let overview = browser.get("/").await;
    assert!(overview.body.contains("client_wrong_secret") || overview.body.contains("/refusals"));
    let nothing = browser.get("/refusals?client=nobody").await;
    assert!(!nothing.body.contains(&request_id));
    for bad in [
        "/refusals?hours=1",
        "/refusals?address=x",
        "/refusals?cursor=x",
        "/refusals/groups?cursor=!",
        "/refusals/groups?request=x",
        // A cursor of the year -251547, which the database does not have.
        "/refusals/groups?cursor=LTgwMDAwMDAwMDAwMDAwMDAwMDAKCgo",
    ] {
        assert_eq!(browser.get(bad).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn an_assertion_is_explained_and_shown_nowhere() {
    let (app, browser) = stage(Role::Operator).await;
    let client = app.add_marketplace_client("acme").await;
    let signed = assertion::good(&app, &client).sign("some other secret of somebody else's");
    log::never(&signed);
    let page = browser.get("/assertions/explain").await;
    let explained = browser.submit(&page, "explain", &[("assertion", &signed)]).await;
    assert_eq!(explained.status, 200);
    assert!(explained.body.contains("notice bad") && !explained.body.contains(&signed));
    let good = assertion::good(&app, &client).sign(&client.secret);
    let explained = browser.submit(&page, "explain", &[("assertion", &good)]).await;
    assert!(explained.body.contains("notice ok"), "{}", explained.body);
    let empty = browser.submit(&page, "explain", &[("assertion", " ")]).await;
    assert!(empty.body.contains("bytes"), "{}", empty.body);
}

#[tokio::test]
async fn assertions_are_explained_so_often_and_no_more() {
    let (app, browser) = stage(Role::Operator).await;
    let page = browser.get("/assertions/explain").await;
    let explain = async |browser: &Browser, page: &Answer| {
        let explained = browser.submit(page, "explain", &[("assertion", "x")]);
        explained.await
    };
    for number in 1..=20 {
        assert_eq!(explain(&browser, &page).await.status, 200, "{number}");
    }
    // Another session is the same person.
    let again = Browser::signed_in(&app, "lena").await;
    let again_page = again.get("/assertions/explain").await;
    for refused in [explain(&browser, &page).await, explain(&again, &again_page).await] {
        assert_eq!(refused.status, 429);
        assert_eq!(refused.header("retry-after"), "6");
        assert!(refused.body.contains("Wait 6 seconds"), "{}", refused.body);
        assert!(refused.body.contains("id=\"assertion\""), "the form is there");
    }
    app.add_staff("omar", Role::Operator).await;
    let omar = Browser::signed_in(&app, "omar").await;
    let page_of_omar = omar.get("/assertions/explain").await;
    assert_eq!(explain(&omar, &page_of_omar).await.status, 200);
    app.advance(6);
    assert_eq!(explain(&browser, &page).await.status, 200);
    assert_eq!(explain(&browser, &page).await.status, 429);
}

#[test]
fn every_reason_has_words_in_both_languages_and_no_words_are_of_none() {
    let id = |name: &str| format!("reason-{}", name.replace('_', "-"));
    for (name, meaning) in REASONS {
        assert!(
            !meaning.meaning.is_empty() && !meaning.remedy.is_empty(),
            "{name}"
        );
        for text in [id(name), format!("{}.remedy", id(name))] {
            assert!(has_text(Language::Fr, &text), "French has no {text}");
        }
    }
    let known: BTreeSet<String> = REASONS.iter().map(|(name, _)| id(name)).collect();
    let french = include_str!("../../crates/console-pages/texts/fr/reasons.ftl");
    let written: BTreeSet<String> = french
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(id, _)| id.to_owned())
        .filter(|id| id.starts_with("reason-"))
        .collect();
    assert_eq!(written, known);
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said_in_the_language_of_the_reader() {
    let (_app, browser) = stage(Role::Admin).await;
    let form = browser.get("/clients/new").await;
    let fields = [
        ("client_id", "é"),
        ("client_secret", "court"),
        ("grants", "client_credentials"),
        ("scopes", "videos"),
        ("token_ttl_seconds", "1"),
        ("clock_skew_seconds", "x"),
        ("quota", "many"),
    ];
    for (language, says) in [
        (
            "en",
            [
                "printable ASCII",
                "60 to 3,600 seconds",
                "a whole number",
                "such as 50/year",
            ],
        ),
        (
            "fr",
            [
                "ASCII imprimables",
                "60 à 3\u{202f}600 secondes",
                "un nombre entier",
                "tel que 50/year",
            ],
        ),
    ] {
        let account = browser.get("/account").await;
        let set = browser
            .submit(
                &account,
                "account-preferences",
                &[("language", language), ("theme", "")],
            )
            .await;
        assert_eq!(set.status, 303, "{set:?}");
        let refused = browser.submit(&form, "client-new", &fields).await;
        for words in says {
            assert!(
                refused.body.contains(words),
                "{language}: {words}\n{}",
                refused.body
            );
        }
    }
}
