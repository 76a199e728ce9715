//! `demo`: from nothing to a running service with data to look at, and calls to paste.

mod script;

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context as _, ensure};
use clap::Args;

use self::script::Script;
use super::context::Context;
use super::serve::{bind, scheme, serve_on};
use crate::clients::{
    self, Customer, Enabled, NewClient, NewSecret, Settings, Strength, add_client, add_customer, add_secret,
};
use crate::config::{ListenConfig, ServiceConfig};
use crate::crypto::secret::PresentedSecret;
use crate::ids::ClientId;
use crate::recruiting::{CampaignKind, NewCampaign, add_campaign, list_campaigns};
use crate::state::App;

/// The client of the demo; the contract's own example (s2.1).
const CLIENT_ID: &str = "428a51ae-0387-43ab-8c64-cf026f77656f";
/// Its customer.
const CUSTOMER: &str = "Demo Company";
/// What its recruiters see.
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
The demo runs on the private PostgreSQL of the data directory, where it adds the customer \"Demo Company\", one client
and four campaigns; run again, it finds them there. It refuses to run on the database of DATABASE_URL. Ctrl-C stops it.")]
pub struct DemoArgs {
    #[command(flatten, next_help_heading = "Listening")]
    listen: ListenConfig,
    #[command(flatten, next_help_heading = "Service")]
    service: ServiceConfig,
}

/// Serves the demo until SIGTERM or SIGINT.
pub async fn run(context: &Context<'_>, args: &DemoArgs) -> anyhow::Result<()> {
    ensure!(
        context.database.database_url().is_none(),
        "demo adds data that nobody wants in a real database: unset DATABASE_URL, and it runs on its own"
    );
    let options = bind(&args.listen)?;
    let base_url = base_url(scheme(&options), options.listener.local_addr()?);
    let default_public_url = if base_url.is_local {
        base_url.url.clone()
    } else {
        format!("{}://localhost:{}", scheme(&options), base_url.port)
    };
    let service = args.service.service(context.public.url_or(&default_public_url))?;
    serve_on(context, service, options, async |app| {
        let secret = seed(context, app).await?;
        let script = Script::new(app, &base_url.url, CLIENT_ID, secret.expose())?;
        context
            .format
            .show(&script, || script.describe(&context.database.data_dir))
    })
    .await
}

/// Where this machine reaches the service.
struct BaseUrl {
    url: String,
    port: u16,
    is_local: bool,
}

fn base_url(scheme: &str, address: SocketAddr) -> BaseUrl {
    let port = address.port();
    let is_localhost =
        [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].contains(&address.ip());
    let url = if is_localhost || address.ip().is_unspecified() {
        format!("{scheme}://localhost:{port}")
    } else {
        format!("{scheme}://{address}")
    };
    BaseUrl {
        url,
        port,
        is_local: address.ip().is_loopback() || address.ip().is_unspecified(),
    }
}

/// Brings about everything that the demo shows, where it is not there yet; returns the client's secret.
async fn seed(context: &Context<'_>, app: &App) -> anyhow::Result<PresentedSecret> {
    let customer = seed_customer(context, app).await?;
    let secret = own_secret(&context.database.data_dir.join("demo-client-secret"))?;
    seed_client(context, app, &customer, secret.clone()).await?;
    seed_campaigns(context, app, &customer).await?;
    Ok(secret)
}

async fn seed_customer(context: &Context<'_>, app: &App) -> anyhow::Result<Customer> {
    match clients::find_customer(&app.db, CUSTOMER).await {
        Ok(customer) => Ok(customer),
        Err(clients::Error::UnknownCustomer(_)) => {
            Ok(add_customer(&app.db, CUSTOMER, context.clock.now(), &context.actor).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The client, with this secret among its live ones.
async fn seed_client(
    context: &Context<'_>,
    app: &App,
    customer: &Customer,
    secret: PresentedSecret,
) -> anyhow::Result<()> {
    let (now, actor) = (context.clock.now(), &context.actor);
    let client_id: ClientId = CLIENT_ID.parse()?;
    let secret = NewSecret {
        secret,
        strength: Strength::Strong,
        expires_in: None,
    };
    match clients::find_client(&app.db, &client_id).await {
        Ok(client) => {
            match add_secret(&app.db, &app.ring, &client_id, &secret, now, actor).await {
                Ok(_) | Err(clients::Error::SecretExists(_)) => {}
                Err(error) => return Err(error.into()),
            }
            if !client.is_enabled {
                clients::set_client_enabled(&app.db, &client_id, Enabled::Yes, now, actor).await?;
            }
        }
        Err(clients::Error::UnknownClient(_)) => {
            let new = NewClient {
                client_id,
                settings: Settings::marketplace(customer.customer_id),
                secret,
            };
            add_client(&app.db, &app.ring, &new, now, actor).await?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn seed_campaigns(context: &Context<'_>, app: &App, customer: &Customer) -> anyhow::Result<()> {
    let existing = list_campaigns(&app.db, Some(customer.customer_id)).await?;
    for (kind, name, language) in CAMPAIGNS {
        if existing.iter().any(|campaign| campaign.name == name) {
            continue;
        }
        let new = NewCampaign {
            customer_id: customer.customer_id,
            kind,
            name: name.to_owned(),
            language: language.to_owned(),
        };
        add_campaign(&app.db, &new, context.clock.now(), &context.actor).await?;
    }
    Ok(())
}

/// The secret of the demo's client: made at the first run, and kept for the later ones.
fn own_secret(file: &Path) -> anyhow::Result<PresentedSecret> {
    match fs::read_to_string(file) {
        Ok(text) => PresentedSecret::new(text.trim_end().to_owned())
            .with_context(|| format!("{} does not hold a secret; remove it", file.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let secret = PresentedSecret::generate();
            let mut created = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(file)
                .with_context(|| format!("cannot make {}", file.display()))?;
            writeln!(created, "{}", secret.expose())
                .with_context(|| format!("cannot write {}", file.display()))?;
            Ok(secret)
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
    }
}
