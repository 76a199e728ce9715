//! The service that is asked, and its clients.

use talentsoft_partner::clients::{ClientSettings, Entitlements, Scope};
use talentsoft_partner::recruiting::CampaignKind;
use talentsoft_partner::recruiting::creation_links::set_creation_link;

use test_support::{SECRET, Setup, TestApp, TestClient};

/// A service that believes each request to come from where it says.
pub async fn start() -> TestApp {
    let mut setup = Setup::default();
    setup.settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    TestApp::start_with(setup).await
}

pub async fn add_client(app: &TestApp, client_id: &str, scope: Scope) -> TestClient {
    add_client_with(app, client_id, &[scope]).await
}

pub async fn add_client_with(app: &TestApp, client_id: &str, scopes: &[Scope]) -> TestClient {
    let is_admin = scopes.contains(&Scope::Admin);
    let customer_id = app.add_customer(client_id).await;
    let scopes = scopes.iter().copied().collect();
    let settings = ClientSettings {
        entitlements: Entitlements::all(),
        requests_per_second: None,
        ..ClientSettings::first((!is_admin).then_some(customer_id), None, Some(scopes)).unwrap()
    };
    for kind in [CampaignKind::Video, CampaignKind::Assessment] {
        let (act, template) = (app.act(), "https://partner.example/new".parse().unwrap());
        let set = app
            .db
            .transaction(async |db| set_creation_link(db, &act, customer_id, kind, Some(&template)).await);
        set.await.unwrap();
    }
    app.add_client(client_id, SECRET, settings).await
}
