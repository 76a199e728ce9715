//! A service whose callbacks reach the receivers of tests, and the events of its outbox.

use talentsoft_partner::clients::ClientSettings;
use talentsoft_partner::ids::{CampaignId, CustomerId, InvitationId};
use talentsoft_partner::webhooks::{self, DeliveryState, EventFilter, EventInfo};
use uuid::Uuid;

use test_support::eventually;
use test_support::{SECRET, Setup, TestApp, TestClient};

/// A service that may call back where tests listen.
pub fn permissive() -> Setup {
    let mut setup = Setup::default();
    setup.settings.webhooks.allows_private_addresses = true;
    setup
}

/// A service with a client that may be called back at localhost, and a campaign of its customer.
pub struct Stage {
    pub app: TestApp,
    pub client: TestClient,
    pub customer_id: CustomerId,
    pub campaign_id: CampaignId,
}

impl Stage {
    pub async fn set(setup: Setup) -> Self {
        let app = TestApp::start_with(setup).await;
        let (client, campaign_id) = add_client(&app, "acme").await;
        Self {
            customer_id: client.customer_id.unwrap(),
            app,
            client,
            campaign_id,
        }
    }

    /// An invitation with a callback URL.
    pub async fn invite(&self, callback_url: &str) -> InvitationId {
        invite(&self.app, &self.client, self.campaign_id, callback_url).await
    }

    /// What the platform's call does, in one transaction.
    pub async fn becomes(&self, invitation_id: InvitationId, status: &str) -> Uuid {
        self.tell(invitation_id, "callback", "invitation.status_changed", status)
            .await
    }

    pub async fn tell(
        &self,
        invitation_id: InvitationId,
        destination: &str,
        name: &str,
        status: &str,
    ) -> Uuid {
        let mut transaction = self.app.sql.begin().await.unwrap();
        sqlx::query("update invitation set status = $2, status_changed_at = $3 where invitation_id = $1")
            .bind(invitation_id)
            .bind(status)
            .bind(self.app.now())
            .execute(&mut *transaction)
            .await
            .unwrap();
        let event_id = sqlx::query_scalar(
            "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at)
             values ($1, $2, $3, $4, $5, $5) returning event_id",
        )
        .bind(invitation_id)
        .bind(destination)
        .bind(name)
        .bind(status)
        .bind(self.app.now())
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
        transaction.commit().await.unwrap();
        event_id
    }

    pub async fn event(&self, event_id: Uuid) -> EventInfo {
        let events = list_events(&self.app, 1000).await;
        let found = events.into_iter().find(|event| event.event_id == event_id);
        found.unwrap()
    }

    /// The event once it was tried so often and nobody tries it at the moment.
    pub async fn tried(&self, event_id: Uuid, attempts: i32) -> EventInfo {
        let tried = async || {
            let event = self.event(event_id).await;
            event.attempts >= attempts && event.last_error.is_some()
        };
        eventually("it is tried", tried).await;
        self.event(event_id).await
    }

    pub async fn delivered(&self, event_id: Uuid) {
        let delivered = async || self.event(event_id).await.state == DeliveryState::Delivered;
        eventually("it is delivered", delivered).await;
    }
}

pub async fn list_events(app: &TestApp, limit: i64) -> Vec<EventInfo> {
    let filter = EventFilter::default();
    let listed = app
        .db
        .read(async |db| webhooks::list_events(db, &filter, limit).await);
    listed.await.unwrap()
}

pub async fn add_client(app: &TestApp, name: &str) -> (TestClient, CampaignId) {
    let customer_id = app.add_customer(name).await;
    let settings = ClientSettings {
        callback_hosts: vec!["localhost".to_owned()].try_into().unwrap(),
        ..ClientSettings::marketplace(customer_id)
    };
    let client = app
        .add_client(&format!("client-of-{name}"), SECRET, settings)
        .await;
    let campaign = app.add_campaign(customer_id, "Rust", "fr").await;
    (client, campaign.campaign_id)
}

pub async fn invite(
    app: &TestApp,
    client: &TestClient,
    campaign_id: CampaignId,
    callback_url: &str,
) -> InvitationId {
    let id = InvitationId::generate(app.now());
    sqlx::query(
        "insert into invitation (invitation_id, customer_id, client_id, campaign_id, kind, applicant_id, application_id,
             lastname, firstname, email, callback_url, link_digest, sealed_link, sealing_key_id, status, created_at,
             status_changed_at, expires_at)
         select $1, $2, $3, $4, 'video', gen_random_uuid(), gen_random_uuid(), 'Dupont', 'Zoé', $7, $5,
             sha256($1::text::bytea), '', min(sealing_key_id), 'invited', $6, $6, $6 + interval '30 days'
         from sealing_key",
    )
    .bind(id)
    .bind(client.customer_id)
    .bind(client.client_id.as_str())
    .bind(campaign_id)
    .bind(callback_url)
    .bind(app.now())
    .bind("zoe.dupont@site")
    .execute(&app.sql)
    .await
    .unwrap();
    id
}
