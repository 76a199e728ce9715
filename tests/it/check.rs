//! The checks for partners' endpoints, made against this one.

use std::time::Duration;

use contract_check::{Campaigns, CheckStatus, Level, Plan, run};
use talentsoft_partner::audit::Act;
use talentsoft_partner::clients::{Grant, Grants};
use talentsoft_partner::clock::Clock;
use talentsoft_partner::recruiting::{CampaignKind, NewCampaign, add_campaign};

use test_support::{ISSUER, Setup, TestApp, TestClient, actor};

/// A service with the clock of this machine, by which the checks make their assertions.
async fn service() -> (TestApp, TestClient) {
    let setup = Setup {
        clock: Clock::system(),
        ..Setup::default()
    };
    let app = TestApp::start_with(setup).await;
    let client = app.add_marketplace_client("acme").await;
    let customer_id = client.customer_id.unwrap();
    app.add_campaign(customer_id, "Sales", "fr-FR").await;
    app.add_campaign(customer_id, "Care", "de").await;
    (app, client)
}

/// A campaign to invite to.
async fn campaign(app: &TestApp, client: &TestClient, kind: CampaignKind) -> String {
    let new = NewCampaign {
        customer_id: client.customer_id.unwrap(),
        kind,
        name: "Check".parse().unwrap(),
        language: "en".parse().unwrap(),
    };
    let act = Act::new(actor(), Clock::system().now());
    let campaign = app.db.transaction(async |db| add_campaign(db, &act, &new).await);
    campaign.await.unwrap().campaign_id.to_string()
}

fn plan(app: &TestApp, client: &TestClient) -> Plan {
    Plan {
        url: format!("http://{}", app.address).parse().unwrap(),
        client_id: client.client_id.to_string(),
        secret: client.secret.clone().into(),
        user: "jean.dupont@site".to_owned(),
        audience: ISSUER.to_owned(),
        groups: Vec::new(),
        campaigns: None,
        requests_per_second: 1000.try_into().unwrap(),
        timeout: Duration::from_secs(30),
    }
}

#[test]
fn this_service_passes_its_own_checks() {
    // The checks stay on one thread.
    actix_web::rt::System::new().block_on(async {
        let (app, client) = service().await;
        let mut plan = plan(&app, &client);
        plan.campaigns = Some(Campaigns {
            video: Some(campaign(&app, &client, CampaignKind::Video).await),
            assessment: Some(campaign(&app, &client, CampaignKind::Assessment).await),
        });
        let report = run(plan, |_| {}).await.unwrap();
        for level in Level::ALL {
            assert_eq!(report.failed(*level), Vec::<&str>::new(), "{}", report.to_text());
        }
        for result in &report.results {
            let expected = match result.check.id {
                // Plain http, on this machine; nobody has a score yet, and no customer a link of its own.
                "token.tls" | "assessments.status.scores" => CheckStatus::Noted,
                "videos.creation-link" | "assessments.creation-link" => CheckStatus::NotOffered,
                _ => CheckStatus::Passed,
            };
            assert_eq!(result.status, expected, "{result:#?}");
        }
        assert_eq!(report.waits, Vec::<String>::new(), "it was told to slow down");
    });
}

#[test]
fn a_client_without_the_user_grant_is_not_failed_for_it() {
    actix_web::rt::System::new().block_on(async {
        let (app, client) = service().await;
        app.update_client(&client, |settings| {
            settings.grants = Grants::only(Grant::ClientCredentials);
        })
        .await;
        let report = run(plan(&app, &client), |_| {}).await.unwrap();
        assert_eq!(
            report.failed(Level::Required),
            Vec::<&str>::new(),
            "{}",
            report.to_text()
        );
        let accepted = report
            .results
            .iter()
            .find(|result| result.check.id == "assertion.accepted");
        assert_eq!(accepted.unwrap().status, CheckStatus::NotOffered);
    });
}
