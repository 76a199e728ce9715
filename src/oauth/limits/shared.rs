//! Counts that all replicas share, in a Redis or Valkey server, in one round trip.
//!
//! Nothing here ever waits for more than the budget, and where the server does not answer within it the caller enforces its
//! own share. Names of counts are digests, and every count expires when its allowance is back.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::Client;

use super::gcra::Allowance;
use super::link::{Health, Link};
use crate::text::has_stray_space;

/// Longest time that a request waits for Redis.
pub(super) const BUDGET: Duration = Duration::from_millis(20);

/// The Redis server of `PARTNER_REDIS_URL`.
#[derive(Clone)]
pub struct RedisServer(Client);

/// The text is not a URL of a Redis server. It does not say more, because the text may hold a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it should be redis://user:password@host:port/number, or rediss:// for TLS")]
pub struct InvalidRedisUrl;

impl FromStr for RedisServer {
    type Err = InvalidRedisUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_offered = ["redis://", "rediss://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        // After `#` the library takes `insecure`, which would trust every certificate.
        if !is_offered || text.contains('#') || has_stray_space(text) {
            return Err(InvalidRedisUrl);
        }
        Client::open(text).map(Self).map_err(|_| InvalidRedisUrl)
    }
}

impl fmt::Debug for RedisServer {
    /// Without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisServer").field(&self.address()).finish()
    }
}

impl RedisServer {
    /// Host and port, for the log.
    pub(super) fn address(&self) -> String {
        self.0.get_connection_info().addr().to_string()
    }

    pub(super) fn client(&self) -> &Client {
        &self.0
    }
}

/// One count, and what may be used of it.
pub(super) struct Count {
    pub name: String,
    pub allowance: Allowance,
}

/// The counts of all replicas.
pub(super) struct SharedCounts {
    /// What the names of this service begin with, so that several services can use one server.
    service: String,
    health: Arc<Health>,
    counted: AtomicU64,
}

impl SharedCounts {
    /// The counts of the service with this issuer.
    pub(super) fn new(server: RedisServer, issuer: &str) -> Self {
        Self {
            service: issuer.to_owned(),
            health: Arc::new(Health::new(server)),
            counted: AtomicU64::new(0),
        }
    }

    /// The name of a count: `kind` in the clear, and a digest of what is counted.
    ///
    /// Who reads the server's keys sees no client and no address. Who guesses one can confirm the guess, for the digest has
    /// no key: all replicas would have to have it, also while the master key is being exchanged.
    pub(super) fn name(&self, kind: &str, parts: &[&str]) -> String {
        let mut digest = digest::Context::new(&digest::SHA256);
        for part in [&self.service, kind].iter().chain(parts) {
            digest.update(part.as_bytes());
            digest.update(&[0]);
        }
        let digest = URL_SAFE_NO_PAD.encode(digest.finish());
        format!("partner:{kind}:{digest}")
    }

    /// Whether to ask the server: it answered when it was asked last, or was not asked yet. It asks nothing, and begins to
    /// connect where this thread has not yet.
    pub(super) fn is_expected(&self) -> bool {
        Link::of_thread(&self.health).is_expected()
    }

    /// Counts one use of each of these, the first `required` of them only together; what is left of each, or how long until
    /// there is room for it. `None`: the server did not answer within the budget.
    pub(super) async fn take<const N: usize>(
        &self,
        counts: [Count; N],
        required: usize,
    ) -> Option<[Result<Duration, Duration>; N]> {
        let rooms: [i64; N] = self.count(&counts, required, 1.0).await?;
        self.counted.fetch_add(1, Ordering::Relaxed);
        Some(rooms.map(|room| {
            let micros = Duration::from_micros(room.unsigned_abs());
            if room < 0 { Err(micros) } else { Ok(micros) }
        }))
    }

    /// Takes back one use of each of these.
    pub(super) async fn give_back<const N: usize>(&self, counts: [Count; N]) {
        // Where that fails, they count until their time is over.
        let _: Option<[i64; N]> = self.count(&counts, 0, -1.0).await;
    }

    /// Has the server count so many uses of each of these.
    async fn count<const N: usize>(
        &self,
        counts: &[Count; N],
        required: usize,
        uses: f64,
    ) -> Option<[i64; N]> {
        let command = |script: &str| {
            let mut command = redis::cmd("EVALSHA");
            command.arg(script).arg(N);
            for count in counts {
                command.arg(&count.name);
            }
            command.arg(required);
            for Count { allowance, .. } in counts {
                command
                    .arg(uses * micros(allowance.cost))
                    .arg(micros(allowance.tolerance));
            }
            command
        };
        Link::of_thread(&self.health).ask(command).await
    }

    /// Begins to connect the present thread.
    pub(super) fn connect(&self) {
        Link::of_thread(&self.health);
    }

    /// Whether all threads that ask the server are connected to it.
    pub(super) fn is_up(&self) -> bool {
        self.health.is_up()
    }

    /// How often the server counted.
    pub(super) fn counted(&self) -> u64 {
        self.counted.load(Ordering::Relaxed)
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Result<RedisServer, InvalidRedisUrl> {
        text.parse()
    }

    #[test]
    fn a_server_is_named_without_its_password() {
        let server = server("rediss://user:password@redis.partner.example:6380/2").unwrap();
        assert_eq!(
            format!("{server:?}"),
            "RedisServer(\"redis.partner.example:6380\")"
        );
    }

    #[test]
    fn only_a_url_of_redis_is_taken_and_no_certificate_is_trusted_unseen() {
        for good in ["redis://127.0.0.1", "redis://:password@[::1]:1", "rediss://a/1"] {
            assert!(server(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1",
            "http://127.0.0.1",
            "redis://",
            "redis://a\n",
            "redis://a\tb",
            " redis://a",
            "redis://a/x",
            "rediss://a/#insecure",
        ] {
            assert_eq!(server(bad).unwrap_err(), InvalidRedisUrl, "{bad}");
        }
    }

    #[test]
    fn names_show_what_is_counted_but_not_of_whom() {
        let counts = |issuer| SharedCounts::new(server("redis://a").unwrap(), issuer);
        let one = counts("https://one.example");
        let name = one.name("requests", &["client", "videos"]);
        assert_eq!(
            name,
            one.name("requests", &["client", "videos"]),
            "on every replica"
        );
        assert!(name.starts_with("partner:requests:") && !name.contains("client"));
        let others = [
            one.name("requests", &["clientv", "ideos"]),
            one.name("requests", &["client", "assessments"]),
            one.name("failures", &["client", "videos"]),
            counts("https://two.example").name("requests", &["client", "videos"]),
        ];
        assert!(!others.contains(&name), "{others:?}");
    }
}
