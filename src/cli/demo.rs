//! `demo`: runs the service with demo data, and prints calls to paste into a shell.

mod console_login;
mod receiver;
mod script;
mod variables;

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context as _, ensure};
use clap::Args;

use self::receiver::{DemoReceiver, SigningKeys};
use self::script::{DemoCredentials, DemoData, DemoScript};
use super::context::CommandContext;
use super::serve::{bind, missing, scheme, serve_on};
use crate::app::{App, Settings};
use crate::audit::Act;
use crate::clients::{
    self, ClientSettings, Customer, Enabled, Entitlements, Grant, Grants, NewClient, NewSecret, Scope,
    Strength,
};
use crate::config::{ConsoleConfig, ListenConfig, ProcessConfig, ServiceConfig};
use crate::crypto::secret::{PresentedSecret, SecretHashing};
use crate::crypto::webhook_secret::WebhookSecret;
use crate::ids::CampaignId;
use crate::profiles::{self, add_subdomain};
use crate::recruiting::campaigns::{CampaignKind, NewCampaign, add_campaign, list_campaigns};
use crate::webhooks::PlatformWebhook;

/// The `client_id` of Talentsoft in the demo, which is the example of the contract (s2.1).
const CLIENT_ID: &str = "428a51ae-0387-43ab-8c64-cf026f77656f";
/// The `client_id` of the partner's own platform.
const PLATFORM_CLIENT_ID: &str = "demo-platform";
/// The `client_id` of a caller of the data APIs.
const DATA_CLIENT_ID: &str = "demo-data";
/// The `client_id` of an admin's tool.
const ADMIN_CLIENT_ID: &str = "demo-admin";
/// The file in the data directory that the examples of the API document begin with.
const VARIABLES: &str = "demo.env";
/// The host of the receiver's URLs.
const CALLBACK_HOST: &str = "localhost";
/// The name of the demo's customer.
const CUSTOMER: &str = "Demo Company";
/// The subdomain at which the demo's people have profiles.
pub(super) const SUBDOMAIN: &str = "demo";
/// The campaigns of the demo's customer: kind, name and language.
const CAMPAIGNS: [(CampaignKind, &str, &str); 4] = [
    (
        CampaignKind::Video,
        "Développeur·se Rust – Île-de-France",
        "fr-FR",
    ),
    (CampaignKind::Video, "Sales representative, first interview", "en"),
    (CampaignKind::Video, "Pflegefachkräfte für München", "de"),
    (CampaignKind::Assessment, "Raisonnement numérique", "fr-FR"),
];

/// Arguments of `demo`.
#[derive(Args)]
#[command(after_help = "\
The demo runs on the private PostgreSQL of the data directory, where it adds the customer \"Demo Company\", its client, \
those of a platform, of a caller of the data APIs and of an admin, and four campaigns; a later run uses them again.
It writes demo.env there, which gives a shell what the examples of the API document use. What the service sends to Talentsoft and to \
the platform arrives at a small receiver that prints it. It refuses to run on the database of DATABASE_URL. Ctrl-C stops it.")]
pub struct DemoArgs {
    #[command(flatten, next_help_heading = "Listening")]
    listen: ListenConfig,
    #[command(flatten, next_help_heading = "Service")]
    service: ServiceConfig,
    #[command(flatten, next_help_heading = "Console")]
    console: ConsoleConfig,
    #[command(flatten, next_help_heading = "Starting and stopping")]
    process: ProcessConfig,
}

/// Serves the demo until SIGTERM or SIGINT.
pub async fn run(context: &CommandContext<'_>, args: &DemoArgs) -> anyhow::Result<()> {
    ensure!(
        context.database.database_url().is_none(),
        "demo adds made-up data, so it refuses to run on the database of DATABASE_URL; unset DATABASE_URL to run it on a private \
         PostgreSQL"
    );
    let sockets = bind(&args.listen, &args.process, &args.console)?;
    let base_url = base_url(scheme(&sockets.options), sockets.options.socket.local_addr()?);
    let default_public_url = if base_url.is_local {
        base_url.url.clone()
    } else {
        format!("{}://localhost:{}", scheme(&sockets.options), base_url.port)
    };
    let mut settings = args
        .service
        .settings(context.public.url_or(&default_public_url))?;
    let console = sockets.options.console.as_ref();
    let console_url = console.map(|console| console.settings.url.to_string());
    let ops_url = format!("http://{}", sockets.ops.local_addr()?);
    let receiver = DemoReceiver::bind()?;
    let webhook_secret = expect_callbacks(&mut settings, &receiver)?;
    args.listen.warn_of_exposed_files();
    args.service.warn_of_exposed_files();
    let missing = missing(&args.process);
    serve_on(context, settings, sockets, missing, async |app| {
        let data = seed(context, app, receiver.talentsoft_url()?).await?;
        let keys = SigningKeys {
            talentsoft: data.talentsoft.secret.expose().as_bytes(),
            platform: webhook_secret.expose(),
        };
        receiver.run(&keys, context.format)?;
        let variables = context.database.data_dir()?.join(VARIABLES);
        let mut script = DemoScript::new(app, &base_url.url, &data)?;
        variables::write(&variables, &ops_url, &script, &data)?;
        script.variables = Some(variables);
        if let Some(url) = console_url {
            script.console = Some(console_login::seed(context, app, url).await?);
        }
        let data_dir = context.database.data_dir()?;
        context.format.show(&script, || script.describe(data_dir))
    })
    .await
}

/// Allows callbacks to this machine, and sends webhooks about new invitations to the receiver.
fn expect_callbacks(settings: &mut Settings, receiver: &DemoReceiver) -> anyhow::Result<WebhookSecret> {
    settings.webhooks.allows_private_addresses = true;
    let secret = WebhookSecret::generate();
    settings.webhooks.platform = Some(PlatformWebhook {
        url: receiver.platform_url()?.parse()?,
        secret: secret.clone(),
    });
    Ok(secret)
}

/// Where this machine reaches the service.
struct ServiceUrl {
    url: String,
    port: u16,
    is_local: bool,
}

fn base_url(scheme: &str, address: SocketAddr) -> ServiceUrl {
    let port = address.port();
    let is_localhost =
        [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].contains(&address.ip());
    let url = if is_localhost || address.ip().is_unspecified() {
        format!("{scheme}://localhost:{port}")
    } else {
        format!("{scheme}://{address}")
    };
    ServiceUrl {
        url,
        port,
        is_local: address.ip().is_loopback() || address.ip().is_unspecified(),
    }
}

/// Adds the demo data that is not there yet; returns what the printed calls need.
async fn seed(context: &CommandContext<'_>, app: &App, callback_url: String) -> anyhow::Result<DemoData> {
    let customer = seed_customer(context, app).await?;
    let pair = |client_id: &str, file: &str| {
        Ok::<_, anyhow::Error>(DemoCredentials {
            client_id: client_id.parse()?,
            secret: own_secret(&context.database.data_dir()?.join(file))?,
        })
    };
    let talentsoft = pair(CLIENT_ID, "demo-client-secret")?;
    let platform = pair(PLATFORM_CLIENT_ID, "demo-platform-secret")?;
    let data_caller = pair(DATA_CLIENT_ID, "demo-data-secret")?;
    let admin = pair(ADMIN_CLIENT_ID, "demo-admin-secret")?;
    let marketplace = ClientSettings {
        callback_hosts: vec![CALLBACK_HOST.to_owned()].try_into()?,
        ..ClientSettings::marketplace(customer.customer_id)
    };
    let own = |scope| {
        let grants = Grants::only(Grant::ClientCredentials);
        ClientSettings::new(None, grants, [scope].into_iter().collect())
    };
    seed_client(context, app, &talentsoft, marketplace).await?;
    seed_client(context, app, &platform, own(Scope::Platform)).await?;
    seed_client(context, app, &admin, own(Scope::Admin)).await?;
    let of_data = ClientSettings {
        entitlements: Entitlements::all(),
        // Whoever pastes many examples at once is not to meet a limit.
        requests_per_second: None,
        ..ClientSettings::new(
            Some(customer.customer_id),
            Grants::only(Grant::ClientCredentials),
            [Scope::EmsiOpen, Scope::OccupationBenchmark, Scope::Profiles]
                .into_iter()
                .collect(),
        )
    };
    seed_client(context, app, &data_caller, of_data).await?;
    seed_subdomain(context, app, &customer).await?;
    let (campaign_id, assessment_id) = seed_campaigns(context, app, &customer).await?;
    Ok(DemoData {
        customer_id: customer.customer_id,
        campaign_id,
        assessment_id,
        talentsoft,
        platform,
        data_caller,
        admin,
        callback_url,
    })
}

async fn seed_customer(context: &CommandContext<'_>, app: &App) -> anyhow::Result<Customer> {
    let act = context.act();
    let seeded = app
        .db
        .transaction(async |db| match clients::find_customer(db, CUSTOMER).await {
            Err(clients::Error::UnknownCustomer(_)) => clients::add_customer(db, &act, CUSTOMER).await,
            found => found,
        });
    Ok(seeded.await?)
}

async fn seed_subdomain(context: &CommandContext<'_>, app: &App, customer: &Customer) -> anyhow::Result<()> {
    let (act, name) = (context.act(), SUBDOMAIN.parse()?);
    let seeded = app
        .db
        .transaction(async |db| add_subdomain(db, &act, customer.customer_id, &name).await);
    match seeded.await {
        Ok(_) | Err(profiles::Error::SubdomainExists(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Registers the client, or makes sure that it is enabled and that this is one of its live secrets.
async fn seed_client(
    context: &CommandContext<'_>,
    app: &App,
    pair: &DemoCredentials,
    settings: ClientSettings,
) -> anyhow::Result<()> {
    let (act, client_id) = (context.act(), &pair.client_id);
    let found = app
        .db
        .read(async |db| clients::find_client(db, client_id).await)
        .await;
    let existing = match found {
        Ok(client) => Some(client),
        Err(clients::Error::UnknownClient(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let hashing = existing
        .as_ref()
        .map_or_else(SecretHashing::fresh, |client| client.secret_hashing);
    let secret = NewSecret {
        secret: pair.secret.clone(),
        strength: Strength::Strong,
        expires_in: None,
    };
    let secret = clients::hash_secret(&app.oauth.passwords, secret, hashing).await?;
    let seeded = app.db.transaction(async |db| {
        let Some(client) = existing else {
            let new = NewClient {
                client_id: client_id.clone(),
                settings,
                secret,
            };
            clients::add_client(db, &act, &app.ring, new).await?;
            return Ok(());
        };
        match clients::add_secret(db, &act, &app.ring, client_id, &secret).await {
            Ok(_) | Err(clients::Error::SecretExists(_)) => {}
            Err(error) => return Err(error),
        }
        if !client.is_enabled {
            clients::set_client_enabled(db, &act, client_id, Enabled::Yes).await?;
        }
        Ok(())
    });
    Ok(seeded.await?)
}

/// Adds the campaigns that are not there yet; returns the identifiers of the first one and of the last, an assessment.
async fn seed_campaigns(
    context: &CommandContext<'_>,
    app: &App,
    customer: &Customer,
) -> anyhow::Result<(CampaignId, CampaignId)> {
    let act = Act {
        customer_id: Some(customer.customer_id),
        ..context.act()
    };
    let existing = app.db.read(async |db| list_campaigns(db, &act).await).await?;
    let mut seeded = Vec::new();
    for (kind, name, language) in CAMPAIGNS {
        let found = existing.iter().find(|campaign| campaign.name.as_str() == name);
        if let Some(campaign) = found {
            seeded.push(campaign.campaign_id);
            continue;
        }
        let new = NewCampaign {
            customer_id: customer.customer_id,
            kind,
            name: name.parse()?,
            language: language.parse()?,
        };
        let campaign = app
            .db
            .transaction(async |db| add_campaign(db, &act, &new).await)
            .await?;
        seeded.push(campaign.campaign_id);
    }
    seeded
        .first()
        .copied()
        .zip(seeded.last().copied())
        .context("the demo has no campaign")
}

/// The secret of one of the demo's clients, generated at the first run and kept in `file` for later ones.
fn own_secret(file: &Path) -> anyhow::Result<PresentedSecret> {
    match fs::read_to_string(file) {
        Ok(text) => PresentedSecret::new(text.trim().to_owned())
            .with_context(|| format!("{} does not hold a secret; remove it", file.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let secret = PresentedSecret::generate();
            let mut created = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(file)
                .with_context(|| format!("cannot create {}", file.display()))?;
            writeln!(created, "{}", secret.expose())
                .with_context(|| format!("cannot write {}", file.display()))?;
            Ok(secret)
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
    }
}
