//! Good requests that go on while something else happens; every one of them must succeed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::{Answer, Instance, TestClient, assertion, eventually};

/// Callers that each wait for their answer before they ask again.
const CALLERS: u64 = 3;

/// How many paced requests may wait for their answers. Any number of them would exceed every limit of time on a machine that
/// is slower than their pace.
const MAX_UNANSWERED: usize = 64;

/// A load of `/token` by both grants and `/auth/check`.
pub struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    callers: JoinSet<()>,
}

impl Load {
    /// Starts it; `client` must be in the memory of the instance where the load goes on without the database.
    pub async fn start(instance: &Instance, client: &TestClient) -> Self {
        let token = instance.token(client).await;
        let mut load = Self {
            stop: Arc::default(),
            answered: Arc::default(),
            callers: JoinSet::new(),
        };
        for caller in 0..CALLERS {
            let requests = requests(instance, client, &token);
            let (stop, answered) = (Arc::clone(&load.stop), Arc::clone(&load.answered));
            load.callers.spawn(async move {
                let mut turn = caller;
                while !stop.load(Ordering::Relaxed) {
                    let (expected, request) = &requests[usize::try_from(turn % 3).unwrap()];
                    let answer = Answer::of(request.try_clone().unwrap()).await;
                    let answer = answer.unwrap_or_else(|error| panic!("{error:?}"));
                    assert_eq!(answer.status, *expected, "{answer:?}");
                    answered.fetch_add(1, Ordering::Relaxed);
                    turn += 1;
                }
            });
        }
        load
    }

    /// How many requests succeeded so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Waits until that many more succeeded.
    pub async fn goes_on(&mut self, more: u64) {
        let target = self.answered() + more;
        eventually("good requests go on", async || {
            self.fail_with_callers();
            self.answered() >= target
        })
        .await;
    }

    /// A caller ends before it is told to only by a failure: passes it on.
    fn fail_with_callers(&mut self) {
        while let Some(ended) = self.callers.try_join_next() {
            ended.unwrap();
        }
    }

    /// Ends it; returns how many requests succeeded. None failed.
    pub async fn finish(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.callers.join_next().await {
            ended.unwrap();
        }
        self.answered()
    }
}

/// Sends `count` requests of the load, `per_second` or as many as are answered if that is less, until all have succeeded.
/// Returns how long the sending took, which depends on the machine.
pub async fn paced(instance: &Instance, client: &TestClient, per_second: u32, count: usize) -> Duration {
    let token = instance.token(client).await;
    let requests = requests(instance, client, &token);
    let mut pace = tokio::time::interval(Duration::from_secs(1) / per_second);
    let mut sent = JoinSet::new();
    let unanswered = Arc::new(Semaphore::new(MAX_UNANSWERED));
    let began = Instant::now();
    for (expected, request) in requests.iter().cycle().take(count) {
        pace.tick().await;
        let permit = Arc::clone(&unanswered).acquire_owned().await.unwrap();
        let (expected, request) = (*expected, request.try_clone().unwrap());
        sent.spawn(async move {
            let _permit = permit;
            let answer = Answer::of(request).await;
            let answer = answer.unwrap_or_else(|error| panic!("{error:?}"));
            assert_eq!(answer.status, expected, "{answer:?}");
        });
    }
    let took = began.elapsed();
    assert_eq!(sent.join_all().await.len(), count);
    took
}

fn requests(instance: &Instance, client: &TestClient, token: &str) -> Vec<(u16, reqwest::RequestBuilder)> {
    let post = |form: &[(&str, &str)]| instance.request(reqwest::Method::POST, "/token").form(form);
    vec![
        (200, post(&client.credentials_form())),
        (200, post(&assertion::form(&client.assertion()))),
        (
            204,
            instance
                .request(reqwest::Method::GET, "/auth/check")
                .bearer_auth(token),
        ),
    ]
}
