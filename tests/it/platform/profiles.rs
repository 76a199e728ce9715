//! `/platform/v1/profiles`: writing profiles, one or many; and erasing people with them.

use reqwest::Method;
use serde_json::{Value, json};
use talentsoft_partner::housekeeping;
use talentsoft_partner::recruiting::CampaignKind;

use test_support::platform::{Invitee, Stage};
use test_support::profiles::{PERSONAL, ProfileStage, SUBDOMAIN, person};
use test_support::{Answer, Setup, application, log, send};

/// The rows of every table that say something of this text.
async fn traces(stage: &ProfileStage, text: &str) -> i64 {
    let sql = "select coalesce(sum((xpath('/row/n/text()', query_to_xml(format(
            'select count(*) as n from %I as t where t::text ilike %L', table_name, '%' || $1 || '%'), false, true, '')
        ))[1]::text::bigint), 0)::bigint
        from information_schema.tables where table_schema = 'public'";
    sqlx::query_scalar(sql)
        .bind(text)
        .fetch_one(&stage.app.sql)
        .await
        .unwrap()
}

/// How many profiles there are.
async fn profiles(stage: &ProfileStage) -> i64 {
    sqlx::query_scalar("select count(*) from profile")
        .fetch_one(&stage.app.sql)
        .await
        .unwrap()
}

/// The counts that are kept, and those of the profiles that are there, as text: they must be the same.
async fn counts(stage: &ProfileStage) -> (Vec<String>, Vec<String>) {
    let kept = "select format('%s %s %s: %s %s %s %s', subdomain_id, prefix, segment, profiles, by_family, by_given, by_email)
        from profile_count order by 1";
    let true_ones = "select format('%s %s %s: %s %s %s %s', subdomain_id, prefix, segment, count(*),
            count(*) filter (where left(family_key, n) = prefix and length(family_key) >= n),
            count(*) filter (where left(given_key, n) = prefix and length(given_key) >= n),
            count(*) filter (where left(email_key, n) = prefix and length(email_key) >= n))
        from (select distinct on (profile_id, n, left(key, n)) profile.*, n, left(key, n) as prefix
              from profile, generate_series(0, 8) as n, unnest(array[family_key, given_key, email_key]) as key
              where length(key) >= n) as prefixes
        group by subdomain_id, prefix, segment order by 1";
    let rows = async |sql: &'static str| -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&stage.app.sql).await.unwrap()
    };
    (rows(kept).await, rows(true_ones).await)
}

#[tokio::test]
async fn a_profile_is_created_replaced_patched_and_deleted() {
    let stage = ProfileStage::new().await;
    let user = format!("{PERSONAL}-1");
    let created = stage
        .put(
            &user,
            &json!({ "email": format!("a@{PERSONAL}"), "given-name": "A", "x": { "y": 1, "z": 2 } }),
        )
        .await;
    assert_eq!(created.status, 201, "{created:?}");
    let id = created.json()["id"].clone();
    stage.app.advance(60);
    let replaced = stage
        .put(&user, &json!({ "email": format!("b@{PERSONAL}"), "w": 1 }))
        .await;
    assert_eq!((replaced.status.as_u16(), replaced.header("location")), (200, ""));
    let replaced = replaced.json();
    assert_eq!(replaced["id"], id, "it keeps its identifier");
    let attributes = &replaced["attributes"];
    assert_eq!(
        attributes["created-at"], "2018-03-04T16:30:00.000000Z",
        "and when it was made"
    );
    assert_eq!(
        (&attributes["given-name"], &attributes["x"]),
        (&Value::Null, &Value::Null)
    );

    let patch = json!({ "given-name": "B", "w": null, "x": { "y": 1, "z": null }, "resume-approval-status": "approved" });
    let patched = stage.patch(&user, &patch).await;
    assert_eq!(patched.status, 200, "{patched:?}");
    let attributes = patched.json()["attributes"].clone();
    assert_eq!(attributes["email"], format!("b@{PERSONAL}"));
    assert_eq!(attributes["given-name"], "B");
    assert_eq!(attributes["x"], json!({ "y": 1 }));
    assert!(attributes.get("w").is_none());
    let merge_patch = stage
        .request(Method::PATCH, &format!("/profiles/{SUBDOMAIN}/{user}"))
        .header("content-type", "application/merge-patch+json")
        .body(r#"{"is-invited":true}"#);
    assert_eq!(send(merge_patch).await.json()["attributes"]["is-invited"], true);
    let read = send(stage.request(Method::GET, &format!("/profiles/{SUBDOMAIN}/{user}"))).await;
    assert_eq!(read.json()["attributes"]["resume-approval-status"], "approved");
    let (kept, true_ones) = counts(&stage).await;
    assert_eq!(kept, true_ones);

    assert_eq!(stage.delete(&user).await.status, 204);
    let unknown = (404, "unknown-profile".to_owned());
    assert_eq!(stage.delete(&user).await.problem(), unknown);
    assert_eq!(stage.patch(&user, &json!({})).await.problem(), unknown);
    assert_eq!(traces(&stage, PERSONAL).await, 0);
    assert_eq!(counts(&stage).await, (vec![], vec![]));
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_changes_nothing() {
    let stage = ProfileStage::new().await;
    let user = format!("{PERSONAL}-1");
    let email = format!("a@{PERSONAL}");
    stage.put(&user, &json!({ "email": email })).await;
    let large = "x".repeat(64 * 1024);
    for (attributes, words) in [
        (json!({}), "email is missing"),
        (json!({ "email": "zqperson" }), "email is not valid"),
        (
            json!({ "email": email, "First": 1 }),
            "names of attributes must be in kebab case",
        ),
        (
            json!({ "email": email, "note": large }),
            "the attributes beside the known ones must have at most 65536",
        ),
        (
            json!({ "email": email, "created-at": "0000-01-01T00:00:00+14:00" }),
            "created-at must be an instant",
        ),
        (
            json!({ "email": email, "institution-user-id": "other" }),
            "institution-user-id must be that of the path",
        ),
        (json!([]), "a profile must be a JSON object"),
    ] {
        let answer = stage.put(&user, &attributes).await;
        assert_eq!(answer.problem(), (400, "invalid-profile".to_owned()), "{words}");
        assert!(answer.body.contains(words), "{answer:?}");
    }
    let patched = stage.patch(&user, &json!({ "email": null })).await;
    assert_eq!(patched.problem(), (400, "invalid-profile".to_owned()));
    let too_large = stage
        .put(&user, &json!({ "email": email, "note": "x".repeat(128 * 1024) }))
        .await;
    assert_eq!(too_large.problem(), (413, "body-too-large".to_owned()));
    for (method, path, name) in [
        (Method::PUT, "/profiles/nowhere/1".to_owned(), "unknown-subdomain"),
        (Method::PATCH, "/profiles/Acme/1".to_owned(), "unknown-subdomain"),
        (
            Method::PATCH,
            format!("/profiles/{SUBDOMAIN}/nobody"),
            "unknown-profile",
        ),
    ] {
        let request = stage.request(method, &path).json(&json!({ "email": email }));
        assert_eq!(send(request).await.problem(), (404, name.to_owned()), "{path}");
    }
    let read = send(stage.request(Method::GET, &format!("/profiles/{SUBDOMAIN}/{user}"))).await;
    assert_eq!(read.json()["attributes"]["email"], email);
}

#[tokio::test]
async fn a_path_that_is_not_utf_8_names_nobody() {
    let stage = ProfileStage::new().await;
    let body = json!({ "email": format!("a@{PERSONAL}") });
    // In Latin-1 these are two users, and in UTF-8 neither is one.
    for user in ["%E9lodie", "%E8lodie", "%EF%BF%BDlodie"] {
        let path = format!("/profiles/{SUBDOMAIN}/{user}");
        let put = send(stage.request(Method::PUT, &path).json(&body)).await;
        assert_eq!(put.problem(), (400, "invalid-profile".to_owned()), "{user}");
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            let answer = send(stage.request(method, &path).json(&json!({}))).await;
            assert_eq!(answer.problem(), (404, "unknown-profile".to_owned()), "{user}");
        }
    }
    assert_eq!(profiles(&stage).await, 0);
}

fn statuses(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let rows = body["results"].as_array().unwrap();
    rows.iter()
        .map(|row| row["status"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_batch_is_answered_row_by_row_and_done_once_under_its_key() {
    let stage = ProfileStage::new().await;
    stage.put_all(&[person(1, "Zoé", "Dupont")]).await;
    let batch = json!({ "profiles": [
        person(1, "Zoé", "Durand"), person(2, "Jo", "Doe"), person(2, "Jo", "Doe"), { "email": "zqperson" }, 7,
        { "institution-user-id": format!("{PERSONAL}-3"), "email": "zqperson" },
    ] });
    let path = format!("/profiles/{SUBDOMAIN}");
    let ask = async || {
        let request = stage.request(Method::POST, &path).header("idempotency-key", "1");
        send(request.json(&batch)).await
    };
    let first = ask().await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(
        statuses(&first),
        ["replaced", "created", "error", "error", "error", "error"]
    );
    assert!(
        !first.body.contains(PERSONAL),
        "the kept answer has nothing of a person: {first:?}"
    );
    let again = ask().await;
    assert_eq!(
        (again.header("idempotency-replayed"), &again.body),
        ("true", &first.body)
    );
    assert_eq!(
        stage.listed("sort=familyName").await,
        (vec!["2".to_owned(), "1".to_owned()], 2)
    );
    let (kept, true_ones) = counts(&stage).await;
    assert_eq!(kept, true_ones);

    assert_eq!(
        statuses(&stage.post(&json!({ "profiles": [] })).await),
        Vec::<String>::new()
    );
    let many: Vec<Value> = (0..501).map(|number| person(number, "Jo", "Doe")).collect();
    for bad in [
        json!({ "profiles": many }),
        json!({ "profiles": {} }),
        json!({}),
        json!({ "profiles": [], "x": 1 }),
    ] {
        assert_eq!(
            stage.post(&bad).await.problem(),
            (400, "invalid-batch".to_owned())
        );
    }
    assert_eq!(
        statuses(&stage.post(&json!({ "profiles": &many[1..] })).await).len(),
        500
    );
}

#[tokio::test]
async fn a_client_of_a_customer_writes_at_its_subdomains_alone() {
    let stage = Stage::new().await;
    log::never(PERSONAL);
    let other = stage.app.add_customer("other").await;
    let profiles = ProfileStageOf(&stage);
    profiles.add_subdomain("acme", stage.customer_id).await;
    let bound = stage.bound_token(other).await;
    let path = format!("/platform/v1/profiles/acme/{PERSONAL}-1");
    let unknown = (404, "unknown-subdomain".to_owned());
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::GET] {
        let request = stage.app.request(method.clone(), &path).bearer_auth(&bound);
        let answer = send(request.json(&json!({ "email": format!("a@{PERSONAL}") }))).await;
        assert_eq!(answer.problem(), unknown, "{method}");
    }
    let batch = stage
        .app
        .post_json("/platform/v1/profiles/acme", &bound, &json!({ "profiles": [] }))
        .await;
    assert_eq!(batch.problem(), unknown);
}

/// Subdomains of a stage of recruiting.
struct ProfileStageOf<'a>(&'a Stage);

impl ProfileStageOf<'_> {
    async fn add_subdomain(&self, name: &str, customer_id: talentsoft_partner::ids::CustomerId) {
        let (act, name) = (self.0.app.act(), name.parse().unwrap());
        let added = self.0.app.db.transaction(async |db| {
            talentsoft_partner::profiles::add_subdomain(db, &act, customer_id, &name).await
        });
        added.await.unwrap();
    }

    async fn put(&self, subdomain: &str, user_id: &str, email: &str) -> Value {
        let path = format!("/profiles/{subdomain}/{PERSONAL}-{user_id}");
        let answer = send(
            self.0
                .request(Method::PUT, &path)
                .json(&json!({ "email": email })),
        )
        .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].clone()
    }

    async fn profiles(&self) -> i64 {
        self.0.count("select count(*) from profile").await
    }

    async fn erase(&self, person: &Value) -> Value {
        let answer = self.0.post("/people/erase", person).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        numbered(answer.json())
    }
}

/// The counts of a receipt, which has a number where anything was erased.
fn numbered(mut receipt: Value) -> Value {
    let number = receipt.as_object_mut().unwrap().remove("receipt_id").unwrap();
    let is_nothing = receipt["erased_invitations"] == 0 && receipt["erased_profiles"] == 0;
    assert_eq!(number.is_null(), is_nothing, "{receipt}");
    receipt
}

/// What is answered beside the number where nothing hung on the invitations.
fn erased(invitations: u64, profiles: u64) -> Value {
    json!({
        "erased_invitations": invitations, "erased_results": 0, "erased_reports": 0, "erased_callbacks": 0,
        "erased_profiles": profiles,
    })
}

#[tokio::test]
async fn a_person_is_erased_as_a_candidate_and_with_all_profiles() {
    let stage = Stage::new().await;
    log::never(PERSONAL);
    let profiles = ProfileStageOf(&stage);
    let other = stage.app.add_customer("other").await;
    profiles.add_subdomain("acme", stage.customer_id).await;
    profiles.add_subdomain("acme-2", stage.customer_id).await;
    profiles.add_subdomain("other", other).await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let somebody = async || {
        let invitee = Invitee::somebody();
        let invitee = Invitee {
            email: format!("{}.é{PERSONAL}@site.example", invitee.applicant_id),
            ..invitee
        };
        let invitee = stage.invite_person(&stage.client, &campaign, invitee).await;
        let user = invitee.applicant_id.to_string();
        let id = profiles.put("acme", &user, &invitee.email.to_uppercase()).await;
        profiles.put("acme-2", &user, &invitee.email).await;
        profiles.put("other", &user, &invitee.email).await;
        (invitee, id)
    };
    // As a candidate: with this customer.
    let (person, _) = somebody().await;
    let path = format!(
        "/customers/{}/candidates/{}",
        stage.customer_id, person.applicant_id
    );
    assert_eq!(send(stage.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(profiles.profiles().await, 1, "that of the other customer");
    assert_eq!(
        profiles.erase(&json!({ "email": person.email })).await,
        erased(0, 1)
    );
    // By a profile: with its customer.
    let (_, id) = somebody().await;
    assert_eq!(profiles.erase(&json!({ "profile_id": id })).await, erased(1, 2));
    assert_eq!(profiles.erase(&json!({ "profile_id": id })).await, erased(0, 0));
    assert_eq!(profiles.profiles().await, 1);
    // By an address: with one customer, or with all.
    let (person, _) = somebody().await;
    let of_other = json!({ "email": person.email, "customer_id": other });
    assert_eq!(profiles.erase(&of_other).await, erased(0, 1));
    assert_eq!(
        profiles.erase(&json!({ "email": person.email })).await,
        erased(1, 2)
    );
    // By the applicant's identifier.
    let (person, _) = somebody().await;
    let applicant = json!({ "customer_id": stage.customer_id, "applicant_id": person.applicant_id, "reason": "by letter" });
    assert_eq!(profiles.erase(&applicant).await, erased(1, 2));
    let sql =
        "select count(*) from audit_event where subject_kind = 'person' and detail->>'reason' = 'by letter'";
    assert_eq!(stage.count(sql).await, 1);
    assert_eq!(profiles.profiles().await, 2);
    assert_eq!(stage.count("select count(*) from invitation").await, 0);
    for bad in [
        json!({}),
        json!({ "email": "nobody" }),
        json!({ "applicant_id": person.applicant_id }),
        json!({ "email": person.email, "profile_id": id }),
    ] {
        let answer = stage.post("/people/erase", &bad).await;
        assert_eq!(answer.problem(), (400, "invalid-person".to_owned()), "{bad}");
    }
    let bad = json!({ "profile_id": id, "reason": "" });
    let answer = stage.post("/people/erase", &bad).await;
    assert_eq!(answer.problem(), (400, "invalid-reason".to_owned()));
}

#[tokio::test]
async fn a_client_of_a_customer_erases_nobody_elsewhere() {
    let stage = Stage::new().await;
    log::never(PERSONAL);
    let profiles = ProfileStageOf(&stage);
    let other = stage.app.add_customer("other").await;
    profiles.add_subdomain("acme", stage.customer_id).await;
    let email = format!("a@{PERSONAL}");
    let id = profiles.put("acme", "1", &email).await;
    let bound = stage.bound_token(other).await;
    for person in [
        json!({ "email": email }),
        json!({ "email": email, "customer_id": stage.customer_id }),
        json!({ "profile_id": id }),
    ] {
        let answer = stage
            .app
            .post_json("/platform/v1/people/erase", &bound, &person)
            .await;
        assert_eq!(numbered(answer.json()), erased(0, 0), "{person}");
    }
    assert_eq!(profiles.profiles().await, 1);
}

#[tokio::test]
async fn profiles_in_which_nothing_happened_are_erased_by_age() {
    let stage = ProfileStage::new().await;
    let day = 86_400;
    stage
        .put_all(&[
            person(1, "Zoé", "Dupont"),
            person(2, "Jo", "Doe"),
            person(3, "Li", "Wu"),
        ])
        .await;
    stage.app.advance(day);
    let token = stage.app.application_token(&stage.client).await;
    let platform = stage
        .app
        .add_own_client("again", &[talentsoft_partner::clients::Scope::Platform])
        .await;
    let platform_token = stage.app.application_token(&platform).await;
    let stage = ProfileStage {
        token,
        platform_token,
        ..stage
    };
    let login = json!({ "last-login": "2018-03-05T12:00:00Z" });
    assert_eq!(stage.patch(&format!("{PERSONAL}-2"), &login).await.status, 200);
    assert_eq!(
        stage
            .patch(&format!("{PERSONAL}-3"), &json!({ "x": 1 }))
            .await
            .status,
        200
    );
    let mut setup = Setup::default();
    setup.settings.profile_days = Some(10);
    let keeping = application(setup.settings, &stage.app.clock, &stage.app.db)
        .await
        .unwrap();
    stage.app.advance(9 * day);
    housekeeping::expire_invitations(&keeping).await;
    assert_eq!(profiles(&stage).await, 3, "not older than that");
    stage.app.advance(1);
    let forever = application(Setup::default().settings, &stage.app.clock, &stage.app.db)
        .await
        .unwrap();
    housekeeping::expire_invitations(&forever).await;
    assert_eq!(
        profiles(&stage).await,
        3,
        "who was told to keep everything keeps it"
    );
    housekeeping::expire_invitations(&keeping).await;
    assert_eq!(profiles(&stage).await, 2);
    assert_eq!(traces(&stage, &format!("{PERSONAL}-1")).await, 0);
    let (kept, true_ones) = counts(&stage).await;
    assert_eq!(kept, true_ones);
    let detail: Value = sqlx::query_scalar(
        "select jsonb_build_array(actor_kind, subject_kind, subject, detail) from audit_event where action = 'erased'",
    )
    .fetch_one(&stage.app.sql)
    .await
    .unwrap();
    assert_eq!(
        detail,
        json!(["system", "subdomain", SUBDOMAIN, { "profiles": 1, "retention_days": 10 }])
    );
}

#[tokio::test]
async fn the_log_knows_nobody_of_those_that_are_written() {
    let stage = ProfileStage::new().await;
    let user = format!("{PERSONAL}-1");
    stage.put(&user, &person(1, "Zoé", "Dupont")).await;
    stage.put(&user, &json!({ "email": PERSONAL })).await;
    stage.patch(&user, &json!({ "given-name": [PERSONAL] })).await;
    stage
        .post(&json!({ "profiles": [PERSONAL, { "email": PERSONAL }] }))
        .await;
    stage.post(&json!({ "profiles": PERSONAL })).await;
    stage.delete(&user).await;
    let unauthorized = stage
        .app
        .request(Method::PUT, &format!("/platform/v1/profiles/{SUBDOMAIN}/{user}"));
    assert_eq!(send(unauthorized).await.status, 401);
    assert_eq!(log::lines_with(PERSONAL), Vec::<Value>::new());
    assert_eq!(traces(&stage, PERSONAL).await, 0, "neither does the audit trail");
    let lines = log::lines_with("/platform/v1/profiles/acme");
    assert!(!lines.is_empty());
    for line in lines {
        assert_eq!(line["path"].as_str().unwrap().matches('/').count(), 4, "{line}");
    }
}
