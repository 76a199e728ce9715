//! Another version and this one on one database, under load: upgraded one replica after the other, taken back, and upgraded
//! again. `make upgrade-drill` builds the other one. Every invitation is told to the platform by a webhook, which either version
//! delivers, whichever wrote it.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say so at once, and one that measures says what"
)]

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use talentsoft_partner::clock::Clock;
use talentsoft_partner::db::MIGRATIONS;
use talentsoft_partner::ids::CampaignId;
use tempfile::TempDir;
use test_support::behind_nginx::{is_asked, start_nginx};
use test_support::candidate::candidate;
use test_support::command_line::directory;
use test_support::instance::command_of;
use test_support::nginx::Nginx;
use test_support::ports::free_address;
use test_support::receiver::Receiver;
use test_support::{Answer, ISSUER, Instance, PATIENCE, SECRET, assertion, database, eventually, log};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const REPLICAS: usize = 3;
/// How many requests are sent a second; how well the pace is held depends on the machine.
const PER_SECOND: u32 = 100;
/// How many requests may wait for their answers: a machine that is slower than the pace would be asked more than it can answer.
const MAX_UNANSWERED: usize = 32;
/// The client of all requests.
const CLIENT_ID: &str = "drill";
/// The secret of webhooks.
const WEBHOOK_SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// The programs.
struct Versions {
    before: PathBuf,
    present: PathBuf,
}

/// What the replicas have in common.
struct Surroundings {
    database_url: String,
    platform: Receiver,
}

impl Surroundings {
    /// A replica of a program at an address, which it finds free when it is started again.
    async fn start(&self, program: &Path, address: SocketAddr) -> Instance {
        let (address, platform) = (address.to_string(), self.platform.url("/hooks"));
        let variables = [
            ("PARTNER_LISTEN", address.as_str()),
            ("PARTNER_WORKERS", "1"),
            ("PARTNER_DATABASE_CONNECTIONS", "8"),
            ("PARTNER_PLATFORM_WEBHOOK_URL", platform.as_str()),
            ("PARTNER_PLATFORM_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ];
        Instance::start_program(program, &self.database_url, &variables).await
    }

    /// Puts replicas of a program in the place of all that run, one after the other.
    async fn replace_all(&self, replicas: &mut Vec<Instance>, program: &Path) {
        for _ in 0..REPLICAS {
            let address = replicas[0].address;
            replicas.remove(0).stop().await;
            let replica = self.start(program, address).await;
            is_asked(&replica).await;
            replicas.push(replica);
        }
    }

    /// What a statement counts or finds.
    async fn number(&self, statement: &'static str) -> i64 {
        let mut connection = PgConnection::connect(&self.database_url).await.unwrap();
        sqlx::query_scalar(statement)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }

    /// The latest migration that was applied.
    async fn latest_migration(&self) -> i64 {
        self.number("select max(version) from _sqlx_migrations").await
    }

    /// Waits until no webhook is left to deliver; returns how many invitations the platform was told of.
    async fn told(&self) -> i64 {
        eventually("all webhooks are delivered", async || {
            let undelivered = "select count(*) from webhook_event where delivered_at is null";
            self.number(undelivered).await == 0
        })
        .await;
        let deliveries = self.platform.deliveries();
        let told: HashSet<String> = deliveries
            .iter()
            .map(|delivery| delivery.json()["data"]["invitation_id"].to_string())
            .collect();
        i64::try_from(told.len()).unwrap()
    }
}

/// Registers the client by the other version, which makes the schema; returns a campaign of its customer.
async fn register(program: &Path, database_url: &str, dir: &TempDir) -> CampaignId {
    let run = async |arguments: &[&str]| command_of(program, database_url, arguments).await;
    let secret = dir.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    run(&["migrate"]).await;
    run(&["customer", "add", "Acme"]).await;
    let secret = secret.to_str().unwrap();
    run(&[
        "client",
        "add",
        "--customer",
        "Acme",
        "--client-id",
        CLIENT_ID,
        "--secret-file",
        secret,
    ])
    .await;
    let campaign = run(&[
        "campaign",
        "add",
        "--json",
        "--customer",
        "Acme",
        "--language",
        "fr-FR",
        "Drill",
    ])
    .await;
    let campaign: Value = serde_json::from_str(&campaign).unwrap();
    campaign["campaign_id"].as_str().unwrap().parse().unwrap()
}

/// What asks, through nginx.
struct Caller {
    http: Client,
    base_url: String,
    campaign_id: CampaignId,
}

impl Caller {
    fn post(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base_url)).form(form)
    }

    fn credentials(&self) -> RequestBuilder {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("client_secret", SECRET),
        ];
        self.post("/token", &form)
    }

    /// A token for a user, by an assertion that may be used once.
    fn assertion(&self, number: u32) -> RequestBuilder {
        let mut claims = assertion::claims(CLIENT_ID, ISSUER, Clock::system().now());
        claims["jti"] = format!("drill-{number}").into();
        let signed = assertion::sign_parts(r#"{"alg":"HS256","typ":"JWT"}"#, &claims.to_string(), SECRET);
        self.post("/token", &assertion::form(&signed))
    }

    /// The nth call: each kind in turn.
    async fn ask(&self, number: u32, token: &str) -> reqwest::Result<Answer> {
        let get = |path: &str| {
            self.http
                .get(format!("{}{path}", self.base_url))
                .bearer_auth(token)
        };
        match number % 6 {
            0 => Answer::of(self.credentials()).await,
            1 => Answer::of(self.assertion(number)).await,
            2 => Answer::of(get("/anything")).await,
            3 => Answer::of(get("/videos/campaigns")).await,
            4 => {
                let invite = self
                    .http
                    .post(format!("{}/videos/interviews", self.base_url))
                    .bearer_auth(token)
                    .header("X-Current-User", "jean.dupont@site");
                Answer::of(invite.json(&[candidate(self.campaign_id, number)])).await
            }
            _ => {
                let issued = Answer::of(self.credentials()).await?;
                if issued.status != 200 {
                    return Ok(issued);
                }
                let own = issued.token();
                let form = [
                    ("client_id", CLIENT_ID),
                    ("client_secret", SECRET),
                    ("token", own.as_str()),
                ];
                Answer::of(self.post("/revoke", &form)).await
            }
        }
    }
}

/// Asks until told to stop; returns what failed, and how much was asked.
async fn load(caller: Arc<Caller>, phase: &RefCell<String>, is_over: &Cell<bool>) -> (Vec<String>, u32) {
    let token = Answer::of(caller.assertion(0)).await.unwrap().token();
    let mut pace = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
    let unanswered = Arc::new(Semaphore::new(MAX_UNANSWERED));
    let mut sent = JoinSet::new();
    let mut count = 0;
    while !is_over.get() {
        pace.tick().await;
        let permit = Arc::clone(&unanswered).acquire_owned().await.unwrap();
        count += 1;
        let (caller, token, phase) = (Arc::clone(&caller), token.clone(), phase.borrow().clone());
        sent.spawn(async move {
            let _permit = permit;
            let answer = caller.ask(count, &token).await;
            let is_good = answer.as_ref().is_ok_and(|answer| answer.status == 200);
            (!is_good).then(|| format!("{phase}, call {count}: {answer:?}"))
        });
    }
    let failed = sent.join_all().await.into_iter().flatten().collect();
    (failed, count)
}

/// Replicas of the other version behind nginx, and what asks them.
async fn scene(versions: &Versions, around: &Surroundings) -> (Vec<Instance>, Nginx, Arc<Caller>, TempDir) {
    let dir = directory();
    let campaign_id = register(&versions.before, &around.database_url, &dir).await;
    let addresses = [(); REPLICAS].map(|()| free_address());
    let mut replicas = Vec::new();
    for address in addresses {
        replicas.push(around.start(&versions.before, address).await);
    }
    let nginx = start_nginx(&addresses).await;
    let caller = Caller {
        http: Client::builder().no_proxy().timeout(PATIENCE).build().unwrap(),
        base_url: format!("http://{}", nginx.address),
        campaign_id,
    };
    (replicas, nginx, Arc::new(caller), dir)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the script that builds the other version says where it is"
)]
fn versions() -> Versions {
    let before = std::env::var_os("UPGRADE_FROM_PROGRAM");
    assert!(
        before.is_some(),
        "run `make upgrade-drill`, which builds the other version"
    );
    Versions {
        before: PathBuf::from(before.unwrap()),
        present: PathBuf::from(env!("CARGO_BIN_EXE_talentsoft-partner")),
    }
}

#[tokio::test]
async fn a_version_takes_the_place_of_another_and_gives_it_back_without_a_failed_request() {
    log::install();
    let versions = versions();
    let around = Surroundings {
        database_url: database::empty().await,
        platform: Receiver::start(),
    };
    let (mut replicas, nginx, caller, _dir) = scene(&versions, &around).await;
    let before = around.latest_migration().await;

    let phase = RefCell::new(String::new());
    let is_over = Cell::new(false);
    let replacing = async {
        for (name, program) in [
            ("upgrade", &versions.present),
            ("rollback", &versions.before),
            ("upgrade again", &versions.present),
        ] {
            name.clone_into(&mut phase.borrow_mut());
            around.replace_all(&mut replicas, program).await;
        }
        is_over.set(true);
    };
    let ((failed, asked), ()) = tokio::join!(load(caller, &phase, &is_over), replacing);
    let after = around.latest_migration().await;
    let told = around.told().await;
    println!(
        "{} of {asked} requests failed, {told} webhooks delivered, from migration {before} to {after} and back",
        failed.len()
    );
    assert!(failed.is_empty(), "{}\n{}", failed.join("\n"), nginx.error_log());
    assert_eq!(
        Some(after),
        MIGRATIONS.iter().map(|migration| migration.version).max()
    );
    assert_eq!(told, around.number("select count(*) from invitation").await);
    assert!(told > 0);
    for replica in replicas {
        replica.stop().await;
    }
}
