//! Candidates are people: forgetting one, forgetting by age, and what the log may know of them.

use reqwest::Method;
use serde_json::json;
use sqlx::AssertSqlSafe;
use talentsoft_partner::housekeeping;
use talentsoft_partner::recruiting::people::{Person, erase};
use talentsoft_partner::recruiting::reports::delete_detached;
use talentsoft_partner::recruiting::{Campaign, CampaignKind};

use test_support::platform::{Invitee, PERSONAL, Stage};
use test_support::{Answer, Setup, log, send};

/// Every row of every table, as text.
async fn everything(stage: &Stage) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('select coalesce(string_agg(t::text, E''\\n''), '''') from %I.%I t', table_schema, table_name)
         from information_schema.tables where table_schema = 'public'",
    )
    .fetch_all(&stage.app.sql)
    .await
    .unwrap();
    assert!(tables.len() >= 13, "{tables:?}");
    let mut all = String::new();
    for sql in tables {
        let rows: String = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&stage.app.sql)
            .await
            .unwrap();
        all.push_str(&rows);
        all.push('\n');
    }
    all
}

/// Somebody with all that can hang on a person.
async fn somebody(stage: &Stage, campaign: &Campaign) -> Invitee {
    let invitee = stage.invite(campaign).await;
    let path = format!("/invitations/{}", invitee.invitation_id);
    let started = json!({ "status": "started" });
    stage
        .post_under(&invitee.invitation_id, &format!("{path}/status"), &started)
        .await;
    let result = json!({ "overall_score": 12, "scores": [{ "name": "Logic", "score": 3 }] });
    assert_eq!(stage.put(&format!("{path}/result"), &result).await.status, 200);
    let report = stage
        .request(Method::POST, &format!("{path}/reports?name=x"))
        .header("content-type", "text/html")
        .body(format!("about {} {}", invitee.firstname, invitee.email));
    assert_eq!(send(report).await.status, 201);
    invitee
}

/// What of a person is in the database.
async fn traces(stage: &Stage, person: &Invitee) -> Vec<String> {
    let all = everything(stage).await;
    let of_report = format!("about {} {}", person.firstname, person.email);
    let hex: String = of_report.bytes().map(|byte| format!("{byte:02x}")).collect();
    [
        person.email.clone(),
        person.email.to_lowercase(),
        person.firstname.clone(),
        person.lastname.clone(),
        person.applicant_id.to_string(),
        person.application_id.to_string(),
        hex,
    ]
    .into_iter()
    .filter(|text| all.contains(text.as_str()))
    .collect()
}

async fn erase_by_platform(stage: &Stage, person: &Invitee) -> Answer {
    let path = format!(
        "/customers/{}/candidates/{}",
        stage.customer_id, person.applicant_id
    );
    send(stage.request(Method::DELETE, &path)).await
}

#[tokio::test]
async fn a_person_is_forgotten_everywhere_and_the_others_are_not() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let person = somebody(&stage, &campaign).await;
    let again = Invitee {
        application_id: uuid::Uuid::from_u128(7),
        ..person.clone()
    };
    stage.invite_person(&stage.client, &campaign, again).await;
    let other = somebody(&stage, &campaign).await;
    assert!(
        traces(&stage, &person).await.len() >= 6,
        "the search finds what is there"
    );
    let before = traces(&stage, &other).await;

    assert_eq!(erase_by_platform(&stage, &person).await.status, 204);
    assert_eq!(traces(&stage, &person).await, Vec::<String>::new());
    assert_eq!(traces(&stage, &other).await, before);
    for table in ["invitation", "report", "report_chunk"] {
        assert_eq!(
            stage.count(&format!("select count(*) from {table}")).await,
            1,
            "{table}"
        );
    }
    let audit: serde_json::Value = sqlx::query_scalar(
        "select jsonb_build_array(actor, subject_kind, subject, detail) from audit_event
             where action = 'erased' and subject_kind = 'candidate'",
    )
    .fetch_one(&stage.app.sql)
    .await
    .unwrap();
    let id = stage.customer_id;
    assert_eq!(
        audit,
        json!(["platform", "candidate", id, { "customer_id": id, "invitations": 2 }])
    );
    let unknown = (404, "unknown-candidate".to_owned());
    assert_eq!(erase_by_platform(&stage, &person).await.problem(), unknown);
    let nobody = send(stage.request(Method::DELETE, "/customers/x/candidates/y")).await;
    assert_eq!(nobody.problem(), unknown);
    let path = format!("/invitations/{}", person.invitation_id);
    assert_eq!(stage.get(&path).await.status, 404);
    let token = json!({ "token": person.link_token });
    assert_eq!(stage.post("/invitations/resolve", &token).await.status, 404);
    assert_eq!(
        stage
            .count("select count(*) from audit_event where action = 'erased' and subject_kind = 'person'")
            .await,
        1,
        "one receipt"
    );
}

#[tokio::test]
async fn an_address_is_forgotten_with_every_customer_in_any_case_of_letters() {
    let stage = Stage::new().await;
    let other = stage.app.add_marketplace_client("other").await;
    let theirs = stage
        .campaign_of(other.customer_id.unwrap(), CampaignKind::Assessment)
        .await;
    let ours = stage.campaign(CampaignKind::Assessment).await;
    let person = somebody(&stage, &ours).await;
    let elsewhere = Invitee {
        email: person.email.to_ascii_uppercase(),
        ..Invitee::somebody()
    };
    let elsewhere = stage.invite_person(&other, &theirs, elsewhere).await;
    let kept = stage.invite_person(&other, &theirs, Invitee::somebody()).await;
    let (db, act) = (&stage.app.db, stage.app.act());
    let erase = async |email: &str| {
        let person = Person::Address(email.parse().unwrap());
        let erased = db.transaction(async |db| erase(db, &act, &person).await);
        let erased = erased.await.unwrap();
        delete_detached(db, &erased.uploads).await;
        erased.counts.invitations
    };
    assert_eq!(erase(&person.email.to_ascii_lowercase()).await, 2);
    for person in [&person, &elsewhere] {
        assert_eq!(traces(&stage, person).await, Vec::<String>::new());
    }
    assert!(!traces(&stage, &kept).await.is_empty());
    assert_eq!(erase(&person.email).await, 0, "twice is once");
    let accented = Invitee {
        email: "Élodie.ÀB@x.example".to_owned(),
        ..Invitee::somebody()
    };
    stage.invite_person(&other, &theirs, accented).await;
    assert_eq!(erase("elodie.ab@x.example").await, 0);
    assert_eq!(erase("élodie.Àb@X.example").await, 1);
    assert_eq!(
        stage
            .count("select count(*) from audit_event where action = 'erased'")
            .await,
        3
    );
}

/// Makes each chunk of a report do this when it is deleted.
async fn when_chunks_go(stage: &Stage, statement: &str) {
    let sql = format!(
        "create function chunk_goes() returns trigger language plpgsql as $$ begin {statement}; return old; end $$;
         create trigger chunk_goes before delete on report_chunk for each row execute function chunk_goes()"
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&stage.app.sql)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_person_whose_reports_take_longer_than_a_statement_may_is_forgotten() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let person = somebody(&stage, &campaign).await;
    sqlx::query("insert into report_chunk select report_id, n, 'x' from report, generate_series(1, 17) n")
        .execute(&stage.app.sql)
        .await
        .unwrap();
    when_chunks_go(&stage, "perform pg_sleep(0.24)").await;
    assert_eq!(erase_by_platform(&stage, &person).await.status, 204);
    assert_eq!(traces(&stage, &person).await, Vec::<String>::new());
    assert_eq!(stage.count("select count(*) from report_chunk").await, 0);
}

#[tokio::test]
async fn whose_reports_cannot_be_deleted_is_out_of_sight_at_once_and_they_go_when_they_can() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let old = somebody(&stage, &campaign).await;
    stage.app.advance(86400);
    let token = stage.app.application_token(&stage.platform).await;
    let marketplace_token = stage.app.application_token(&stage.client).await;
    let stage = Stage {
        token,
        marketplace_token,
        ..stage
    };
    let person = somebody(&stage, &campaign).await;
    let kept = somebody(&stage, &campaign).await;
    let reports = reports_of(&stage, &[&old, &person]).await;
    let before = traces(&stage, &kept).await;
    when_chunks_go(&stage, "raise exception 'a bad sector'").await;
    let mut setup = Setup::default();
    setup.settings.retention_days = Some(1);
    let keeping = stage.library_with(setup).await;
    stage.app.advance(1);

    assert_eq!(erase_by_platform(&stage, &person).await.status, 204);
    housekeeping::expire_invitations(&keeping).await;
    for (gone, report) in [&old, &person].into_iter().zip(&reports) {
        assert_eq!(
            stage
                .get(&format!("/invitations/{}", gone.invitation_id))
                .await
                .status,
            404
        );
        let answer = stage.app.get_with(report, &stage.marketplace_token).await;
        assert_eq!(answer.problem(), (404, "unknown-report".to_owned()));
        // What is left is one report that belongs to nobody.
        assert_eq!(traces(&stage, gone).await.len(), 1, "the content of the report");
    }
    assert_eq!(
        stage
            .count("select count(*) from report where invitation_id is null")
            .await,
        2
    );
    let failed = log::lines_with("a bad sector");
    assert_eq!(
        failed.iter().filter(|line| line["chore"] == "retention").count(),
        1
    );

    sqlx::raw_sql("drop trigger chunk_goes on report_chunk")
        .execute(&stage.app.sql)
        .await
        .unwrap();
    // Whoever erases nobody by age tidies up all the same.
    housekeeping::prune(&*stage.library().await).await;
    for gone in [&old, &person] {
        assert_eq!(traces(&stage, gone).await, Vec::<String>::new());
    }
    assert_eq!(traces(&stage, &kept).await, before);
    for table in ["invitation", "report", "report_chunk"] {
        assert_eq!(
            stage.count(&format!("select count(*) from {table}")).await,
            1,
            "{table}"
        );
    }
}

/// Where Talentsoft finds the report of each.
async fn reports_of(stage: &Stage, people: &[&Invitee]) -> Vec<String> {
    let mut paths = Vec::new();
    for person in people {
        let report_id: uuid::Uuid =
            sqlx::query_scalar("select report_id from report where invitation_id = $1::uuid")
                .bind(&person.invitation_id)
                .fetch_one(&stage.app.sql)
                .await
                .unwrap();
        let path = format!(
            "/assessments/invitations/{}/reports/{report_id}",
            person.invitation_id
        );
        assert_eq!(
            stage.app.get_with(&path, &stage.marketplace_token).await.status,
            200
        );
        paths.push(path);
    }
    paths
}

#[tokio::test]
async fn what_is_too_old_is_forgotten() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let old = somebody(&stage, &campaign).await;
    let changed = stage.invite(&campaign).await;
    let replaced = somebody(&stage, &campaign).await;
    stage.app.advance(86400);
    let token = stage.app.application_token(&stage.platform).await;
    let stage = Stage { token, ..stage };
    stage.set_status(&changed, "started").await;
    let path = format!("/invitations/{}/result", replaced.invitation_id);
    stage.put(&path, &json!({ "overall_score": 99 })).await;
    let mut setup = Setup::default();
    setup.settings.retention_days = Some(10);
    let keeping = stage.library_with(setup).await;
    stage.app.advance(9 * 86400);
    housekeeping::expire_invitations(&keeping).await;
    assert_eq!(
        stage.count("select count(*) from invitation").await,
        3,
        "not older than that"
    );
    stage.app.advance(1);
    // Who was told to keep everything keeps it.
    housekeeping::expire_invitations(&*stage.library().await).await;
    assert_eq!(stage.count("select count(*) from invitation").await, 3);
    housekeeping::expire_invitations(&keeping).await;
    assert_eq!(traces(&stage, &old).await, Vec::<String>::new());
    assert!(!traces(&stage, &changed).await.is_empty());
    assert!(!traces(&stage, &replaced).await.is_empty());
    let detail: serde_json::Value = sqlx::query_scalar(
        "select jsonb_build_array(actor_kind, detail) from audit_event where action = 'erased'",
    )
    .fetch_one(&stage.app.sql)
    .await
    .unwrap();
    assert_eq!(
        detail,
        json!(["system", { "invitations": 1, "retention_days": 10 }])
    );
}

#[tokio::test]
async fn the_log_knows_nobody() {
    let stage = Stage::new().await;
    let campaign = stage.campaign(CampaignKind::Assessment).await;
    let person = somebody(&stage, &campaign).await;
    for text in [&person.email, &person.link_token] {
        log::never(text);
    }
    let token = json!({ "token": person.link_token });
    assert_eq!(stage.post("/invitations/resolve", &token).await.status, 410);
    let queries = [
        format!("/invitations?cursor={}", person.email),
        format!("/invitations/{}", person.invitation_id),
    ];
    for path in queries {
        stage.get(&path).await;
    }
    assert_eq!(erase_by_platform(&stage, &person).await.status, 204);
    // The eye on the log, which every test has, looks for all of this when the service ends.
    assert_eq!(log::lines_with(PERSONAL), Vec::<serde_json::Value>::new());
    assert!(
        !log::lines_with(&person.invitation_id).is_empty(),
        "which invitation may be known"
    );
}
