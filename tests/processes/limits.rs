//! Secrets are checked a bounded number at a time: who guesses is refused, who knows is let in.

use reqwest::Method;
use tokio::task::JoinSet;

use test_support::load::Load;
use test_support::{Answer, Instance, Registry, TestClient, eventually};

/// Callers are told apart by `X-Forwarded-For`.
const PROXIED: &[(&str, &str)] = &[("PARTNER_TRUSTED_PROXIES", "127.0.0.1")];

/// Callers at once that are more than any machine hashes for.
fn flood() -> usize {
    let cores = std::thread::available_parallelism().unwrap().get();
    (cores / 2).max(1) * 33 + 100
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
async fn wrong_secrets_beyond_the_queue_are_refused_while_good_requests_go_on() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let instance = Instance::start_with(&registry.database_url, PROXIED).await;
    let mut load = Load::start(&instance, &client).await;
    let guess = client.guessing();
    // Each at another client: the queue is what all of them share. More than it holds are kept under way until one was
    // refused, however fast the hashes are computed here.
    let mut answers = JoinSet::new();
    let mut numbers = 0..;
    let mut ask = |answers: &mut JoinSet<_>| {
        let number = numbers.next().unwrap();
        let guess = named(&guess, &format!("guessed-{number}"));
        answers.spawn(Answer::of(attempt(&instance, &guess, number)));
    };
    let mut is_refused = false;
    let mut refuse_one = async || {
        for _ in answers.len()..flood() {
            ask(&mut answers);
        }
        let answer = answers.join_next().await.unwrap().unwrap().unwrap();
        is_refused |= is_unavailable(&answer);
        is_refused
    };
    eventually("a wrong secret is refused with 503", async || refuse_one().await).await;
    while let Some(answer) = answers.join_next().await {
        is_unavailable(&answer.unwrap().unwrap());
    }
    load.goes_on(30).await;
    load.finish().await;
}

/// Whether a wrong secret was refused without a look at it; otherwise it was refused after one.
fn is_unavailable(answer: &Answer) -> bool {
    if answer.status == 401 {
        return false;
    }
    answer.assert_unavailable();
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
