//! Secrets are checked a bounded number at a time: who guesses is refused, who knows is let in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use tokio::task::JoinSet;
use tokio::time::Instant;

use test_support::load::Load;
use test_support::{Answer, Instance, Registry, TestClient, assertion, eventually};

/// Callers are told apart by `X-Forwarded-For`.
const PROXIED: &[(&str, &str)] = &[("PARTNER_TRUSTED_PROXIES", "127.0.0.1")];

/// Callers at once that are more than wait where a client was tried too often.
fn flood() -> usize {
    let cores = std::thread::available_parallelism().unwrap().get();
    cores * 16 + 100
}

/// `client_credentials` from an address of its own for each `number`.
fn attempt(instance: &Instance, client: &TestClient, number: usize) -> reqwest::RequestBuilder {
    let number = u32::try_from(number).unwrap();
    let address = std::net::Ipv4Addr::from(0x0a00_0000 + number);
    instance
        .request(Method::POST, "/token")
        .header("x-forwarded-for", address.to_string())
        .form(&client.credentials_form())
}

fn named(client: &TestClient, name: &str) -> TestClient {
    TestClient {
        client_id: name.parse().unwrap(),
        ..client.clone()
    }
}

#[tokio::test]
async fn wrong_secrets_of_many_addresses_are_refused_while_good_requests_go_on() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let mut guessed = Vec::new();
    for number in 0..2 {
        guessed.push(registry.add_cold_client(&format!("guessed-{number}")).await);
    }
    let instance = Instance::start_with(&registry.database_url, PROXIED).await;
    let mut load = Load::start(&instance, &client).await;
    // At two clients, and each from another address: a client that was tried too often by all together has few hashed. More
    // than these are kept under way until one was refused, however fast the hashes are computed here.
    let mut answers = JoinSet::new();
    let mut numbers = 0..;
    let mut ask = |answers: &mut JoinSet<_>| {
        let number = numbers.next().unwrap();
        let guess = TestClient {
            secret: format!("not the secret, but as long as one: {number:016}"),
            ..guessed[number % guessed.len()].clone()
        };
        answers.spawn(Answer::of(attempt(&instance, &guess, number)));
    };
    let mut is_refused = false;
    let mut refuse_one = async || {
        for _ in answers.len()..flood() {
            ask(&mut answers);
        }
        let answer = answers.join_next().await.unwrap().unwrap().unwrap();
        is_refused |= is_refused_unseen(&answer);
        is_refused
    };
    eventually("a wrong secret is refused without a look", async || {
        refuse_one().await
    })
    .await;
    while let Some(answer) = answers.join_next().await {
        is_refused_unseen(&answer.unwrap().unwrap());
    }
    load.goes_on(30).await;
    load.finish().await;
}

/// Asks with identifiers that nobody has, each from an address of its own, by both grants in turn. No answer tells more than
/// that it was refused.
async fn make_up(instance: &Instance, client: &TestClient, number: usize) {
    let made_up = named(client, &format!("made-up-{number}"));
    let mut request = attempt(instance, &made_up, 1_000_000 + number);
    if number % 2 == 1 {
        request = request.form(&assertion::form(&made_up.assertion()));
    }
    let answer = Answer::of(request).await.unwrap();
    let expected = [(401, "invalid_client"), (400, "invalid_grant")][number % 2];
    let error = answer.oauth_error();
    assert_eq!((error.0, error.1.as_str()), expected, "{answer:?}");
}

/// How long 30 calls of a client whose secret is known take, in the middle.
async fn median_call(instance: &Instance, client: &TestClient) -> Duration {
    let mut took = Vec::new();
    for _ in 0..30 {
        let began = Instant::now();
        assert_eq!(instance.client_credentials(client).await.status, 200);
        took.push(began.elapsed());
    }
    took.sort_unstable();
    took[took.len() / 2]
}

#[tokio::test]
async fn who_makes_identifiers_up_takes_no_place_of_a_registered_client() {
    let registry = Registry::fresh().await;
    let known = registry.add_marketplace_client("known").await;
    let cold = registry.add_cold_client("cold").await;
    let instance = Arc::new(Instance::start_with(&registry.database_url, PROXIED).await);
    let cost = async |of: &str| {
        let name = format!("partner_unknown_client_costs_total{{cost=\"{of}\"}}");
        instance.metric(&name).await.parse::<f64>().unwrap()
    };
    let before = median_call(&instance, &known).await;
    let began = Instant::now();
    let made_up = Arc::new(AtomicUsize::new(0));
    let mut flood = JoinSet::new();
    for _ in 0..100 {
        let (instance, known, made_up) = (Arc::clone(&instance), known.clone(), Arc::clone(&made_up));
        flood.spawn(async move {
            loop {
                make_up(&instance, &known, made_up.fetch_add(1, Ordering::Relaxed)).await;
            }
        });
    }
    let mut flooded = async |least: usize| {
        eventually("the flood goes on", async || {
            if let Some(ended) = flood.try_join_next() {
                ended.unwrap();
            }
            made_up.load(Ordering::Relaxed) >= least
        })
        .await;
    };
    flooded(1_000).await;
    println!(
        "{before:?} before, {:?} in the flood",
        median_call(&instance, &known).await
    );
    // Whoever tries the secret of a client that exists is told no more than who made one up.
    for number in 0..3 {
        let (guess, nobody) = (cold.guessing(), named(&known, &format!("nobody-{number}")));
        let [guess, nobody] = [(&guess, 300_000), (&nobody, 400_000)]
            .map(|(client, base)| Answer::of(attempt(&instance, client, base + number)));
        let (guess, nobody) = (guess.await.unwrap(), nobody.await.unwrap());
        assert_eq!((guess.status, &guess.body), (nobody.status, &nobody.body));
    }
    let asked = Instant::now();
    let answer = Answer::of(attempt(&instance, &cold, 200_000)).await.unwrap();
    assert_eq!(answer.status, 200, "one try is enough: {answer:?}");
    println!(
        "a right secret that was not known got in after {:?}",
        asked.elapsed()
    );
    let new = registry.add_cold_client("newcomer").await;
    let took = eventually("a client that was just registered gets in", async || {
        instance.client_credentials(&new).await.status == 200
    })
    .await;
    println!("a client that was registered in the flood got in after {took:?}");
    flooded(3_000).await;
    flood.abort_all();
    let (hashes, lookups) = (cost("hash").await, cost("lookup").await);
    let seconds = began.elapsed().as_secs_f64();
    println!("{hashes} hashes and {lookups} lookups in {seconds} s");
    assert!(hashes <= 1.0 + 10.0 * seconds, "{hashes} hashes in {seconds} s");
    assert!(
        lookups <= 21.0 + 10.0 * seconds,
        "{lookups} lookups in {seconds} s"
    );
}

/// Whether a wrong secret was refused without a look at it; otherwise it was refused after one.
fn is_refused_unseen(answer: &Answer) -> bool {
    match answer.status.as_u16() {
        401 => return false,
        429 => {
            let policy = answer.header("ratelimit-policy");
            assert!(policy.starts_with("\"failures-of-client\""), "{answer:?}");
        }
        _ => answer.assert_unavailable(),
    }
    true
}

#[tokio::test]
async fn a_client_with_the_right_secret_gets_in_while_others_hammer_its_id() {
    let registry = Registry::fresh().await;
    // One whose secret the instance knows from the start, one whose it has to learn, one that is not attacked.
    let known = registry.add_marketplace_client("known").await;
    let cold = registry.add_cold_client("cold").await;
    let bystander = registry.add_cold_client("bystander").await;
    let instance = Instance::start_with(&registry.database_url, PROXIED).await;
    let mut hammers = JoinSet::new();
    for number in 0..flood() {
        let client = if number % 2 == 0 { &known } else { &cold };
        let request = attempt(&instance, &client.guessing(), number);
        hammers.spawn(async move {
            // Over and over, from the same address. Which refusal comes first depends on how fast the hashes are computed:
            // the secret is wrong, the address is told to wait, or the queue is full.
            for _ in 0..12 {
                let answer = Answer::of(request.try_clone().unwrap()).await.unwrap();
                match answer.status.as_u16() {
                    401 => {}
                    429 => {
                        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
                        let policy = answer.header("ratelimit-policy");
                        assert!(policy.starts_with("\"failures"), "{answer:?}");
                    }
                    503 => answer.assert_unavailable(),
                    _ => panic!("{answer:?}"),
                }
            }
        });
    }
    for number in 0..50 {
        let answer = Answer::of(attempt(&instance, &known, 100_000 + number))
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "a known secret waits for nothing: {answer:?}");
    }
    for (client, base) in [(&bystander, 200_000), (&cold, 300_000)] {
        let mut number = base;
        let took = eventually("a secret that is right gets in", async || {
            number += 1;
            let answer = Answer::of(attempt(&instance, client, number)).await.unwrap();
            assert!([200, 429, 503].contains(&answer.status.as_u16()), "{answer:?}");
            answer.status == 200
        })
        .await;
        println!(
            "{} got in after {took:?} and {} attempts",
            client.client_id.as_str(),
            number - base
        );
    }
    while let Some(ended) = hammers.join_next().await {
        ended.unwrap();
    }
    for client in [&known, &cold, &bystander] {
        let answer = Answer::of(attempt(&instance, client, 1)).await.unwrap();
        assert_eq!(answer.status, 200, "once known, from everywhere: {answer:?}");
    }
}
