//! The batch writer: changes that wait for a connection at the same time are one transaction.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;
use sqlx::PgConnection;
use talentsoft_partner::app::{App, Settings};
use talentsoft_partner::audit::Act;
use talentsoft_partner::clock::Clock;
use talentsoft_partner::db::{BatchChange, BatchWriter, Db, Extent};
use talentsoft_partner::error::{Failure, chain};
use talentsoft_partner::oauth::grant::{IssuedToken, PresentedAssertion, PresentedClient, jwt_bearer};
use talentsoft_partner::oauth::revocation::{find_revocation, revoke_with_others};
use talentsoft_partner::oauth::revocation_set::Revocation;
use talentsoft_partner::oauth::token::Token;
use talentsoft_partner::oauth::{AssertionError, Error};
use talentsoft_partner::replica::Feed;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

use test_support::connection::{self, Occupied};
use test_support::{
    ISSUER, Registry, SECRET, TestClient, actor, application, assertion, database, frozen_instant,
};

/// Writes words: the outcome of each is the number of its transaction, and the word.
#[derive(Clone, Default)]
struct Words {
    /// The words of each transaction.
    transactions: Rc<RefCell<Vec<Vec<&'static str>>>>,
    running: Rc<Cell<usize>>,
    /// The next transaction waits for this.
    gate: Rc<RefCell<Option<oneshot::Receiver<()>>>>,
}

impl BatchChange for Words {
    type Item = &'static str;
    type Outcome = (usize, &'static str);

    const MAX_BATCH: usize = 3;
    const EXTENT: Extent = Extent::Statement;

    async fn apply(
        &self,
        _: &mut PgConnection,
        words: &[&'static str],
    ) -> Result<Vec<Self::Outcome>, Failure> {
        self.transactions.borrow_mut().push(words.to_vec());
        let number = self.transactions.borrow().len();
        self.running.set(self.running.get() + 1);
        let gate = self.gate.take();
        if let Some(gate) = gate {
            gate.await.map_err(Failure::internal)?;
        }
        self.running.set(self.running.get() - 1);
        if words.contains(&"fail") {
            return Err(Failure::internal("it failed"));
        }
        assert!(!words.contains(&"panic"));
        Ok(words.iter().map(|word| (number, *word)).collect())
    }
}

/// A writer of words, with its database.
struct Fixture {
    db: Db,
    words: Words,
    writer: BatchWriter<Words>,
    asked: Cell<usize>,
}

type Written = Result<(usize, &'static str), Failure>;

impl Fixture {
    async fn new() -> Rc<Self> {
        Self::with(Db::new(&database::fresh().await, 2, 1).unwrap())
    }

    fn with(db: Db) -> Rc<Self> {
        let words = Words::default();
        Rc::new(Self {
            db,
            writer: BatchWriter::new(words.clone()),
            words,
            asked: Cell::new(0),
        })
    }

    /// Writes each of these words in a task of its own. When it returns, all of them wait.
    async fn write(self: &Rc<Self>, words: &[&'static str]) -> Vec<JoinHandle<Written>> {
        let expected = self.asked.get() + words.len();
        let tasks = words.iter().copied().map(|word| {
            let fixture = Rc::clone(self);
            spawn_local(async move {
                fixture.asked.set(fixture.asked.get() + 1);
                fixture.writer.write(&fixture.db, word).await
            })
        });
        let tasks = tasks.collect();
        while self.asked.get() < expected {
            yield_now().await;
        }
        tasks
    }

    fn transactions(&self) -> Vec<Vec<&'static str>> {
        self.words.transactions.borrow().clone()
    }
}

/// What became of each; `None` for a failure.
async fn outcomes(tasks: Vec<JoinHandle<Written>>) -> Vec<Option<(usize, &'static str)>> {
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap().ok());
    }
    outcomes
}

async fn on_one_thread(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn changes_that_wait_together_are_one_transaction_and_each_has_its_own_outcome() {
    Box::pin(on_one_thread(async {
        let fixture = Fixture::new().await;
        let occupied = connection::occupy(&fixture.db, 2).await;
        let tasks = fixture.write(&["this", "that", "this", "later"]).await;
        assert_eq!(fixture.transactions(), Vec::<Vec<&str>>::new());
        occupied.release().await;
        let expected = [(1, "this"), (1, "that"), (1, "this"), (2, "later")];
        assert_eq!(outcomes(tasks).await, expected.map(Some));
        assert_eq!(
            fixture.transactions(),
            [vec!["this", "that", "this"], vec!["later"]],
            "the oldest first, and no more than MAX_BATCH"
        );
    }))
    .await;
}

#[tokio::test]
async fn changes_that_come_while_one_transaction_runs_are_the_next() {
    Box::pin(on_one_thread(async {
        let fixture = Fixture::new().await;
        let (release, gate) = oneshot::channel();
        fixture.words.gate.replace(Some(gate));
        let mut tasks = fixture.write(&["first"]).await;
        while fixture.words.running.get() == 0 {
            yield_now().await;
        }
        tasks.extend(fixture.write(&["second", "third"]).await);
        release.send(()).unwrap();
        let expected = [(1, "first"), (2, "second"), (2, "third")];
        assert_eq!(outcomes(tasks).await, expected.map(Some));
    }))
    .await;
}

#[tokio::test]
async fn who_goes_away_takes_nothing_from_the_others() {
    Box::pin(on_one_thread(async {
        let fixture = Fixture::new().await;
        let occupied = connection::occupy(&fixture.db, 2).await;
        let mut tasks = fixture.write(&["gone", "this"]).await;
        tasks.remove(0).abort();
        yield_now().await;
        occupied.release().await;
        assert_eq!(outcomes(tasks).await, [Some((1, "this"))]);
        assert_eq!(
            fixture.transactions(),
            [["this"]],
            "what nobody waits for is not made"
        );

        let (release, gate) = oneshot::channel();
        fixture.words.gate.replace(Some(gate));
        let mut tasks = fixture.write(&["begun", "that"]).await;
        while fixture.words.running.get() == 0 {
            yield_now().await;
        }
        tasks.remove(0).abort();
        yield_now().await;
        release.send(()).unwrap();
        assert_eq!(outcomes(tasks).await, [Some((2, "that"))]);
        assert_eq!(fixture.transactions()[1], ["begun", "that"]);
    }))
    .await;
}

#[tokio::test]
async fn a_failure_is_that_of_its_transaction_and_of_no_other() {
    Box::pin(on_one_thread(async {
        let fixture = Fixture::new().await;
        for word in ["fail", "panic"] {
            let occupied = connection::occupy(&fixture.db, 2).await;
            let tasks = fixture.write(&["this", word, "that", "later"]).await;
            occupied.release().await;
            let written = outcomes(tasks).await;
            assert_eq!(written[..3], [None; 3], "{word}");
            let later = fixture.write(&["after"]).await;
            assert!(outcomes(later).await[0].is_some(), "{word}");
        }
    }))
    .await;
}

#[tokio::test]
async fn without_a_connection_every_change_fails() {
    Box::pin(on_one_thread(async {
        let directory = tempfile::tempdir().unwrap();
        let host = directory.path().display();
        let fixture =
            Fixture::with(Db::new(&format!("postgres://nobody@localhost/none?host={host}"), 1, 1).unwrap());
        for task in fixture.write(&["a", "b", "c", "d", "e"]).await {
            let why = chain(&task.await.unwrap().unwrap_err());
            assert!(why.contains("No such file"), "{why}");
        }
        assert_eq!(fixture.transactions(), Vec::<Vec<&str>>::new());
    }))
    .await;
}

/// An authorization server on this thread, and a client of it whose assertions are for single use.
struct Scene {
    app: Arc<App>,
    registry: Registry,
    client: TestClient,
}

impl Scene {
    async fn new() -> Self {
        let registry = Registry::fresh().await;
        let client = registry.add_marketplace_client("acme").await;
        let db = Db::new(&registry.database_url, 2, 1).unwrap();
        let clock = Clock::frozen_at(frozen_instant());
        let app = application(Settings::at(ISSUER), &clock, &db).await.unwrap();
        Feed::begin(
            Arc::clone(&app.oauth),
            Arc::clone(&app.market),
            Arc::clone(&app.feed),
        )
        .await
        .unwrap();
        let scene = Self {
            app,
            registry,
            client,
        };
        // From now on the client is in memory.
        scene.exchange("first").await.unwrap();
        scene
    }

    async fn occupy(&self) -> Occupied {
        connection::occupy(&self.app.oauth.db, 2).await
    }

    /// Exchanges an assertion with this identifier.
    async fn exchange(&self, jwt_id: &str) -> Result<IssuedToken, Error> {
        let assertion = assertion::good_at(frozen_instant(), &self.client);
        let text = assertion.claim("jti", json!(jwt_id)).sign(SECRET);
        let presented = PresentedAssertion {
            text: &text,
            address: None,
        };
        jwt_bearer(&self.app.oauth, presented, PresentedClient::Nothing, None).await
    }

    /// By how many transactions the rows of this table were written.
    async fn transactions(&self, table: &str) -> i64 {
        let sql = format!("select count(distinct xmin::text) from {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&self.registry.sql)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn assertions_that_are_presented_together_are_stored_by_one_statement_and_each_is_accepted_once() {
    Box::pin(on_one_thread(async {
        let scene = Scene::new().await;
        let before = scene.transactions("used_assertion").await;
        let occupied = scene.occupy().await;
        let presented: Vec<String> = (0..40).map(|number| format!("jti-{}", number % 30)).collect();
        let exchanges = join_all(presented.iter().map(|jwt_id| scene.exchange(jwt_id)));
        let release = async {
            // The exchanges are polled first, and then wait for a connection.
            yield_now().await;
            occupied.release().await;
        };
        let (answers, ()) = tokio::join!(exchanges, release);
        let mut accepted = BTreeSet::new();
        for (jwt_id, answer) in presented.iter().zip(answers) {
            match answer {
                Ok(_) => assert!(accepted.insert(jwt_id), "{jwt_id} twice"),
                Err(Error::InvalidGrant {
                    error: AssertionError::Replayed,
                    ..
                }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(accepted.len(), 30);
        assert_eq!(scene.transactions("used_assertion").await - before, 1);
        let again = scene.exchange("jti-7").await;
        assert!(again.is_err(), "what was used together is used");
    }))
    .await;
}

#[tokio::test]
async fn tokens_that_are_revoked_together_are_one_transaction_and_one_notification() {
    Box::pin(on_one_thread(async {
        let scene = Scene::new().await;
        let oauth = &scene.app.oauth;
        let mut tokens = Vec::new();
        for number in 0..50 {
            let issued = scene.exchange(&format!("token-{number}")).await.unwrap();
            tokens.push(Token::open(&issued.access_token, &oauth.ring, ISSUER).unwrap());
        }
        let mut listener = sqlx::postgres::PgListener::connect(&scene.registry.database_url)
            .await
            .unwrap();
        listener.listen("partner_change").await.unwrap();
        let act = Act::new(actor(), frozen_instant());
        let occupied = scene.occupy().await;
        // The last one is revoked twice.
        let revoked = tokens.iter().chain(tokens.last());
        let revoking = join_all(revoked.map(|token| revoke_with_others(oauth, &act, token)));
        let release = async {
            yield_now().await;
            occupied.release().await;
        };
        let (answers, ()) = tokio::join!(revoking, release);
        assert!(answers.iter().all(Result::is_ok));
        for token in &tokens {
            let found = find_revocation(oauth, token).await.unwrap();
            assert!(matches!(found, Revocation::Revoked));
        }
        assert_eq!(scene.transactions("revoked_token").await, 1);
        let audited = "select count(*), count(distinct subject) from audit_event where action = 'revoked'";
        let audited: (i64, i64) = sqlx::query_as(audited)
            .fetch_one(&scene.registry.sql)
            .await
            .unwrap();
        assert_eq!(audited, (50, 50), "each once");
        listener.recv().await.unwrap();
        sqlx::query("notify partner_change, 'last'")
            .execute(&scene.registry.sql)
            .await
            .unwrap();
        assert_eq!(
            listener.recv().await.unwrap().payload(),
            "last",
            "and one notification"
        );
    }))
    .await;
}
