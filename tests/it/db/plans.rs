//! What PostgreSQL does for a statement that the service has prepared: the plan, and what was read.

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

/// An executed plan.
pub struct Plan(Value);

/// Executes the statement of the service that this connection has prepared and that contains `part`, with these arguments in
/// SQL, and with the plan that `mode` (`plan_cache_mode`) makes PostgreSQL choose. `None` where nothing like it is prepared.
pub async fn explain(connection: &mut PgConnection, part: &str, arguments: &str, mode: &str) -> Option<Plan> {
    let name: Option<String> = sqlx::query_scalar(
        "select name from pg_prepared_statements
         where strpos(statement, $1) > 0 and strpos(statement, 'pg_prepared_statements') = 0",
    )
    .bind(part)
    .fetch_optional(&mut *connection)
    .await
    .unwrap();
    let name = name?;
    let mut run = async |sql: String| {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *connection)
            .await
            .unwrap();
    };
    run(format!("set plan_cache_mode = {mode}")).await;
    let explain = format!("explain (analyze, buffers, format json) execute {name}({arguments})");
    let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain))
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    sqlx::raw_sql("reset plan_cache_mode")
        .execute(connection)
        .await
        .unwrap();
    Some(Plan(plan[0]["Plan"].clone()))
}

impl Plan {
    /// Rows that were read of this table, those included that were then left out.
    pub fn rows_read(&self, table: &str) -> f64 {
        let mut rows = 0.0;
        visit(&self.0, &mut |node| {
            if node["Relation Name"] == table {
                let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
                let each = number("Actual Rows")
                    + number("Rows Removed by Filter")
                    + number("Rows Removed by Index Recheck");
                rows += each * number("Actual Loops");
            }
        });
        rows
    }

    /// Rows that the statement had.
    pub fn rows(&self) -> f64 {
        self.0["Actual Rows"].as_f64().unwrap()
    }

    /// Pages that were touched, from memory or not.
    pub fn pages(&self) -> i64 {
        let number = |name: &str| self.0[name].as_i64().unwrap_or(0);
        number("Shared Hit Blocks") + number("Shared Read Blocks")
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

fn visit(node: &Value, act: &mut impl FnMut(&Value)) {
    act(node);
    for child in node["Plans"].as_array().into_iter().flatten() {
        visit(child, act);
    }
}

/// The same for a statement that the service has not prepared on this connection: the one in `.sqlx` that contains `part`. What
/// it changes is undone.
pub async fn explain_stored(connection: &mut PgConnection, part: &str, arguments: &str, mode: &str) -> Plan {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let statements = std::fs::read_dir(directory).unwrap().map(|file| {
        let described = std::fs::read(file.unwrap().path()).unwrap();
        let described: Value = serde_json::from_slice(&described).unwrap();
        described["query"].as_str().unwrap().to_owned()
    });
    let statements: Vec<String> = statements.filter(|statement| statement.contains(part)).collect();
    assert_eq!(statements.len(), 1, "{part}");
    let prepare = format!("begin; prepare stored as {}", statements[0]);
    sqlx::raw_sql(AssertSqlSafe(prepare))
        .execute(&mut *connection)
        .await
        .unwrap();
    let plan = explain(&mut *connection, part, arguments, mode).await.unwrap();
    sqlx::raw_sql("rollback; deallocate stored")
        .execute(connection)
        .await
        .unwrap();
    plan
}
