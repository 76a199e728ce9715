//! Commits that hang, and transactions whose owner is frozen.

use nix::sys::signal::Signal;
use reqwest::Method;
use sqlx::Executor;
use test_support::cluster::{Node, ROLE};
use test_support::{Answer, Instance, eventually};
use tokio::task::JoinSet;

use super::{Scene, is_ready, takes_revocations};

const CONNECTIONS: i64 = 12;

async fn start(node: &Node) -> Instance {
    let connections = CONNECTIONS.to_string();
    let variables = [
        ("PARTNER_DATABASE_CONNECTIONS", connections.as_str()),
        ("PARTNER_WORKERS", "2"),
    ];
    Instance::start_with(&node.url(), &variables).await
}

async fn hanging_commits(instance: &Instance) -> u32 {
    instance
        .metric("partner_database_hanging_commits")
        .await
        .parse()
        .unwrap()
}

#[tokio::test]
async fn commits_that_hang_take_neither_reads_nor_server_processes() {
    let Scene { one, two, client } = Scene::new().await;
    one.set("synchronous_standby_names", "two").await;
    let instance = start(&one).await;
    takes_revocations(&instance, &client).await;
    let token = instance.token(&client).await;
    let frozen = two.freeze();

    let mut revoking = JoinSet::new();
    for _ in 0..40 {
        let revoked = instance.token(&client).await;
        let form = [
            ("client_id", client.client_id.clone().to_string()),
            ("client_secret", client.secret.clone()),
            ("token", revoked),
        ];
        revoking.spawn(Answer::of(instance.request(Method::POST, "/revoke").form(&form)));
    }
    let mut reads = 0;
    let mut is_seen = false;
    while !revoking.is_empty() || !is_seen {
        assert_eq!(instance.get("/videos/campaigns", &token).await.status, 200);
        reads += 1;
        let processes = one.server_processes(ROLE).await;
        assert!(processes <= CONNECTIONS + 2, "{processes}");
        while let Some(answer) = revoking.try_join_next() {
            answer.unwrap().unwrap().assert_unavailable();
        }
        is_seen = instance.database().await == "commits-hang";
    }
    println!("{reads} lists were read beside 40 commits that hang");
    assert_eq!(instance.readiness().await, "degraded");
    // While one hangs, nobody else is made to wait for one.
    let hanging = hanging_commits(&instance).await;
    assert!(hanging >= 1);
    for _ in 0..20 {
        let answer = instance.revoke(&client, &token).await;
        answer.assert_unavailable();
        assert!(!answer.header("retry-after").is_empty());
    }
    assert!(hanging_commits(&instance).await <= hanging);
    assert_eq!(instance.check(&token).await, 204);

    drop(frozen);
    is_ready(&instance).await;
    takes_revocations(&instance, &client).await;
    assert!(one.server_processes(ROLE).await <= CONNECTIONS + 2);
}

#[tokio::test]
async fn a_replica_that_is_frozen_in_a_transaction_blocks_the_others_for_a_bounded_time() {
    let Scene { one, client, .. } = Scene::new().await;
    let (first, second) = (start(&one).await, start(&one).await);
    let token = first.token(&client).await;
    let mut admin = one.admin().await;
    admin
        .execute("begin; lock table audit_event in access exclusive mode")
        .await
        .unwrap();
    let form = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", &client.secret),
        ("token", &token),
    ];
    let revoking = tokio::spawn(Answer::of(first.request(Method::POST, "/revoke").form(&form)));
    eventually("its transaction has begun, and waits", async || {
        one.query(
            "select exists (select from pg_locks where not granted and relation = 'audit_event'::regclass)",
        )
        .await
    })
    .await;
    first.signal(Signal::SIGSTOP);
    admin.execute("rollback").await.unwrap();
    eventually("it holds the row, and does nothing", async || {
        one.query("select exists (select from pg_stat_activity where state = 'idle in transaction')")
            .await
    })
    .await;
    // The frozen one holds the row that this one needs.
    eventually("the server ends the transaction", async || {
        let answer = second.revoke(&client, &token).await;
        assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
        answer.status == 200
    })
    .await;
    first.signal(Signal::SIGCONT);
    revoking.await.unwrap().unwrap();
    is_ready(&first).await;
    takes_revocations(&first, &client).await;
}

#[tokio::test]
async fn every_session_has_the_settings_that_end_what_nobody_waits_for() {
    let Scene { one, client, .. } = Scene::new().await;
    let instance = start(&one).await;
    takes_revocations(&instance, &client).await;
    // Settings of other sessions cannot be read, but what they lead to can: the server's side of the socket has them.
    let settings = [
        ("idle_in_transaction_session_timeout", "5s"),
        ("statement_timeout", "4s"),
        ("tcp_keepalives_idle", "10"),
        ("tcp_keepalives_interval", "5"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "25000"),
    ];
    let db = talentsoft_partner::db::Db::new(&one.url(), 2, 1).unwrap();
    for (name, expected) in settings {
        let value = db
            .read(async |connection| {
                let shown = sqlx::query_scalar::<_, String>("select current_setting($1)").bind(name);
                Ok::<_, talentsoft_partner::error::Failure>(shown.fetch_one(connection).await?)
            })
            .await
            .unwrap();
        assert_eq!(value, expected, "{name}");
    }
    db.close();
}
