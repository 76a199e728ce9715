//! What many ask for at one moment and the database has to remember, and what costs a hash: as rates, and beside what they need.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use talentsoft_partner::clients::{NewSecret, Strength, hash_secret};
use talentsoft_partner::crypto::password::PasswordPool;
use talentsoft_partner::crypto::secret::{PresentedSecret, SecretHashing};

use crate::load::{Load, once};
use crate::reference::Cost;
use crate::requests;
use crate::service::{Launched, SECRET, Service, launch};

/// Connections of those who ask at one moment.
const CONNECTIONS: usize = 64;
/// How often a rate is measured; the least of them counts.
const RUNS: usize = 3;
/// Assertions or tokens of one run.
const OF_A_RUN: usize = 20_000;
/// Clients whose secrets are not in memory.
const CLIENTS: u32 = 1_000;

/// Prints the rates.
pub async fn measure() {
    let service = Service::start(1).await;
    println!();
    println!("| at one moment | a second, of {RUNS} runs | goal | µs of processor: service + database |");
    println!("|---|---:|---:|---:|");
    rate(&service, "POST /token jwt-bearer, single-use", 20_000, || {
        requests::single_use_assertions(OF_A_RUN)
    });
    let replica = launch(&service.database_url, &[]).await;
    rate(&service, "POST /revoke", 5_000, || {
        requests::revocations(&service, OF_A_RUN)
    });
    let heard_of = heard_of(&replica, RUNS * OF_A_RUN).await;
    println!(
        "the last revocation reached another replica {} ms later",
        heard_of.as_millis()
    );
    drop(replica);
    drop(service);
    for is_one_address in [true, false] {
        first_secrets(is_one_address).await;
    }
}

fn rate(service: &Service, name: &str, goal: u32, mut requests: impl FnMut() -> Vec<Vec<u8>>) {
    let (mut of_service, mut of_database) = (Cost::default(), Cost::default());
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let requests = requests();
            let (began, database_began) = (service.processor_time(), service.database_processor_time());
            let load: Load = once(service.address, &requests, CONNECTIONS);
            of_service.add(began, service.processor_time(), load.requests());
            of_database.add(database_began, service.database_processor_time(), load.requests());
            load.per_second()
        })
        .collect();
    rates.sort_unstable_by(f64::total_cmp);
    let rates: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
    println!(
        "| {name} | {} | ≥ {goal} | {of_service} + {of_database} |",
        rates.join(", ")
    );
}

/// How long it takes from now until a replica knows so many revoked tokens.
async fn heard_of(replica: &Launched, count: usize) -> Duration {
    let began = Instant::now();
    let expected = format!("partner_revoked_tokens {count}");
    while !replica.metrics().contains(&expected) {
        assert!(
            began.elapsed() < Duration::from_mins(1),
            "the revocations did not arrive"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    began.elapsed()
}

/// Clients whose secrets a service that has just begun must hash, all at once: prints how long it takes until each has a token,
/// beside how long the hashes take by themselves.
async fn first_secrets(is_one_address: bool) {
    let service = Service::start(CLIENTS + 1).await;
    let process = launch(&service.database_url, &[("PARTNER_TRUSTED_PROXIES", "127.0.0.1")]).await;
    let hashes_before = time_of_hashes().await;
    let client = reqwest::Client::new();
    let began = Instant::now();
    let mut askers = tokio::task::JoinSet::new();
    for number in 2..CLIENTS + 2 {
        let (client, url) = (client.clone(), format!("http://{}/token", process.address));
        let last = if is_one_address { 1 } else { number };
        let from = format!("192.0.{}.{}", last / 256, last % 256);
        askers.spawn(async move { first_token(&client, &url, &from, number).await });
    }
    let mut refused = Refused::default();
    while let Some(of_one) = askers.join_next().await {
        let of_one = of_one.unwrap();
        refused.too_many += of_one.too_many;
        refused.unavailable += of_one.unavailable;
    }
    let elapsed = began.elapsed().as_secs_f64();
    let hashes = hashes_before.min(time_of_hashes().await).as_secs_f64();
    println!(
        "{CLIENTS} clients with secrets that are not in memory, from {}: {elapsed:.1} s, {:.2} of the hashes alone ({hashes:.1} s; goal ≤ \
         1.3); {} × 429, {} × 503; at most {:.0} MiB",
        if is_one_address {
            "one address"
        } else {
            "as many addresses"
        },
        elapsed / hashes,
        refused.too_many,
        refused.unavailable,
        process.process.peak_memory_mib()
    );
}

/// How often somebody was told to come again.
#[derive(Default)]
struct Refused {
    too_many: u32,
    unavailable: u32,
}

/// Asks for a token until there is one, again when the answer says so.
async fn first_token(client: &reqwest::Client, url: &str, from: &str, number: u32) -> Refused {
    let mut refused = Refused::default();
    loop {
        let request = client
            .post(url)
            .header("x-forwarded-for", from)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!(
                "grant_type=client_credentials&client_id=client-{number}&client_secret={SECRET}"
            ));
        let answer = request.send().await.unwrap();
        match answer.status() {
            StatusCode::OK => return refused,
            StatusCode::TOO_MANY_REQUESTS => refused.too_many += 1,
            StatusCode::SERVICE_UNAVAILABLE => refused.unavailable += 1,
            status => panic!("{status}"),
        }
        let again = answer.headers().get(RETRY_AFTER).unwrap().to_str().unwrap();
        tokio::time::sleep(Duration::from_secs(again.parse().unwrap())).await;
    }
}

/// How long the hashes of all these clients take on all cores, with nothing beside them.
async fn time_of_hashes() -> Duration {
    /// Some of them are enough.
    const SHARE: u32 = 10;
    let count = CLIENTS / SHARE;
    let cores = std::thread::available_parallelism().unwrap().get();
    let pool = PasswordPool::new(cores, usize::try_from(count).unwrap());
    let began = Instant::now();
    let hashes = (0..count).map(|_| {
        let secret = NewSecret {
            secret: PresentedSecret::new(SECRET.to_owned()).unwrap(),
            strength: Strength::Strong,
            expires_in: None,
        };
        hash_secret(&pool, secret, SecretHashing::fresh())
    });
    for hashed in futures_util::future::join_all(hashes).await {
        hashed.unwrap();
    }
    began.elapsed() * SHARE
}
