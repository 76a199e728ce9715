//! What is registered in a database, put there as the command line would.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgPool;
use talentsoft_partner::audit::{Act, Actor};
use talentsoft_partner::clients::{
    self, ClientSettings, Enabled, Grant, Grants, HashedSecret, NewClient, NewSecret, Retirement, Scope,
    SecretInfo, Strength,
};
use talentsoft_partner::clock::Clock;
use talentsoft_partner::crypto::password::PasswordPool;
use talentsoft_partner::crypto::seal::MasterKey;
use talentsoft_partner::crypto::secret::{PresentedSecret, SecretHashing};
use talentsoft_partner::db::Db;
use talentsoft_partner::ids::{CampaignId, ClientId, CustomerId, SecretId};
use talentsoft_partner::keys::{self, KeyRing, Purpose};
use talentsoft_partner::recruiting::{Campaign, CampaignKind, NewCampaign, add_campaign, close_campaign};
use uuid::Uuid;

use crate::assertion::{self, Assertion};
use crate::{MASTER_KEY, SECRET, database, log};

/// The test's own way to a database.
pub struct Registry {
    pub database_url: String,
    /// Pools do not cross runtimes: it is not the one of a service.
    pub db: Db,
    /// For statements of the test's own.
    pub sql: PgPool,
    pub clock: Clock,
}

/// A registered client and what proves it.
#[derive(Clone)]
pub struct TestClient {
    pub client_id: ClientId,
    pub customer_id: Option<CustomerId>,
    pub secret: String,
    pub secret_info: SecretInfo,
}

pub fn actor() -> Actor {
    Actor::OsUser("tester".to_owned())
}

impl Registry {
    /// Opens a database with the present schema.
    pub async fn open(database_url: &str, clock: Clock) -> Self {
        Self {
            database_url: database_url.to_owned(),
            db: Db::new(database_url, 2, 1).unwrap(),
            sql: PgPool::connect(database_url).await.unwrap(),
            clock,
        }
    }

    /// A fresh database with keys, by the clock of the system.
    pub async fn fresh() -> Self {
        Self::prepared(&database::fresh().await).await
    }

    /// Brings a database up to date, by the clock of the system.
    pub async fn prepared(database_url: &str) -> Self {
        let db = Db::new(database_url, 1, 1).unwrap();
        db.migrate().await.unwrap();
        db.close();
        let registry = Self::open(database_url, Clock::system()).await;
        registry.ring().await;
        registry
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Somebody at the command line, now.
    pub fn act(&self) -> Act {
        Act::new(actor(), self.now())
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// The keys of the service.
    pub async fn ring(&self) -> KeyRing {
        let ring = KeyRing::new(MasterKey::parse(MASTER_KEY).unwrap());
        let act = self.act();
        let ensured = self
            .db
            .transaction(async |db| keys::ensure_keys(db, &act, ring.master_key()).await);
        ensured.await.unwrap();
        let loaded = self.db.read(async |db| keys::load(db, &ring).await);
        loaded.await.unwrap();
        ring
    }

    pub async fn add_customer(&self, name: &str) -> CustomerId {
        let act = self.act();
        let added = self
            .db
            .transaction(async |db| clients::add_customer(db, &act, name).await);
        added.await.unwrap().customer_id
    }

    /// A client of a new customer, as Talentsoft's marketplace has.
    pub async fn add_marketplace_client(&self, name: &str) -> TestClient {
        let customer_id = self.add_customer(name).await;
        self.add_client(
            &format!("client-of-{name}"),
            SECRET,
            ClientSettings::marketplace(customer_id),
        )
        .await
    }

    /// A client of the partner itself.
    pub async fn add_own_client(&self, client_id: &str, scopes: &[Scope]) -> TestClient {
        let scopes = scopes.iter().copied().collect();
        let settings = ClientSettings::first(None, None, Some(scopes)).unwrap();
        self.add_client(client_id, SECRET, settings).await
    }

    pub async fn add_client(&self, client_id: &str, secret: &str, settings: ClientSettings) -> TestClient {
        log::never(secret);
        let new = NewClient {
            client_id: client_id.parse().unwrap(),
            settings,
            secret: hash_secret(new_secret(secret), SecretHashing::fresh()).await,
        };
        let (act, ring) = (self.act(), self.ring().await);
        let added = self
            .db
            .transaction(async |db| clients::add_client(db, &act, &ring, new).await);
        let (client, secret_info) = added.await.unwrap();
        let customer_id = client.settings.customer_id;
        TestClient {
            client_id: client.client_id,
            customer_id,
            secret: secret.to_owned(),
            secret_info,
        }
    }

    pub async fn add_secret(
        &self,
        client: &TestClient,
        secret: &str,
        expires_in: Option<TimeDelta>,
    ) -> SecretInfo {
        log::never(secret);
        self.add_short_secret(client, secret, expires_in).await
    }

    /// The same client with one more secret, which it uses.
    pub async fn with_another_secret(&self, client: &TestClient, secret: &str) -> TestClient {
        TestClient {
            secret: secret.to_owned(),
            secret_info: self.add_secret(client, secret, None).await,
            ..client.clone()
        }
    }

    /// A secret that is too short to be looked for in the log: it stands there by chance.
    pub async fn add_short_secret(
        &self,
        client: &TestClient,
        secret: &str,
        expires_in: Option<TimeDelta>,
    ) -> SecretInfo {
        let new = NewSecret {
            expires_in,
            ..new_secret(secret)
        };
        let client_id = &client.client_id;
        let found = self.db.read(async |db| clients::find_client(db, client_id).await);
        let new = hash_secret(new, found.await.unwrap().secret_hashing).await;
        let (act, ring) = (self.act(), self.ring().await);
        let added = self
            .db
            .transaction(async |db| clients::add_secret(db, &act, &ring, client_id, &new).await);
        added.await.unwrap()
    }

    pub async fn retire_secret(&self, client: &TestClient, secret_id: SecretId) {
        let act = self.act();
        let retired = self.db.transaction(async |db| {
            clients::retire_secret(db, &act, &client.client_id, secret_id, Retirement::Restorable).await
        });
        retired.await.unwrap();
    }

    pub async fn restore_secret(&self, client: &TestClient, secret_id: SecretId) {
        let act = self.act();
        let restored = self
            .db
            .transaction(async |db| clients::restore_secret(db, &act, &client.client_id, secret_id).await);
        restored.await.unwrap();
    }

    pub async fn set_enabled(&self, client: &TestClient, enabled: Enabled) {
        let act = self.act();
        let set = self
            .db
            .transaction(async |db| clients::set_client_enabled(db, &act, &client.client_id, enabled).await);
        set.await.unwrap();
    }

    /// Ends all tokens of a client.
    pub async fn revoke_tokens(&self, client: &TestClient) {
        let act = self.act();
        let revoked = self
            .db
            .transaction(async |db| clients::revoke_client_tokens(db, &act, &client.client_id).await);
        revoked.await.unwrap();
    }

    pub async fn rotate_keys(&self, purpose: Purpose) {
        let (act, master_key) = (self.act(), MasterKey::parse(MASTER_KEY).unwrap());
        let rotated = self
            .db
            .transaction(async |db| keys::rotate(db, &act, &master_key, purpose).await);
        rotated.await.unwrap();
    }

    /// Changes settings of a client.
    pub async fn update_client(&self, client: &TestClient, change: impl FnOnce(&mut ClientSettings)) {
        let act = self.act();
        let change = |settings: &mut ClientSettings| {
            change(settings);
            Ok::<_, clients::Error>(())
        };
        let updated = self
            .db
            .transaction(async |db| clients::update_client(db, &act, &client.client_id, change).await);
        updated.await.unwrap();
    }

    pub async fn add_campaign(&self, customer_id: CustomerId, name: &str, language: &str) -> Campaign {
        self.add_campaign_of(CampaignKind::Video, customer_id, name, language)
            .await
    }

    pub async fn add_campaign_of(
        &self,
        kind: CampaignKind,
        customer_id: CustomerId,
        name: &str,
        language: &str,
    ) -> Campaign {
        let new = NewCampaign {
            customer_id,
            kind,
            name: name.parse().unwrap(),
            language: language.parse().unwrap(),
        };
        let act = self.act();
        let added = self.db.transaction(async |db| add_campaign(db, &act, &new).await);
        added.await.unwrap()
    }

    /// Closes an open campaign.
    pub async fn close_campaign(&self, campaign_id: CampaignId) {
        let act = self.act();
        let closing = self
            .db
            .transaction(async |db| close_campaign(db, &act, campaign_id).await);
        closing.await.unwrap();
    }

    /// A client whose secret nobody knows before it was verified once, for it is kept as a hash only.
    pub async fn add_cold_client(&self, client_id: &str) -> TestClient {
        let grants = Grants::only(Grant::ClientCredentials);
        let settings = ClientSettings {
            grants,
            ..ClientSettings::marketplace(self.add_customer(client_id).await)
        };
        self.add_client(client_id, SECRET, settings).await
    }
}

impl TestClient {
    pub fn credentials_form(&self) -> [(&str, &str); 3] {
        [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", &self.secret),
        ]
    }

    /// The same client with a wrong secret.
    pub fn guessing(&self) -> Self {
        Self {
            secret: "not the secret, but as long as one: 0123456789abcdef".to_owned(),
            ..self.clone()
        }
    }

    /// What Talentsoft would send by the clock of the system: good until it expires, as often as it is sent.
    pub fn assertion(&self) -> String {
        self.unsigned_assertion().sign(&self.secret)
    }

    /// Good once.
    pub fn single_use_assertion(&self) -> String {
        let jti = Uuid::from_u128(u128::from_be_bytes(talentsoft_partner::crypto::random::bytes()));
        let assertion = self.unsigned_assertion().claim("jti", json!(jti.to_string()));
        assertion.sign(&self.secret)
    }

    fn unsigned_assertion(&self) -> Assertion {
        assertion::good_at(Clock::system().now(), self)
    }
}

/// As the service would.
async fn hash_secret(new: NewSecret, hashing: SecretHashing) -> HashedSecret {
    clients::hash_secret(&PasswordPool::new(1, 0), new, hashing)
        .await
        .unwrap()
}

fn new_secret(text: &str) -> NewSecret {
    NewSecret {
        secret: PresentedSecret::new(text.to_owned()).unwrap(),
        strength: Strength::Any,
        expires_in: None,
    }
}
