//! Four replicas behind nginx are restarted one after the other, and nobody notices.

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use test_support::assertion;
use test_support::behind_nginx::{is_asked, start_nginx};
use test_support::ports::free_address;
use test_support::{Answer, Instance, PATIENCE, Registry, TestClient};

const REPLICAS: usize = 4;
/// Requests that are sent at least, and how many a second; how well the pace is held depends on the machine.
const REQUESTS: usize = 10_000;
const PER_SECOND: u32 = 500;
/// How many requests may wait for their answers: a machine that is slower than the pace would be asked more than it can answer.
const MAX_UNANSWERED: usize = 64;

/// A replica at an address, which it finds free when it is started again.
async fn start(database_url: &str, address: SocketAddr) -> Instance {
    let address = address.to_string();
    let variables = [
        ("PARTNER_LISTEN", address.as_str()),
        ("PARTNER_WORKERS", "1"),
        ("PARTNER_DATABASE_CONNECTIONS", "8"),
    ];
    Instance::start_with(database_url, &variables).await
}

/// One of the calls that go through nginx: a POST that may be sent twice, one that may not, and a guarded GET.
fn request(http: &Client, base_url: &str, client: &TestClient, token: &str, number: usize) -> RequestBuilder {
    let post = |form: &[(&str, &str)]| http.post(format!("{base_url}/token")).form(form);
    match number % 3 {
        0 => post(&client.credentials_form()),
        1 => post(&assertion::form(&client.single_use_assertion())),
        _ => http.get(format!("{base_url}/anything")).bearer_auth(token),
    }
}

#[tokio::test]
async fn replicas_that_are_restarted_one_after_the_other_lose_no_request() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let addresses = [(); REPLICAS].map(|()| free_address());
    let mut replicas = Vec::new();
    for address in addresses {
        replicas.push(start(&registry.database_url, address).await);
    }
    let nginx = start_nginx(&addresses).await;
    let token = replicas[0].token(&client).await;

    let is_over = Cell::new(false);
    let restarting = async {
        for address in addresses {
            replicas.remove(0).stop().await;
            let replica = start(&registry.database_url, address).await;
            is_asked(&replica).await;
            replicas.push(replica);
        }
        is_over.set(true);
    };
    let asking = async {
        let http = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let base_url = format!("http://{}", nginx.address);
        let mut pace = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
        let mut sent = JoinSet::new();
        let mut count = 0;
        let unanswered = Arc::new(Semaphore::new(MAX_UNANSWERED));
        while count < REQUESTS || !is_over.get() {
            pace.tick().await;
            let permit = Arc::clone(&unanswered).acquire_owned().await.unwrap();
            let asked = Answer::of(request(&http, &base_url, &client, &token, count));
            sent.spawn(async move {
                let _permit = permit;
                asked.await
            });
            count += 1;
        }
        sent.join_all().await
    };
    let (answers, ()) = tokio::join!(asking, restarting);
    let failed: Vec<String> = answers
        .iter()
        .filter(|answer| !answer.as_ref().is_ok_and(|answer| answer.status == 200))
        .map(|answer| format!("{answer:?}"))
        .collect();
    println!("{} of {} requests failed", failed.len(), answers.len());
    assert!(failed.is_empty(), "{}\n{}", failed.join("\n"), nginx.error_log());
    for replica in replicas {
        replica.stop().await;
    }
}
