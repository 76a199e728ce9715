//! An instance is started while its database is on its way to another server.

use super::Scene;
use test_support::{Instance, eventually};

#[tokio::test]
async fn it_waits_for_a_standby_to_be_promoted() {
    let Scene { one, two, client } = Scene::new().await;
    one.kill();
    let mut instance = Instance::start_unready(&two.url(), &[]).await;
    eventually("it says what is missing", async || {
        instance.database().await == "standby"
    })
    .await;
    assert_eq!(instance.readiness().await, "starting");
    two.promote().await;
    instance.serves().await;
    assert_eq!(instance.readiness().await, "ready");
    let token = instance.token(&client).await;
    assert_eq!(instance.revoke(&client, &token).await.status, 200);
    instance.stop().await;
}
