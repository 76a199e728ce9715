//! `client`: registers clients, changes their settings, and enables and disables them.

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::client_file::{ExportClientsArgs, ImportClientsArgs, export, import};
use super::context::CommandContext;
use super::input::SecretArgs;
use super::output::{instant, or_dash, properties, table};
use super::settings::{self, SettingArgs};
use crate::clients::{
    self, ClientCursor, ClientFilter, ClientInfo, ClientSettings, Customer, Enabled, Grant, ListedClient,
    NewClient, Scope, ScopeSet, SecretInfo, SecretState,
};
use crate::crypto::secret::{PresentedSecret, SecretHashing};
use crate::ids::ClientId;
use crate::page::{MAX_LIMIT, Page};

/// Subcommands of `client`.
#[derive(Subcommand)]
pub enum ClientCommand {
    /// Register a client with its first secret
    #[command(after_help = "\
Examples:
  The client_id that Talentsoft gave; its secret is asked for without echo:
    talentsoft-partner client add --customer Acme --client-id 428a51ae-0387-43ab-8c64-cf026f77656f
  The same, from a file or a password manager:
    talentsoft-partner client add --customer Acme --client-id 428a51ae-… --secret-file secret.txt
    pass show talentsoft/acme | talentsoft-partner client add --customer Acme --client-id 428a51ae-… --secret-file -
  The partner's own platform, with a generated client_id and secret:
    talentsoft-partner client add --scope platform --grant client_credentials --generate-secret")]
    Add(Box<AddClientArgs>),
    /// List clients in the order of their `client_id`, or those that a text finds, the best first
    #[command(after_help = "\
REFUSED are the calls of the last 24 hours that named the client and were refused; `refusal list` shows them.

Examples:
  talentsoft-partner client list --limit 500
  talentsoft-partner client list --after 428a51ae-0387-43ab-8c64-cf026f77656f
  talentsoft-partner client list --find acme")]
    List(ListClientsArgs),
    /// Show one client
    Show(ClientIdArgs),
    /// Change settings of a client; a list that is given replaces the former one
    #[command(after_help = "\
Examples:
  talentsoft-partner client update 428a51ae-… --token-ttl 15m --clock-skew 30s
  talentsoft-partner client update 428a51ae-… --token-ttl default --audience default --organisational-unit none
  talentsoft-partner client update 428a51ae-… --requests-per-second unlimited")]
    Update(Box<UpdateClientArgs>),
    /// Register the clients of a file, CSV or JSON, all of them or none
    #[command(after_help = "\
The first line of CSV names the columns: client_id, and of customer, is_enabled, the settings as `client show --json` names \
them, client_secret and secret_expires_in those that are needed. In the cells stands what the options of `client add` take; \
lists are separated by spaces. An empty cell is as a column that is not there: a new client gets the default, and one that is \
registered keeps what it has. JSON is an array of objects with these members, as `client export` writes it.

A client that is registered with the same settings, and with the secret that the file has, is left as it is, so an import can \
be repeated. Secrets of registered clients are not changed: `secret add` adds one.

Examples:
  talentsoft-partner client import clients.csv --dry-run
  talentsoft-partner client import clients.csv --generate-secrets --secrets-file secrets.csv
  talentsoft-partner client import export.json --add-customers --generate-secrets --secrets-file secrets.csv")]
    Import(Box<ImportClientsArgs>),
    /// Write all clients to a file, CSV or JSON, without their secrets
    #[command(after_help = "\
Examples:
  talentsoft-partner client export clients.csv
  talentsoft-partner client export --format json > clients.json")]
    Export(ExportClientsArgs),
    /// Enable a client again; its earlier tokens stay revoked
    Enable(ClientIdArgs),
    /// Disable a client, and revoke all its tokens
    Disable(ClientIdArgs),
    /// Revoke all tokens that a client got so far; it may get new ones
    RevokeTokens(ClientIdArgs),
}

/// The argument of subcommands that are about one client.
#[derive(Args)]
pub struct ClientIdArgs {
    /// The `client_id` of the client
    client_id: ClientId,
}

/// Arguments of `client list`.
#[derive(Args)]
pub struct ListClientsArgs {
    /// Show only clients with this text in their `client_id`, their unit or the name of their customer; the case of ASCII
    /// letters does not count
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    find: Option<String>,

    /// Show the clients after this one
    #[arg(long, value_name = "ID", conflicts_with = "find")]
    after: Option<ClientId>,

    /// Largest number of clients to show
    #[arg(long, default_value = "100", value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=MAX_LIMIT))]
    limit: i64,
}

/// Arguments of `client add`.
#[derive(Args)]
pub struct AddClientArgs {
    /// The `client_id` that Talentsoft gave [default: a generated UUID]
    #[arg(long, value_name = "ID")]
    client_id: Option<ClientId>,

    /// Customer whose data the client sees, by name or id [default: none, for a client of the partner itself]
    #[arg(long, value_name = "NAME-OR-ID")]
    customer: Option<String>,

    #[command(flatten)]
    secret: SecretArgs,

    #[command(flatten)]
    settings: SettingArgs,
}

/// Arguments of `client update`.
#[derive(Args)]
pub struct UpdateClientArgs {
    #[command(flatten)]
    which: ClientIdArgs,

    #[command(flatten)]
    settings: SettingArgs,
}

/// Runs a subcommand of `client`.
pub async fn run(context: &CommandContext<'_>, command: ClientCommand) -> anyhow::Result<()> {
    match command {
        ClientCommand::Add(args) => add(context, *args).await,
        ClientCommand::List(args) => list(context, args).await,
        ClientCommand::Show(which) => show(context, &which.client_id).await,
        ClientCommand::Update(args) => update(context, &args).await,
        ClientCommand::Import(args) => import(context, &args).await,
        ClientCommand::Export(args) => export(context, &args).await,
        ClientCommand::Enable(which) => set_enabled(context, &which.client_id, Enabled::Yes).await,
        ClientCommand::Disable(which) => set_enabled(context, &which.client_id, Enabled::No).await,
        ClientCommand::RevokeTokens(which) => revoke_tokens(context, &which.client_id).await,
    }
}

async fn add(context: &CommandContext<'_>, args: AddClientArgs) -> anyhow::Result<()> {
    let secret = args.secret.obtain()?;
    let generated = args.secret.to_show(&secret);
    let act = context.act();
    context
        .with_app(async |app| {
            let secret = clients::hash_secret(&app.oauth.passwords, secret, SecretHashing::fresh()).await?;
            let add = async |db: &mut PgConnection| {
                let customer = match &args.customer {
                    Some(name_or_id) => Some(clients::find_customer(db, name_or_id).await?),
                    None => None,
                };
                let new = NewClient {
                    client_id: args.client_id.clone().unwrap_or_else(ClientId::generate),
                    settings: first_settings(customer.as_ref(), &args.settings)?,
                    secret,
                };
                let (client, info) = clients::add_client(db, &act, &app.ring, new).await?;
                anyhow::Ok((client, info, customer))
            };
            let shown = args.secret.shown();
            let show = |(client, info, customer): &(ClientInfo, SecretInfo, Option<Customer>)| {
                show_added(context, client, info, customer.as_ref(), generated.as_ref())
            };
            context.change_and_show(&app.db, shown, add, show).await
        })
        .await
}

/// Shows a client that was registered, with its secret where that was generated.
fn show_added(
    context: &CommandContext<'_>,
    client: &ClientInfo,
    info: &SecretInfo,
    customer: Option<&Customer>,
    generated: Option<&PresentedSecret>,
) -> anyhow::Result<()> {
    let mut value = to_json(client, name_of(customer))?;
    insert(&mut value, "secret_id", json!(info.secret_id))?;
    let Some(secret) = generated.map(PresentedSecret::expose) else {
        let text = || format!("Registered client {}.", client.client_id);
        return context.format.show(&value, text);
    };
    insert(&mut value, "client_secret", json!(secret))?;
    context
        .format
        .show_whole(&value, || describe_pair(client, secret))
}

/// The settings of a new client: the defaults, with what the options say.
fn first_settings(customer: Option<&Customer>, args: &SettingArgs) -> anyhow::Result<ClientSettings> {
    let customer_id = customer.map(|customer| customer.customer_id);
    let Some(mut settings) = ClientSettings::first(customer_id, args.grants(), args.scopes()) else {
        bail!(
            "a client needs --customer, or --scope for one without a customer; the scopes are {}",
            ScopeSet::served()
        );
    };
    args.apply(&mut settings)?;
    Ok(settings)
}

fn describe_pair(client: &ClientInfo, secret: &str) -> String {
    let pair = properties([
        ("client_id", client.client_id.to_string()),
        ("client_secret", secret.to_owned()),
    ]);
    format!("{pair}\nThe secret is shown this once and will not be shown again.")
}

async fn list(context: &CommandContext<'_>, args: ListClientsArgs) -> anyhow::Result<()> {
    let filter = ClientFilter {
        text: args.find,
        ..ClientFilter::default()
    };
    let page = Page {
        after: args.after.map(ClientCursor::after),
        limit: args.limit,
    };
    let act = context.act();
    let (clients, next) = context
        .read(async |db| Ok(clients::page_clients(db, &act, &filter, &page).await?))
        .await?;
    let values: Vec<Value> = clients
        .iter()
        .map(|listed| to_json(&listed.client, listed.activity.customer_name.as_deref()))
        .collect::<Result<_, _>>()?;
    context.format.show(&values, || {
        let mut text = describe_list(&clients);
        let last = clients.last().filter(|_| next.is_some());
        if let Some(last) = last.filter(|_| filter.text.is_none()) {
            text = format!("{text}\nThere are more: --after '{}'", last.client.client_id);
        } else if last.is_some() {
            text.push_str("\nThere are more.");
        }
        text
    })
}

fn describe_list(clients: &[ListedClient]) -> String {
    let rows = clients.iter().map(|listed| {
        let (client, activity) = (&listed.client, &listed.activity);
        [
            client.client_id.to_string(),
            or_dash(activity.customer_name.as_ref(), Clone::clone),
            or_dash(client.settings.organisational_unit.as_ref(), |unit| {
                unit.as_str().to_owned()
            }),
            settings::grant_names(client.settings.grants),
            settings::scope_names(client.settings.scopes),
            state(client).to_owned(),
            or_dash(activity.last_used_at, instant),
            activity.refused.to_string(),
        ]
    });
    let names = [
        "CLIENT_ID",
        "CUSTOMER",
        "UNIT",
        "GRANTS",
        "SCOPES",
        "STATE",
        "LAST_USED",
        "REFUSED",
    ];
    table(names, rows)
}

async fn show(context: &CommandContext<'_>, client_id: &ClientId) -> anyhow::Result<()> {
    let (client, customer) = context.read(async |db| find(db, client_id).await).await?;
    let value = to_json(&client, name_of(customer.as_ref()))?;
    context
        .format
        .show(&value, || describe(&client, customer.as_ref()))
}

async fn update(context: &CommandContext<'_>, args: &UpdateClientArgs) -> anyhow::Result<()> {
    ensure!(
        args.settings != SettingArgs::default(),
        "there is nothing to change; `client update --help` shows the settings"
    );
    let client_id = &args.which.client_id;
    let (client, customer, hash_only) = context
        .change(async |db, act| {
            clients::update_client(db, act, client_id, |settings| args.settings.apply(settings)).await?;
            let secrets = clients::list_secrets(db, act, client_id).await?;
            let is_hash_only =
                |secret: &&SecretInfo| secret.state == SecretState::Live && !secret.checks_assertions;
            let (client, customer) = find(db, client_id).await?;
            Ok((client, customer, secrets.iter().filter(is_hash_only).count()))
        })
        .await?;
    let value = to_json(&client, name_of(customer.as_ref()))?;
    context.format.show(&value, || {
        let text = describe(&client, customer.as_ref());
        if hash_only > 0 && client.settings.grants.contains(Grant::JwtBearer) {
            format!(
                "{text}\nOf its live secrets, {hash_only} cannot check assertions: they were added while the client did not have \
                 the grant jwt_bearer. Add a secret for assertions with `secret add`."
            )
        } else {
            text
        }
    })
}

async fn set_enabled(
    context: &CommandContext<'_>,
    client_id: &ClientId,
    enabled: Enabled,
) -> anyhow::Result<()> {
    let (client, customer) = context
        .change(async |db, act| {
            clients::set_client_enabled(db, act, client_id, enabled).await?;
            find(db, client_id).await
        })
        .await?;
    let value = to_json(&client, name_of(customer.as_ref()))?;
    context.format.show(&value, || match enabled {
        Enabled::Yes => format!("Client {client_id} is enabled; it may get new tokens."),
        Enabled::No => format!("Client {client_id} is disabled, and its tokens are revoked."),
    })
}

async fn revoke_tokens(context: &CommandContext<'_>, client_id: &ClientId) -> anyhow::Result<()> {
    let (client, customer) = context
        .change(async |db, act| {
            clients::revoke_client_tokens(db, act, client_id).await?;
            find(db, client_id).await
        })
        .await?;
    let value = to_json(&client, name_of(customer.as_ref()))?;
    context.format.show(&value, || {
        format!("All tokens that client {client_id} got so far are revoked.")
    })
}

async fn find(db: &mut PgConnection, client_id: &ClientId) -> anyhow::Result<(ClientInfo, Option<Customer>)> {
    let client = clients::find_client(db, client_id).await?;
    let customers = clients::list_customers(db).await?;
    let customer = customers
        .into_iter()
        .find(|customer| Some(customer.customer_id) == client.settings.customer_id);
    Ok((client, customer))
}

fn describe(client: &ClientInfo, customer: Option<&Customer>) -> String {
    let owner = |customer: &Customer| format!("{} ({})", customer.name, customer.customer_id);
    let mut pairs = vec![
        ("client_id", client.client_id.to_string()),
        ("customer", or_dash(customer, owner)),
        ("state", state(client).to_owned()),
    ];
    pairs.extend(settings::describe(&client.settings));
    pairs.push(("token generation", client.token_generation.to_string()));
    pairs.push(("registered", instant(client.created_at)));
    properties(pairs)
}

fn name_of(customer: Option<&Customer>) -> Option<&str> {
    customer.map(|customer| customer.name.as_str())
}

/// The JSON of a client: its scopes are an array, and the name of its customer is added.
fn to_json(client: &ClientInfo, customer_name: Option<&str>) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(client)?;
    let scopes: Vec<&str> = client.settings.scopes.iter().map(Scope::as_str).collect();
    insert(&mut value, "scopes", json!(scopes))?;
    insert(&mut value, "customer_name", json!(customer_name))?;
    Ok(value)
}

fn insert(object: &mut Value, name: &str, value: Value) -> anyhow::Result<()> {
    let object = object.as_object_mut().context("a client is a JSON object")?;
    object.insert(name.to_owned(), value);
    Ok(())
}

fn state(client: &ClientInfo) -> &'static str {
    if client.is_enabled { "enabled" } else { "disabled" }
}
