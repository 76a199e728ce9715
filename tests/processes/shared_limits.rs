//! Limits hold for all replicas together: by shares, and in Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use talentsoft_partner::clients::ClientSettings;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::redis_counts::ask;
use test_support::redis::Redis;
use test_support::{Answer, Instance, Registry, SECRET, TestClient, eventually};

/// Requests a second of the limited client, to all replicas together.
const LIMIT: u32 = 5;
const REPLICAS: usize = 4;
/// Callers are told apart by `X-Forwarded-For`.
const PROXIED: [(&str, &str); 1] = [("PARTNER_TRUSTED_PROXIES", "127.0.0.1")];

/// Replicas on one database, behind a load balancer that this test is.
struct Replicas {
    instances: Vec<Instance>,
    limited: TestClient,
    token: String,
}

impl Replicas {
    async fn start(registry: &Registry, redis_url: Option<&str>) -> Self {
        let customer_id = registry.add_customer("acme").await;
        let settings = ClientSettings {
            requests_per_second: Some(LIMIT.cast_signed().try_into().unwrap()),
            ..ClientSettings::marketplace(customer_id)
        };
        let limited = registry.add_client("limited", SECRET, settings).await;
        let mut variables = PROXIED.to_vec();
        variables.extend(redis_url.map(|url| ("PARTNER_REDIS_URL", url)));
        let mut instances = Vec::new();
        for _ in 0..REPLICAS {
            instances.push(Instance::start_with(&registry.database_url, &variables).await);
        }
        let token = instances[0].token(&limited).await;
        let replicas = Self {
            instances,
            limited,
            token,
        };
        replicas.all("partner_replicas", "4").await;
        if redis_url.is_some() {
            replicas.all("partner_limits_shared", "1").await;
        }
        replicas
    }

    /// Waits until a metric has a value on all replicas.
    async fn all(&self, name: &str, value: &str) {
        for instance in &self.instances {
            eventually(&format!("{name} is {value}"), async || {
                instance.metric(name).await == value
            })
            .await;
        }
    }

    /// Has all replicas asked all the time, until so many requests were let through, wherever. `Err` if those were more than
    /// the limit allows: after a quiet time so many at once, then the limit.
    async fn let_through(&self, number: u32, at_once: u32) -> Result<(), String> {
        let let_through = Arc::new(AtomicU32::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let began = Instant::now();
        let mut callers = JoinSet::new();
        for instance in &self.instances {
            let request = instance
                .request(Method::GET, "/auth/check?scope=videos")
                .bearer_auth(&self.token);
            let (let_through, is_over) = (Arc::clone(&let_through), Arc::clone(&is_over));
            callers.spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let answer = Answer::of(request.try_clone().unwrap()).await.unwrap();
                    if answer.status == 204 {
                        let_through.fetch_add(1, Ordering::Relaxed);
                    } else {
                        assert_eq!(answer.problem(), (403, "over-limit".to_owned()));
                    }
                    assert_eq!(answer.header("ratelimit-policy"), "\"requests\";q=5;w=1");
                    // Many more than the limit, and the machine has time for the others.
                    sleep(Duration::from_millis(5)).await;
                }
            });
        }
        eventually("requests are let through", async || {
            let_through.load(Ordering::Relaxed) >= number
        })
        .await;
        is_over.store(true, Ordering::Relaxed);
        callers.join_all().await;
        let let_through = let_through.load(Ordering::Relaxed);
        let seconds = began.elapsed().as_secs_f64();
        let rate = f64::from(let_through) / seconds;
        let said = format!("{let_through} requests in {seconds:.2} s, {rate:.1} a second");
        println!("{said}");
        let most = f64::from(at_once) + seconds * f64::from(LIMIT);
        if f64::from(let_through) <= most {
            Ok(())
        } else {
            Err(said)
        }
    }

    /// How often replicas enforced their shares.
    async fn counted_by_share(&self) -> u64 {
        let mut sum = 0;
        for instance in &self.instances {
            let counted = instance.metric("partner_limit_counts_total{by=\"share\"}").await;
            sum += counted.parse::<u64>().unwrap();
        }
        sum
    }

    /// Does something during which all is counted in Redis. A machine that is so busy that Redis does not answer within
    /// its budget gets another chance.
    async fn in_redis<T>(&self, mut done: impl AsyncFnMut() -> T) -> T {
        let mut output = None;
        eventually("all is counted in Redis", async || {
            self.all("partner_limits_shared", "1").await;
            let before = self.counted_by_share().await;
            output = Some(done().await);
            self.counted_by_share().await == before
        })
        .await;
        output.unwrap()
    }

    /// Presents wrong secrets from one address, each another one, so many at a time at each replica, until all replicas
    /// refuse to look at any more. How many were looked at.
    async fn wrong_secrets(&self, at_once: usize, address: &str) -> u32 {
        let mut looked_at = 0;
        let mut number = 0;
        loop {
            let mut attempts = JoinSet::new();
            for instance in &self.instances {
                for _ in 0..at_once {
                    number += 1;
                    attempts.spawn(Answer::of(attempt(
                        instance,
                        &self.limited,
                        &format!("{number:064}"),
                        address,
                    )));
                }
            }
            let statuses = attempts
                .join_all()
                .await
                .into_iter()
                .map(|answer| answer.unwrap().status.as_u16());
            let before = looked_at;
            for status in statuses {
                assert!([401, 429, 503].contains(&status), "{status}");
                looked_at += u32::from(status == 401);
            }
            if looked_at == before {
                return looked_at;
            }
        }
    }
}

/// `client_credentials` with a secret, from an address.
fn attempt(instance: &Instance, client: &TestClient, secret: &str, address: &str) -> reqwest::RequestBuilder {
    let client = TestClient {
        secret: secret.to_owned(),
        ..client.clone()
    };
    instance
        .request(Method::POST, "/token")
        .header("x-forwarded-for", address)
        .form(&client.credentials_form())
}

impl Replicas {
    /// Whoever presents wrong secrets, a known secret gets in.
    async fn a_known_secret_gets_in(&self, address: &str) {
        for instance in &self.instances {
            let right = attempt(instance, &self.limited, SECRET, address);
            assert_eq!(Answer::of(right).await.unwrap().status, 200);
        }
    }
}

#[tokio::test]
async fn four_replicas_enforce_one_limit_by_their_shares() {
    let registry = Registry::fresh().await;
    let mut replicas = Replicas::start(&registry, None).await;
    // A quarter of ten at once is two for each replica, then one in 24 seconds.
    for (at_once, address) in [(1, "192.0.2.1"), (8, "192.0.2.2")] {
        let began = Instant::now();
        let looked_at = replicas.wrong_secrets(at_once, address).await;
        let came_back = u32::try_from(began.elapsed().as_secs() / 6).unwrap();
        println!("{looked_at} wrong secrets were looked at, {at_once} at a time");
        assert!((8..=10 + came_back).contains(&looked_at), "{looked_at}");
        replicas.a_known_secret_gets_in(address).await;
    }
    replicas.let_through(30, LIMIT + 1).await.unwrap();
    // While replicas come and go it is no more.
    replicas.instances.pop().unwrap().stop().await;
    replicas.instances.pop().unwrap().kill();
    replicas.let_through(15, LIMIT + 1).await.unwrap();
    let another = Instance::start_with(&registry.database_url, &PROXIED).await;
    replicas.instances.push(another);
    replicas.let_through(15, LIMIT + 1).await.unwrap();
}

#[tokio::test]
async fn four_replicas_count_one_limit_in_redis() {
    let registry = Registry::fresh().await;
    let redis = Redis::start().await;
    let mut replicas = Replicas::start(&registry, Some(&redis.url())).await;
    let mut number = 0;
    for at_once in [1, 8] {
        let (looked_at, came_back, address) = replicas
            .in_redis(async || {
                number += 1;
                let (address, began) = (format!("192.0.2.{number}"), Instant::now());
                let looked_at = replicas.wrong_secrets(at_once, &address).await;
                let came_back = u32::try_from(began.elapsed().as_secs() / 6).unwrap();
                println!("{looked_at} wrong secrets were looked at, {at_once} at a time");
                (looked_at, came_back, address)
            })
            .await;
        assert!((10..=10 + came_back).contains(&looked_at), "{looked_at}");
        replicas.a_known_secret_gets_in(&address).await;
    }
    let counted = replicas.in_redis(async || replicas.let_through(30, LIMIT).await);
    counted.await.unwrap();

    let keys: Vec<String> = ask(&redis, &["KEYS", "*"]).await;
    assert!(keys.iter().any(|key| key.starts_with("partner:failures:")));
    for key in keys {
        assert!(!key.contains("limited") && !key.contains("192.0.2"), "{key}");
        let expires_in: i64 = ask(&redis, &["PTTL", &key]).await;
        // -2: it has expired meanwhile.
        assert_ne!(expires_in, -1, "{key} stays for ever");
        assert!(expires_in <= 101_000, "{key} stays for {expires_in} ms");
    }

    // One replica alone may let through all of it.
    replicas.instances.truncate(1);
    let counted = replicas.in_redis(async || replicas.let_through(15, LIMIT).await);
    counted.await.unwrap();
}

/// Whether Redis dies or stops answering, its limits stay, and nobody waits for it but those who are under way.
#[tokio::test]
async fn without_redis_each_replica_enforces_its_share() {
    let registry = Registry::fresh().await;
    let redis = Redis::start().await;
    let replicas = Replicas::start(&registry, Some(&redis.url())).await;
    // In the moment of a change, what Redis lets through and what the shares do come together.
    let both = 2 * LIMIT + 1;
    replicas.let_through(10, both).await.unwrap();
    let frozen = redis.freeze();
    replicas.let_through(20, both).await.unwrap();
    replicas.all("partner_limits_shared", "0").await;
    replicas.let_through(15, LIMIT + 1).await.unwrap();
    answers_within_the_budget(&replicas).await;
    assert!(replicas.wrong_secrets(8, "192.0.2.1").await <= 14);
    for instance in &replicas.instances {
        let log = instance.log();
        assert!(
            log.iter().any(|line| line.contains("Redis does not answer")),
            "{log:#?}"
        );
    }
    drop(frozen);
    replicas.all("partner_limits_shared", "1").await;
    replicas.let_through(15, both).await.unwrap();
    redis.kill();
    replicas.let_through(15, both).await.unwrap();
    replicas.all("partner_limits_shared", "0").await;
    answers_within_the_budget(&replicas).await;
    redis.start_again().await;
    let counted = replicas.in_redis(async || replicas.let_through(15, LIMIT).await);
    counted.await.unwrap();
}

/// Fifty answers in a row that did not wait for Redis. A machine that is busy gets another chance.
async fn answers_within_the_budget(replicas: &Replicas) {
    eventually("answers come as soon as without Redis", async || {
        for number in 0..50 {
            let request = replicas.instances[number % replicas.instances.len()]
                .request(Method::GET, "/auth/check?scope=videos")
                .bearer_auth(&replicas.token);
            let began = Instant::now();
            Answer::of(request).await.unwrap();
            if began.elapsed() >= Duration::from_millis(20) {
                return false;
            }
        }
        true
    })
    .await;
}
