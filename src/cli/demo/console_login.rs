//! Somebody who signs in at the console of the demo.

use anyhow::Context as _;
use serde::Serialize;

use super::own_secret;
use crate::app::App;
use crate::cli::context::CommandContext;
use crate::staff::accounts::{self, NewAccount};
use crate::staff::{self, Role, hash_password};

/// What the person of the demo signs in with.
const SIGN_IN_NAME: &str = "demo";

/// Where the console of the demo is, and who may sign in there.
#[derive(Serialize)]
pub struct ConsoleLogin {
    /// Where it is.
    pub url: String,
    /// What the person signs in with.
    pub sign_in_name: &'static str,
    /// The password, generated at the first run.
    pub password: String,
}

impl ConsoleLogin {
    /// The text for people.
    pub fn describe(&self) -> String {
        format!(
            "\nThe console is at {}/: sign in as {} with {}.",
            self.url, self.sign_in_name, self.password
        )
    }
}

/// Adds the person, an admin, or gives the password of this data directory back.
pub(super) async fn seed(
    context: &CommandContext<'_>,
    app: &App,
    url: String,
) -> anyhow::Result<ConsoleLogin> {
    let password = own_secret(&context.database.data_dir()?.join("demo-staff-password"))?;
    let login = ConsoleLogin {
        url,
        sign_in_name: SIGN_IN_NAME,
        password: password.expose().to_owned(),
    };
    let hashed = hash_password(&app.sign_in.passwords, password).await?;
    let act = context.act();
    let new = NewAccount {
        sign_in_name: SIGN_IN_NAME.parse()?,
        name: "Demo Admin".parse()?,
        role: Role::Admin,
        password: None,
    };
    let seeded = app.db.transaction(async |db| {
        let account = match accounts::find_by_name(db, SIGN_IN_NAME).await {
            Err(staff::Error::UnknownAccount(_)) => accounts::add(db, &act, &new).await?,
            found => found?,
        };
        if !account.is_enabled {
            accounts::enable(db, &act, account.staff_id).await?;
        }
        accounts::set_password(db, &act, account.staff_id, Some(&hashed), None).await
    });
    seeded.await.context("the demo has nobody who signs in")?;
    Ok(login)
}
