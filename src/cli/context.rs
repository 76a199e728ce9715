//! What every subcommand has at hand: the configuration, the clock, who is at the keyboard, and the ways to the database.

use std::sync::Arc;

use anyhow::bail;
use nix::unistd::{User, getuid};
use sqlx::PgConnection;

use super::database::{Missing, Ownership, open};
use super::output::Format;
use crate::app::{App, Settings};
use crate::audit::{Act, Actor};
use crate::clock::Clock;
use crate::config::{DatabaseConfig, PublicConfig, sudo_user};
use crate::db::Db;
use crate::keys::{self, KeyRing};
use crate::telemetry::metrics::Metrics;

/// What every subcommand has at hand.
pub struct Context<'a> {
    /// Where the state is.
    pub database: &'a DatabaseConfig,
    /// Where the service is, as others see it.
    pub public: &'a PublicConfig,
    /// For whom the output is.
    pub format: Format,
    /// The clock.
    pub clock: Clock,
    /// Who is at the keyboard.
    pub actor: Actor,
}

impl Context<'_> {
    /// An act of who is at the keyboard, at this instant by the database, on the data of all customers.
    pub fn act(&self) -> Act {
        Act::new(self.actor.clone(), self.clock.database_now())
    }

    /// Reads from the database on one connection.
    pub async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.with_database(async |db| db.read(work).await).await
    }

    /// Changes the database in one transaction.
    pub async fn change<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection, &Act) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        self.with_database(async |db| {
            // When the database was opened, its time became known.
            let act = self.act();
            db.transaction(async |transaction| work(transaction, &act).await)
                .await
        })
        .await
    }

    /// Runs `work` on the database, and closes it whether or not `work` succeeds. What must not get lost, such as a
    /// generated secret, `work` prints itself. A schema that lacks migrations is an error: replicas of another version may
    /// be at work.
    pub async fn with_database<T>(
        &self,
        work: impl AsyncFnOnce(&Db) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let opened = open(self.database, Ownership::Shared, Missing::Refuse, 1, &self.clock).await?;
        let result = work(&opened.db).await;
        opened.close_after(result).await
    }

    /// As [`Context::with_database`], with the keys unsealed.
    pub async fn with_app<T>(
        &self,
        work: impl AsyncFnOnce(&Arc<App>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let metrics = Arc::new(Metrics::new()?);
        self.with_database(async |db| {
            let ring = self.key_ring(db).await?;
            let settings = Settings::at(self.public.url());
            let app = App::start(settings, self.clock.clone(), db.clone(), ring, metrics).await?;
            work(&app).await
        })
        .await
    }

    /// A ring for the keys of the database, with its master key. That of the private database is made where nothing was
    /// sealed yet; one that is lost is not replaced.
    pub async fn key_ring(&self, db: &Db) -> anyhow::Result<Arc<KeyRing>> {
        let master_key = match self.database.master_key()? {
            Some(master_key) => master_key,
            None => {
                let act = self.act();
                let keys = db.read(async |db| keys::list(db, &act).await).await?;
                if let Some(key) = keys.first() {
                    bail!(
                        "the master key of this database is lost: {} is not there, and the keys in the database are sealed \
                         under it ({}); put it back, or see \"The master key is lost\" in docs/OPERATIONS.md",
                        self.database.own_master_key_file()?.display(),
                        key.master_key_id
                    );
                }
                self.database.make_own_master_key()?
            }
        };
        Ok(Arc::new(KeyRing::new(master_key)))
    }
}

/// The user of the operating system that runs this process.
pub fn os_user() -> Actor {
    let uid = getuid();
    let user = User::from_uid(uid).ok().flatten();
    let name = user.map_or_else(|| format!("uid {uid}"), |user| user.name);
    match sudo_user().filter(|_| uid.is_root()) {
        Some(caller) => Actor::OsUser(format!("{name} (sudo by {caller})")),
        None => Actor::OsUser(name),
    }
}
