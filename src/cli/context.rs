//! What every subcommand works with: the configuration, the clock, who runs the command, and access to the database.

use std::sync::Arc;

use anyhow::bail;
use nix::unistd::{User, getuid};
use sqlx::PgConnection;

use super::database::{MissingMigrations, Ownership, open};
use super::output::Format;
use crate::app::{App, Settings};
use crate::audit::{Act, Actor};
use crate::clock::Clock;
use crate::config::{DatabaseConfig, PublicConfig, sudo_user};
use crate::db::Db;
use crate::keys::{self, KeyRing};
use crate::telemetry::Telemetry;
use crate::telemetry::trace::TraceSettings;

/// What every subcommand works with.
pub struct CommandContext<'a> {
    /// How the database is reached.
    pub database: &'a DatabaseConfig,
    /// The URL under which callers reach the service.
    pub public: &'a PublicConfig,
    /// The form of the output.
    pub format: Format,
    /// The clock of this machine, set by that of the database once one is open.
    pub clock: Clock,
    /// Who runs the command.
    pub actor: Actor,
}

impl CommandContext<'_> {
    /// An act of whoever runs the command, at this instant by the database's clock, on the data of all customers.
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
            // The act is made here because the database's time is known only once the database is open.
            let act = self.act();
            db.transaction(async |transaction| work(transaction, &act).await)
                .await
        })
        .await
    }

    /// Runs `work` on the database, and closes the database whether or not `work` succeeds. `work` itself prints what must
    /// not get lost, such as a generated secret: an error of closing would keep it from the output. A schema that lacks
    /// migrations is an error, because replicas of another version may be using it.
    pub async fn with_database<T>(
        &self,
        work: impl AsyncFnOnce(&Db) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let opened = open(
            self.database,
            Ownership::Shared,
            MissingMigrations::Refuse,
            1,
            &self.clock,
        )
        .await?;
        let result = work(&opened.db).await;
        opened.close_after(result).await
    }

    /// Does the same as [`CommandContext::with_database`] for `work` that needs the unsealed keys.
    pub async fn with_app<T>(
        &self,
        work: impl AsyncFnOnce(&Arc<App>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let telemetry = Telemetry::start(&TraceSettings::default())?;
        self.with_database(async |db| {
            let ring = self.key_ring(db).await?;
            let settings = Settings::at(self.public.url());
            let app = App::start(settings, self.clock.clone(), db.clone(), ring, telemetry).await?;
            work(&app).await
        })
        .await
    }

    /// The key ring of the database, with its master key. The private database's own master key is generated if no key
    /// exists yet; a lost one is not replaced, because what is sealed under it could never be opened again.
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
