//! `DATABASE_URL` names several hosts, of which one is the primary.

use test_support::cluster::url_at_any;
use test_support::instance::command;
use test_support::load::Load;
use test_support::{Instance, eventually};

use super::{Scene, close, is_ready, stored_revocations, takes_revocations};

#[tokio::test]
async fn the_promoted_server_is_found_and_nothing_acknowledged_is_lost() {
    let Scene { one, two, client } = Scene::new().await;
    one.set("synchronous_standby_names", "two").await;
    let options = "target_session_attrs=read-write&connect_timeout=1";
    // The primary is not the first.
    let url = url_at_any(&[two.address, one.address], options);
    let instance = Instance::start(&url).await;
    let mut acknowledged = 0;
    for _ in 0..20 {
        takes_revocations(&instance, &client).await;
        acknowledged += 1;
    }
    let mut load = Load::start(&instance, &client).await;
    load.goes_on(30).await;

    one.kill();
    eventually("the outage is noticed", async || {
        instance.database().await == "away"
    })
    .await;
    load.goes_on(30).await;
    two.promote().await;
    let took = takes_revocations(&instance, &client).await;
    println!("revocations were taken {took:?} after the promotion");
    is_ready(&instance).await;
    assert_eq!(stored_revocations(&two).await, acknowledged + 1);

    // The former primary comes back and says that it still is: nobody goes back to it.
    one.start().await;
    let before: i64 = stored_revocations(&one).await;
    for _ in 0..20 {
        takes_revocations(&instance, &client).await;
    }
    let listed = command(&url, ["client", "list"], &[]).await;
    assert!(listed.contains(client.client_id.as_str()));
    assert_eq!(stored_revocations(&one).await, before);
    assert_eq!(stored_revocations(&two).await, acknowledged + 21);

    // A new process sees two primaries, and takes the later one.
    let late = Instance::start(&url_at_any(&[one.address, two.address], options)).await;
    takes_revocations(&late, &client).await;
    assert_eq!(stored_revocations(&two).await, acknowledged + 22);
    load.finish().await;
}

#[tokio::test]
async fn a_switchover_in_order_is_followed() {
    let Scene { one, two, client } = Scene::new().await;
    let url = url_at_any(&[one.address, two.address], "connect_timeout=1");
    let instance = Instance::start(&url).await;
    let mut load = Load::start(&instance, &client).await;
    for (from, to) in [(&one, &two), (&two, &one)] {
        takes_revocations(&instance, &client).await;
        from.stop().await;
        to.promote().await;
        takes_revocations(&instance, &client).await;
        from.demote(to).await;
        load.goes_on(30).await;
    }
    let registry = Scene::registry(&one).await;
    assert_eq!(stored_revocations(&one).await, 4);
    let restorations: i64 = one
        .query("select count(*) from audit_event where action = 'restored'")
        .await;
    assert_eq!(
        restorations, 0,
        "nothing was lost, and the audit trail says no other"
    );
    close(registry).await;
    load.finish().await;
}

#[tokio::test]
async fn a_primary_that_hangs_does_not_hold_up_the_search_for_the_next() {
    let Scene { one, two, client } = Scene::new().await;
    let url = url_at_any(&[one.address, two.address], "connect_timeout=1");
    let instance = Instance::start(&url).await;
    takes_revocations(&instance, &client).await;
    two.catches_up_with(&one).await;
    let mut load = Load::start(&instance, &client).await;
    let frozen = one.freeze();
    two.promote().await;
    let took = takes_revocations(&instance, &client).await;
    println!("revocations were taken {took:?} after the promotion, beside a primary that hangs");
    load.goes_on(30).await;

    // It wakes up and believes that nothing has happened.
    drop(frozen);
    eventually("it answers", async || one.query::<i32>("select 1").await == 1).await;
    let before: i64 = stored_revocations(&one).await;
    for _ in 0..20 {
        takes_revocations(&instance, &client).await;
    }
    assert_eq!(stored_revocations(&one).await, before);
    load.finish().await;
}
