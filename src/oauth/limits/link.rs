//! The way of one thread to Redis: a connection that is kept open, and a circuit breaker.
//!
//! While the server does not answer nobody asks it, so that a server that is dead or frozen costs the requests under way its
//! budget once and later ones nothing. A task tries to connect again, and asks a first question itself: the circuit is
//! closed by an answer within the budget, not by a connection.
//!
//! Each thread has a connection of its own: one that is shared is driven by one thread, and a round trip wakes another one
//! twice, which takes more than half as long again (`docs/ARCHITECTURE.md`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, RedisError};
use tokio::sync::{Notify, watch};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::shared::{BUDGET, RedisServer};

/// Counts by the time of the server, in one step.
const SCRIPT: &str = include_str!("count.lua");
/// Longest time to connect and to load the script.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The wait after a failure.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// How often the event loop has to go round for an answer that is in the socket to be here.
const TURNS: usize = 3;
/// How often a connection is tried that nobody uses.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// The count of the first question: the script has to be able to write it, which a read-only server cannot.
const PROBE_NAME: &str = "partner:probe";

/// The server, and how many threads are connected to it.
pub(super) struct Health {
    id: u64,
    server: RedisServer,
    links: AtomicUsize,
    links_up: AtomicUsize,
    is_reported_down: AtomicBool,
}

impl Health {
    /// A server that no thread is connected to.
    pub(super) fn new(server: RedisServer) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            server,
            links: AtomicUsize::new(0),
            links_up: AtomicUsize::new(0),
            is_reported_down: AtomicBool::new(false),
        }
    }

    /// Whether all threads that ask the server are connected to it.
    pub(super) fn is_up(&self) -> bool {
        let links = self.links.load(Ordering::Relaxed);
        links > 0 && self.links_up.load(Ordering::Relaxed) == links
    }

    fn report_up(&self) {
        if self.is_reported_down.swap(false, Ordering::Relaxed) {
            tracing::info!("Redis answers again; the replicas count their limits together");
        }
    }

    fn report_down(&self, error: &LinkError) {
        if !self.is_reported_down.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                server = self.server.address(),
                cause = crate::error::chain(error),
                "Redis does not answer; each replica enforces its share of the limits"
            );
        }
    }
}

/// Why the server is not asked.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error("no connection within {} s", CONNECT_TIMEOUT.as_secs())]
    Connecting,
    #[error("no answer within {} ms", BUDGET.as_millis())]
    TooSlow,
    #[error(transparent)]
    Redis(#[from] RedisError),
}

/// The connection of one thread.
pub(super) struct Link {
    health: Arc<Health>,
    state: watch::Sender<State>,
    broken: Notify,
}

#[derive(Clone)]
enum State {
    /// The first connection is being opened.
    Connecting,
    Up(Connected),
    Down,
}

/// A connection on which the script is loaded.
#[derive(Clone)]
struct Connected {
    connection: MultiplexedConnection,
    script: Arc<str>,
    /// Tells it from the connections before and after.
    number: u64,
}

impl Link {
    /// The link of the present thread, which begins to connect when it is asked for first.
    pub(super) fn of_thread(health: &Arc<Health>) -> Arc<Self> {
        thread_local! {
            static LINKS: RefCell<HashMap<u64, Arc<Link>>> = RefCell::default();
        }
        LINKS.with_borrow_mut(|links| {
            let open = || {
                let link = Arc::new(Self {
                    health: Arc::clone(health),
                    state: watch::Sender::new(State::Connecting),
                    broken: Notify::new(),
                });
                tokio::spawn(keep_open(Arc::clone(&link)));
                link
            };
            Arc::clone(links.entry(health.id).or_insert_with(open))
        })
    }

    /// Whether the server answered when it was asked last, or was not asked yet.
    pub(super) fn is_expected(&self) -> bool {
        !matches!(*self.state.borrow(), State::Down)
    }

    /// The answer to the command that `command` makes of the script's name. `None`: there was none within the budget.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: impl FnOnce(&str) -> Cmd) -> Option<T> {
        let deadline = Instant::now() + BUDGET;
        let mut connected = timeout_at(deadline, self.connected()).await.ok()??;
        let command = command(&connected.script);
        let mut asked = pin!(command.query_async(&mut connected.connection));
        let mut answer = timeout_at(deadline, &mut asked).await;
        for _ in 0..TURNS {
            if answer.is_ok() {
                break;
            }
            // This thread may be what was late: what has arrived by now is read, and is no reason to give up the server.
            yield_now().await;
            answer = timeout_at(deadline, &mut asked).await;
        }
        let error = match answer {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => LinkError::Redis(error),
            Err(_elapsed) => LinkError::TooSlow,
        };
        self.give_up(connected.number, &error);
        None
    }

    /// The connection, once the first attempt to open one is over.
    async fn connected(&self) -> Option<Connected> {
        let mut states = self.state.subscribe();
        let state = states
            .wait_for(|state| !matches!(state, State::Connecting))
            .await
            .ok()?;
        match &*state {
            State::Up(connected) => Some(connected.clone()),
            State::Connecting | State::Down => None,
        }
    }

    /// Opens the circuit, unless another connection was opened meanwhile.
    fn give_up(&self, number: u64, error: &LinkError) {
        let is_given_up = self.state.send_if_modified(|state| {
            let is_this = matches!(state, State::Up(connected) if connected.number == number);
            if is_this {
                *state = State::Down;
            }
            is_this
        });
        if is_given_up {
            self.health.report_down(error);
            self.broken.notify_one();
        }
    }

    /// Connects, loads the script and lets it count once.
    async fn connect(&self, number: u64) -> Result<Connected, LinkError> {
        let connecting = async {
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(None)
                .set_response_timeout(None);
            let client = self.health.server.client();
            let mut connection = client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            let mut load = redis::cmd("SCRIPT");
            let script: String = load.arg("LOAD").arg(SCRIPT).query_async(&mut connection).await?;
            let script = script.into();
            Ok(Connected {
                connection,
                script,
                number,
            })
        };
        let connected: Result<_, RedisError> = timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_elapsed| LinkError::Connecting)?;
        let connected = connected?;
        probe(&connected).await?;
        Ok(connected)
    }
}

/// Counts something that nobody needs.
async fn probe(connected: &Connected) -> Result<(), LinkError> {
    let mut command = redis::cmd("EVALSHA");
    command.arg(&*connected.script).arg(1).arg(PROBE_NAME);
    command.arg(0).arg(1).arg(1_000_000);
    let mut connection = connected.connection.clone();
    let asked = timeout(BUDGET, command.query_async::<Vec<i64>>(&mut connection)).await;
    asked.map_err(|_elapsed| LinkError::TooSlow)??;
    Ok(())
}

/// Counts a link among those of its server, for as long as it is kept.
struct Kept {
    health: Arc<Health>,
    is_up: bool,
}

impl Kept {
    fn new(health: &Arc<Health>) -> Self {
        health.links.fetch_add(1, Ordering::Relaxed);
        Self {
            health: Arc::clone(health),
            is_up: false,
        }
    }

    fn set_up(&mut self, is_up: bool) {
        match (self.is_up, is_up) {
            (false, true) => _ = self.health.links_up.fetch_add(1, Ordering::Relaxed),
            (true, false) => _ = self.health.links_up.fetch_sub(1, Ordering::Relaxed),
            (true, true) | (false, false) => {}
        }
        self.is_up = is_up;
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.set_up(false);
        self.health.links.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Connects, and again after each loss, as long as the event loop of the thread runs.
async fn keep_open(link: Arc<Link>) {
    let mut kept = Kept::new(&link.health);
    for number in 0.. {
        match link.connect(number).await {
            Ok(connected) => {
                kept.set_up(true);
                link.health.report_up();
                link.state.send_replace(State::Up(connected.clone()));
                watch_over(&link, &connected).await;
                kept.set_up(false);
            }
            Err(error) => {
                link.health.report_down(&error);
                link.state.send_replace(State::Down);
            }
        }
        sleep(RETRY_INTERVAL).await;
    }
}

/// Waits until the connection was given up, and tries it in between.
async fn watch_over(link: &Link, connected: &Connected) {
    loop {
        tokio::select! {
            () = link.broken.notified() => return,
            () = sleep(PROBE_INTERVAL) => {
                if let Err(error) = probe(connected).await {
                    link.give_up(connected.number, &error);
                }
            }
        }
    }
}
