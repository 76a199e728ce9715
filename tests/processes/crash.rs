//! The service is killed, or told to stop: nothing that was acknowledged is lost, and nothing is left behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;
use talentsoft_partner::clients::{self, ClientSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use test_support::database::{directory, start_durable};
use test_support::process::has_gone;
use test_support::{Instance, Registry, SECRET, TestClient, eventually};

/// How often the service is killed on a database that goes on, and with its own.
const KILLS: u32 = 44;
const KILLS_WITH_DATABASE: u32 = 6;

/// Revokes fresh tokens until the instance is gone; returns those whose revocation was acknowledged.
async fn revoke_until_killed(instance: &Instance, client: &TestClient) -> Vec<String> {
    let mut acknowledged: Vec<String> = Vec::new();
    loop {
        let request = instance.request(reqwest::Method::POST, "/token");
        let request = request.form(&client.credentials_form());
        let Ok(answer) = test_support::Answer::of(request).await else {
            return acknowledged;
        };
        let token = answer.token();
        match instance.try_revoke(client, &token).await {
            Ok(answer) => {
                assert_eq!(answer.status, 200, "{answer:?}");
                acknowledged.push(token);
            }
            Err(_killed) => return acknowledged,
        }
    }
}

/// Two callers revoke, and a third party kills the instance once it acknowledged `count` revocations of the first.
async fn kill_under_load(mut instance: Instance, client: &TestClient, pause_micros: u64) -> Vec<String> {
    let killing = instance.killer();
    let revoked = async {
        tokio::join!(
            revoke_until_killed(&instance, client),
            revoke_until_killed(&instance, client)
        )
    };
    let ((mut one, other), ()) = tokio::join!(revoked, async {
        // Any moment will do, and each another one.
        tokio::time::sleep(std::time::Duration::from_micros(pause_micros)).await;
        killing();
    });
    instance.kill();
    one.extend(other);
    one
}

#[tokio::test]
async fn killed_again_and_again_it_keeps_what_it_acknowledged() {
    let directory = directory();
    let cluster = start_durable(&directory.path().join("data"));
    let registry = Registry::prepared(cluster.database_url()).await;
    let client = registry.add_marketplace_client("acme").await;
    let mut acknowledged: Vec<String> = Vec::new();
    let mut registered = Vec::new();
    for round in 0..KILLS {
        let instance = Instance::start(&registry.database_url).await;
        if let Some(token) = acknowledged.last() {
            assert_eq!(instance.check(token).await, 401, "round {round}");
        }
        let name = format!("client-{round}");
        let settings = ClientSettings::marketplace(registry.add_customer(&name).await);
        registered.push(registry.add_client(&name, SECRET, settings).await);
        let pause_micros = u64::from(round) * 7919 % 120_000;
        acknowledged.extend(kill_under_load(instance, &client, pause_micros).await);
    }
    println!("{KILLS} kills, {} revocations acknowledged", acknowledged.len());

    let instance = Instance::start(&registry.database_url).await;
    for token in &acknowledged {
        assert_eq!(instance.check(token).await, 401);
    }
    assert_eq!(
        registry
            .db
            .read(async |db| clients::list_clients(db).await)
            .await
            .unwrap()
            .len(),
        registered.len() + 1
    );
    assert_eq!(
        instance
            .client_credentials(registered.last().unwrap())
            .await
            .status,
        200
    );
    all_audited(&registry, acknowledged.len()).await;
    instance.stop().await;
}

/// Each acknowledged revocation is in the audit, and each revocation in the audit took place.
async fn all_audited(registry: &Registry, acknowledged: usize) {
    let audited: BTreeSet<String> = sqlx::query_scalar(
        "select subject from audit_event where action = 'revoked' and subject_kind = 'token'",
    )
    .fetch_all(&registry.sql)
    .await
    .unwrap()
    .into_iter()
    .collect();
    let revoked: BTreeSet<String> = sqlx::query_scalar("select token_id::text from revoked_token")
        .fetch_all(&registry.sql)
        .await
        .unwrap()
        .into_iter()
        .collect();
    assert_eq!(audited, revoked);
    assert!(
        revoked.len() >= acknowledged,
        "{} < {acknowledged}",
        revoked.len()
    );
}

fn postmaster(data_dir: &Path) -> u32 {
    let file = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap();
    file.lines().next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn killed_with_its_own_database_it_leaves_no_orphan_and_keeps_what_it_acknowledged() {
    let directory = directory();
    let data_dir = directory.path().join("data");
    let mut acknowledged: Vec<String> = Vec::new();
    let mut client = None;
    for round in 0..KILLS_WITH_DATABASE {
        let instance = Instance::start_on_private_postgres(&data_dir).await;
        let postmaster = postmaster(&data_dir);
        if client.is_none() {
            let url = private_postgres::find_running(&data_dir).unwrap();
            let registry = Registry::prepared(&url.unwrap()).await;
            client = Some(registry.add_marketplace_client("acme").await);
            registry.db.close();
            registry.sql.close().await;
        }
        let client = client.as_ref().unwrap();
        for token in &acknowledged {
            assert_eq!(instance.check(token).await, 401, "round {round}");
        }
        acknowledged.extend(kill_under_load(instance, client, 30_000 + u64::from(round) * 13_000).await);
        eventually("its database goes with it", async || has_gone(postmaster)).await;
    }
    println!(
        "{KILLS_WITH_DATABASE} kills, {} revocations acknowledged",
        acknowledged.len()
    );
    let instance = Instance::start_on_private_postgres(&data_dir).await;
    for token in &acknowledged {
        assert_eq!(instance.check(token).await, 401);
    }
    let postmaster = postmaster(&data_dir);
    instance.stop().await;
    assert!(has_gone(postmaster), "SIGTERM takes the database down, too");
}

#[tokio::test]
async fn told_to_stop_it_finishes_what_it_began_and_takes_nothing_new() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    let mut instance = Instance::start(&registry.database_url).await;
    // An idle connection, which must not hold the end up, and a request of which half is there.
    let idle = TcpStream::connect(instance.address).await.unwrap();
    assert_eq!(instance.client_credentials(&client).await.status, 200);
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        client.client_id.as_str(),
        client.secret
    );
    let (first, second) = body.split_at(20);
    let mut begun = TcpStream::connect(instance.address).await.unwrap();
    let head = format!(
        "POST /token HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{first}",
        body.len()
    );
    begun.write_all(head.as_bytes()).await.unwrap();
    // Once the service asks for the body, the request is in its hands.
    let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    begun.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");

    instance.signal(Signal::SIGTERM);
    eventually("it is going down", async || {
        TcpStream::connect(instance.address).await.is_err()
    })
    .await;
    begun.write_all(second.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    begun.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let began = tokio::time::Instant::now();
    let status = instance.ended().await;
    assert!(status.success(), "{status}");
    println!("ended {:?} after its last answer", began.elapsed());
    drop(idle);
    let used: Option<bool> = sqlx::query_scalar("select last_used_at is not null from client_secret")
        .fetch_one(&registry.sql)
        .await
        .unwrap();
    assert_eq!(
        used,
        Some(true),
        "the use of the secret was written down at the end"
    );
}
