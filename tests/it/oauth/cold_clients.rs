//! Many clients come at once after a restart, when no secret is known: all of them get in, for nothing of theirs is wrong.

use std::time::{Duration, Instant};

use talentsoft_partner::app::ForwardedHeader;
use tokio::task::JoinSet;

use test_support::{PATIENCE, Registry, SECRET, Setup, TestApp};

/// Clients from one address, and as many from an address of their own each: many more than are checked at once.
const FROM_ONE_ADDRESS: usize = 100;
const ALL: usize = 2 * FROM_ONE_ADDRESS;

/// A database with this many clients of which there are hashes only.
async fn registered() -> Registry {
    let registry = Registry::fresh().await;
    registry.add_cold_client("cold").await;
    let copies = "insert into client
         select (jsonb_populate_record(client, jsonb_build_object('client_id', 'cold-' || n))).*
         from client, generate_series(0, $1 - 1) n where client_id = 'cold'";
    let secrets = "insert into client_secret
         select (jsonb_populate_record(secret, jsonb_build_object(
             'client_id', 'cold-' || n, 'secret_id', gen_random_uuid()))).*
         from client_secret secret, generate_series(0, $1 - 1) n where client_id = 'cold'";
    for insert in [copies, secrets] {
        sqlx::query(insert)
            .bind(i32::try_from(ALL).unwrap())
            .execute(&registry.sql)
            .await
            .unwrap();
    }
    registry
}

/// Asks until it is let in. It is never told that something is wrong, or that too much was; after a while on a machine that
/// is busy, that there is no room at the moment.
async fn is_let_in(request: reqwest::RequestBuilder) {
    let began = Instant::now();
    loop {
        let answer = test_support::send(request.try_clone().unwrap()).await;
        if answer.status == 200 {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{answer:?}");
        answer.assert_unavailable();
    }
}

#[tokio::test]
async fn hundreds_of_clients_with_right_secrets_are_let_in_wherever_they_come_from() {
    let registry = registered().await;
    let mut setup = Setup::default();
    setup.settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    setup.settings.forwarded_header = ForwardedHeader::XForwardedFor;
    let app = TestApp::start_on(registry.database_url.clone(), setup).await;
    let mut clients = JoinSet::new();
    for number in 0..ALL {
        let address = match number {
            ..FROM_ONE_ADDRESS => "192.0.2.1".to_owned(),
            _ => format!("198.51.100.{}", number % 256),
        };
        let client_id = format!("cold-{number}");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", SECRET),
        ];
        let request = app.request(reqwest::Method::POST, "/token");
        let request = request
            .header("x-forwarded-for", address)
            .timeout(Duration::from_mins(2));
        clients.spawn(is_let_in(request.form(&form)));
    }
    clients.join_all().await;
}
