//! Market data to measure: the built-in data, with the wages of the nation copied to as many areas as OEWS has.

use serde_json::json;
use sqlx::PgPool;
use talentsoft_partner::audit::Act;
use talentsoft_partner::clock::Clock;
use talentsoft_partner::db::Db;
use talentsoft_partner::market::built_in::import_built_in;
use talentsoft_partner::market::publishing::{self, compose_draft, find_library, publish_version};

use crate::requests::{self, Request};
use crate::service::{CLIENT_ID, Service};

/// Metropolitan areas of OEWS.
const AREAS: u32 = 393;
/// Requests that the connections take turns with.
const MESSAGES: usize = 64;

/// What one request asks about.
struct Question {
    code: String,
    area: String,
}

/// Publishes the data. The service has read nothing of them yet.
async fn publish(db: &Db, pool: &PgPool) {
    let act = Act::by_system(Clock::system().now());
    let published = db.long_transaction(async |db| {
        let library_id = find_library(db, None).await?;
        import_built_in(db, &act, library_id).await?;
        compose_draft(db, &act, library_id).await?;
        publish_version(db, &act, library_id, None).await?;
        Ok::<_, publishing::Error>(())
    });
    published.await.unwrap();
    for sql in [
        "insert into market_area select source_id, (10000 + n * 20)::text, 'Area ' || n from market_area, generate_series(1, $1) as n",
        "insert into market_wage select source_id, (10000 + n * 20)::text, code, employment, employment_error, location_quotient,
             mean_error, hourly_mean, hourly_10, hourly_25, hourly_50, hourly_75, hourly_90, annual_mean, annual_10, annual_25,
             annual_50, annual_75, annual_90, top_coded
         from market_wage, generate_series(1, $1) as n where area = 'us'",
    ] {
        sqlx::query(sql).bind(i32::try_from(AREAS).unwrap()).execute(pool).await.unwrap();
    }
    sqlx::query("vacuum analyze market_wage")
        .execute(pool)
        .await
        .unwrap();
}

/// Occupations in metropolitan areas, others in each request, and the statement behind each.
pub async fn benchmarks(service: &Service) -> (Request, Vec<String>) {
    publish(&service.db, &service.pool).await;
    let questions = questions(&service.pool).await;
    let token = requests::token(service, CLIENT_ID);
    let message = |question: &Question| {
        let body = json!({
            "id": question.code,
            "region": { "nation": "us", "level": "msa", "id": question.area },
            "datasets": ["salary", "employment", "locationQuotient", "commonSkills", "definingSkills", "distinguishingSkills",
                "riskScore", "salaryBoostingSkills"],
        });
        requests::post_json("/occupation-benchmark/dimensions/soc", &token, &body.to_string())
    };
    let statement = |question: &Question| {
        let statement = include_str!("benchmark.sql");
        statement
            .replace("{area}", &question.area)
            .replace("{code}", &question.code)
    };
    let messages = questions.iter().map(message).collect();
    let name = "POST /occupation-benchmark/dimensions/soc, an msa";
    (
        Request::new(name, 0.70, messages, service),
        questions.iter().map(statement).collect(),
    )
}

async fn questions(pool: &PgPool) -> Vec<Question> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select code, area from market_wage join market_occupation using (code) where area <> 'us' order by md5(area || code) limit $1",
    )
    .bind(i64::try_from(MESSAGES).unwrap())
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter()
        .map(|(code, area)| Question { code, area })
        .collect()
}
