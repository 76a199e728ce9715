//! A service in this process, with its own database.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Method, RequestBuilder};
use talentsoft_partner::api::console::ConsoleSettings;
use talentsoft_partner::app::{App, Settings};
use talentsoft_partner::clock::Clock;
use talentsoft_partner::crypto::seal::MasterKey;
use talentsoft_partner::db::Db;
use talentsoft_partner::keys::{self, KeyRing};
use talentsoft_partner::replica::Feed;
use talentsoft_partner::server::{ConsoleOptions, OpsServer, Options, Serving};
use talentsoft_partner::staff::provider::ProviderSettings;
use talentsoft_partner::telemetry::Telemetry;
use talentsoft_partner::wire::certificate::ServedCertificate;
use talentsoft_partner::wire::connection::Timeouts;
use talentsoft_partner::wire::listener::BoundSocket;
use tokio_util::sync::CancellationToken;

use crate::{
    Answer, ISSUER, MASTER_KEY, Registry, TestClient, assertion, database, identity_provider, log, send,
};

/// The instant at which the clock of a service under test stands: inside the window of the contract's golden assertion.
pub fn frozen_instant() -> DateTime<Utc> {
    DateTime::from_timestamp(1_520_181_000, 0).unwrap()
}

/// Any port of this machine.
fn any_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// How a service under test differs from the usual one.
pub struct Setup {
    pub settings: Settings,
    pub certificate: Option<Arc<ServedCertificate>>,
    pub clock: Clock,
    pub timeouts: Timeouts,
    /// Whether there is a console, at `http://localhost` and a port of its own.
    pub console: Console,
}

/// Whether a service under test has a console.
#[derive(Clone, Default)]
pub enum Console {
    #[default]
    Off,
    /// At `http://localhost` and its port.
    Local,
    /// Behind this URL.
    Behind(String),
    /// At `http://localhost` and its port, with a provider of this issuer.
    Company(String),
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: Settings::at(ISSUER),
            certificate: None,
            clock: Clock::frozen_at(frozen_instant()),
            timeouts: Timeouts::default(),
            console: Console::Off,
        }
    }
}

fn console_settings(console: Console, address: SocketAddr) -> Option<ConsoleSettings> {
    let local = || {
        let url = format!("http://localhost:{}", address.port());
        ConsoleSettings::at(url.parse().unwrap())
    };
    match console {
        Console::Off => None,
        Console::Local => Some(local()),
        Console::Behind(url) => Some(ConsoleSettings::at(url.parse().unwrap())),
        Console::Company(issuer) => {
            let mut settings = local();
            settings.company = Some(ProviderSettings {
                issuer,
                client_id: identity_provider::CLIENT_ID.to_owned(),
                client_secret: Some(identity_provider::CLIENT_SECRET.into()),
                name: "Example Group".to_owned(),
                redirect_url: settings.url.callback(),
            });
            Some(settings)
        }
    }
}

/// The application of a service without the service.
pub async fn application(settings: Settings, clock: &Clock, db: &Db) -> Result<Arc<App>, keys::Error> {
    let ring = Arc::new(KeyRing::new(TestApp::master_key()));
    let telemetry = Telemetry::start(&settings.traces).unwrap();
    App::start(settings, clock.clone(), db.clone(), ring, telemetry).await
}

/// A running service, and the [`Registry`] of its database.
pub struct TestApp {
    pub address: SocketAddr,
    pub ops_address: SocketAddr,
    /// Where the console listens; any address where there is none.
    pub console_address: SocketAddr,
    registry: Registry,
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
        let [socket, ops_socket, console_socket] =
            [any_address(); 3].map(|any| BoundSocket::bind(any).unwrap());
        let console_address = console_socket.local_addr().unwrap();
        let (address, ops_address) = (socket.local_addr().unwrap(), ops_socket.local_addr().unwrap());
        let stop = CancellationToken::new();
        let clock = setup.clock.clone();
        let (started, has_started) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn({
            let (stop, database_url) = (stop.clone(), database_url.clone());
            move || {
                actix_web::rt::System::new().block_on(async move {
                    let db = Db::new(&database_url, 5, 2).unwrap();
                    db.migrate().await.unwrap();
                    let ops_listener = ops_socket.listen().unwrap();
                    let ops = OpsServer::start(ops_listener, &setup.settings, setup.timeouts).unwrap();
                    let ring = Arc::new(KeyRing::new(Self::master_key()));
                    let telemetry = ops.status.telemetry.clone();
                    let app = App::start(setup.settings, setup.clock, db, ring, telemetry)
                        .await
                        .unwrap();
                    let feed = Feed::begin(
                        Arc::clone(&app.oauth),
                        Arc::clone(&app.market),
                        Arc::clone(&app.feed),
                    )
                    .await
                    .unwrap();
                    let console = console_settings(setup.console, console_address);
                    let console = console.map(|settings| ConsoleOptions {
                        socket: console_socket,
                        settings,
                    });
                    let options = Options {
                        console,
                        socket,
                        certificate: setup.certificate,
                        workers: 1,
                        shutdown_delay: Duration::ZERO,
                        shutdown_grace: Duration::from_secs(5),
                        timeouts: setup.timeouts,
                    };
                    let serving = Serving::start(app, feed, ops, options).await.unwrap();
                    started.send(()).unwrap();
                    serving.run_until(stop).await.unwrap();
                });
            }
        });
        has_started.await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            address,
            ops_address,
            console_address,
            registry: Registry::open(&database_url, clock).await,
            http,
            stop,
            thread: Some(thread),
        }
    }

    /// A second service on the same database, with the same clock.
    pub async fn beside(&self) -> Self {
        self.beside_with(Console::Off).await
    }

    /// The same, with this console.
    pub async fn beside_with(&self, console: Console) -> Self {
        self.beside_as(Setup {
            console,
            ..Setup::default()
        })
        .await
    }

    /// The same, set up like this, but for the clock.
    pub async fn beside_as(&self, setup: Setup) -> Self {
        let setup = Setup {
            clock: self.clock.clone(),
            ..setup
        };
        Self::start_on(self.database_url.clone(), setup).await
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

    /// `POST` of JSON with a token.
    pub async fn post_json(&self, path: &str, token: &str, body: &serde_json::Value) -> Answer {
        send(self.request(Method::POST, path).bearer_auth(token).json(body)).await
    }

    /// The master key of every service under test.
    pub fn master_key() -> MasterKey {
        MasterKey::parse(MASTER_KEY).unwrap()
    }
}

impl Deref for TestApp {
    type Target = Registry;

    fn deref(&self) -> &Registry {
        &self.registry
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
