//! A connection of the service that is not to be had.

use talentsoft_partner::db::Db;
use talentsoft_partner::error::Failure;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_local};

/// Takes a connection of this thread until told to give it back; where tasks can be spawned on the same thread.
pub async fn occupy(db: &Db) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (taken, is_taken) = oneshot::channel();
    let (release, is_released) = oneshot::channel();
    let db = db.clone();
    let holder = spawn_local(async move {
        let hold = async |_: &mut _| {
            taken.send(()).unwrap();
            is_released.await.map_err(Failure::internal)
        };
        db.run(hold).await.unwrap();
    });
    is_taken.await.unwrap();
    (release, holder)
}
