//! How the campaigns of a customer are found: by the index that begins with the customer, however large the table is, and
//! whatever PostgreSQL knows of it.

use sqlx::{AssertSqlSafe, PgPool};
use talentsoft_partner::db::Db;
use talentsoft_partner::error::Failure;
use talentsoft_partner::ids::CustomerId;
use talentsoft_partner::page::Page;
use talentsoft_partner::recruiting::campaigns::{
    ActiveCampaignLoader, ActiveCampaigns, CampaignKind, CampaignSearch, list_active_campaigns,
};
use tokio::task::LocalSet;

use super::plans::{Plan, explain};
use test_support::database;

/// Campaigns of each customer.
const OF_CUSTOMER: i64 = 20;
/// Lists that are one statement.
const LISTS: i64 = 16;

/// Adds this many campaigns, in the order of time and of customers in turn.
async fn fill(sql: &PgPool, campaigns: i64) {
    let fill = format!(
        "alter table campaign set (autovacuum_enabled = off);
         insert into customer (customer_id, name, created_at)
         select md5('customer ' || n)::uuid, 'customer ' || n, now()
         from generate_series(0, greatest({campaigns} / {OF_CUSTOMER}, 1) - 1) n;
         insert into campaign (campaign_id, customer_id, kind, name, folded_name, language, created_at)
         select (lpad(to_hex(n), 12, '0') || '7000' || substr(md5(n::text), 1, 16))::uuid,
             md5('customer ' || n % greatest({campaigns} / {OF_CUSTOMER}, 1))::uuid,
             'video', 'Campaign ' || n, 'campaign ' || n, 'en', now()
         from generate_series(1, {campaigns}) n"
    );
    sqlx::raw_sql(AssertSqlSafe(fill)).execute(sql).await.unwrap();
}

/// The plans of the statements for many lists and for a search.
async fn plans(db: &Db, sql: &PgPool, mode: &'static str) -> [Plan; 2] {
    let customers: Vec<CustomerId> =
        sqlx::query_scalar("select customer_id from customer order by customer_id limit $1")
            .bind(LISTS)
            .fetch_all(sql)
            .await
            .unwrap();
    let asked = ActiveCampaigns {
        customer_id: customers[0],
        kind: CampaignKind::Video,
        page: Page {
            after: None,
            limit: 500,
        },
    };
    let loader = ActiveCampaignLoader::default();
    let search = CampaignSearch::new(Some("campaign"), None).unwrap();
    for search in [CampaignSearch::default(), search] {
        list_active_campaigns(db, &loader, asked, search).await.unwrap();
    }
    let quoted: Vec<String> = customers.iter().map(|id| format!("'{}'", id.0)).collect();
    let repeated = |value: &str| vec![value; customers.len()].join(",");
    let lists = format!(
        "array[{}]::uuid[], array[{}], array[{}]::uuid[], array[{}]::bigint[]",
        quoted.join(","),
        repeated("'video'"),
        repeated("'00000000-0000-0000-0000-000000000000'"),
        repeated("501")
    );
    let search = format!(
        "{}, 'video', 'campaign', null, '00000000-0000-0000-0000-000000000000', 501",
        quoted[0]
    );
    db.read(async |connection| {
        Ok::<_, Failure>([
            explain(connection, "as wanted (customer_id", &lists, mode)
                .await
                .unwrap(),
            explain(connection, "strpos(folded_name", &search, mode)
                .await
                .unwrap(),
        ])
    })
    .await
    .unwrap()
}

async fn only_the_rows_of_its_list_are_read(campaigns: i64) {
    let url = database::fresh().await;
    let sql = PgPool::connect(&url).await.unwrap();
    fill(&sql, campaigns).await;
    for is_analysed in [false, true] {
        if is_analysed {
            sqlx::raw_sql("vacuum analyze campaign")
                .execute(&sql)
                .await
                .unwrap();
        }
        for mode in ["force_custom_plan", "force_generic_plan"] {
            // New sessions, which know no plan.
            let db = Db::new(&url, 1, 1).unwrap();
            let what = format!("{campaigns} campaigns, analysed: {is_analysed}, {mode}");
            for plan in plans(&db, &sql, mode).await {
                let (listed, read) = (plan.rows(), plan.rows_read("campaign"));
                assert!(listed >= 10.0, "{what}: {plan:?}");
                assert!(
                    read <= listed,
                    "{what}: {read} rows were read for {listed}: {plan:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_list_reads_the_campaigns_of_its_customer_and_no_others() {
    let test = async {
        for campaigns in [10, 320, 640, 10_000] {
            only_the_rows_of_its_list_are_read(campaigns).await;
        }
    };
    LocalSet::new().run_until(test).await;
}
