//! What is to become of each row, by the registry as it is: decided before anything is hashed or written.

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;
use sqlx::PgConnection;

use super::columns::{Cell, Column};
use super::read::Row;
use super::{ImportClientsArgs, Refusal};
use crate::cli::input::positive_seconds;
use crate::cli::settings::{SettingArgs, to_json};
use crate::clients::{self, ClientInfo, ClientSettings, Customer, Enabled, NewSecret, ScopeSet, Strength};
use crate::crypto::secret::PresentedSecret;
use crate::ids::ClientId;
use crate::text::Name;

/// Clients that are read by one statement.
const CLIENTS_AT_ONCE: usize = 1000;

/// What is registered already: all customers, and those of the clients that the file names.
pub struct Registered {
    customers: Vec<Customer>,
    clients: HashMap<ClientId, ClientInfo>,
}

impl Registered {
    /// Reads what the rows are about.
    pub async fn read(db: &mut PgConnection, rows: &[Result<Row, Refusal>]) -> Result<Self, clients::Error> {
        let named = rows.iter().flatten().filter_map(|row| client_id(row).ok());
        let client_ids: Vec<ClientId> = named.collect();
        let mut found = HashMap::new();
        for some in client_ids.chunks(CLIENTS_AT_ONCE) {
            let clients = clients::find_clients(db, some).await?;
            found.extend(
                clients
                    .into_iter()
                    .map(|client| (client.client_id.clone(), client)),
            );
        }
        Ok(Self {
            customers: clients::list_customers(db).await?,
            clients: found,
        })
    }
}

/// Which customer a client is to have.
pub enum Owner {
    /// None: a client of the partner itself.
    None,
    /// One that is registered.
    Known(Customer),
    /// One of this name, which is to be added.
    New(String),
}

/// What is to be done for a row.
pub enum Step {
    /// Register the client.
    Create {
        /// Its customer.
        owner: Owner,
        /// Its first secret.
        secret: NewSecret,
        /// Whether the secret was generated.
        is_generated: bool,
    },
    /// Change what differs.
    Update {
        /// The columns that differ.
        differing: Vec<Column>,
        /// What is set until then.
        before: Box<ClientSettings>,
    },
    /// Nothing.
    Keep,
}

/// A row that can be imported.
pub struct Planned {
    /// Its client.
    pub client_id: ClientId,
    /// What to do.
    pub step: Step,
    /// The settings that the client is to have; of a client of a new customer, without the customer.
    pub settings: ClientSettings,
    /// Whether it is to be enabled.
    pub enabled: Enabled,
    /// The secret of an existing client, which must be a live one, and the client.
    pub to_compare: Option<(NewSecret, ClientInfo)>,
}

/// Plans every row; the rows that cannot be imported are refused.
pub fn plan(
    rows: Vec<Result<Row, Refusal>>,
    registered: &Registered,
    args: &ImportClientsArgs,
) -> Vec<(u64, Result<Planned, Refusal>)> {
    let mut lines: BTreeMap<ClientId, u64> = BTreeMap::new();
    let mut plan_one = |row: &Row| {
        let client_id = client_id(row).map_err(|reason| refusal(row, Column::ClientId, reason))?;
        if let Some(line) = lines.get(&client_id) {
            let reason = format!("line {line} is about the same client");
            return Err(refusal(row, Column::ClientId, reason));
        }
        lines.insert(client_id.clone(), row.line);
        match registered.clients.get(&client_id) {
            Some(client) => plan_existing(row, client, registered, args),
            None => plan_new(row, client_id, registered, args),
        }
    };
    let plan_row = |row: Result<Row, Refusal>| match row {
        Ok(row) => (row.line, plan_one(&row)),
        Err(refusal) => (refusal.line, Err(refusal)),
    };
    rows.into_iter().map(plan_row).collect()
}

/// The client that a row names. Spaces around it are part of it: it may have been registered so, if no longer today.
fn client_id(row: &Row) -> Result<ClientId, String> {
    let cell = row.cell(Column::ClientId);
    let cell = cell
        .ok_or_else(|| "it is missing: an import names its clients, so that it can be repeated".to_owned())?;
    let text = cell.value(None)?;
    text.parse()
        .map_err(|error: crate::ids::InvalidClientId| error.to_string())
}

fn refusal(row: &Row, column: impl Into<Option<Column>>, reason: impl Into<String>) -> Refusal {
    Refusal {
        line: row.line,
        client_id: client_id(row).ok().map(|id| id.to_string()),
        column: column.into(),
        reason: reason.into(),
    }
}

fn plan_new(
    row: &Row,
    client_id: ClientId,
    registered: &Registered,
    args: &ImportClientsArgs,
) -> Result<Planned, Refusal> {
    clients::check_new_client_id(&client_id)
        .map_err(|error| refusal(row, Column::ClientId, error.to_string()))?;
    let owner = owner(row, registered, args)?;
    let customer_id = match &owner {
        Owner::Known(customer) => Some(customer.customer_id),
        // It has no identifier yet; one stands for it until the settings were checked.
        Owner::New(_) => Some(crate::ids::CustomerId(uuid::Uuid::nil())),
        Owner::None => None,
    };
    let of = |column: Column| match row.cell(column) {
        Some(cell) => SettingArgs::of_cell(column, cell).map_err(|reason| refusal(row, column, reason)),
        None => Ok(SettingArgs::default()),
    };
    let (grants, scopes) = (of(Column::Grants)?.grants(), of(Column::Scopes)?.scopes());
    let first = ClientSettings::first(customer_id, grants, scopes);
    let mut settings = first.ok_or_else(|| {
        let reason = format!(
            "a client needs a customer, or scopes for one without a customer; the scopes are {}",
            ScopeSet::served()
        );
        refusal(row, Column::Customer, reason)
    })?;
    apply(row, &mut settings)?;
    let (secret, is_generated) = match presented(row, args)? {
        Some(secret) => (secret, false),
        None if args.generates_secrets() => (new_secret(row, PresentedSecret::generate())?, true),
        None => {
            let reason = "a client that is not registered yet needs its secret here, or --generate-secrets";
            return Err(refusal(row, Column::ClientSecret, reason));
        }
    };
    Ok(Planned {
        client_id,
        step: Step::Create {
            owner,
            secret,
            is_generated,
        },
        settings,
        enabled: enabled(row)?.unwrap_or(Enabled::Yes),
        to_compare: None,
    })
}

fn plan_existing(
    row: &Row,
    client: &ClientInfo,
    registered: &Registered,
    args: &ImportClientsArgs,
) -> Result<Planned, Refusal> {
    if row.cell(Column::Customer).is_some() {
        let customer_id = match owner(row, registered, args)? {
            Owner::Known(customer) => Some(customer.customer_id),
            Owner::None => None,
            Owner::New(_) => {
                let reason = "the client is registered with another customer, which it keeps";
                return Err(refusal(row, Column::Customer, reason));
            }
        };
        if customer_id != client.settings.customer_id {
            let reason = "the client is registered with another customer, or with none, and keeps that";
            return Err(refusal(row, Column::Customer, reason));
        }
    }
    let mut settings = client.settings.clone();
    apply(row, &mut settings)?;
    let mut differing: Vec<Column> = Column::SETTINGS
        .iter()
        .copied()
        .filter(|column| to_json(*column, &settings).ok() != to_json(*column, &client.settings).ok())
        .collect();
    let was_enabled = if client.is_enabled {
        Enabled::Yes
    } else {
        Enabled::No
    };
    let enabled = enabled(row)?.unwrap_or(was_enabled);
    if enabled != was_enabled {
        differing.push(Column::IsEnabled);
    }
    if let Some(first) = differing.first().filter(|_| !args.update) {
        let names: Vec<&str> = differing.iter().map(|column| column.name()).collect();
        let reason = format!(
            "the client is registered with another value of {}; pass --update to change it",
            names.join(", ")
        );
        return Err(refusal(row, *first, reason));
    }
    let to_compare = presented(row, args)?.map(|secret| (secret, client.clone()));
    Ok(Planned {
        client_id: client.client_id.clone(),
        step: if differing.is_empty() {
            Step::Keep
        } else {
            Step::Update {
                differing,
                before: Box::new(client.settings.clone()),
            }
        },
        settings,
        enabled,
        to_compare,
    })
}

/// Sets what the row says.
fn apply(row: &Row, settings: &mut ClientSettings) -> Result<(), Refusal> {
    for (column, cell) in &row.cells {
        let args = SettingArgs::of_cell(*column, cell).map_err(|reason| refusal(row, *column, reason))?;
        args.apply(settings)
            .map_err(|error| refusal(row, *column, error.to_string()))?;
    }
    settings
        .check()
        .map_err(|error| refusal(row, None, error.to_string()))
}

fn owner(row: &Row, registered: &Registered, args: &ImportClientsArgs) -> Result<Owner, Refusal> {
    let refuse = |reason: String| refusal(row, Column::Customer, reason);
    let Some(cell) = row.cell(Column::Customer) else {
        return Ok(Owner::None);
    };
    let word = Column::Customer.unset_word();
    let text = cell.value(word).map_err(refuse)?;
    if !matches!(cell, Cell::Literal(_)) && Some(text) == word {
        return Ok(Owner::None);
    }
    // As customers are named when they are added: without spaces around it. An earlier version may have taken other characters.
    let parsed = text.parse::<Name>();
    let name = parsed.as_ref().map_or(text, Name::as_str);
    let is_it = |customer: &&Customer| customer.name == name || customer.customer_id.to_string() == name;
    if let Some(customer) = registered.customers.iter().find(is_it) {
        return Ok(Owner::Known(customer.clone()));
    }
    let is_id = uuid::Uuid::parse_str(name).is_ok();
    if !args.add_customers || is_id {
        return Err(refuse(
            "there is no such customer; add it, or pass --add-customers to have those added that are named"
                .to_owned(),
        ));
    }
    let name = parsed.map_err(|error| refuse(error.to_string()))?;
    Ok(Owner::New(name.to_string()))
}

fn enabled(row: &Row) -> Result<Option<Enabled>, Refusal> {
    let column = Column::IsEnabled;
    let Some(cell) = row.cell(column) else {
        return Ok(None);
    };
    let text = cell.value(None).map_err(|reason| refusal(row, column, reason))?;
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(Some(Enabled::Yes)),
        "false" => Ok(Some(Enabled::No)),
        _ => Err(refusal(row, column, "it is true or false")),
    }
}

/// The secret that the row has.
fn presented(row: &Row, args: &ImportClientsArgs) -> Result<Option<NewSecret>, Refusal> {
    let column = Column::ClientSecret;
    let refuse = |reason: String| refusal(row, column, reason);
    let cell = row.cell(column).filter(|cell| !matches!(cell, Cell::Unset));
    let Some(cell) = cell else {
        return Ok(None);
    };
    let text = cell.value(None).map_err(refuse)?;
    if text.trim() != text {
        return Err(refuse(
            "there are spaces around it, which would be part of the secret; take them away".to_owned(),
        ));
    }
    let secret = PresentedSecret::new(text.to_owned()).map_err(|error| refuse(error.to_string()))?;
    if secret.is_weak() && !args.allow_weak_secrets {
        let reason = clients::Error::WeakSecret;
        return Err(refuse(format!(
            "{reason}; ask for a longer one, or pass --allow-weak-secrets"
        )));
    }
    new_secret(row, secret).map(Some)
}

fn new_secret(row: &Row, secret: PresentedSecret) -> Result<NewSecret, Refusal> {
    let column = Column::SecretExpiresIn;
    let refuse = |reason| refusal(row, column, reason);
    let cell = row.cell(column).filter(|cell| !matches!(cell, Cell::Unset));
    let seconds = cell.map(|cell| positive_seconds(cell.value(None)?));
    let seconds = seconds.transpose().map_err(refuse)?;
    Ok(NewSecret {
        secret,
        // Whether a weak one is accepted was decided when it was read.
        strength: Strength::Any,
        expires_in: seconds.map(|seconds| TimeDelta::seconds(seconds.into())),
    })
}
