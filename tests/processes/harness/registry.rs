//! What is registered in a database, put there as the command line would.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use sqlx::PgPool;
use talentsoft_partner::audit::Actor;
use talentsoft_partner::clients::{
    self, ClientSettings, Grant, Grants, NewClient, NewSecret, SecretInfo, Strength,
};
use talentsoft_partner::clock::Clock;
use talentsoft_partner::crypto::seal::MasterKey;
use talentsoft_partner::crypto::secret::PresentedSecret;
use talentsoft_partner::db::Db;
use talentsoft_partner::ids::{ClientId, CustomerId};
use talentsoft_partner::keys::{self, KeyRing};
use uuid::Uuid;

use super::{ISSUER, MASTER_KEY, SECRET};

/// The test's own way to the database.
pub struct Registry {
    pub url: String,
    pub db: Db,
    /// For statements of the test's own.
    pub sql: PgPool,
    ring: KeyRing,
}

/// A registered client and what proves it.
#[derive(Clone)]
pub struct TestClient {
    pub client_id: ClientId,
    pub secret: String,
    pub secret_info: SecretInfo,
}

pub fn actor() -> Actor {
    Actor::OsUser("tester".to_owned())
}

pub fn now() -> DateTime<Utc> {
    Clock::system().now()
}

impl Registry {
    /// Opens a database, and brings it up to date.
    pub async fn open(url: &str) -> Self {
        let db = Db::new(url, 2, 1).unwrap();
        db.migrate().await.unwrap();
        let ring = KeyRing::new(MasterKey::parse(MASTER_KEY).unwrap());
        keys::ensure_keys(&db, &ring, now()).await.unwrap();
        Self {
            url: url.to_owned(),
            db,
            sql: PgPool::connect(url).await.unwrap(),
            ring,
        }
    }

    /// A fresh database.
    pub async fn fresh() -> Self {
        Self::open(&super::database::fresh().await).await
    }

    pub async fn add_customer(&self, name: &str) -> CustomerId {
        let customer = clients::add_customer(&self.db, name, now(), &actor()).await;
        customer.unwrap().customer_id
    }

    /// A client as Talentsoft's marketplace has, of a new customer.
    pub async fn add_marketplace_client(&self, client_id: &str) -> TestClient {
        let customer_id = self.add_customer(client_id).await;
        self.add_client(client_id, SECRET, ClientSettings::marketplace(customer_id))
            .await
    }

    /// A client whose secret nobody knows before it was verified once, for it is kept as a hash only.
    pub async fn add_cold_client(&self, client_id: &str) -> TestClient {
        let grants = Grants::of(&[Grant::ClientCredentials]);
        let settings = ClientSettings {
            grants,
            ..ClientSettings::marketplace(self.add_customer(client_id).await)
        };
        self.add_client(client_id, SECRET, settings).await
    }

    pub async fn add_client(&self, client_id: &str, secret: &str, settings: ClientSettings) -> TestClient {
        let new = NewClient {
            client_id: client_id.parse().unwrap(),
            settings,
            secret: new_secret(secret),
        };
        let added = clients::add_client(&self.db, &self.ring, &new, now(), &actor()).await;
        let (client, secret_info) = added.unwrap();
        TestClient {
            client_id: client.client_id,
            secret: secret.to_owned(),
            secret_info,
        }
    }

    /// The same client with one more secret.
    pub async fn add_secret(&self, client: &TestClient, secret: &str) -> TestClient {
        let (new, actor) = (new_secret(secret), actor());
        let added = clients::add_secret(&self.db, &self.ring, &client.client_id, &new, now(), &actor);
        TestClient {
            client_id: client.client_id.clone(),
            secret: secret.to_owned(),
            secret_info: added.await.unwrap(),
        }
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

    /// What Talentsoft would send now: good until it expires, as often as it is sent.
    pub fn assertion(&self) -> String {
        self.sign(&self.claims())
    }

    /// Good once.
    pub fn single_use_assertion(&self) -> String {
        let mut claims = self.claims();
        claims["jti"] = json!(Uuid::from_bytes(rand_bytes()).to_string());
        self.sign(&claims)
    }

    fn claims(&self) -> Value {
        let now = now().timestamp();
        json!({
            "iss": self.client_id, "aud": ISSUER, "sub": "TalentSoftMarketPlace", "exp": now + 1200, "iat": now,
            "email": "jean.dupont@site", "name": "Jean Dupont",
        })
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "HS256", "typ": "JWT" });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let input = format!("{}.{}", encode(&header), encode(claims));
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        let mac = jsonwebtoken::crypto::sign(input.as_bytes(), &key, Algorithm::HS256).unwrap();
        format!("{input}.{mac}")
    }
}

fn rand_bytes() -> [u8; 16] {
    talentsoft_partner::crypto::random::bytes()
}

fn new_secret(text: &str) -> NewSecret {
    NewSecret {
        secret: PresentedSecret::new(text.to_owned()).unwrap(),
        strength: Strength::Any,
        expires_in: None,
    }
}
