//! What a look at the outbox costs beside many dead receivers, and that no queue is forgotten.

use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use uuid::Uuid;

use super::stage::{Stage, permissive};
use crate::db::plans::{Plan, explain_stored};
use test_support::eventually;
use test_support::receiver::{Receiver, Reply};
use test_support::{Registry, TestApp, TestClient};

/// Receivers that are dead, and how many events wait for each.
const DEAD: i64 = 5_000;
const EVENTS: i64 = 40;

/// An outbox with events of many dead receivers: of half of them the next one is due, and of the others in an hour.
async fn fill(registry: &Registry, client: &TestClient) {
    fill_unanalysed(registry, client).await;
    for table in ["webhook_event", "delivery_queue"] {
        let analyse = format!("vacuum analyze {table}");
        sqlx::raw_sql(AssertSqlSafe(analyse))
            .execute(&registry.sql)
            .await
            .unwrap();
    }
}

/// The same, of which the database knows nothing yet.
async fn fill_unanalysed(registry: &Registry, client: &TestClient) {
    let campaign = registry
        .add_campaign(client.customer_id.unwrap(), "Rust", "fr")
        .await;
    let fill = format!(
        "alter table webhook_event set (autovacuum_enabled = off);
         alter table delivery_queue set (autovacuum_enabled = off);
         insert into invitation (invitation_id, customer_id, client_id, campaign_id, kind, applicant_id, application_id,
             lastname, firstname, email, callback_url, link_digest, sealed_link, sealing_key_id, status, created_at,
             status_changed_at, expires_at)
         select md5('invitation ' || n)::uuid, '{customer}', '{client}', '{campaign}', 'video', gen_random_uuid(),
             gen_random_uuid(), 'A', 'B', 'dead@mail.example', 'https://dead-' || n || '.example/',
             sha256(n::text::bytea), '', (select min(sealing_key_id) from sealing_key), 'started', now(), now(),
             now() + interval '30 days'
         from generate_series(1, {DEAD}) n;
         insert into webhook_event (invitation_id, destination, type, status, occurred_at, attempts, due_at)
         select md5('invitation ' || n)::uuid, 'callback', 'invitation.status_changed', 'started',
             now() - interval '1 day', 3, case n % 2 when 0 then now() - interval '1 hour' else now() + interval '1 hour' end
         from generate_series(1, {DEAD}) n, generate_series(1, {EVENTS})",
        customer = client.customer_id.unwrap().0,
        client = client.client_id,
        campaign = campaign.campaign_id.0,
    );
    for statement in fill.split(';') {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&registry.sql)
            .await
            .unwrap();
    }
}

async fn count(sql: &PgPool, of: &str) -> i64 {
    let count = format!("select count(*) from {of}");
    sqlx::query_scalar(AssertSqlSafe(count))
        .fetch_one(sql)
        .await
        .unwrap()
}

#[tokio::test]
async fn looking_claiming_and_counting_cost_the_same_beside_5000_dead_receivers_and_200000_events() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    fill(&registry, &client).await;
    assert_eq!(count(&registry.sql, "webhook_event").await, DEAD * EVENTS);
    assert_eq!(
        count(&registry.sql, "delivery_queue where is_failing").await,
        DEAD
    );
    let mut connection = PgConnection::connect(&registry.database_url).await.unwrap();
    let mut plan = async |part: &str, arguments: &str| -> Vec<Plan> {
        let mut plans = Vec::new();
        for mode in ["force_custom_plan", "force_generic_plan"] {
            plans.push(explain_stored(&mut connection, part, arguments, mode).await);
        }
        plans
    };
    // 32 queues are looked at, a few pages for each.
    for plan in plan("from delivery_queue where is_failing and due_at", "now(), 32").await {
        assert!((plan.rows() - 32.0).abs() < 0.5, "{plan:?}");
        assert!(plan.pages() < 600, "{plan:?}");
    }
    // Without permits, none.
    for plan in plan("from delivery_queue where is_failing and due_at", "now(), 0").await {
        assert!(plan.pages() < 10, "{plan:?}");
    }
    for plan in plan("with due as materialized", &claim_of_eight(&client)).await {
        assert!((plan.rows() - 8.0).abs() < 0.5, "one of each: {plan:?}");
        assert!(plan.pages() < 1_000, "{plan:?}");
    }
    for plan in plan("as \"pending!\"", "1000").await {
        assert!(plan.pages() < 1_500, "{plan:?}");
    }
}

/// The arguments of a claim of one event of each of eight receivers.
fn claim_of_eight(client: &TestClient) -> String {
    let queues: Vec<String> = (2..=16)
        .step_by(2)
        .map(|number| format!("'{} dead-{number}.example'", client.client_id))
        .collect();
    format!(
        "array[{}], array[{}]::bigint[], now(), now() + interval '30 s'",
        queues.join(","),
        vec!["1"; queues.len()].join(",")
    )
}

#[tokio::test]
async fn looking_and_claiming_cost_no_more_where_nobody_has_analysed_the_events() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    fill_unanalysed(&registry, &client).await;
    let mut connection = PgConnection::connect(&registry.database_url).await.unwrap();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let look = "from delivery_queue where is_failing and due_at";
        let plan = explain_stored(&mut connection, look, "now(), 32", mode).await;
        assert!(plan.pages() < 1_000, "{plan:?}");
        let claim = claim_of_eight(&client);
        let plan = explain_stored(&mut connection, "with due as materialized", &claim, mode).await;
        assert!(plan.pages() < 1_000, "{plan:?}");
    }
}

#[tokio::test]
async fn the_backlog_is_counted_exactly_up_to_a_bound_and_then_by_statistics() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    fill(&registry, &client).await;
    let app = TestApp::start_on(registry.database_url.clone(), permissive()).await;
    let pending = async || {
        let metrics = app.get_ops("/metrics").await.body;
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("partner_webhook_pending "));
        line.unwrap().parse::<f64>().unwrap()
    };
    eventually("they are counted", async || pending().await > 0.0).await;
    let counted = pending().await;
    assert!((190_000.0..=210_000.0).contains(&counted), "{counted}");
}

#[tokio::test]
async fn a_queue_that_fails_is_looked_at_when_its_next_event_is_due_or_comes() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    receiver.answers(|_| Reply::Answer(500, None));
    let invitation_id = stage.invite(&receiver.url("/one")).await;
    let first = stage.becomes(invitation_id, "started").await;
    stage.tried(first, 1).await;
    let later = async || count(&stage.app.sql, "delivery_queue where is_failing").await == 1;
    eventually("its queue fails", later).await;
    let noted: bool = sqlx::query_scalar(
        "select bool_and(queue.due_at = event.due_at) from delivery_queue queue join webhook_event event using (lane)",
    )
    .fetch_one(&stage.app.sql)
    .await
    .unwrap();
    assert!(noted, "nothing of it is due before");
    // Another event brings it forward.
    let other = stage.invite(&receiver.url("/other")).await;
    let other = stage.becomes(other, "started").await;
    stage.tried(other, 1).await;
    receiver.answers(|_| Reply::Answer(204, None));
    stage.app.advance(10);
    stage.delivered(first).await;
    stage.delivered(other).await;
    eventually("it fails no more", async || {
        count(&stage.app.sql, "delivery_queue where is_failing").await == 0
    })
    .await;
}

#[tokio::test]
async fn whoever_adds_events_while_queues_are_settled_every_pending_event_has_its_queue() {
    let stage = Stage::set(permissive()).await;
    let receiver = Receiver::start();
    let mut invitations = Vec::new();
    for number in 0..4 {
        // The platform gets none: these stay pending, and nobody but this test touches their queue.
        invitations.push(stage.invite(&receiver.url(&format!("/{number}"))).await);
    }
    let sql = PgPool::connect(&stage.app.database_url).await.unwrap();
    let lane = format!("{} localhost:{}", stage.client.client_id, receiver.address.port());
    let add = async |writer: usize| {
        for round in 0..50 {
            let mut transaction = sql.begin().await.unwrap();
            let due_at = if round % 2 == 0 {
                "now()"
            } else {
                "now() + interval '1 day'"
            };
            let insert = format!(
                "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at)
                 values ($1, 'callback', 'invitation.status_changed', 'started', now(), {due_at}) returning event_id"
            );
            let event_id: Uuid = sqlx::query_scalar(AssertSqlSafe(insert))
                .bind(invitations[writer])
                .fetch_one(&mut *transaction)
                .await
                .unwrap();
            transaction.commit().await.unwrap();
            // Delivered, discarded or erased: it is gone, and the queue may be empty.
            sqlx::query("delete from webhook_event where event_id = $1 and $2")
                .bind(event_id)
                .bind(round % 3 > 0)
                .execute(&sql)
                .await
                .unwrap();
        }
    };
    let settle = async || {
        for _ in 0..200 {
            sqlx::query("select settle_delivery_queue($1, now(), now() + interval '1 second')")
                .bind(&lane)
                .execute(&sql)
                .await
                .unwrap();
            let forgotten = "webhook_event event where delivered_at is null and parked_at is null
                and not exists (select from delivery_queue where delivery_queue.lane = event.lane)";
            assert_eq!(count(&sql, forgotten).await, 0);
        }
    };
    tokio::join!(add(0), add(1), add(2), add(3), settle());
}
