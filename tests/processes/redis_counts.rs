//! How Redis is reached, and how it counts: by the limits of two replicas in this process.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Client, FromRedisValue};
use talentsoft_partner::clients::Scope;
use talentsoft_partner::clock::Clock;
use talentsoft_partner::ids::ClientId;
use talentsoft_partner::oauth::limits::{Limits, RequestLimit};
use tokio::task::{JoinSet, yield_now};

use test_support::redis::Redis;
use test_support::{Instance, Registry, database, eventually, ports};

/// The answer to a command.
pub(super) async fn ask<T: FromRedisValue>(redis: &Redis, command: &[&str]) -> T {
    let client = Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let (name, arguments) = command.split_first().unwrap();
    let asked = redis::cmd(name).arg(arguments).query_async(&mut connection).await;
    asked.unwrap()
}

fn one_a_second(client_id: &ClientId) -> RequestLimit<'_> {
    RequestLimit {
        client_id,
        scope: Scope::Videos,
        per_second: NonZeroU32::MIN,
    }
}

fn limits_in(redis: &Redis) -> Limits {
    let limits = Limits::new(&Clock::system());
    limits.share_counts(redis.url().parse().unwrap(), "https://partner.example");
    limits
}

/// Does something during which nothing was counted by share, however busy the machine is. Redis is empty at its
/// beginning.
async fn in_redis<T>(redis: &Redis, limits: [&Limits; 2], mut done: impl AsyncFnMut() -> Option<T>) -> T {
    let by_share = || limits.map(|limits| limits.counted()[1].1);
    let mut output = None;
    eventually("all is counted in Redis", async || {
        let _: String = ask(redis, &["FLUSHALL"]).await;
        let before = by_share();
        output = done().await;
        output.is_some() && by_share() == before
    })
    .await;
    output.unwrap()
}

#[tokio::test]
async fn what_a_right_secret_counted_in_redis_is_given_back() {
    let redis = Redis::start().await;
    let (one, other) = (limits_in(&redis), limits_in(&redis));
    let client = "client".parse().unwrap();
    let mut number = 0;
    let (address, right) = in_redis(&redis, [&one, &other], async || {
        number += 1;
        let address = IpAddr::from([192, 0, 2, number]);
        let mut right = Vec::new();
        for _ in 0..8 {
            right.push(one.failures.begin_attempt(&client, Some(address)).await.ok()?);
        }
        for _ in 0..2 {
            let wrong = other.failures.begin_attempt(&client, Some(address)).await;
            wrong.ok()?.failed();
        }
        let eleventh = other.failures.begin_attempt(&client, Some(address)).await;
        assert!(eleventh.is_err() || other.counted()[1].1 > 0, "10 are counted");
        Some((address, right))
    })
    .await;
    drop(right);
    let keys: Vec<String> = ask(&redis, &["KEYS", "partner:failures:*"]).await;
    let took = eventually("two of 6 seconds each are left", async || {
        let expires_in: i64 = ask(&redis, &["PTTL", &keys[0]]).await;
        expires_in <= 12_000
    })
    .await;
    assert!(took < Duration::from_secs(30), "time alone took it back");
    let again = other.failures.begin_attempt(&client, Some(address)).await;
    assert!(again.is_err(), "as long as Redis said, without asking again");
    assert!(one.failures.begin_attempt(&client, Some(address)).await.is_ok());
}

#[tokio::test]
async fn redis_counts_as_memory_does() {
    let redis = Redis::start().await;
    let (one, other) = (limits_in(&redis), limits_in(&redis));
    let client_id = "client".parse().unwrap();
    for per_second in [1, 3, 1000] {
        let limit = RequestLimit {
            client_id: &client_id,
            scope: Scope::Profiles,
            per_second: NonZeroU32::new(per_second).unwrap(),
        };
        let in_memory = Limits::new(&Clock::system()).requests.count_in_memory(limit);
        assert!(one.requests.count_in_memory(limit).is_none(), "it takes a wait");
        let counted = in_redis(&redis, [&one, &other], async || {
            Some(one.requests.count(limit).await)
        });
        assert_eq!(Some(counted.await), in_memory);
    }
    let limit = one_a_second(&client_id);
    let exceeded = in_redis(&redis, [&one, &other], async || {
        one.requests.count(limit).await.ok()?;
        // A machine that takes a second for this gets another chance.
        other.requests.count(limit).await.err()
    });
    let retry_after = exceeded.await.retry_after;
    assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(1));
    let _: String = ask(&redis, &["SCRIPT", "FLUSH"]).await;
    eventually("it loads the script again", async || {
        let before = one.counted()[0];
        let _ = one.requests.count(limit).await;
        one.counted()[0] > before
    })
    .await;
}

/// Those that are under way when Redis stops answering are counted by share too, and nobody asks after them.
#[tokio::test]
async fn a_redis_that_freezes_opens_no_limit_and_is_not_asked_again() {
    let redis = Redis::start().await;
    let limits = Arc::new(limits_in(&redis));
    let client_id: ClientId = "client".parse().unwrap();
    let limit = one_a_second(&client_id);
    let is_in_redis = || limits.requests.count_in_memory(limit).is_none();
    eventually("it counts in Redis", async || {
        let _ = limits.requests.count(limit).await;
        limits.counted()[0].1 > 0 && is_in_redis()
    })
    .await;
    let frozen = redis.freeze();
    let began = Instant::now();
    let mut under_way = JoinSet::new();
    for _ in 0..50 {
        let (limits, client_id) = (Arc::clone(&limits), client_id.clone());
        under_way.spawn(async move { limits.requests.count(one_a_second(&client_id)).await });
    }
    let counted = under_way.join_all().await;
    let let_through = counted.iter().filter(|counted| counted.is_ok()).count();
    let most = 1 + began.elapsed().as_secs();
    assert!(let_through as u64 <= most, "{let_through} of 1 a second");
    assert!(!is_in_redis(), "a question to a frozen server takes a wait");
    drop(frozen);
    eventually("it counts in Redis again", async || {
        yield_now().await;
        is_in_redis()
    })
    .await;
}

async fn counts_in_redis(instance: &Instance) {
    eventually("it counts in Redis", async || {
        instance.metric("partner_limits_shared").await == "1"
    })
    .await;
}

async fn says_that_redis_does_not_answer(instance: &Instance) -> String {
    eventually("it says so", async || {
        let log = instance.log();
        log.iter().any(|line| line.contains("Redis does not answer"))
    })
    .await;
    assert_eq!(instance.metric("partner_limits_shared").await, "0");
    instance.log().join("\n")
}

#[tokio::test]
async fn a_redis_that_is_not_there_or_takes_no_password_holds_up_no_start_and_its_url_is_not_logged() {
    let registry = Registry::fresh().await;
    // The user that docs/OPERATIONS.md describes.
    let redis = Redis::start_with(&[
        "--user",
        "partner",
        "on",
        ">the-right-one",
        "~partner:*",
        "+evalsha",
        "+script|load",
        "+get",
        "+set",
        "+del",
        "+time",
        "+select",
    ])
    .await;
    let address = redis.url().replace("redis://", "");
    for url in [
        format!("redis://partner:the-wrong-one@{address}/1"),
        "redis://partner:the-wrong-one@127.0.0.1:1".to_owned(),
    ] {
        let instance = Instance::start_with(&registry.database_url, &[("PARTNER_REDIS_URL", &url)]).await;
        let log = says_that_redis_does_not_answer(&instance).await;
        assert!(!log.contains("the-wrong-one"), "{log}");
    }
    let url = format!("redis://partner:the-right-one@{address}/1");
    counts_in_redis(&Instance::start_with(&registry.database_url, &[("PARTNER_REDIS_URL", &url)]).await)
        .await;
}

#[tokio::test]
async fn redis_is_asked_by_tls_if_its_certificate_is_trusted() {
    let registry = Registry::fresh().await;
    // The server runs as somebody else.
    let directory = database::directory();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (path("cert.pem"), path("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let port = ports::free_address().port().to_string();
    let _redis = Redis::start_with(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &certificate,
        "--tls-auth-clients",
        "no",
    ])
    .await;
    let url = format!("rediss://localhost:{port}");
    let variables = [
        ("PARTNER_REDIS_URL", url.as_str()),
        ("SSL_CERT_FILE", &certificate),
    ];
    counts_in_redis(&Instance::start_with(&registry.database_url, &variables).await).await;
    let stranger = Instance::start_with(&registry.database_url, &variables[..1]).await;
    let log = says_that_redis_does_not_answer(&stranger).await;
    assert!(log.contains("certificate"), "{log}");
}
