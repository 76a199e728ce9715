//! What every request and background task shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use ipnet::IpNet;
use url::Url;

use crate::clients::ClientCache;
use crate::clients::cache::Loader;
use crate::clock::Clock;
use crate::crypto::password::PasswordPool;
use crate::crypto::seal::MasterKey;
use crate::crypto::webhook_secret::WebhookSecret;
use crate::db::Db;
use crate::ids::ClientId;
use crate::keys::{self, KeyRing};
use crate::oauth::credentials::Checks;
use crate::oauth::limits::Limits;
use crate::oauth::revocation_set::RevocationSet;
use crate::oauth::token_ids::TokenIds;
use crate::recruiting::Listings;
use crate::replica::feed_status::FeedStatus;
use crate::telemetry::metrics::Metrics;
use crate::webhooks::Webhooks;

/// What the service is told about itself.
#[derive(Clone, Debug)]
pub struct Service {
    /// `PARTNER_PUBLIC_URL`: the issuer, and the API's base URL; no trailing slash.
    pub issuer: String,
    /// Accepted `aud` values of assertions of clients without their own.
    pub default_audiences: Vec<String>,
    /// `PARTNER_TOKEN_TTL`: seconds that a token lives unless its client says otherwise.
    pub token_ttl_seconds: u32,
    /// `PARTNER_TRUSTED_PROXIES`: whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How invitations are made.
    pub invitations: InvitationSettings,
    /// The platform that is told of new invitations, if one is.
    pub platform_webhook: Option<PlatformWebhook>,
    /// `PARTNER_CALLBACKS_TO_PRIVATE_ADDRESSES`, a developer's setting: callbacks may go to private addresses, and by plain
    /// HTTP.
    pub may_call_back_private: bool,
    /// `PARTNER_RETENTION_DAYS`: days after which an invitation in which nothing happened goes; none: never.
    pub retention_days: Option<u32>,
}

/// How invitations are made.
#[derive(Clone, Debug)]
pub struct InvitationSettings {
    /// `PARTNER_INVITATION_URL`: what links begin with; no trailing slash.
    pub base_url: String,
    /// `PARTNER_INVITATION_DAYS`: how long a link leads somewhere.
    pub ttl: TimeDelta,
}

/// Where and how the partner's platform is told of new invitations.
#[derive(Clone, Debug)]
pub struct PlatformWebhook {
    /// `PARTNER_PLATFORM_WEBHOOK_URL`.
    pub url: Url,
    /// `PARTNER_PLATFORM_WEBHOOK_SECRET`: signs what is sent there.
    pub secret: WebhookSecret,
}

impl Service {
    /// The defaults for a service at this URL.
    #[must_use]
    pub fn at(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            default_audiences: Self::audiences_of(issuer),
            token_ttl_seconds: 3600,
            trusted_proxies: Vec::new(),
            invitations: InvitationSettings {
                base_url: format!("{issuer}/invitations"),
                ttl: TimeDelta::days(30),
            },
            platform_webhook: None,
            may_call_back_private: false,
            retention_days: None,
        }
    }

    /// The default audiences of an issuer: itself (the API base URL of the contract s2.2, the issuer of 7523bis) and the
    /// two token endpoints (RFC 7523 s3(3)).
    #[must_use]
    pub fn audiences_of(issuer: &str) -> Vec<String> {
        vec![
            issuer.to_owned(),
            format!("{issuer}/token"),
            format!("{issuer}/connect/token"),
        ]
    }
}

/// The application.
pub struct App {
    /// What the service is told about itself.
    pub service: Service,
    /// The clock.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// Opens the sealing keys.
    pub master_key: MasterKey,
    /// The sealing keys.
    pub ring: KeyRing,
    /// The registry in memory.
    pub clients: ClientCache,
    /// Gives tokens their identifiers.
    pub token_ids: TokenIds,
    /// Tokens ended before their time.
    pub revocations: RevocationSet,
    /// Where secrets are hashed.
    pub passwords: PasswordPool,
    /// Secrets that are being checked at the moment.
    pub checks: Checks,
    /// Failed attempts and request rates.
    pub limits: Limits,
    /// Lists of campaigns that are waited for.
    pub listings: Listings,
    /// What is counted.
    pub metrics: Metrics,
    /// How fresh the caches are.
    pub feed: FeedStatus,
    /// The outbox: what its worker is told, and what it tells.
    pub webhooks: Webhooks,
    is_draining: AtomicBool,
}

/// Hashes that may wait for a place, for each that may run.
const QUEUE_PER_THREAD: usize = 32;

impl App {
    /// An application with empty caches, on an up-to-date database.
    pub async fn start(
        service: Service,
        clock: Clock,
        db: Db,
        master_key: MasterKey,
    ) -> Result<Arc<Self>, keys::Error> {
        let ring = KeyRing::default();
        keys::ensure_keys(&db, &ring, &master_key, clock.now()).await?;
        let token_ids = TokenIds::begin(&db).await?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        // Half the cores at most: hashing must not starve the requests that need none.
        let threads = (cores / 2).max(1);
        Ok(Arc::new(Self {
            service,
            clock,
            db,
            master_key,
            ring,
            clients: ClientCache::new(),
            token_ids,
            revocations: RevocationSet::default(),
            passwords: PasswordPool::new(threads, threads * QUEUE_PER_THREAD),
            checks: Checks::default(),
            limits: Limits::new(),
            listings: Listings::default(),
            metrics: Metrics::new()
                .map_err(|error| keys::Error::Failure(crate::error::Failure::internal(error)))?,
            feed: FeedStatus::default(),
            webhooks: Webhooks::default(),
            is_draining: AtomicBool::new(false),
        }))
    }

    /// What loading a client needs.
    #[must_use]
    pub fn loader(&self) -> Loader<'_> {
        Loader {
            db: &self.db,
            ring: &self.ring,
            master_key: &self.master_key,
        }
    }

    /// Compares an old entry of the registry with the database without making anybody wait for it.
    pub fn check_behind(app: Arc<Self>, client_id: ClientId) {
        actix_web::rt::spawn(async move { app.clients.check(app.loader(), &client_id).await });
    }

    /// Loads clients that were dropped from memory without making anybody wait for it.
    pub fn reload_behind(app: Arc<Self>, dropped: Vec<ClientId>) {
        actix_web::rt::spawn(async move { app.clients.reload(app.loader(), &dropped).await });
    }

    /// The service is going down: readiness says so.
    pub fn begin_draining(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether it is going down.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }
}
