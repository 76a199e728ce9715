//! A customer with its marketplace client, the partner's platform, and candidates to invite.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use talentsoft_partner::app::App;
use talentsoft_partner::clients::{ClientSettings, Grants, Scope};
use talentsoft_partner::ids::CustomerId;
use talentsoft_partner::recruiting::{Campaign, CampaignKind, NewCampaign, add_campaign};
use uuid::Uuid;

use crate::{Answer, OTHER_SECRET, SECRET, Setup, TestApp, TestClient, application, log, send};

/// In every name of a candidate and in every address: never in the log.
pub const PERSONAL: &str = "Persönlich";
/// Where callbacks may go.
pub const CALLBACK_HOST: &str = "ats.example";

/// A service, a customer, and the platform.
pub struct Stage {
    pub app: TestApp,
    /// The customer's, as Talentsoft uses it.
    pub client: TestClient,
    pub customer_id: CustomerId,
    /// The platform's own client, which reaches every customer.
    pub platform: TestClient,
    /// Its token.
    pub token: String,
    /// A token of the customer's client.
    pub marketplace_token: String,
}

/// An invitation, and the candidate.
#[derive(Clone, Debug)]
pub struct Invitee {
    pub invitation_id: String,
    /// What the link ends in.
    pub link_token: String,
    pub applicant_id: Uuid,
    pub application_id: Uuid,
    pub firstname: String,
    pub lastname: String,
    pub email: String,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let app = TestApp::start_with(setup).await;
        log::never(PERSONAL);
        let customer_id = app.add_customer("acme").await;
        let settings = ClientSettings {
            callback_hosts: vec![CALLBACK_HOST.to_owned()].try_into().unwrap(),
            ..ClientSettings::marketplace(customer_id)
        };
        let client = app.add_client("client-of-acme", SECRET, settings).await;
        let platform = app.add_own_client("platform", &[Scope::Platform]).await;
        let token = app.application_token(&platform).await;
        let marketplace_token = app.application_token(&client).await;
        Self {
            app,
            client,
            customer_id,
            platform,
            token,
            marketplace_token,
        }
    }

    /// A token of a platform client that belongs to a customer.
    pub async fn bound_token(&self, customer_id: CustomerId) -> String {
        let settings = ClientSettings::new(
            Some(customer_id),
            Grants::both(),
            [Scope::Platform].into_iter().collect(),
        );
        let client_id = format!("platform-of-{customer_id}");
        let client = self.app.add_client(&client_id, OTHER_SECRET, settings).await;
        self.app.application_token(&client).await
    }

    pub async fn campaign(&self, kind: CampaignKind) -> Campaign {
        self.campaign_of(self.customer_id, kind).await
    }

    pub async fn campaign_of(&self, customer_id: CustomerId, kind: CampaignKind) -> Campaign {
        let new = NewCampaign {
            customer_id,
            kind,
            name: "Logic".parse().unwrap(),
            language: "fr".parse().unwrap(),
        };
        let act = self.app.act();
        let added = self
            .app
            .db
            .transaction(async |db| add_campaign(db, &act, &new).await);
        added.await.unwrap()
    }

    /// The service's operations without the service, on the same database and clock.
    pub async fn library(&self) -> Arc<App> {
        self.library_with(Setup::default()).await
    }

    pub async fn library_with(&self, setup: Setup) -> Arc<App> {
        application(setup.settings, &self.app.clock, &self.app.db)
            .await
            .unwrap()
    }

    /// Invites somebody new.
    pub async fn invite(&self, campaign: &Campaign) -> Invitee {
        let person = Invitee::somebody();
        self.invite_person(&self.client, campaign, person).await
    }

    /// Invites a person by a client of the campaign's customer; changes are told to the callback host, where the client has
    /// one.
    pub async fn invite_person(&self, client: &TestClient, campaign: &Campaign, person: Invitee) -> Invitee {
        let is_video = campaign.kind == CampaignKind::Video;
        let path = if is_video {
            "/videos/interviews"
        } else {
            "/assessments/invitations"
        };
        let is_told = client.client_id == self.client.client_id;
        let body = json!([{
            "campaign_id": campaign.campaign_id, "applicant_id": person.applicant_id,
            "application_id": person.application_id, "lastname": person.lastname, "firstname": person.firstname,
            "email": person.email, "phone": "+33 1 23 45 67 89",
            "callback_url": is_told.then(|| format!("https://{CALLBACK_HOST}/hook")),
        }]);
        let token = self.app.application_token(client).await;
        let request = self
            .app
            .request(Method::POST, path)
            .bearer_auth(token)
            .json(&body);
        let answer = send(request).await;
        let row = &answer.json()[0];
        assert_eq!(row["status"], "success", "{answer:?}");
        let link = if is_video {
            "interview_invitation_link"
        } else {
            "assessment_invitation_link"
        };
        let link_token = row[link].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let sql = "select invitation_id::text from invitation where applicant_id = $1 and application_id = $2
             and superseded_by = '00000000-0000-0000-0000-000000000000'";
        let invitation_id = sqlx::query_scalar(sql)
            .bind(person.applicant_id)
            .bind(person.application_id)
            .fetch_one(&self.app.sql)
            .await
            .unwrap();
        Invitee {
            invitation_id,
            link_token,
            ..person
        }
    }

    /// A call as the platform.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.app
            .request(method, &format!("/platform/v1{path}"))
            .bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn post_under(&self, key: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).json(body);
        send(request.header("idempotency-key", key)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn set_status(&self, invitee: &Invitee, status: &str) -> Answer {
        let path = format!("/invitations/{}/status", invitee.invitation_id);
        self.post(&path, &json!({ "status": status })).await
    }

    /// Type and status of the events for Talentsoft, in order.
    pub async fn callbacks(&self, invitee: &Invitee) -> Vec<String> {
        sqlx::query_scalar(
            "select type || ' ' || status from webhook_event
             where invitation_id = $1::uuid and destination = 'callback' order by position",
        )
        .bind(&invitee.invitation_id)
        .fetch_all(&self.app.sql)
        .await
        .unwrap()
    }

    /// One number that a statement of the test's own answers.
    pub async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&self.app.sql)
            .await
            .unwrap()
    }
}

impl Invitee {
    /// Somebody whom nobody knows yet.
    pub fn somebody() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let id = || Uuid::from_u128(rand_bits());
        Self {
            invitation_id: String::new(),
            link_token: String::new(),
            applicant_id: id(),
            application_id: id(),
            firstname: format!("Zoé-{PERSONAL}-{number}"),
            lastname: format!("Dupont-{PERSONAL}-{number}"),
            email: format!("Zoe.{PERSONAL}.{number}@candidate.example"),
        }
    }
}

fn rand_bits() -> u128 {
    u128::from_be_bytes(talentsoft_partner::crypto::random::bytes())
}
