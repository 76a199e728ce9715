//! Reads of the same thing that wait for a connection together.

use std::cell::Cell;
use std::rc::Rc;

use talentsoft_partner::db::{Db, JointReads};
use talentsoft_partner::error::Fault;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

use super::harness::database;

/// One connection, and callers that want to read.
struct Scene {
    db: Db,
    reads: JointReads<&'static str, usize, Fault>,
    arrived: Cell<usize>,
    begun: Cell<usize>,
}

impl Scene {
    async fn new() -> Rc<Self> {
        Rc::new(Self {
            db: Db::new(&database::fresh().await, 1, 1).unwrap(),
            reads: JointReads::default(),
            arrived: Cell::new(0),
            begun: Cell::new(0),
        })
    }

    /// Takes the connection until told to give it back.
    async fn occupy(self: &Rc<Self>) -> oneshot::Sender<()> {
        let (taken, is_taken) = oneshot::channel();
        let (release, is_released) = oneshot::channel();
        let scene = Rc::clone(self);
        spawn_local(async move {
            let hold = async |_: &mut _| {
                taken.send(()).unwrap();
                is_released.await.map_err(Fault::internal)
            };
            scene.db.run(hold).await.unwrap();
        });
        is_taken.await.unwrap();
        release
    }

    /// A caller for each of `wanted`, all of them waiting; what it is told is the number of the read.
    async fn callers(self: &Rc<Self>, wanted: &[&'static str]) -> Vec<JoinHandle<Result<usize, Fault>>> {
        let expected = self.arrived.get() + wanted.len();
        let callers = wanted.iter().copied().map(|wanted| {
            let scene = Rc::clone(self);
            spawn_local(async move {
                scene.arrived.set(scene.arrived.get() + 1);
                let read = async |_: &mut _| {
                    scene.begun.set(scene.begun.get() + 1);
                    match wanted {
                        "what fails" => Err(Fault::internal("it failed")),
                        _ => Ok(scene.begun.get()),
                    }
                };
                scene.reads.read(&scene.db, wanted, read).await
            })
        });
        let callers = callers.collect();
        while self.arrived.get() < expected {
            yield_now().await;
        }
        callers
    }
}

async fn told(callers: Vec<JoinHandle<Result<usize, Fault>>>) -> Vec<Option<usize>> {
    let mut told = Vec::new();
    for caller in callers {
        told.push(caller.await.unwrap().ok());
    }
    told
}

#[tokio::test]
async fn those_who_wait_for_the_same_are_told_the_same() {
    let test = async {
        let scene = Scene::new().await;
        let release = scene.occupy().await;
        let same = scene.callers(&["this"; 10]).await;
        let other = scene.callers(&["that"]).await;
        assert_eq!(scene.begun.get(), 0);
        release.send(()).unwrap();
        assert_eq!(told(same).await, [Some(1); 10]);
        assert_eq!(told(other).await, [Some(2)]);
        assert_eq!(
            told(scene.callers(&["this"]).await).await,
            [Some(3)],
            "nothing is kept"
        );
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn who_comes_when_the_read_has_begun_waits_for_the_next() {
    let test = async {
        let scene = Scene::new().await;
        let (begun, has_begun) = oneshot::channel();
        let (release, is_released) = oneshot::channel();
        let first = Rc::clone(&scene);
        let first = spawn_local(async move {
            let read = async |_: &mut _| {
                begun.send(()).unwrap();
                is_released.await.map_err(Fault::internal)?;
                Ok(0)
            };
            first.reads.read(&first.db, "this", read).await
        });
        has_begun.await.unwrap();
        let later = scene.callers(&["this", "this"]).await;
        release.send(()).unwrap();
        assert_eq!(first.await.unwrap().unwrap(), 0);
        assert_eq!(told(later).await, [Some(1), Some(1)]);
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn who_gives_up_leaves_the_others_to_read() {
    let test = async {
        let scene = Scene::new().await;
        let release = scene.occupy().await;
        let mut callers = scene.callers(&["this", "this", "this"]).await;
        let first = callers.remove(0);
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        let later = scene.callers(&["this"]).await;
        release.send(()).unwrap();
        assert_eq!(told(callers).await, [Some(1), Some(1)]);
        assert_eq!(told(later).await, [Some(2)]);
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_waited_for_it() {
    let test = async {
        let scene = Scene::new().await;
        let release = scene.occupy().await;
        let callers = scene.callers(&["what fails"; 3]).await;
        release.send(()).unwrap();
        assert_eq!(told(callers).await, [None; 3]);
        assert_eq!(scene.begun.get(), 1);
    };
    LocalSet::new().run_until(test).await;
}
