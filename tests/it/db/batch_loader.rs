//! The batch loader: requests that wait for a connection at the same time are read by one statement.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use sqlx::PgConnection;
use talentsoft_partner::db::{BatchLoader, BatchQuery, Db};
use talentsoft_partner::error::{Failure, chain};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

use test_support::connection::{self, Occupied};
use test_support::database;

/// Reads words: the value of a word is the number of the statement that read it, and the word.
#[derive(Clone, Default)]
struct Words {
    /// The keys of each statement.
    statements: Rc<RefCell<Vec<Vec<&'static str>>>>,
    /// How many statements are running.
    running: Rc<Cell<usize>>,
    /// The next statement waits for this.
    gate: Rc<RefCell<Option<oneshot::Receiver<()>>>>,
}

impl BatchQuery for Words {
    type Key = &'static str;
    type Value = (usize, &'static str);

    const MAX_BATCH: usize = 3;
    const MAX_CONCURRENT: usize = 2;
    const FROM_STANDBY: bool = false;

    async fn load(&self, _: &mut PgConnection, keys: &[&'static str]) -> Result<Vec<Self::Value>, Failure> {
        self.statements.borrow_mut().push(keys.to_vec());
        let number = self.statements.borrow().len();
        self.running.set(self.running.get() + 1);
        let gate = self.gate.take();
        if let Some(gate) = gate {
            gate.await.map_err(Failure::internal)?;
        }
        self.running.set(self.running.get() - 1);
        if keys.contains(&"fail") {
            return Err(Failure::internal("it failed"));
        }
        assert!(!keys.contains(&"panic"));
        Ok(keys.iter().map(|word| (number, *word)).collect())
    }
}

/// A loader of words, with its database.
struct Fixture {
    db: Db,
    words: Words,
    loader: BatchLoader<Words>,
    /// How many requests have been made.
    requested: Cell<usize>,
    /// Connections that nobody gets.
    taken: Option<Occupied>,
}

type Loaded = Result<(usize, &'static str), Failure>;

impl Fixture {
    /// With so many connections to be had, all of them open.
    async fn new(free: usize) -> Rc<Self> {
        // A thread has two places at least: what is too much is taken for good.
        let all = free.max(2);
        let url = database::fresh().await;
        let db = Db::new(&url, u32::try_from(all).unwrap(), 1).unwrap();
        let taken = connection::occupy(&db, all - free).await;
        connection::occupy(&db, free).await.release().await;
        let mut fixture = Self::with(db);
        Rc::get_mut(&mut fixture).unwrap().taken = Some(taken);
        fixture
    }

    fn with(db: Db) -> Rc<Self> {
        let words = Words::default();
        Rc::new(Self {
            db,
            loader: BatchLoader::new(words.clone()),
            words,
            taken: None,
            requested: Cell::new(0),
        })
    }

    /// Makes the next statement wait until the sender is used.
    fn hold_next_statement(&self) -> oneshot::Sender<()> {
        let (release, gate) = oneshot::channel();
        self.words.gate.replace(Some(gate));
        release
    }

    /// Requests each of `keys` in a task of its own. When it returns, all of them wait.
    async fn request(self: &Rc<Self>, keys: &[&'static str]) -> Vec<JoinHandle<Loaded>> {
        let expected = self.requested.get() + keys.len();
        let requests = keys.iter().copied().map(|key| {
            let fixture = Rc::clone(self);
            spawn_local(async move {
                fixture.requested.set(fixture.requested.get() + 1);
                fixture.loader.load(&fixture.db, key).await
            })
        });
        let requests = requests.collect();
        while self.requested.get() < expected {
            yield_now().await;
        }
        requests
    }

    /// Waits until so many statements are running.
    async fn until_running(&self, statements: usize) {
        while self.words.running.get() < statements {
            yield_now().await;
        }
    }

    fn statements(&self) -> Vec<Vec<&'static str>> {
        self.words.statements.borrow().clone()
    }
}

/// What each request got; `None` for a failure.
async fn values(requests: Vec<JoinHandle<Loaded>>) -> Vec<Option<(usize, &'static str)>> {
    let mut values = Vec::new();
    for request in requests {
        values.push(request.await.unwrap().ok());
    }
    values
}

async fn on_one_thread(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn requests_that_wait_together_are_one_statement() {
    on_one_thread(async {
        let fixture = Fixture::new(1).await;
        let occupied = connection::occupy(&fixture.db, 1).await;
        let mut requests = fixture.request(&["this", "that"]).await;
        requests.extend(fixture.request(&["this", "other", "this"]).await);
        assert_eq!(fixture.statements(), Vec::<Vec<&str>>::new());
        occupied.release().await;
        let expected = ["this", "that", "this", "other", "this"].map(|word| Some((1, word)));
        assert_eq!(values(requests).await, expected);
        assert_eq!(
            fixture.statements(),
            [["this", "that", "other"]],
            "each word once"
        );
        let again = fixture.request(&["this"]).await;
        assert_eq!(values(again).await, [Some((2, "this"))], "no value is kept");
    })
    .await;
}

#[tokio::test]
async fn a_statement_has_at_most_max_batch_keys_and_the_oldest_first() {
    on_one_thread(async {
        let fixture = Fixture::new(1).await;
        let occupied = connection::occupy(&fixture.db, 1).await;
        let requests = fixture.request(&["a", "b", "c", "d", "e", "b"]).await;
        occupied.release().await;
        assert_eq!(
            values(requests).await,
            [(1, "a"), (1, "b"), (1, "c"), (2, "d"), (2, "e"), (1, "b")].map(Some)
        );
        assert_eq!(fixture.statements(), [vec!["a", "b", "c"], vec!["d", "e"]]);
    })
    .await;
}

#[tokio::test]
async fn a_request_during_a_statement_waits_for_the_next() {
    on_one_thread(async {
        let fixture = Fixture::new(1).await;
        let release = fixture.hold_next_statement();
        let first = fixture.request(&["this"]).await;
        fixture.until_running(1).await;
        let later = fixture.request(&["this", "this"]).await;
        release.send(()).unwrap();
        assert_eq!(values(first).await, [Some((1, "this"))]);
        assert_eq!(values(later).await, [Some((2, "this")); 2]);
    })
    .await;
}

#[tokio::test]
async fn at_most_max_concurrent_statements_run() {
    on_one_thread(async {
        let fixture = Fixture::new(3).await;
        let first_release = fixture.hold_next_statement();
        let first = fixture.request(&["a"]).await;
        fixture.until_running(1).await;
        let second_release = fixture.hold_next_statement();
        let second = fixture.request(&["b"]).await;
        fixture.until_running(2).await;
        let later = fixture.request(&["c", "d"]).await;
        // Other work gets a connection while these wait, so it is not connections that they wait for.
        fixture
            .db
            .read(async |_: &mut _| Ok::<_, Failure>(()))
            .await
            .unwrap();
        assert_eq!(fixture.statements(), [["a"], ["b"]]);
        second_release.send(()).unwrap();
        assert_eq!(values(second).await, [Some((2, "b"))]);
        assert_eq!(values(later).await, [(3, "c"), (3, "d")].map(Some));
        first_release.send(()).unwrap();
        assert_eq!(values(first).await, [Some((1, "a"))]);
    })
    .await;
}

#[tokio::test]
async fn a_request_dropped_while_it_waits_does_not_affect_the_others() {
    on_one_thread(async {
        let fixture = Fixture::new(1).await;
        let occupied = connection::occupy(&fixture.db, 1).await;
        let mut requests = fixture.request(&["this", "gone", "this", "that"]).await;
        for request in requests.drain(..2) {
            request.abort();
            assert!(request.await.unwrap_err().is_cancelled());
        }
        occupied.release().await;
        assert_eq!(values(requests).await, [(1, "this"), (1, "that")].map(Some));
        assert_eq!(
            fixture.statements(),
            [["this", "that"]],
            "a key that nobody waits for is not read"
        );
    })
    .await;
}

#[tokio::test]
async fn a_request_dropped_during_its_statement_takes_away_neither_values_nor_connections() {
    on_one_thread(async {
        let fixture = Fixture::new(1).await;
        let release = fixture.hold_next_statement();
        let mut requests = fixture.request(&["gone", "this", "that"]).await;
        fixture.until_running(1).await;
        let first = requests.remove(0);
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        release.send(()).unwrap();
        assert_eq!(values(requests).await, [(1, "this"), (1, "that")].map(Some));
        assert_eq!(fixture.statements(), [["gone", "this", "that"]]);
        assert_eq!(fixture.db.connections(), (2, 1));
    })
    .await;
}

#[tokio::test]
async fn a_failure_is_that_of_all_requests_of_its_statement_and_of_no_other() {
    on_one_thread(async {
        let fixture = Fixture::new(1).await;
        let occupied = connection::occupy(&fixture.db, 1).await;
        let requests = fixture.request(&["this", "fail", "this", "that", "other"]).await;
        occupied.release().await;
        assert_eq!(
            values(requests).await,
            [None, None, None, None, Some((2, "other"))]
        );
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_panics_leaves_no_request_waiting() {
    on_one_thread(async {
        let fixture = Fixture::new(1).await;
        for _ in 0..=Words::MAX_CONCURRENT {
            let requests = fixture.request(&["panic", "this"]).await;
            assert_eq!(values(requests).await, [None, None]);
        }
        let later = fixture.request(&["this"]).await;
        assert_eq!(values(later).await.len(), 1);
        assert_eq!(fixture.statements().len(), Words::MAX_CONCURRENT + 2);
    })
    .await;
}

#[tokio::test]
async fn without_a_connection_every_request_fails() {
    on_one_thread(async {
        let directory = tempfile::tempdir().unwrap();
        let url = format!(
            "postgres://nobody@localhost/none?host={}",
            directory.path().display()
        );
        let fixture = Fixture::with(Db::new(&url, 1, 1).unwrap());
        for request in fixture.request(&["a", "b", "c", "d", "a", "e", "f", "g"]).await {
            let why = chain(&request.await.unwrap().unwrap_err());
            assert!(why.contains("No such file"), "{why}");
        }
        assert_eq!(fixture.statements(), Vec::<Vec<&str>>::new());
    })
    .await;
}
