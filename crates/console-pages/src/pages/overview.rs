//! The overview: is it well, and if not, what is to be done?

use chrono::{DateTime, TimeDelta, Utc};

use super::page;
use super::shared::{Caller, Panel, Reason};
use crate::chart::{Hourly, Hue};
use crate::components::Tone;
use crate::context::{Context, Page as _};
use crate::frame::{FlashKind, Section};
use crate::paths;

/// A part of calls that is refused above which somebody should look, in per cent.
const MANY_REFUSED: i64 = 10;
/// Refusals of a day below which no part of them is remarkable.
const FEW_REFUSED: i64 = 20;
/// Seconds that a replica may lag behind.
const MOST_LAG: i64 = 10;
/// Seconds without a heartbeat after which a replica is missed.
const MOST_SILENCE: i64 = 60;

/// The overview of the last 24 hours.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Tokens that were issued.
    pub tokens: Panel<Hourly>,
    /// Calls that were refused.
    pub refusals: Panel<Hourly>,
    /// The replicas that run, and those that have just been there.
    pub replicas: Panel<Vec<Replica>>,
    /// Who is refused most, and why.
    pub most_refused: Panel<Vec<RefusedCaller>>,
    /// Secrets that expire soon or were never used.
    pub secrets: Panel<Vec<SecretNotice>>,
    /// What waits for its receivers.
    pub callbacks: Panel<CallbackCounts>,
}

/// One process of the service.
#[derive(Clone, Debug)]
pub struct Replica {
    /// How it calls itself.
    pub name: String,
    /// The version of the service.
    pub version: String,
    /// The database server that it reads from.
    pub database: DatabaseRole,
    /// How far its change feed is behind, in seconds.
    pub lag_seconds: Option<i64>,
    /// When it started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it last said that it is there.
    pub seen_at: DateTime<Utc>,
}

/// What a database server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseRole {
    /// Takes changes.
    Primary,
    /// Replays the primary's log.
    Standby,
    /// Not told.
    Unknown,
}

impl DatabaseRole {
    const fn text(self) -> &'static str {
        match self {
            Self::Primary => "database-primary",
            Self::Standby => "database-standby",
            Self::Unknown => "database-unknown",
        }
    }
}

/// Refused calls of one caller for one reason.
#[derive(Clone, Debug)]
pub struct RefusedCaller {
    /// Who.
    pub caller: Caller,
    /// Why.
    pub reason: Reason,
    /// How often.
    pub refused: i64,
    /// When the last time was.
    pub last_at: DateTime<Utc>,
}

/// A secret that somebody should look at.
#[derive(Clone, Debug)]
pub struct SecretNotice {
    /// Whose it is.
    pub client_id: String,
    /// Why.
    pub kind: SecretNoticeKind,
}

/// Why somebody should look at a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretNoticeKind {
    /// It expires at this instant.
    Expires(DateTime<Utc>),
    /// It was added at this instant, and never used.
    NeverUsed(DateTime<Utc>),
}

/// Events that are yet to be delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallbackCounts {
    /// They go on by themselves.
    pub waiting: i64,
    /// Nothing is sent until somebody retries them.
    pub parked: i64,
}

page!(Overview, "overview.html", |_p, c| c.t("overview"));

/// Something that needs somebody: how urgent, what, and the path of where.
struct Attention {
    tone: Tone,
    text: String,
    path: String,
}

impl Replica {
    fn state(&self, c: &Context<'_>) -> (Tone, &'static str) {
        if c.frame.now.signed_duration_since(self.seen_at) > TimeDelta::seconds(MOST_SILENCE) {
            (Tone::Bad, "replica-silent")
        } else if self.lag_seconds.is_some_and(|lag| lag > MOST_LAG) {
            (Tone::Warn, "replica-lags")
        } else {
            (Tone::Ok, "replica-well")
        }
    }
}

impl Overview {
    /// Whether every part could be read.
    const fn is_whole(&self) -> bool {
        matches!(
            (
                &self.tokens,
                &self.refusals,
                &self.replicas,
                &self.secrets,
                &self.callbacks
            ),
            (
                Panel::Ready(_),
                Panel::Ready(_),
                Panel::Ready(_),
                Panel::Ready(_),
                Panel::Ready(_)
            )
        )
    }

    /// What needs somebody, the most urgent first.
    fn attention(&self, c: &Context<'_>) -> Vec<Attention> {
        let mut all = Vec::new();
        let mut add = |tone, text: String, path: String| all.push(Attention { tone, text, path });
        if let Panel::Ready(replicas) = &self.replicas {
            for replica in replicas {
                let (tone, id) = replica.state(c);
                if tone != Tone::Ok {
                    let id = format!("{id}.attention");
                    add(tone, c.t1(&id, "replica", &replica.name), "/#replicas".to_owned());
                }
            }
        }
        if let Panel::Ready(counts) = self.callbacks
            && counts.parked > 0
        {
            let path = paths::with_query(paths::CALLBACKS, &[("state", "parked")]);
            add(Tone::Bad, c.t1("overview-parked", "count", counts.parked), path);
        }
        if let (Panel::Ready(tokens), Panel::Ready(refusals)) = (&self.tokens, &self.refusals) {
            let (issued, refused) = (tokens.total(), refusals.total());
            if refused > FEW_REFUSED && refused * 100 > (issued + refused) * MANY_REFUSED {
                let share = c.percent(refused, issued + refused);
                let text = c.t1("overview-many-refused", "share", share);
                add(Tone::Warn, text, paths::REFUSAL_GROUPS.to_owned());
            }
        }
        if let Panel::Ready(secrets) = &self.secrets {
            for secret in secrets {
                if let SecretNoticeKind::Expires(at) = secret.kind {
                    let text = c
                        .sentence("overview-secret-expires")
                        .with("client", &secret.client_id)
                        .with("when", c.relative(at));
                    add(
                        Tone::Warn,
                        text.to_string(),
                        paths::client_secrets(&secret.client_id),
                    );
                }
            }
        }
        all
    }

    fn tokens_caption(c: &Context<'_>, tokens: &Hourly) -> String {
        c.sentence("overview-tokens-caption")
            .with("count", tokens.total())
            .with("since", c.instant(tokens.since))
            .to_string()
    }

    fn refusals_caption(&self, c: &Context<'_>, refusals: &Hourly) -> String {
        let issued = match &self.tokens {
            Panel::Ready(tokens) => tokens.total(),
            Panel::Unavailable => 0,
        };
        c.sentence("overview-refusals-caption")
            .with("count", refusals.total())
            .with("share", c.percent(refusals.total(), issued + refusals.total()))
            .to_string()
    }
}
