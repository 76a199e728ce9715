//! What the service promises when its database moves, on processes as they are run: PostgreSQL as several servers, what
//! stands between them and the service, and several instances of the service.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once"
)]

mod backup;
mod clock;
mod commits;
mod failures;
mod history;
mod hosts;
mod pooler;
mod readers;
mod recipes;
mod starting;
mod switchover;
mod testbed;

use talentsoft_partner::clock::Clock;
use test_support::cluster::Node;
use test_support::{Instance, Registry, TestClient, eventually};

/// A primary with a standby, and a registered client.
struct Scene {
    one: Node,
    two: Node,
    client: TestClient,
}

impl Scene {
    async fn new() -> Self {
        let one = Node::primary("one").await;
        let two = one.standby("two").await;
        let registry = Registry::prepared(&one.url()).await;
        let client = registry.add_marketplace_client("acme").await;
        close(registry).await;
        two.catches_up_with(&one).await;
        Self { one, two, client }
    }

    /// The registry on a node; it must be closed before the node is stopped in order.
    async fn registry(node: &Node) -> Registry {
        Registry::open(&node.url(), Clock::system()).await
    }
}

async fn close(registry: Registry) {
    registry.db.close();
    registry.sql.close().await;
}

/// Waits until the instance says that it is ready.
async fn is_ready(instance: &Instance) {
    eventually("it is ready", async || instance.readiness().await == "ready").await;
}

/// Waits until an instance takes revocations; refusals meanwhile are 503. Returns how long that took.
async fn takes_revocations(instance: &Instance, client: &TestClient) -> std::time::Duration {
    let token = instance.token(client).await;
    eventually("revocations are taken", async || {
        let answer = instance.revoke(client, &token).await;
        assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
        answer.status == 200
    })
    .await
}

/// How many of the revoked tokens are stored on a node.
async fn stored_revocations(node: &Node) -> i64 {
    node.query("select count(*) from revoked_token").await
}
