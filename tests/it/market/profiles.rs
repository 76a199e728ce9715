//! `/profiles`: lists of the people at a customer's subdomains, and one of them (P1, P2).

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::clients::{ClientSettings, Grants, Scope};

use super::error;
use test_support::profiles::{PERSONAL, ProfileStage, SUBDOMAIN, person};
use test_support::{SECRET, log, send};

/// A person with further attributes.
fn with(mut person: Value, attributes: &Value) -> Value {
    for (name, value) in attributes.as_object().unwrap() {
        person[name] = value.clone();
    }
    person
}

/// Eight people who differ in everything that lists look at.
async fn stage() -> ProfileStage {
    let stage = ProfileStage::new().await;
    let login = |day: u8| format!("2018-03-0{day}T12:00:00Z");
    stage
        .put_all(&[
            with(
                person(1, "Zoé", "Dupont"),
                &json!({ "last-login": login(1), "current-school-name": "École B" }),
            ),
            with(
                person(2, "Émile", "Dupont"),
                &json!({ "last-login": login(3), "user-roles": ["admin"] }),
            ),
            with(
                person(3, "Samuel", "Johnson"),
                &json!({ "resume-approval-status": "pending" }),
            ),
            with(person(4, "John", "Samuels"), &json!({ "is-invited": true })),
            with(
                person(5, "Anna", "Ångström"),
                &json!({ "is-invited": true, "last-login": login(2), "resume-approval-status": "edited" }),
            ),
            with(
                person(6, "ana", "Müller"),
                &json!({ "user-roles": ["student", "super"], "current-school-name": "ecole A",
                         "resume-approval-status": "approved" }),
            ),
            with(
                person(7, "Li", ""),
                &json!({ "created-at": "2017-01-01T00:00:00Z" }),
            ),
            with(
                person(8, "李", "王"),
                &json!({ "resume-approval-status": "denied", "is-invited": true }),
            ),
        ])
        .await;
    stage
}

async fn expect(stage: &ProfileStage, cases: &[(&str, &[&str])]) {
    for (query, expected) in cases {
        let (listed, total) = stage.listed(query).await;
        assert_eq!(listed, *expected, "{query}");
        assert_eq!(total, i64::try_from(expected.len()).unwrap(), "{query}");
    }
}

#[tokio::test]
async fn everybody_who_joined_is_listed_in_order_with_the_number_of_all() {
    let stage = stage().await;
    expect(
        &stage,
        &[
            ("", &["7", "1", "2", "3", "5", "6"]),
            ("sort=createdAt", &["7", "1", "2", "3", "5", "6"]),
            ("sort=-createdAt", &["6", "5", "3", "2", "1", "7"]),
            ("sort=familyName", &["7", "5", "2", "1", "3", "6"]),
            ("sort=-familyName", &["6", "3", "1", "2", "5", "7"]),
            ("sort=givenName", &["6", "5", "2", "7", "3", "1"]),
            ("sort=email", &["6", "5", "2", "7", "3", "1"]),
            ("sort=lastLogin,createdAt", &["7", "3", "6", "1", "5", "2"]),
            ("sort=-lastLogin,createdAt", &["2", "5", "1", "7", "3", "6"]),
            ("sort=currentSchoolName", &["7", "5", "2", "3", "6", "1"]),
            ("sort=familyName,-givenName", &["7", "5", "1", "2", "3", "6"]),
            (
                "sort=-currentSchoolName,familyName",
                &["1", "6", "7", "5", "2", "3"],
            ),
            (
                "sort=currentSchoolName,-lastLogin",
                &["2", "5", "7", "3", "6", "1"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_filter_admits_those_that_it_says() {
    let stage = stage().await;
    expect(
        &stage,
        &[
            ("includeInvited=true", &["7", "1", "2", "3", "4", "5", "6", "8"]),
            ("includeInvited=false", &["7", "1", "2", "3", "5", "6"]),
            ("isAdmin=true", &["2", "6"]),
            ("isAdmin=false", &["7", "1", "3", "5"]),
            ("resumeApprovalStatus=pending", &["3"]),
            ("resumeApprovalStatus=approved,edited", &["5", "6"]),
            ("resumeApprovalStatus=denied", &[]),
            ("resumeApprovalStatus=denied&includeInvited=true", &["8"]),
            ("resumeApprovalStatus=approved&isAdmin=true", &["6"]),
            (&format!("institution-user-id={PERSONAL}-5"), &["5"]),
            (&format!("institution-user-id={PERSONAL}-4"), &[]),
            (
                &format!("institution-user-id={PERSONAL}-4&includeInvited=true"),
                &["4"],
            ),
            (&format!("institution-user-id={PERSONAL}-5&search=anna"), &["5"]),
            (&format!("institution-user-id={PERSONAL}-5&search=john"), &[]),
            ("institution-user-id=nobody", &[]),
        ],
    )
    .await;
    let one = format!("institution-user-id={PERSONAL}-5&skip=1");
    assert_eq!(stage.listed(&one).await, (vec![], 1));
}

#[tokio::test]
async fn a_search_finds_beginnings_of_addresses_and_names_without_case_and_accents() {
    let stage = stage().await;
    expect(
        &stage,
        &[
            ("search=dupont", &["1", "2"]),
            ("search=DUP&sort=-givenName", &["1", "2"]),
            ("search=%C3%A9mile", &["2"]),
            ("search=EMI", &["2"]),
            ("search=angstrom", &["5"]),
            ("search=muller", &["6"]),
            ("search=an", &["5", "6"]),
            ("search=an&sort=familyName", &["5", "6"]),
            ("search=samuel&includeInvited=true&sort=email", &["4", "3"]),
            ("search=samuel,johnson", &["3"]),
            ("search=samuel,johnson&includeInvited=true", &["3"]),
            ("search=john,samuel&includeInvited=true", &["3", "4"]),
            ("search=samuel.john", &["3"]),
            ("search=samuel.johnson@zq", &["3"]),
            ("search=samuel.johnson@no", &[]),
            ("search=%E7%8E%8B&includeInvited=true", &["8"]),
            ("search=li", &["7"]),
            ("search=nobody", &[]),
            ("search=dupont,nobody", &[]),
            ("search=,%20,", &["7", "1", "2", "3", "5", "6"]),
            ("search=pont", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_window_is_cut_out_of_the_order_from_either_end() {
    let stage = stage().await;
    for (query, expected) in [
        ("limit=2", &["7", "1"][..]),
        ("limit=2&skip=2", &["2", "3"]),
        ("limit=2&skip=3", &["3", "5"]),
        ("limit=3&skip=4", &["5", "6"]),
        ("skip=5", &["6"]),
        ("skip=6", &[]),
        ("skip=9223372036854775807", &[]),
        ("limit=1&skip=4&sort=-familyName", &["5"]),
        ("limit=20000", &["7", "1", "2", "3", "5", "6"]),
    ] {
        let (listed, total) = stage.listed(query).await;
        assert_eq!(listed, expected, "{query}");
        assert_eq!(total, 6, "{query}");
    }
}

#[tokio::test]
async fn a_profile_is_shown_with_all_its_attributes() {
    let stage = ProfileStage::new().await;
    let attributes = json!({
        "email": format!("Zoé.{PERSONAL}@Uni.example"), "given-name": "Zoé", "user-roles": ["student"],
        "last-login": "2018-03-04T10:00:00+01:00", "first-year": 2016, "majors": [{ "name": "Law" }],
    });
    let created = stage.put(&format!("{PERSONAL}-1"), &attributes).await;
    assert_eq!(created.status, 201, "{created:?}");
    let profile = created.json();
    assert_eq!(
        profile["attributes"],
        json!({
            "email": format!("Zoé.{PERSONAL}@Uni.example"), "given-name": "Zoé", "family-name": null,
            "institution-user-id": format!("{PERSONAL}-1"), "current-school-name": null, "user-roles": ["student"],
            "is-invited": false, "resume-approval-status": null, "created-at": "2018-03-04T16:30:00.000000Z",
            "last-login": "2018-03-04T09:00:00.000000Z", "first-year": 2016, "majors": [{ "name": "Law" }],
        })
    );
    let path = format!("/profiles/{SUBDOMAIN}/{}", profile["id"].as_str().unwrap());
    assert_eq!(
        created.header("location"),
        format!("https://api.partner.example{path}")
    );
    let one = stage.app.get_with(&path, &stage.token).await;
    assert_eq!(one.json(), json!({ "data": profile }));
    assert_eq!(one.header("cache-control"), "no-store");
    let list = stage.list("").await;
    assert_eq!(list.json(), json!({ "data": [profile], "meta": { "total": 1 } }));
    assert_eq!(list.header("cache-control"), "no-store");
    let head = stage.app.request(Method::HEAD, &format!("/profiles/{SUBDOMAIN}"));
    let head = send(head.bearer_auth(&stage.token)).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn another_customers_subdomain_is_as_unknown_as_one_that_there_is_not() {
    let stage = ProfileStage::new().await;
    let other_id = stage.app.add_customer("other").await;
    stage.add_subdomain("other", other_id).await;
    let other = ProfileStage::add_client(&stage.app, "profiles-of-other", other_id).await;
    let other_token = stage.app.application_token(&other).await;
    let profile = stage
        .put(&format!("{PERSONAL}-1"), &person(1, "Zoé", "Dupont"))
        .await
        .json();
    let id = profile["id"].as_str().unwrap();
    let unknown = (
        404,
        "URL not found".to_owned(),
        "Unrecognized subdomain: there is none of this name among those of your customer".to_owned(),
    );
    for path in [
        format!("/profiles/{SUBDOMAIN}"),
        "/profiles/nowhere".to_owned(),
        "/profiles/Acme".to_owned(),
        "/profiles/-".to_owned(),
        format!("/profiles/{SUBDOMAIN}/{id}"),
        format!("/profiles/nowhere/{id}"),
    ] {
        let answer = stage.app.get_with(&path, &other_token).await;
        assert_eq!(error(&answer), unknown, "{path}");
    }
    // Its own subdomain has nobody, not even by an identifier from elsewhere.
    let empty = stage.app.get_with("/profiles/other", &other_token).await;
    assert_eq!(empty.json(), json!({ "data": [], "meta": { "total": 0 } }));
    let elsewhere = stage
        .app
        .get_with(&format!("/profiles/other/{id}"), &other_token)
        .await;
    for answer in [
        elsewhere,
        stage
            .app
            .get_with(&format!("/profiles/{SUBDOMAIN}/nobody"), &stage.token)
            .await,
    ] {
        let (status, _, detail) = error(&answer);
        assert_eq!(status, 404);
        assert_eq!(
            detail,
            "Unrecognized profile: there is none with this id at the subdomain"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_said_in_lightcasts_words() {
    let stage = ProfileStage::new().await;
    for (query, words) in [
        ("limit=0", "`limit` must be a whole number from 1 to 20000"),
        ("limit=20001", "`limit` must be"),
        ("skip=-1", "`skip` must be a whole number from 0"),
        ("skip=x", "`skip` must be"),
        ("isAdmin=yes", "`isAdmin` must be true or false"),
        ("includeInvited=1", "`includeInvited` must be true or false"),
        ("sort=name", "`sort` must name createdAt, currentSchoolName,"),
        ("sort=email,-email", "`sort` must name"),
        (
            "resumeApprovalStatus=new",
            "`resumeApprovalStatus` must be pending, approved, denied or edited",
        ),
        ("resumeApprovalStatus=pending,", "`resumeApprovalStatus` must be"),
        (
            &format!("search={}", "x".repeat(1025)),
            "`search` must have at most 1024 characters",
        ),
        ("search=1,2,3,4,5,6,7,8,9,10,11", "`search` must have"),
        ("search=%00", "`search` must have"),
        ("search=zo,a%00b", "`search` must have"),
        (
            "institution-user-id=%20x",
            "institution-user-id must have 1 to 200 characters",
        ),
        ("isadmin=true", "`isadmin` is no parameter here"),
    ] {
        let (status, title, detail) = error(&stage.list(query).await);
        assert_eq!((status, title.as_str()), (400, "Invalid request"), "{query}");
        assert!(detail.starts_with(words), "{query}: {detail}");
    }
}

#[tokio::test]
async fn a_client_lists_five_times_a_second_unless_told_otherwise() {
    let stage = ProfileStage::new().await;
    let scopes = [Scope::Profiles].into_iter().collect();
    let settings = ClientSettings::new(Some(stage.customer_id), Grants::both(), scopes);
    let client = stage.app.add_client("usual", SECRET, settings).await;
    let token = stage.app.application_token(&client).await;
    let path = format!("/profiles/{SUBDOMAIN}");
    for _ in 0..5 {
        assert_eq!(stage.app.get_with(&path, &token).await.status, 200);
    }
    let refused = stage.app.get_with(&path, &token).await;
    assert_eq!(error(&refused).0, 429);
    assert!(!refused.header("retry-after").is_empty());
}

#[tokio::test]
async fn twenty_thousand_are_listed_completely_and_in_order() {
    let stage = ProfileStage::new().await;
    for from in (0..20_100).step_by(500) {
        let people: Vec<Value> = (from..(from + 500).min(20_100))
            .map(|number| with(person(number, "Jo", "Doe"), &json!({ "note": "x".repeat(100) })))
            .collect();
        stage.put_all(&people).await;
    }
    let (listed, total) = stage.listed("limit=20000&skip=50").await;
    assert_eq!((listed.len(), total), (20_000, 20_100));
    let in_order: Vec<String> = (50..20_050).map(|number| number.to_string()).collect();
    assert_eq!(listed, in_order);
}

#[tokio::test]
async fn the_log_knows_nobody_of_those_that_are_listed() {
    let stage = stage().await;
    let query = format!("search={PERSONAL}&institution-user-id={PERSONAL}-1");
    assert_eq!(stage.list(&query).await.status, 200);
    let path = format!("/profiles/{SUBDOMAIN}/{PERSONAL}@site");
    assert_eq!(stage.app.get_with(&path, &stage.token).await.status, 404);
    // The eye on the log looks for it when the service ends.
    assert_eq!(log::lines_with(PERSONAL), Vec::<Value>::new());
    let lines = log::lines_with("/profiles/acme");
    assert!(
        lines
            .iter()
            .any(|line| line["path"] == "/profiles/acme" && line["status"] == 404)
    );
}
