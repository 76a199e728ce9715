//! What growth costs: many clients, many revoked tokens.

use std::time::{Duration, Instant};

use crate::Plan;
use crate::load::{Connection, closed};
use crate::requests::{auth_check, client_credentials};
use crate::service::{CLIENT_ID, Service};

/// Prints the speed of the guard and of `/token` at different sizes, each against the smallest in turn.
pub async fn measure(plan: Plan) {
    let small = Service::start(1).await;
    println!();
    println!("| size | /auth/check against 1 client | /token against 1 client | memory |");
    println!("|---|---:|---:|---:|");
    for clients in [10, 1_000, 100_000] {
        let large = Service::start(clients).await;
        line(&format!("{clients} clients"), &large, &small, plan);
    }
    warm_memory().await;
    for revoked in [1_000_i64, 1_000_000] {
        let large = Service::start(1).await;
        revoke(&large, revoked).await;
        line(&format!("{revoked} revoked tokens"), &large, &small, plan);
    }
}

fn line(size: &str, large: &Service, small: &Service, plan: Plan) {
    let guard = median_ratio(large, small, &[auth_check(large)], &[auth_check(small)], plan);
    let request = [client_credentials(CLIENT_ID)];
    let token = median_ratio(large, small, &request, &request, plan);
    println!(
        "| {size} | {guard:.2} | {token:.2} | {:.1} MiB |",
        large.memory_mib()
    );
}

fn median_ratio(large: &Service, small: &Service, ours: &[Vec<u8>], theirs: &[Vec<u8>], plan: Plan) -> f64 {
    let mut ratios = Vec::new();
    for _ in 0..plan.pairs {
        let of_large = closed(large.address, ours, plan).per_second();
        ratios.push(of_large / closed(small.address, theirs, plan).per_second());
    }
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// Memory with 10 000 clients in the cache: each has been looked up once, by a revocation that proves nothing, so that no
/// secret has to be hashed for it.
async fn warm_memory() {
    let service = Service::start(10_000).await;
    let mut connection = Connection::open(service.address);
    let before = service.memory_mib();
    for index in 2..=10_000 {
        connection.exchange_any(&crate::requests::unproven_assertion(&format!("client-{index}")));
    }
    println!(
        "| 10000 clients in memory | | | {:.1} MiB ({before:.1} before) |",
        service.memory_mib()
    );
}

/// Revokes tokens by the hundred thousand, and waits until the service knows them.
async fn revoke(service: &Service, count: i64) {
    sqlx::query(
        "insert into revoked_token (token_id, client_id, expires_at, revoked_at)
         select gen_random_uuid(), $1, now() + interval '1 hour', now() from generate_series(1, $2)",
    )
    .bind(CLIENT_ID)
    .bind(count)
    .execute(&service.pool)
    .await
    .unwrap();
    let began = Instant::now();
    let expected = format!("partner_revoked_tokens {count}");
    while !service.metrics().contains(&expected) {
        assert!(
            began.elapsed() < Duration::from_mins(2),
            "the revocations did not arrive"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
