//! The private PostgreSQL of a service ends by itself: it is started again, or the service ends too.

use std::fs;
use std::path::Path;

use nix::sys::signal::{Signal, kill};

use test_support::database::directory;
use test_support::process::{has_gone, pid};
use test_support::{Instance, Registry, TestClient, eventually};

fn postmaster(data_dir: &Path) -> Option<u32> {
    let file = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).ok()?;
    file.lines().next()?.parse().ok()
}

async fn client_in(data_dir: &Path) -> TestClient {
    let url = ::private_postgres::find_running(data_dir).unwrap().unwrap();
    let registry = Registry::prepared(&url).await;
    registry.add_marketplace_client("acme").await
}

#[tokio::test]
async fn it_is_started_again_and_what_was_acknowledged_is_there() {
    let directory = directory();
    let data_dir = directory.path().join("data");
    let instance = Instance::start_on_private_postgres(&data_dir).await;
    let client = client_in(&data_dir).await;
    let token = instance.token(&client).await;
    let mut former = postmaster(&data_dir).unwrap();
    for _ in 0..2 {
        let revoked = instance.token(&client).await;
        assert_eq!(instance.revoke(&client, &revoked).await.status, 200);
        kill(pid(former), Signal::SIGKILL).unwrap();
        eventually("another one runs", async || {
            let present = postmaster(&data_dir);
            present.is_some_and(|present| present != former)
        })
        .await;
        former = postmaster(&data_dir).unwrap();
        eventually("what needs it works again", async || {
            let other = instance.token(&client).await;
            instance.revoke(&client, &other).await.status == 200
        })
        .await;
        assert_eq!(instance.readiness().await, "ready");
        assert_eq!(instance.check(&revoked).await, 401);
        assert_eq!(instance.check(&token).await, 204);
    }
    instance.stop().await;
    assert!(has_gone(former), "it goes with the service");
}

#[tokio::test]
async fn without_it_the_service_ends() {
    let directory = directory();
    let data_dir = directory.path().join("data");
    let mut instance = Instance::start_on_private_postgres(&data_dir).await;
    let settings = data_dir.join("postgres/postgresql.conf");
    fs::write(&settings, "no_such_setting = 1\n").unwrap();
    kill(pid(postmaster(&data_dir).unwrap()), Signal::SIGKILL).unwrap();
    assert_eq!(instance.ended().await.code(), Some(1));
    let log = instance.log().join("\n");
    assert!(log.contains("cannot start the private PostgreSQL again"), "{log}");
    let last = instance.log().pop().unwrap();
    let expected = "talentsoft-partner: the private PostgreSQL ended unexpectedly, and starting it again did not help: \
                    the private PostgreSQL ended while starting";
    assert!(last.starts_with(expected), "{last}");
}
