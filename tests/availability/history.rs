//! A standby is promoted that has not received everything, and hands the numbers of transactions out again.

use talentsoft_partner::clients::Enabled;
use test_support::cluster::{Node, url_at_any};
use test_support::haproxy::{HaProxy, Sessions};
use test_support::{Instance, eventually};

use super::{Scene, close, is_ready, stored_revocations, takes_revocations};

/// The number of the transaction that is next on a node.
async fn next_transaction(node: &Node) -> i64 {
    node.query("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        .await
}

#[tokio::test]
async fn what_another_history_changed_is_heard_of_and_lost_revocations_are_stored_again() {
    let Scene { one, two, client } = Scene::new().await;
    let registry = Scene::registry(&one).await;
    let kept = registry.add_marketplace_client("kept").await;
    let changed = registry.add_marketplace_client("changed").await;
    two.catches_up_with(&one).await;
    let url = url_at_any(&[one.address, two.address], "connect_timeout=1");
    let (first, second) = (Instance::start(&url).await, Instance::start(&url).await);

    // What follows never reaches the standby.
    two.cut_off().await;
    let lost = registry.add_marketplace_client("lost").await;
    registry.set_enabled(&kept, Enabled::No).await;
    let revoked = first.token(&client).await;
    let good = first.token(&client).await;
    let changed_token = first.token(&changed).await;
    let lost_token = first.token(&lost).await;
    for number in 0..5 {
        registry.add_customer(&format!("customer {number}")).await;
    }
    assert_eq!(first.revoke(&client, &revoked).await.status, 200);
    for instance in [&first, &second] {
        eventually("all of it is known", async || {
            instance.check(&revoked).await == 401 && instance.client_credentials(&kept).await.status == 401
        })
        .await;
        assert_eq!(instance.check(&changed_token).await, 204);
        assert_eq!(instance.check(&lost_token).await, 204);
    }
    let reached = next_transaction(&one).await;
    close(registry).await;
    one.kill();
    two.promote().await;

    // A change whose number was there before.
    let registry = Scene::registry(&two).await;
    registry.set_enabled(&changed, Enabled::No).await;
    assert!(
        next_transaction(&two).await < reached,
        "the numbers are handed out again"
    );
    let fresh = Instance::start(&two.url()).await;
    for instance in [&first, &second] {
        is_ready(instance).await;
        eventually("a change under an old number is known", async || {
            instance.check(&changed_token).await == 401
        })
        .await;
        for (known, token) in [
            (&client, &good),
            (&kept, &good),
            (&changed, &changed_token),
            (&lost, &lost_token),
        ] {
            let status = instance.client_credentials(known).await.status;
            assert_eq!(
                status,
                fresh.client_credentials(known).await.status,
                "{}",
                known.client_id
            );
            assert_eq!(
                instance.check(token).await,
                fresh.check(token).await,
                "{}",
                known.client_id
            );
        }
        assert_eq!(
            instance.client_credentials(&lost).await.status,
            401,
            "it is not there any more"
        );
        assert_eq!(
            instance.check(&revoked).await,
            401,
            "it stays refused where it is known"
        );
    }
    eventually("the revocation is stored again", async || {
        stored_revocations(&two).await == 1
    })
    .await;
    eventually("everybody knows of it", async || {
        fresh.check(&revoked).await == 401
    })
    .await;
    takes_revocations(&first, &client).await;
    close(registry).await;
}

#[tokio::test]
async fn two_standbys_that_were_promoted_separately_are_two_histories() {
    let Scene { one, two, client } = Scene::new().await;
    let three = one.standby("three").await;
    let registry = Scene::registry(&one).await;
    let disabled = registry.add_marketplace_client("disabled").await;
    close(registry).await;
    for standby in [&two, &three] {
        standby.catches_up_with(&one).await;
    }
    one.kill();
    two.promote().await;
    three.promote().await;
    let route = HaProxy::start(&[two.address, three.address]).await;
    let instance = Instance::start(&route.url()).await;
    let token = instance.token(&disabled).await;
    assert_eq!(instance.check(&token).await, 204);

    // On the other one this happened under a number that was used here too, and more happened since.
    let registry = Scene::registry(&three).await;
    registry.set_enabled(&disabled, Enabled::No).await;
    for number in 0..20 {
        registry.add_customer(&format!("there {number}")).await;
    }
    close(registry).await;
    let registry = Scene::registry(&two).await;
    for number in 0..5 {
        registry.add_customer(&format!("here {number}")).await;
    }
    close(registry).await;
    takes_revocations(&instance, &client).await;
    assert!(next_transaction(&two).await < next_transaction(&three).await);

    route.switch(three.address, Sessions::Closed).await;
    eventually("what happened there is known", async || {
        instance.check(&token).await == 401
    })
    .await;
    is_ready(&instance).await;
    takes_revocations(&instance, &client).await;
}
