//! What every test stands on: one PostgreSQL for the whole binary, a database and a running service for each test, and
//! an eye on everything that is logged.

pub mod assertion;
pub mod candidate;
pub mod connection;
pub mod database;
pub mod log;
pub mod platform;
pub mod receiver;
pub mod response;
pub mod routes;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, RequestBuilder};
use sqlx::PgPool;
use talentsoft_partner::app::{App, Settings};
use talentsoft_partner::audit::Actor;
use talentsoft_partner::clients::{
    self, ClientSettings, Grants, NewClient, NewSecret, Scope, SecretInfo, Strength,
};
use talentsoft_partner::clock::Clock;
use talentsoft_partner::crypto::seal::MasterKey;
use talentsoft_partner::crypto::secret::PresentedSecret;
use talentsoft_partner::db::Db;
use talentsoft_partner::ids::{ClientId, CustomerId};
use talentsoft_partner::keys::{self, KeyRing};
use talentsoft_partner::recruiting::{Campaign, CampaignKind, NewCampaign, add_campaign};
use talentsoft_partner::replica::Feed;
use talentsoft_partner::server::{self, Options};
use talentsoft_partner::wire::connection::Timeouts;
use tokio_util::sync::CancellationToken;

pub use response::{Answer, send};

/// The issuer of every service under test.
pub const ISSUER: &str = "https://api.partner.example";
/// A secret of the form that Talentsoft gives out.
pub const SECRET: &str = "26a5c010885148d1afe2d535cb3e9ffaacbc714597bb4abdb2a6fca6d16658bf";
/// Another one.
pub const OTHER_SECRET: &str = "98fca0ed1d1548f5b41f2c4d26c1a4cae2c5f5f7a3cf4b6a8d3b6a0c7de51b11";
/// Seconds that a fresh token lives.
pub const TTL: i64 = 3600;

const MASTER_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// The instant at which the clock of a service under test stands: inside the window of the contract's golden assertion.
pub fn frozen_instant() -> DateTime<Utc> {
    DateTime::from_timestamp(1_520_181_000, 0).unwrap()
}

/// How a service under test differs from the usual one.
pub struct Setup {
    pub settings: Settings,
    pub tls: Option<rustls::ServerConfig>,
    pub clock: Clock,
    pub timeouts: Timeouts,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: Settings::at(ISSUER),
            tls: None,
            clock: Clock::frozen_at(frozen_instant()),
            timeouts: Timeouts::default(),
        }
    }
}

/// A running service with its own database.
pub struct TestApp {
    pub address: SocketAddr,
    pub ops_address: SocketAddr,
    pub clock: Clock,
    pub database_url: String,
    /// The test's own way to the database: pools do not cross runtimes.
    pub db: Db,
    /// For statements of the test's own.
    pub sql: PgPool,
    http: reqwest::Client,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl TestApp {
    /// A service on a fresh database.
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    /// The same, different in some way.
    pub async fn start_with(setup: Setup) -> Self {
        Self::start_on(database::fresh().await, setup).await
    }

    /// A service on a given database: beside another, or on one that a test prepared.
    pub async fn start_on(database_url: String, setup: Setup) -> Self {
        log::install();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ops_listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, ops_address) = (listener.local_addr().unwrap(), ops_listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let clock = setup.clock.clone();
        let (started, has_started) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn({
            let (stop, database_url) = (stop.clone(), database_url.clone());
            move || {
                actix_web::rt::System::new().block_on(async move {
                    let db = Db::new(&database_url, 5, 2).unwrap();
                    db.migrate().await.unwrap();
                    let master_key = MasterKey::parse(MASTER_KEY).unwrap();
                    let app = App::start(setup.settings, setup.clock, db, master_key)
                        .await
                        .unwrap();
                    let feed = Feed::begin(Arc::clone(&app.oauth), Arc::clone(&app.feed))
                        .await
                        .unwrap();
                    let options = Options {
                        listener,
                        ops_listener,
                        tls: setup.tls,
                        workers: 1,
                        shutdown_grace: Duration::from_secs(5),
                        timeouts: setup.timeouts,
                    };
                    started.send(()).unwrap();
                    server::run(app, feed, options, stop).await.unwrap();
                });
            }
        });
        has_started.await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let db = Db::new(&database_url, 2, 1).unwrap();
        let sql = PgPool::connect(&database_url).await.unwrap();
        Self {
            address,
            ops_address,
            clock,
            database_url,
            db,
            sql,
            http,
            stop,
            thread: Some(thread),
        }
    }

    /// A second service on the same database, with the same clock.
    pub async fn beside(&self) -> Self {
        let setup = Setup {
            clock: self.clock.clone(),
            ..Setup::default()
        };
        Self::start_on(self.database_url.clone(), setup).await
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// A request to the public port.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn get_ops(&self, path: &str) -> Answer {
        send(self.request_ops(Method::GET, path)).await
    }

    /// A request to the ops port.
    pub fn request_ops(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.ops_address))
    }

    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        send(self.request(Method::POST, path).form(form)).await
    }

    /// `GET` with a token.
    pub async fn get_with(&self, path: &str, token: &str) -> Answer {
        send(self.request(Method::GET, path).bearer_auth(token)).await
    }

    /// A token by `client_credentials` at `/token`.
    pub async fn application_token(&self, client: &TestClient) -> String {
        self.client_credentials(client).await.json()["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The answer of `/token` to `client_credentials`.
    pub async fn client_credentials(&self, client: &TestClient) -> Answer {
        self.post_form(
            "/token",
            &[
                ("grant_type", "client_credentials"),
                ("client_id", client.client_id.as_str()),
                ("client_secret", &client.secret),
            ],
        )
        .await
    }

    /// The answer of `/token` to an assertion.
    pub async fn jwt_bearer(&self, assertion: &str) -> Answer {
        if assertion.len() > 40 {
            log::never(assertion);
        }
        self.post_form(
            "/token",
            &[("grant_type", assertion::GRANT_TYPE), ("assertion", assertion)],
        )
        .await
    }

    /// A token for jean.dupont@site.
    pub async fn user_token(&self, client: &TestClient) -> String {
        let assertion = assertion::good(self, client).sign(&client.secret);
        self.jwt_bearer(&assertion).await.json()["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub async fn add_customer(&self, name: &str) -> CustomerId {
        clients::add_customer(&self.db, name, self.now(), &actor())
            .await
            .unwrap()
            .customer_id
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
        let settings = ClientSettings::new(None, Grants::both(), scopes.iter().copied().collect());
        self.add_client(client_id, SECRET, settings).await
    }

    pub async fn add_client(&self, client_id: &str, secret: &str, settings: ClientSettings) -> TestClient {
        log::never(secret);
        let new = NewClient {
            client_id: client_id.parse().unwrap(),
            settings,
            secret: new_secret(secret),
        };
        let (client, secret_info) =
            clients::add_client(&self.db, &self.ring().await, &new, self.now(), &actor())
                .await
                .unwrap();
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
        clients::add_secret(
            &self.db,
            &self.ring().await,
            &client.client_id,
            &new,
            self.now(),
            &actor(),
        )
        .await
        .unwrap()
    }

    /// Changes settings of a client.
    pub async fn update_client(&self, client: &TestClient, change: clients::SettingsChange) {
        clients::update_client(&self.db, &client.client_id, change, self.now(), &actor())
            .await
            .unwrap();
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
            name: name.to_owned(),
            language: language.to_owned(),
        };
        add_campaign(&self.db, &new, self.now(), &actor()).await.unwrap()
    }

    /// `POST` of JSON with a token.
    pub async fn post_json(&self, path: &str, token: &str, body: &serde_json::Value) -> Answer {
        send(self.request(Method::POST, path).bearer_auth(token).json(body)).await
    }

    /// The keys of the service.
    pub async fn ring(&self) -> KeyRing {
        let ring = KeyRing::new(Self::master_key());
        keys::ensure_keys(&self.db, &ring, self.now()).await.unwrap();
        ring
    }

    /// The master key of every service under test.
    pub fn master_key() -> MasterKey {
        MasterKey::parse(MASTER_KEY).unwrap()
    }

    /// Asks again until `is_met`, for what another task or instance has to learn first.
    pub async fn eventually(what: &str, mut is_met: impl AsyncFnMut() -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !is_met().await {
            assert!(tokio::time::Instant::now() < deadline, "never: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
        let result = self.thread.take().map(JoinHandle::join);
        // A test that fails already has its own message.
        if !std::thread::panicking() {
            assert!(
                result.is_some_and(|result| result.is_ok()),
                "the service panicked"
            );
            log::assert_clean();
        }
    }
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

fn new_secret(text: &str) -> NewSecret {
    NewSecret {
        secret: PresentedSecret::new(text.to_owned()).unwrap(),
        strength: Strength::Any,
        expires_in: None,
    }
}
