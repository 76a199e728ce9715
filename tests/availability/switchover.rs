//! A route leads to a server that is not the database any more, or not yet.

use talentsoft_partner::clients::Enabled;
use test_support::haproxy::{HaProxy, Sessions};
use test_support::{Instance, TestClient, eventually};

use super::{Scene, close, is_ready, takes_revocations};

#[tokio::test]
async fn a_replica_leaves_a_standby_and_follows_the_route_to_the_primary() {
    let Scene { one, two, client } = Scene::new().await;
    let route = HaProxy::start(&[one.address, two.address]).await;
    let instance = Instance::start(&route.url()).await;
    let token = instance.token(&client).await;

    // The servers change places, and the route does not notice.
    one.stop().await;
    two.promote().await;
    one.demote(&two).await;
    eventually("what answers is a standby", async || {
        instance.database().await == "standby"
    })
    .await;
    assert_eq!(instance.readiness().await, "degraded");
    assert_eq!(instance.metric("partner_database_up").await, "0");
    assert_eq!(instance.metric("partner_database_writable").await, "0");
    let registry = Scene::registry(&two).await;
    registry.set_enabled(&client, Enabled::No).await;
    let other = registry.add_marketplace_client("other").await;
    one.catches_up_with(&two).await;
    // What is not in memory is not asked of a standby, though it would know.
    instance.client_credentials(&other).await.assert_unavailable();

    // Sessions to the former primary are kept by the route.
    route.switch(two.address, Sessions::Kept).await;
    is_ready(&instance).await;
    assert_eq!(instance.client_credentials(&client).await.status, 401);
    assert_eq!(instance.check(&token).await, 401);
    assert_eq!(instance.client_credentials(&other).await.status, 200);
    takes_revocations(&instance, &other).await;
    assert_eq!(
        route.sessions(one.address).await,
        0,
        "all are closed by the service"
    );
    assert_eq!(instance.metric("partner_database_writable").await, "1");
    close(registry).await;
}

#[tokio::test]
async fn a_read_only_database_is_read_and_not_written() {
    let Scene { one, client, .. } = Scene::new().await;
    let instance = Instance::start(&one.url()).await;
    let token = instance.token(&client).await;
    one.set("default_transaction_read_only", "on").await;
    // Whoever writes first finds out, or the next look.
    instance.revoke(&client, &token).await.assert_unavailable();
    eventually("it is read-only", async || {
        instance.database().await == "read-only"
    })
    .await;
    assert_eq!(instance.readiness().await, "degraded");
    assert_eq!(instance.metric("partner_database_up").await, "1");
    assert_eq!(instance.metric("partner_database_writable").await, "0");
    instance.revoke(&client, &token).await.assert_unavailable();
    assert_eq!(instance.get("/videos/campaigns", &token).await.status, 200);
    let stranger = TestClient {
        client_id: "stranger".parse().unwrap(),
        ..client.clone()
    };
    assert_eq!(instance.client_credentials(&stranger).await.status, 401);
    assert_eq!(instance.check(&token).await, 204);

    one.set("default_transaction_read_only", "off").await;
    is_ready(&instance).await;
    takes_revocations(&instance, &client).await;
}

#[tokio::test]
async fn a_replica_starts_on_a_read_only_database_that_is_up_to_date() {
    let Scene { one, client, .. } = Scene::new().await;
    Instance::start(&one.url()).await.stop().await;
    one.set("default_transaction_read_only", "on").await;
    let instance = Instance::start(&one.url()).await;
    assert_eq!(instance.client_credentials(&client).await.status, 200);
    assert_eq!(instance.database().await, "read-only");
    instance.stop().await;
}
