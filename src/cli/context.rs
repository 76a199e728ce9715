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

/// Whether what a command shows can be asked for again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It can.
    Again,
    /// It cannot: a generated secret.
    Once,
}

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

    /// Changes the database in one transaction, and shows what came of it: after its end, or before it where that is shown this
    /// once, so that nothing is registered whose secret nobody was told.
    pub async fn change_and_show<T>(
        &self,
        db: &Db,
        shown: Shown,
        work: impl AsyncFnOnce(&mut PgConnection) -> anyhow::Result<T>,
        show: impl Fn(&T) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut is_told = false;
        let changed = db.transaction(async |db| {
            let changed = work(db).await?;
            if shown == Shown::Once {
                show(&changed)?;
                is_told = true;
            }
            anyhow::Ok(changed)
        });
        let changed = changed.await;
        let changed = match changed {
            // The end of a transaction may get lost on its way back.
            Err(error) if is_told => {
                return Err(error.context(
                    "this was not completed, or nobody said so; keep the secret that was shown if `secret list` shows it, \
                     otherwise run the command again",
                ));
            }
            changed => changed?,
        };
        match shown {
            Shown::Once => Ok(()),
            Shown::Again => show(&changed),
        }
    }

    /// Runs `work` on the database, and closes the database whether or not `work` succeeds. `work` itself prints what must
    /// not get lost ([`CommandContext::change_and_show`]): an error of closing would keep it from the output. A schema that lacks
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
