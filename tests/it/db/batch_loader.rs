//! Reads that wait for a connection together.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use sqlx::PgConnection;
use talentsoft_partner::db::{BatchLoader, BatchQuery, Db};
use talentsoft_partner::error::{Failure, chain};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

use test_support::{connection, database};

/// Reads words: what is found is the number of the statement, and the word.
#[derive(Clone, Default)]
struct Words {
    /// What each statement read.
    statements: Rc<RefCell<Vec<Vec<&'static str>>>>,
    /// Statements that are under way.
    begun: Rc<Cell<usize>>,
    /// Whose sender holds up the next statement.
    held: Rc<RefCell<Option<oneshot::Receiver<()>>>>,
}

impl BatchQuery for Words {
    type Wanted = &'static str;
    type Found = (usize, &'static str);

    const MAX_BATCH: usize = 3;
    const MAX_CONCURRENT: usize = 2;

    async fn read(&self, _: &mut PgConnection, wanted: &[&'static str]) -> Result<Vec<Self::Found>, Failure> {
        self.statements.borrow_mut().push(wanted.to_vec());
        let number = self.statements.borrow().len();
        self.begun.set(self.begun.get() + 1);
        let held = self.held.take();
        if let Some(held) = held {
            held.await.map_err(Failure::internal)?;
        }
        self.begun.set(self.begun.get() - 1);
        if wanted.contains(&"what fails") {
            return Err(Failure::internal("it failed"));
        }
        assert!(!wanted.contains(&"what panics"));
        Ok(wanted.iter().map(|word| (number, *word)).collect())
    }
}

/// Callers who want to read, and what they read by.
struct Scene {
    db: Db,
    words: Words,
    reads: BatchLoader<Words>,
    arrived: Cell<usize>,
}

type Told = Result<(usize, &'static str), Failure>;

impl Scene {
    /// With so many connections, which are open already.
    async fn new(connections: u32) -> Rc<Self> {
        let scene = Self::of(Db::new(&database::fresh().await, connections, 1).unwrap());
        let mut holds = Vec::new();
        for _ in 0..connections {
            holds.push(connection::occupy(&scene.db).await);
        }
        for (release, holder) in holds {
            release.send(()).unwrap();
            holder.await.unwrap();
        }
        scene
    }

    fn of(db: Db) -> Rc<Self> {
        let words = Words::default();
        Rc::new(Self {
            db,
            reads: BatchLoader::new(words.clone()),
            words,
            arrived: Cell::new(0),
        })
    }

    /// Holds up the next statement until told not to.
    fn hold(&self) -> oneshot::Sender<()> {
        let (release, held) = oneshot::channel();
        self.words.held.replace(Some(held));
        release
    }

    /// A caller for each of `wanted`, all of them waiting.
    async fn callers(self: &Rc<Self>, wanted: &[&'static str]) -> Vec<JoinHandle<Told>> {
        let expected = self.arrived.get() + wanted.len();
        let callers = wanted.iter().copied().map(|wanted| {
            let scene = Rc::clone(self);
            spawn_local(async move {
                scene.arrived.set(scene.arrived.get() + 1);
                scene.reads.read(&scene.db, wanted).await
            })
        });
        let callers = callers.collect();
        while self.arrived.get() < expected {
            yield_now().await;
        }
        callers
    }

    /// Waits until so many statements are under way.
    async fn begun(&self, statements: usize) {
        while self.words.begun.get() < statements {
            yield_now().await;
        }
    }

    fn statements(&self) -> Vec<Vec<&'static str>> {
        self.words.statements.borrow().clone()
    }
}

/// What each was told, if not of a failure.
async fn told(callers: Vec<JoinHandle<Told>>) -> Vec<Option<(usize, &'static str)>> {
    let mut told = Vec::new();
    for caller in callers {
        told.push(caller.await.unwrap().ok());
    }
    told
}

async fn on_one_thread(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn those_who_wait_together_are_read_for_by_one_statement() {
    on_one_thread(async {
        let scene = Scene::new(1).await;
        let (release, _) = connection::occupy(&scene.db).await;
        let mut callers = scene.callers(&["this", "that"]).await;
        callers.extend(scene.callers(&["this", "other", "this"]).await);
        assert_eq!(scene.statements(), Vec::<Vec<&str>>::new());
        release.send(()).unwrap();
        let expected = ["this", "that", "this", "other", "this"].map(|word| Some((1, word)));
        assert_eq!(told(callers).await, expected);
        assert_eq!(scene.statements(), [["this", "that", "other"]], "each word once");
        let again = scene.callers(&["this"]).await;
        assert_eq!(told(again).await, [Some((2, "this"))], "nothing is kept");
    })
    .await;
}

#[tokio::test]
async fn a_statement_is_for_so_many_and_the_oldest_are_first() {
    on_one_thread(async {
        let scene = Scene::new(1).await;
        let (release, _) = connection::occupy(&scene.db).await;
        let callers = scene.callers(&["a", "b", "c", "d", "e", "b"]).await;
        release.send(()).unwrap();
        assert_eq!(
            told(callers).await,
            [(1, "a"), (1, "b"), (1, "c"), (2, "d"), (2, "e"), (1, "b")].map(Some)
        );
        assert_eq!(scene.statements(), [vec!["a", "b", "c"], vec!["d", "e"]]);
    })
    .await;
}

#[tokio::test]
async fn who_comes_when_the_read_has_begun_waits_for_the_next() {
    on_one_thread(async {
        let scene = Scene::new(1).await;
        let release = scene.hold();
        let first = scene.callers(&["this"]).await;
        scene.begun(1).await;
        let later = scene.callers(&["this", "this"]).await;
        release.send(()).unwrap();
        assert_eq!(told(first).await, [Some((1, "this"))]);
        assert_eq!(told(later).await, [Some((2, "this")); 2]);
    })
    .await;
}

#[tokio::test]
async fn so_many_statements_at_most_are_under_way() {
    on_one_thread(async {
        let scene = Scene::new(3).await;
        let first_release = scene.hold();
        let first = scene.callers(&["a"]).await;
        scene.begun(1).await;
        let second_release = scene.hold();
        let second = scene.callers(&["b"]).await;
        scene.begun(2).await;
        let later = scene.callers(&["c", "d"]).await;
        // A statement of others goes its way while these wait, so there was a connection.
        scene
            .db
            .run(async |_: &mut _| Ok::<_, Failure>(()))
            .await
            .unwrap();
        assert_eq!(scene.statements(), [["a"], ["b"]]);
        second_release.send(()).unwrap();
        assert_eq!(told(second).await, [Some((2, "b"))]);
        assert_eq!(told(later).await, [(3, "c"), (3, "d")].map(Some));
        first_release.send(()).unwrap();
        assert_eq!(told(first).await, [Some((1, "a"))]);
    })
    .await;
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_the_others_to_read() {
    on_one_thread(async {
        let scene = Scene::new(1).await;
        let (release, _) = connection::occupy(&scene.db).await;
        let mut callers = scene.callers(&["this", "gone", "this", "that"]).await;
        for caller in callers.drain(..2) {
            caller.abort();
            assert!(caller.await.unwrap_err().is_cancelled());
        }
        release.send(()).unwrap();
        assert_eq!(told(callers).await, [(1, "this"), (1, "that")].map(Some));
        assert_eq!(
            scene.statements(),
            [["this", "that"]],
            "nothing is read for nobody"
        );
    })
    .await;
}

#[tokio::test]
async fn who_gives_up_during_the_read_takes_neither_answers_nor_connections_away() {
    on_one_thread(async {
        let scene = Scene::new(1).await;
        let release = scene.hold();
        let mut callers = scene.callers(&["gone", "this", "that"]).await;
        scene.begun(1).await;
        let first = callers.remove(0);
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        release.send(()).unwrap();
        assert_eq!(told(callers).await, [(1, "this"), (1, "that")].map(Some));
        assert_eq!(scene.statements(), [["gone", "this", "that"]]);
        assert_eq!(scene.db.connections(), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_were_read_for_together_and_nobody_else() {
    on_one_thread(async {
        let scene = Scene::new(1).await;
        let (release, _) = connection::occupy(&scene.db).await;
        let callers = scene
            .callers(&["this", "what fails", "this", "that", "other"])
            .await;
        release.send(()).unwrap();
        assert_eq!(told(callers).await, [None, None, None, None, Some((2, "other"))]);
    })
    .await;
}

#[tokio::test]
async fn a_read_that_panics_leaves_nobody_waiting() {
    on_one_thread(async {
        let scene = Scene::new(1).await;
        for _ in 0..=Words::MAX_CONCURRENT {
            let callers = scene.callers(&["what panics", "this"]).await;
            assert_eq!(told(callers).await, [None, None]);
        }
        let later = scene.callers(&["this"]).await;
        assert_eq!(told(later).await.len(), 1);
        assert_eq!(scene.statements().len(), Words::MAX_CONCURRENT + 2);
    })
    .await;
}

#[tokio::test]
async fn without_a_connection_everybody_is_told() {
    on_one_thread(async {
        let directory = tempfile::tempdir().unwrap();
        let url = format!(
            "postgres://nobody@localhost/none?host={}",
            directory.path().display()
        );
        let scene = Scene::of(Db::new(&url, 1, 1).unwrap());
        for caller in scene.callers(&["a", "b", "c", "d", "a", "e", "f", "g"]).await {
            let why = chain(&caller.await.unwrap().unwrap_err());
            assert!(why.contains("No such file"), "{why}");
        }
        assert_eq!(scene.statements(), Vec::<Vec<&str>>::new());
    })
    .await;
}
