//! One call of each kind, and what it is answered.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use talentsoft_partner::clients::Scope;
use talentsoft_partner::ids::CampaignId;
use talentsoft_partner::recruiting::CampaignKind;
use test_support::candidate::{candidate, candidates};
use test_support::cluster::Node;
use test_support::{Answer, ISSUER, Instance, Registry, TestClient};
use tokio::task::{JoinHandle, JoinSet};

use super::table::{Row, status_cell};

/// What the columns of the table are about, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    WarmToken,
    SingleUseAssertion,
    Check,
    ColdToken,
    Revoke,
    List,
    Report,
    Invite,
}

pub const KINDS: &[Kind] = &[
    Kind::WarmToken,
    Kind::SingleUseAssertion,
    Kind::Check,
    Kind::ColdToken,
    Kind::Revoke,
    Kind::List,
    Kind::Report,
    Kind::Invite,
];

/// How often each call is made for the table.
const REPETITIONS: usize = 3;
/// Clients that are in nobody's memory. One that was answered is in memory, and not used again.
const COLD_CLIENTS: usize = 12;
/// Invitations at once.
const MANY: usize = 20;
/// The candidate who has a report; the others are new.
const REPORTED: u32 = 0;

/// Somebody who makes all kinds of calls, and has what they need.
pub struct Calls {
    client: TestClient,
    cold: Vec<TestClient>,
    campaign_id: CampaignId,
    /// The path of a report.
    report: String,
    /// In use for everything but to be revoked.
    token: String,
    /// To be revoked where no other is issued: a revocation may succeed all the same.
    spare_token: String,
    next_candidate: u32,
}

impl Calls {
    /// Prepares a database, by an instance of its own.
    pub async fn prepared(primary: &Node) -> Self {
        let registry = Registry::prepared(&primary.url()).await;
        let client = registry.add_marketplace_client("acme").await;
        let platform = registry.add_own_client("platform", &[Scope::Platform]).await;
        let campaign = registry
            .add_campaign_of(
                CampaignKind::Assessment,
                client.customer_id.unwrap(),
                "Logic",
                "fr",
            )
            .await;
        let mut cold = Vec::new();
        for number in 0..COLD_CLIENTS {
            cold.push(registry.add_marketplace_client(&format!("cold-{number}")).await);
        }
        let instance = Instance::start(&primary.url()).await;
        let report = add_report(&instance, &client, &platform, campaign.campaign_id).await;
        instance.stop().await;
        registry.db.close();
        registry.sql.close().await;
        Self {
            client,
            cold,
            campaign_id: campaign.campaign_id,
            report,
            token: String::new(),
            spare_token: String::new(),
            next_candidate: REPORTED + 1,
        }
    }

    /// The client that `instance` shall know is in its memory from now on.
    pub async fn warm_up(&mut self, instance: &Instance) {
        self.token = instance.token(&self.client).await;
        self.spare_token = instance.token(&self.client).await;
    }

    /// Makes all calls some times, one after the other.
    pub async fn row(&mut self, instance: &Instance) -> Row {
        let mut cells = vec![readiness(instance).await];
        for kind in KINDS {
            let mut statuses = BTreeSet::new();
            for _ in 0..REPETITIONS {
                statuses.insert(self.call(*kind, instance).await.unwrap());
            }
            cells.push(status_cell(&statuses));
        }
        Row(cells)
    }

    /// Makes all calls again and again until `is_met`, while a failure is about to be noticed: each of them is answered as
    /// it is without a failure, or with 503.
    pub async fn until(&mut self, instance: &Instance, mut is_met: impl AsyncFnMut() -> bool) {
        while !is_met().await {
            for kind in KINDS {
                if let Some(status) = self.call(*kind, instance).await {
                    assert!([kind.success(), 503].contains(&status), "{kind:?}: {status}");
                }
            }
        }
    }

    /// Sends what changes something, many times at once, and waits for no answer.
    pub fn send_many(&mut self, instance: &Instance) -> JoinSet<reqwest::Result<Answer>> {
        let mut sent = JoinSet::new();
        for _ in 0..MANY {
            sent.spawn(Answer::of(self.invitation(instance)));
        }
        sent
    }

    /// Revokes a new token, and waits for no answer.
    pub async fn send_revocation(&self, instance: &Instance) -> JoinHandle<reqwest::Result<Answer>> {
        let token = instance.token(&self.client).await;
        let form = [
            ("client_id", self.client.client_id.as_str()),
            ("client_secret", &self.client.secret),
            ("token", &token),
        ];
        tokio::spawn(Answer::of(instance.request(Method::POST, "/revoke").form(&form)))
    }

    /// Invites somebody new.
    fn invitation(&mut self, instance: &Instance) -> RequestBuilder {
        self.next_candidate += 1;
        let invited = candidates(self.campaign_id, [self.next_candidate]);
        let request = instance.request(Method::POST, "/assessments/invitations");
        request.bearer_auth(&self.token).json(&invited)
    }

    /// The status of one call; `None` where no cold client is left.
    async fn call(&mut self, kind: Kind, instance: &Instance) -> Option<u16> {
        let client = &self.client;
        let get = |path| instance.request(Method::GET, path).bearer_auth(&self.token);
        let status = match kind {
            Kind::WarmToken => instance.client_credentials(client).await.status,
            Kind::SingleUseAssertion => instance.jwt_bearer(&client.single_use_assertion()).await.status,
            Kind::Check => status(get("/auth/check")).await,
            Kind::ColdToken => {
                let cold = self.cold.last()?;
                let status = instance.client_credentials(cold).await.status;
                if status == 200 {
                    self.cold.pop();
                }
                status
            }
            Kind::Revoke => {
                let issued = instance.client_credentials(client).await;
                let token = if issued.status == 200 {
                    issued.token()
                } else {
                    self.spare_token.clone()
                };
                instance.revoke(client, &token).await.status
            }
            Kind::List => status(get("/assessments/campaigns")).await,
            Kind::Report => status(get(&self.report)).await,
            Kind::Invite => status(self.invitation(instance)).await,
        };
        Some(status.as_u16())
    }
}

impl Kind {
    /// The status without a failure.
    fn success(self) -> u16 {
        if self == Self::Check { 204 } else { 200 }
    }
}

async fn status(request: RequestBuilder) -> reqwest::StatusCode {
    Answer::of(request).await.unwrap().status
}

/// What readiness says: its words, and its status where that is not 200.
async fn readiness(instance: &Instance) -> String {
    let answer = instance.health().await;
    let body = answer.json();
    let words: Vec<String> = ["status", "database"]
        .iter()
        .filter_map(|name| Some(format!("`{}`", body[name].as_str()?)))
        .collect();
    if answer.status == 200 {
        words.join(" ")
    } else {
        format!("{} {}", answer.status.as_u16(), words.join(" "))
    }
}

/// Invites somebody whose report is uploaded, and returns its path.
async fn add_report(
    instance: &Instance,
    client: &TestClient,
    platform: &TestClient,
    campaign_id: CampaignId,
) -> String {
    let marketplace = instance.token(client).await;
    let platform = instance.token(platform).await;
    let invite = instance.request(Method::POST, "/assessments/invitations");
    let invite = invite
        .bearer_auth(&marketplace)
        .json(&[candidate(campaign_id, REPORTED)]);
    let rows = Answer::of(invite).await.unwrap().json();
    let path = format!(
        "/platform/v1/invitations/{}",
        rows[0]["invitation_id"].as_str().unwrap()
    );
    // Talentsoft sees reports once there is a result.
    for status in ["started", "completed"] {
        let change = instance.request(Method::POST, &format!("{path}/status"));
        let change = change.bearer_auth(&platform).json(&json!({ "status": status }));
        assert!(Answer::of(change).await.unwrap().status.is_success());
    }
    let upload = instance.request(Method::POST, &format!("{path}/reports?name=x"));
    let upload = upload
        .bearer_auth(&platform)
        .header("content-type", "application/pdf")
        .body(&b"%PDF-1.7"[..]);
    let uploaded = Answer::of(upload).await.unwrap();
    assert_eq!(uploaded.status, 201, "{uploaded:?}");
    let url = uploaded.header("location");
    url.strip_prefix(ISSUER).unwrap_or(url).to_owned()
}
