//! The service as its users run it: the release binary on a PostgreSQL of its own.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use private_postgres::{Durability, Options, PrivatePostgres, reachable_dir};
use sqlx::PgPool;
use talentsoft_partner::audit::{Act, Actor};
use talentsoft_partner::clients::{
    self, ClientSettings, Entitlements, NewClient, NewSecret, Scope, Strength,
};
use talentsoft_partner::clock::Clock;
use talentsoft_partner::crypto::password::PasswordPool;
use talentsoft_partner::crypto::seal::MasterKey;
use talentsoft_partner::crypto::secret::{PresentedSecret, SecretHashing};
use talentsoft_partner::db::Db;
use talentsoft_partner::ids::{CampaignId, CustomerId};
use talentsoft_partner::keys::{self, KeyRing};
use talentsoft_partner::recruiting::{CampaignKind, NewCampaign, add_campaign};

use crate::load::Connection;
use crate::process::{self, Running, free_port, listening};

pub const CLIENT_ID: &str = "428a51ae-0387-43ab-8c64-cf026f77656f";
pub const SECRET: &str = "26a5c010885148d1afe2d535cb3e9ffaacbc714597bb4abdb2a6fca6d16658bf";
pub const ISSUER: &str = "http://localhost:8080";
const MASTER_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

pub struct Service {
    pub address: SocketAddr,
    pub pool: PgPool,
    /// Each with one client and 20 campaigns; the first client is [`CLIENT_ID`].
    pub customers: Vec<Customer>,
    pub database_url: String,
    pub db: Db,
    ring: KeyRing,
    process: Launched,
    cluster: PrivatePostgres,
    _directory: tempfile::TempDir,
}

pub struct Customer {
    pub id: CustomerId,
    pub client_id: String,
    /// One of the campaigns.
    pub campaign: CampaignId,
}

impl Service {
    /// A service with this many clients, one of which is [`CLIENT_ID`], and 20 campaigns.
    pub async fn start(clients: u32) -> Self {
        let parent = reachable_dir(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("throughput")).unwrap();
        let directory = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o711))
            .tempdir_in(parent)
            .unwrap();
        let options = Options {
            data_dir: directory.path().join("data"),
            durability: Durability::Full,
            pg_bin_dir: None,
            max_connections: 100,
        };
        let cluster = PrivatePostgres::start(&options).unwrap();
        let database_url = cluster.database_url().to_owned();
        let db = Db::new(&database_url, 4, 1).unwrap();
        let pool = PgPool::connect(&database_url).await.unwrap();
        db.migrate().await.unwrap();
        let ring = KeyRing::new(MasterKey::parse(MASTER_KEY).unwrap());
        let now = Clock::system().now();
        let act = Act::by_system(now);
        let ensured = db.transaction(async |db| keys::ensure_keys(db, &act, ring.master_key()).await);
        ensured.await.unwrap();
        db.read(async |db| keys::load(db, &ring).await).await.unwrap();
        let first = add_customer(&db, &ring, CLIENT_ID).await;
        multiply(&pool, clients).await;
        let process = launch(&database_url, &[]).await;
        Self {
            address: process.address,
            pool,
            customers: vec![first],
            database_url,
            db,
            ring,
            process,
            cluster,
            _directory: directory,
        }
    }

    /// Adds customers until there are so many.
    pub async fn add_customers(&mut self, count: usize) {
        for number in self.customers.len()..count {
            let client_id = format!("customer-{number}");
            let added = add_customer(&self.db, &self.ring, &client_id).await;
            self.customers.push(added);
        }
        self.analyse_campaigns().await;
    }

    /// Adds a million campaigns, twenty each of customers that nobody asks for.
    pub async fn add_campaigns_of_others(&self) {
        for sql in [
            "insert into customer (customer_id, name, created_at)
             select gen_random_uuid(), 'other ' || n, now() from generate_series(1, 50000) as n",
            "insert into campaign (campaign_id, customer_id, kind, name, folded_name, language, created_at)
             select gen_random_uuid(), customer_id, 'video', 'Campaign ' || n, 'campaign ' || n, 'fr-FR', now()
             from customer, generate_series(1, 20) as n where name like 'other %'",
        ] {
            sqlx::query(sql).execute(&self.pool).await.unwrap();
        }
    }

    /// Tells the database what a table in use is like: a minute later autovacuum would have done it.
    pub async fn analyse_campaigns(&self) {
        sqlx::query("vacuum analyze campaign")
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// Where PostgreSQL's socket is, for pgbench.
    pub fn socket_directory(&self) -> String {
        let url = url::Url::parse(&self.database_url).unwrap();
        url.query_pairs()
            .find(|(name, _)| name == "host")
            .unwrap()
            .1
            .into_owned()
    }

    /// What the service counts.
    pub fn metrics(&self) -> String {
        self.process.metrics()
    }

    /// Processor time that the service has taken.
    pub fn processor_time(&self) -> Duration {
        self.process.process.processor_time()
    }

    /// Processor time that PostgreSQL has taken, in all its processes.
    pub fn database_processor_time(&self) -> Duration {
        let postmaster = self.cluster.postmaster_pid();
        let processes = std::iter::once(postmaster).chain(process::children(postmaster));
        processes.filter_map(process::processor_time).sum()
    }

    pub fn memory_mib(&self) -> f64 {
        self.process.process.memory_mib()
    }

    /// From the start of a second process on the same database to its first answered request.
    pub async fn restart_millis(&self) -> u128 {
        let began = Instant::now();
        let process = launch(&self.database_url, &[]).await;
        let mut connection = Connection::open(process.address);
        connection.exchange(&crate::requests::client_credentials(CLIENT_ID));
        began.elapsed().as_millis()
    }
}

/// A process of the service.
pub struct Launched {
    pub process: Running,
    pub address: SocketAddr,
    ops_address: SocketAddr,
}

impl Launched {
    /// What it counts.
    pub fn metrics(&self) -> String {
        let mut connection = Connection::open(self.ops_address);
        connection.exchange(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n");
        String::from_utf8_lossy(connection.body()).into_owned()
    }
}

/// Starts a process on a database, with these settings besides.
pub async fn launch(database_url: &str, settings: &[(&str, &str)]) -> Launched {
    let [address, ops_address] =
        [free_port(), free_port()].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let process = Running::start(
        Command::new(env!("CARGO_BIN_EXE_talentsoft-partner"))
            .args([
                "serve",
                "--listen",
                &address.to_string(),
                "--ops-listen",
                &ops_address.to_string(),
            ])
            .env("DATABASE_URL", database_url)
            .env("PARTNER_MASTER_KEY", MASTER_KEY)
            .env("PARTNER_PUBLIC_URL", ISSUER)
            .env("PARTNER_LOG_FORMAT", "json")
            // Several services run at once, and the console has one port.
            .env("PARTNER_ADMIN_LISTEN", "off")
            .env("PARTNER_CALLBACKS_TO_PRIVATE_ADDRESSES", "true")
            .envs(settings.iter().copied())
            .stderr(Stdio::null()),
    );
    listening(address).await;
    Launched {
        process,
        address,
        ops_address,
    }
}

/// A customer with one client and 20 campaigns.
async fn add_customer(db: &Db, ring: &KeyRing, client_id: &str) -> Customer {
    let now = Clock::system().now();
    let actor = Actor::System;
    let act = Act::by_system(now);
    let added = db.transaction(async |db| clients::add_customer(db, &act, client_id).await);
    let customer_id = added.await.unwrap().customer_id;
    let mut settings = ClientSettings::marketplace(customer_id);
    settings.scopes = [
        Scope::Videos,
        Scope::Assessments,
        Scope::Introspect,
        Scope::EmsiOpen,
        Scope::OccupationBenchmark,
    ]
    .into_iter()
    .collect();
    settings.entitlements = Entitlements::all();
    settings.callback_hosts = vec!["localhost".to_owned()].try_into().unwrap();
    settings.requests_per_second = None;
    let secret = NewSecret {
        secret: PresentedSecret::new(SECRET.to_owned()).unwrap(),
        strength: Strength::Strong,
        expires_in: None,
    };
    let new = NewClient {
        client_id: client_id.parse().unwrap(),
        settings,
        secret: clients::hash_secret(&PasswordPool::new(1, 0), secret, SecretHashing::fresh())
            .await
            .unwrap(),
    };
    let added = db.transaction(async |db| clients::add_client(db, &act, ring, new).await);
    added.await.unwrap();
    let mut campaigns = Vec::new();
    for index in 0..20 {
        let name = format!("Campaign number {index} with a name of usual length");
        let kind = CampaignKind::Video;
        let new = NewCampaign {
            customer_id,
            kind,
            name: name.parse().unwrap(),
            language: "fr-FR".parse().unwrap(),
        };
        let act = Act::new(actor.clone(), now);
        let added = db.transaction(async |db| add_campaign(db, &act, &new).await);
        campaigns.push(added.await.unwrap().campaign_id);
    }
    Customer {
        id: customer_id,
        campaign: campaigns[0],
        client_id: client_id.to_owned(),
    }
}

/// Copies the one client until there are so many.
async fn multiply(pool: &PgPool, clients: u32) {
    // The others share the salt and hash of the first: hashing 100 000 secrets would take an hour.
    for sql in [
        "insert into client select 'client-' || n, customer_id, organisational_unit, '{client_credentials}', scopes, audiences,
             token_ttl_seconds, max_assertion_ttl_seconds, clock_skew_seconds, replay_policy, expires_in_format,
             requests_per_second, secret_salt, is_enabled, token_generation, created_at
         from client, generate_series(2, $1::int) as n",
        "insert into client_secret (secret_id, client_id, secret_hash, created_at)
         select gen_random_uuid(), 'client-' || n, secret_hash, created_at
         from client_secret, generate_series(2, $1::int) as n",
    ] {
        sqlx::query(sql).bind(i32::try_from(clients).unwrap()).execute(pool).await.unwrap();
    }
}
