//! Heartbeats where the database does not do all that it is asked.

use sqlx::AssertSqlSafe;

use test_support::{Instance, Registry, database, eventually};

/// When the last synchronous standby is gone, every commit that is logged waits for it. The heartbeats must not: the limits
/// would be multiplied just then.
#[tokio::test]
async fn a_missing_standby_holds_up_no_heartbeat() {
    let directory = database::directory();
    let server = database::start_durable(&directory.path().join("data"));
    let registry = Registry::prepared(server.database_url()).await;
    let instances = [
        Instance::start(&registry.database_url).await,
        Instance::start(&registry.database_url).await,
    ];
    for setting in ["synchronous_standby_names = 'gone'", "synchronous_commit = 'on'"] {
        let statement = format!("alter system set {setting}");
        sqlx::query(AssertSqlSafe(statement))
            .execute(&registry.sql)
            .await
            .unwrap();
    }
    sqlx::query("select pg_reload_conf()")
        .execute(&registry.sql)
        .await
        .unwrap();
    let seen_later_than = async |instant: f64| -> i64 {
        sqlx::query_scalar("select count(*) from replica where extract(epoch from seen_at) > $1")
            .bind(instant)
            .fetch_one(&registry.sql)
            .await
            .unwrap()
    };
    eventually("commits wait", async || {
        sqlx::query_scalar("select current_setting('synchronous_standby_names') = 'gone'")
            .fetch_one(&registry.sql)
            .await
            .unwrap()
    })
    .await;
    for _ in 0..3 {
        let now: f64 = sqlx::query_scalar("select extract(epoch from now())::float8")
            .fetch_one(&registry.sql)
            .await
            .unwrap();
        eventually("both are seen", async || seen_later_than(now).await == 2).await;
    }
    for instance in &instances {
        assert_eq!(instance.metric("partner_replicas").await, "2");
    }
}
