//! What growth costs: many clients, many revoked tokens.

use std::time::{Duration, Instant};

use crate::load::{Connection, closed};
use crate::requests::{auth_check, client_credentials};
use crate::service::{CLIENT_ID, Service};
use crate::{Plan, Spread};

/// Prints the speed of the guard, of `/token` and of a start at different sizes, each against the smallest in turn.
pub async fn measure(plan: Plan) {
    let small = Service::start(1).await;
    println!();
    println!(
        "| size | /auth/check against 1 client | /token against 1 client | memory | start, with 1 client |"
    );
    println!("|---|---:|---:|---:|---:|");
    for clients in [10, 1_000, 100_000] {
        let large = Service::start(clients).await;
        line(&format!("{clients} clients"), &large, &small, plan).await;
    }
    warm_memory().await;
    for revoked in [1_000_i64, 1_000_000] {
        let large = Service::start(1).await;
        revoke(&large, revoked).await;
        line(&format!("{revoked} revoked tokens"), &large, &small, plan).await;
    }
}

async fn line(size: &str, large: &Service, small: &Service, plan: Plan) {
    let guard = median_ratio(large, small, &[auth_check(large)], &[auth_check(small)], plan);
    let request = [client_credentials(CLIENT_ID)];
    let token = median_ratio(large, small, &request, &request, plan);
    let memory = large.memory_mib();
    let (start, small_start) = median_starts(large, small, plan).await;
    println!("| {size} | {guard:.2} | {token:.2} | {memory:.1} MiB | {start} ms, {small_start} ms |");
}

/// How long further processes on both databases take to answer their first request, in milliseconds.
async fn median_starts(large: &Service, small: &Service, plan: Plan) -> (u128, u128) {
    let (mut of_large, mut of_small) = (Vec::new(), Vec::new());
    for _ in 0..plan.pairs {
        of_large.push(large.restart_millis().await);
        of_small.push(small.restart_millis().await);
    }
    of_large.sort_unstable();
    of_small.sort_unstable();
    (of_large[plan.pairs / 2], of_small[plan.pairs / 2])
}

fn median_ratio(large: &Service, small: &Service, ours: &[Vec<u8>], theirs: &[Vec<u8>], plan: Plan) -> f64 {
    let ratios = Spread::of(plan, || {
        let of_large = closed(large.address, ours, plan).per_second();
        of_large / closed(small.address, theirs, plan).per_second()
    });
    ratios.median
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
        "| 10000 clients in memory | | | {:.1} MiB ({before:.1} before) | |",
        service.memory_mib()
    );
}

/// Revokes a hundredth of the tokens that four processes issued within an hour, and waits until the service knows them.
async fn revoke(service: &Service, count: i64) {
    sqlx::query(
        "insert into revoked_token (token_id, client_id, expires_at, revoked_at)
         select (
                 lpad(to_hex((extract(epoch from issued_at) * 1000)::bigint), 12, '0') || '8000'
                 || to_hex((1::bigint << 63) | ((100 + n % 4) << 36) | count)
             )::uuid, $1, issued_at + interval '1 hour', now()
         from generate_series(0, $2 - 1) as n,
             lateral (select now() - interval '45 minutes' * (1 - n::float8 / $2)) as issue (issued_at),
             lateral (select n / 4 * 100 + floor(100 * random())::bigint) as serial (count)",
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
