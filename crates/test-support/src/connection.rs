//! Connections of the service that are not to be had.

use talentsoft_partner::db::Db;
use talentsoft_partner::error::Failure;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_local};

/// Connections that are taken until they are released.
#[must_use]
pub struct Occupied(Vec<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Occupied {
    /// Gives them back.
    pub async fn release(self) {
        for (release, holder) in self.0 {
            release.send(()).unwrap();
            holder.await.unwrap();
        }
    }
}

/// Takes so many connections of this thread, all at once; where tasks can be spawned on the same thread.
pub async fn occupy(db: &Db, connections: usize) -> Occupied {
    let mut occupied = Vec::new();
    for _ in 0..connections {
        let (taken, is_taken) = oneshot::channel();
        let (release, is_released) = oneshot::channel();
        let db = db.clone();
        let holder = spawn_local(async move {
            let hold = async |_: &mut _| {
                taken.send(()).unwrap();
                is_released.await.map_err(Failure::internal)
            };
            db.read(hold).await.unwrap();
        });
        is_taken.await.unwrap();
        occupied.push((release, holder));
    }
    Occupied(occupied)
}
