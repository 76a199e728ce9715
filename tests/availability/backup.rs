//! The database is lost, and a backup is restored while the replicas go on.

use std::cell::Cell;

use tempfile::TempDir;
use test_support::cluster::Node;
use test_support::command_line::directory;
use test_support::haproxy::{HaProxy, Sessions};
use test_support::instance::command;
use test_support::{Instance, MASTER_KEY, Registry, TestClient, eventually};

use super::{close, is_ready, takes_revocations};

/// Runs a command on a node.
async fn run(node: &Node, arguments: &[&str]) -> String {
    command(&node.url(), arguments, &[("PARTNER_MASTER_KEY", MASTER_KEY)]).await
}

/// A node with a registered client, a folder for its backup, and the way to the registry.
async fn scene() -> (Node, Registry, TestClient, TempDir) {
    let node = Node::primary("one").await;
    let registry = Registry::prepared(&node.url()).await;
    let client = registry.add_marketplace_client("acme").await;
    (node, registry, client, directory())
}

/// Asks for tokens and checks them until told to stop; a token that is over is replaced, as a client does. Returns how many
/// times it asked.
async fn load(replicas: &[Instance], client: &TestClient, is_over: &Cell<bool>) -> usize {
    let mut asked = 0;
    let mut token = replicas[0].token(client).await;
    while !is_over.get() {
        for replica in replicas {
            asked += 1;
            if replica.check(&token).await == 204 {
                continue;
            }
            let answer = replica.client_credentials(client).await;
            assert_eq!(answer.status, 200, "request {asked}: {answer:?}");
            token = answer.token();
        }
        tokio::task::yield_now().await;
    }
    asked
}

#[tokio::test]
async fn a_lost_database_is_restored_elsewhere_and_replicas_go_on() {
    let (one, registry, client, dir) = scene().await;
    let two = Node::unrelated_primary("two").await;
    let route = HaProxy::start(&[one.address, two.address]).await;
    let replicas = Instance::start_several(&route.url(), 2, |_| Vec::new()).await;
    let early = replicas[0].token(&client).await;
    let revoked_before = replicas[0].token(&client).await;
    assert_eq!(replicas[0].revoke(&client, &revoked_before).await.status, 200);
    let folder = dir.path().join("backup");
    let folder = folder.to_str().unwrap();

    let is_over = Cell::new(false);
    let losing = async {
        run(&one, &["backup", folder]).await;
        // What follows is in no backup.
        let lost = registry.add_marketplace_client("lost").await;
        let lost_token = replicas[1].token(&lost).await;
        let late = replicas[1].token(&client).await;
        let revoked_after = replicas[1].token(&client).await;
        assert_eq!(replicas[1].revoke(&client, &revoked_after).await.status, 200);
        close(registry).await;
        one.kill();
        drop(one);

        // The route leads to a server on which there is nothing: nobody is refused who was known.
        route.switch(two.address, Sessions::Closed).await;
        for replica in &replicas {
            eventually("the database is away", async || {
                replica.readiness().await == "degraded"
            })
            .await;
            assert_eq!(replica.client_credentials(&client).await.status, 200);
        }
        run(&two, &["restore", "--check", folder]).await;
        let restored = run(&two, &["restore", folder]).await;
        assert!(
            restored.contains("All tokens that were issued before are over"),
            "{restored}"
        );

        let fresh = Instance::start(&two.url()).await;
        for replica in replicas.iter().chain([&fresh]) {
            is_ready(replica).await;
            for token in [&early, &late, &revoked_before, &revoked_after, &lost_token] {
                eventually("tokens of before are over", async || {
                    replica.check(token).await == 401
                })
                .await;
            }
            eventually("a client that was not in the backup is not known", async || {
                replica.client_credentials(&lost).await.status == 401
            })
            .await;
            let token = replica.token(&client).await;
            assert_eq!(replica.check(&token).await, 204);
            takes_revocations(replica, &client).await;
        }
        // What one replica revokes now is known to the others.
        let token = replicas[0].token(&client).await;
        assert_eq!(replicas[1].check(&token).await, 204);
        assert_eq!(replicas[0].revoke(&client, &token).await.status, 200);
        for replica in replicas.iter().chain([&fresh]) {
            eventually("a revocation reaches everybody", async || {
                replica.check(&token).await == 401
            })
            .await;
        }
        let checked = run(&two, &["restore", "--check"]).await;
        assert!(checked.contains("The database is consistent."), "{checked}");
        is_over.set(true);
    };
    let (asked, ()) = tokio::join!(load(&replicas, &client, &is_over), losing);
    assert_ne!(asked, 0);
}

#[tokio::test]
async fn a_database_that_is_restored_on_the_same_server_is_noticed() {
    let (node, registry, client, dir) = scene().await;
    let replica = Instance::start(&node.url()).await;
    let folder = dir.path().join("backup");
    let folder = folder.to_str().unwrap();
    run(&node, &["backup", folder]).await;
    let lost = registry.add_marketplace_client("lost").await;
    let token = replica.token(&client).await;
    let lost_token = replica.token(&lost).await;
    close(registry).await;
    node.execute("drop schema public cascade; create schema public; grant all on schema public to partner")
        .await;
    eventually("the database is away", async || {
        replica.readiness().await == "degraded"
    })
    .await;
    assert_eq!(replica.check(&token).await, 204);
    run(&node, &["restore", "--keep-tokens", folder]).await;
    is_ready(&replica).await;
    eventually("a client that was not in the backup is not known", async || {
        replica.client_credentials(&lost).await.status == 401 && replica.check(&lost_token).await == 401
    })
    .await;
    assert_eq!(replica.check(&token).await, 204, "tokens were kept");
    takes_revocations(&replica, &client).await;
}
