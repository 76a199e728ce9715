//! The application: puts together what every slice keeps in memory. Whoever needs only one slice is handed that one.

use std::sync::Arc;

use ipnet::IpNet;

use crate::audit::Act;
use crate::clients::ClientCache;
use crate::clock::Clock;
use crate::db::Db;
use crate::keys::{self, KeyRing};
use crate::market::{Market, MarketSettings};
use crate::oauth::limits::RedisServer;
use crate::oauth::{AuthorizationServer, TokenSettings};
use crate::recruiting::{InvitationSettings, Recruiting};
use crate::refusals::{RefusalSettings, Refusals};
use crate::replica::FeedStatus;
use crate::staff::SignIn;
use crate::telemetry::Telemetry;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::trace::TraceSettings;
use crate::text::PublicUrl;
use crate::webhooks::{WebhookSettings, Webhooks};

/// The default of `PARTNER_AUDIT_DAYS`: a year, and a month to look back at it.
const DEFAULT_AUDIT_DAYS: u32 = 400;

/// The header in which trusted proxies say from where they were called. One, because a proxy that writes one of them passes on
/// what its caller wrote into the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// What the service is told from outside, by slice.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `PARTNER_PUBLIC_URL`: what every URL that is handed out begins with.
    pub public_url: PublicUrl,
    /// How tokens are issued.
    pub tokens: TokenSettings,
    /// `PARTNER_REDIS_URL`: where the replicas count their limits together; `None`: each enforces its share.
    pub redis: Option<RedisServer>,
    /// `PARTNER_TRUSTED_PROXIES`: whose word is taken for where a request comes from.
    pub trusted_proxies: Vec<IpNet>,
    /// `PARTNER_FORWARDED_HEADER`: the header in which they say so.
    pub forwarded_header: ForwardedHeader,
    /// How the data APIs are served.
    pub market: MarketSettings,
    /// How candidates are invited.
    pub invitations: InvitationSettings,
    /// Who is told of what happens to invitations.
    pub webhooks: WebhookSettings,
    /// `PARTNER_RETENTION_DAYS`: days without a change after which an invitation is erased; `None`: it is kept.
    pub retention_days: Option<u32>,
    /// `PARTNER_PROFILE_DAYS`: days after which a profile that nobody changed and whose person did not log in is erased; `None`:
    /// it is kept.
    pub profile_days: Option<u32>,
    /// `PARTNER_AUDIT_DAYS`: days after which what the audit trail recorded is deleted; `None`: it is kept.
    pub audit_days: Option<u32>,
    /// How much is kept of refused calls.
    pub refusals: RefusalSettings,
    /// Where spans go, and which.
    pub traces: TraceSettings,
}

impl Settings {
    /// The defaults for a service at this URL.
    #[must_use]
    pub fn at(public_url: &str) -> Self {
        let public_url = PublicUrl::new(public_url);
        Self {
            tokens: TokenSettings::at(&public_url),
            redis: None,
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::XForwardedFor,
            market: MarketSettings::default(),
            invitations: InvitationSettings::at(&public_url),
            webhooks: WebhookSettings::default(),
            retention_days: None,
            profile_days: None,
            audit_days: Some(DEFAULT_AUDIT_DAYS),
            refusals: RefusalSettings::default(),
            traces: TraceSettings::default(),
            public_url,
        }
    }
}

/// The application.
pub struct App {
    /// What it is told from outside.
    pub settings: Settings,
    /// The clock.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// The sealing keys.
    pub ring: Arc<KeyRing>,
    /// The registered clients.
    pub clients: Arc<ClientCache>,
    /// Issues, checks and revokes tokens.
    pub oauth: Arc<AuthorizationServer>,
    /// Libraries of titles.
    pub market: Arc<Market>,
    /// Campaigns and invitations.
    pub recruiting: Recruiting,
    /// The outbox of callbacks and webhooks.
    pub webhooks: Arc<Webhooks>,
    /// Refused calls that are yet to be recorded.
    pub refusals: Arc<Refusals>,
    /// Checks passwords of staff.
    pub sign_in: SignIn,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How fresh the memory of this replica is.
    pub feed: Arc<FeedStatus>,
}

impl App {
    /// An application that has nothing in memory but the keys, which it reads into `ring`, on a database with a schema that
    /// it knows; it counts, and sends spans, by `telemetry`.
    pub async fn start(
        settings: Settings,
        clock: Clock,
        db: Db,
        ring: Arc<KeyRing>,
        telemetry: Telemetry,
    ) -> Result<Arc<Self>, keys::Error> {
        let metrics = Arc::clone(&telemetry.metrics);
        db.measure_with(Arc::clone(&metrics.database));
        let act = Act::by_system(clock.now());
        db.transaction(async |transaction| keys::ensure_keys(transaction, &act, ring.master_key()).await)
            .await?;
        db.read(async |connection| keys::load(connection, &ring).await)
            .await?;
        let clients = Arc::new(ClientCache::new(db.clone(), Arc::clone(&ring)));
        let oauth = AuthorizationServer::new(
            settings.tokens.clone(),
            clock.clone(),
            db.clone(),
            Arc::clone(&ring),
            Arc::clone(&clients),
        );
        if let Some(redis) = settings.redis.clone() {
            oauth.limits.share_counts(redis, settings.public_url.as_str());
        }
        let webhooks = Arc::new(Webhooks::new(
            settings.webhooks.clone(),
            clock.clone(),
            db.clone(),
            Arc::clone(&clients),
            telemetry,
        ));
        Ok(Arc::new(Self {
            oauth: Arc::new(oauth),
            recruiting: Recruiting::new(
                settings.invitations.clone(),
                Arc::clone(&ring),
                Arc::clone(&clients),
                Arc::clone(&webhooks),
            ),
            market: Arc::new(Market::new(settings.market)),
            refusals: Arc::new(Refusals::new(settings.refusals, clock.clone())),
            sign_in: SignIn::new(clock.clone(), db.clone(), Arc::clone(&ring)),
            webhooks,
            metrics,
            feed: Arc::default(),
            settings,
            clock,
            db,
            ring,
            clients,
        }))
    }
}
