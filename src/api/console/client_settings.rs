//! Registering a client, and changing its settings.

use actix_web::{HttpResponse, web};
use console_pages::pages::{Added, ClientSettings, Conflict, NewClient, SecretOnce};
use console_pages::{Choice, Form, Message, Offer, OneTimeSecret, Section, flashes, paths};
use sqlx::PgConnection;

use super::client_form::{self, NAMES};
use super::clients::client_id;
use super::conflicts;
use super::elevation::Kept;
use super::words::InWords;
use super::{Admin, Error, Fields, Visit, customer_choice, page};
use crate::clients::{self, ClientInfo, Grant, InvalidSetting, NewSecret, Scope, SecretInfo, Strength};
use crate::crypto::secret::{PresentedSecret, SecretHashing};
use crate::error::Failure;
use crate::ids::{ClientId, CustomerId, SecretId};
use crate::wire::etag::EntityTag;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::CLIENTS_NEW).get(get_new).head(get_new).post(post_new))
        .service(
            page(paths::CLIENT_SETTINGS)
                .get(get_settings)
                .head(get_settings)
                .post(post_settings),
        );
}

/// `GET /clients/new`
async fn get_new(visit: Visit<Admin>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&["customer"])?;
    let customer: Option<CustomerId> = query.id("customer").map_err(|_| Error::Invalid)?;
    if let Some(customer_id) = customer {
        visit
            .read(async |db| clients::find_customer_by_id(db, customer_id).await)
            .await?;
    }
    let settings = clients::ClientSettings::default();
    let form = client_form::fill(&settings)
        .with("grants", Grant::ClientCredentials.short_name())
        .with(
            "customer_id",
            &customer.map(|id| id.to_string()).unwrap_or_default(),
        );
    let key = SecretId::generate(visit.now()).to_string();
    show_new(&visit, form, key).await
}

async fn show_new(visit: &Visit<Admin>, form: Form, idempotency_key: String) -> Result<HttpResponse, Error> {
    let (form, customers) = visit.read(async |db| offer_customers(db, form).await).await?;
    let new = NewClient {
        form,
        customers,
        choices: client_form::choices(),
        idempotency_key,
    };
    visit.page(Section::Clients, &new)
}

/// The customers of the form, and none for a client of the partner's own.
async fn offer_customers(db: &mut PgConnection, form: Form) -> Result<(Form, Offer), Error> {
    let offer = customer_choice::offer(db, form.value("customer_id")).await?;
    Ok(match offer {
        Offer::All(mut customers) => {
            customers.insert(0, Choice::new("", Message::text("own-client")));
            (form, Offer::All(customers))
        }
        Offer::First(names) => {
            let form = customer_choice::by_name(db, form, "customer_id").await?;
            (form, Offer::First(names))
        }
    })
}

/// A client as a form describes it.
struct Registration {
    client_id: ClientId,
    settings: clients::ClientSettings,
    secret: PresentedSecret,
    is_brought: bool,
}

impl Registration {
    /// What the answer shows of the secret, once it is stored.
    fn added(&self) -> Added {
        if self.is_brought {
            return Added::Brought;
        }
        Added::Generated(OneTimeSecret::new(self.secret.expose().to_owned()))
    }
}

/// The customer that the form names, if it names one.
type ChosenCustomer = Option<Result<CustomerId, Message>>;

async fn read_customer(visit: &Visit<Admin>, fields: &Fields) -> Result<ChosenCustomer, Failure> {
    let Some(typed) = fields.text("customer_id") else {
        return Ok(None);
    };
    let resolved = visit.read(async |db| customer_choice::resolve(db, typed).await);
    resolved.await.map(Some)
}

/// Reads the form; the error is the form with what is wrong.
fn read_registration(fields: &Fields, key: SecretId, customer: ChosenCustomer) -> Result<Registration, Form> {
    let settings = clients::ClientSettings {
        customer_id: customer.as_ref().and_then(|chosen| chosen.as_ref().ok()).copied(),
        ..clients::ClientSettings::default()
    };
    let read = client_form::read(fields, settings);
    let mut form = fields.shown(&["customer_id", "client_id"]);
    form = read
        .form
        .values()
        .iter()
        .fold(form, |form, (name, value)| form.with(name, value));
    form = read.form.errors().iter().fold(form, |form, wrong| {
        form.error(&wrong.field, wrong.message.clone())
    });
    if let Some(Err(message)) = customer {
        form = form.error("customer_id", message);
    }
    // Sent twice, the form names the same client.
    let client_id = fields
        .text("client_id")
        .map_or_else(|| key.to_string(), str::to_owned);
    let client_id = client_id.parse::<ClientId>();
    if let Err(error) = &client_id {
        form = form.error("client_id", error.in_words());
    }
    let (secret, is_brought) = match read_secret(fields) {
        Ok(read) => read,
        Err(error) => return Err(form.error("client_secret", error)),
    };
    match client_id {
        Ok(client_id) if form.errors().is_empty() => Ok(Registration {
            client_id,
            settings: read.settings,
            secret,
            is_brought,
        }),
        _ => Err(form),
    }
}

/// The secret that was brought, or a generated one, and whether it was brought.
pub(super) fn read_secret(fields: &Fields) -> Result<(PresentedSecret, bool), Message> {
    let Some(text) = fields.text("client_secret") else {
        return Ok((PresentedSecret::generate(), false));
    };
    let secret = PresentedSecret::new(text.to_owned());
    secret
        .map(|secret| (secret, true))
        .map_err(|error| error.in_words())
}

/// The fields of the form for a new client, those of its settings aside, and without the secret.
const OWN: [&str; 3] = ["customer_id", "client_id", "idempotency_key"];

/// `POST /clients/new`: the answer shows a generated secret, once.
async fn post_new(mut visit: Visit<Admin>, payload: web::Payload) -> Result<HttpResponse, Error> {
    let kept: Vec<&str> = OWN.iter().chain(NAMES).copied().collect();
    let names = [&["client_secret"], kept.as_slice()].concat();
    let fields = visit.form(payload, "client-new", &names).await?;
    let key = fields.get("idempotency_key").parse::<SecretId>();
    let key = key.map_err(|_| Error::Invalid)?;
    let there = visit
        .require_elevation(Section::Clients, &fields, ("client-new", &kept))
        .await?;
    let form = fields.shown(&kept);
    if there == Kept::WithoutSecrets {
        return show_new(&visit, form, key.to_string()).await;
    }
    let customer = read_customer(&visit, &fields).await?;
    let new = match read_registration(&fields, key, customer) {
        Ok(new) => new,
        Err(form) => return show_new(&visit, form, key.to_string()).await,
    };
    match register(&visit, &new, key).await {
        Ok(client) => once(&visit, &client, new.added()),
        Err(error) => answer_refused(&visit, form, key, error).await,
    }
}

/// What a registration is answered that was refused: where the same form has registered the client before, that it has.
async fn answer_refused(
    visit: &Visit<Admin>,
    form: Form,
    key: SecretId,
    error: clients::Error,
) -> Result<HttpResponse, Error> {
    let field = match &error {
        clients::Error::Failure(_) | clients::Error::SecretIdTaken => return Err(error.into()),
        clients::Error::ClientExists(client_id) if was_added(visit, client_id, key).await? => {
            let client = visit
                .read(async |db| clients::find_client(db, client_id).await)
                .await?;
            return once(visit, &client, Added::Before(key.to_string()));
        }
        clients::Error::ClientExists(_) | clients::Error::InvalidSetting(InvalidSetting::ClientId) => {
            "client_id"
        }
        clients::Error::WeakSecret => "client_secret",
        clients::Error::UnknownCustomer(_) => "customer_id",
        _ => "scopes",
    };
    show_new(visit, form.error(field, error.in_words()), key.to_string()).await
}

async fn register(
    visit: &Visit<Admin>,
    new: &Registration,
    key: SecretId,
) -> Result<ClientInfo, clients::Error> {
    let secret = NewSecret {
        secret: new.secret.clone(),
        strength: Strength::Strong,
        expires_in: None,
    };
    let passwords = &visit.app().oauth.passwords;
    let secret = clients::hash_secret(passwords, secret, SecretHashing::fresh()).await?;
    let (act, client_id, settings) = (visit.act(), new.client_id.clone(), new.settings.clone());
    visit
        .change(async |db| {
            if let Some(customer_id) = settings.customer_id {
                clients::find_customer_by_id(db, customer_id).await?;
            }
            let new = clients::NewClient {
                client_id,
                settings,
                secret: secret.with_id(key),
            };
            let (client, _) = clients::add_client(db, &act, &visit.app().ring, new).await?;
            Ok(client)
        })
        .await
}

/// Whether the same form has registered the client before.
async fn was_added(visit: &Visit<Admin>, client_id: &ClientId, key: SecretId) -> Result<bool, Error> {
    let act = visit.act();
    let secrets = visit
        .read(async |db| clients::list_secrets(db, &act, client_id).await)
        .await?;
    Ok(secrets.iter().any(|secret: &SecretInfo| secret.secret_id == key))
}

fn once(visit: &Visit<Admin>, client: &ClientInfo, added: Added) -> Result<HttpResponse, Error> {
    let scopes: Vec<&str> = client.settings.scopes.iter().map(Scope::as_str).collect();
    let page = SecretOnce {
        client_id: client.client_id.to_string(),
        is_new_client: true,
        added,
        token_url: visit.app().settings.public_url.join("/connect/token"),
        scope: scopes.join(" "),
        has_client_credentials: client.settings.grants.contains(Grant::ClientCredentials),
    };
    visit.page(Section::Clients, &page)
}

/// The state of a client's settings.
fn tag(client: &ClientInfo) -> String {
    let described = serde_json::to_string(&client.settings).unwrap_or_default();
    EntityTag::of(&described).unquoted().to_owned()
}

/// `GET /clients/{client_id}/settings`
async fn get_settings(visit: Visit<Admin>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let client_id = client_id(&path)?;
    let client = visit
        .read(async |db| clients::find_client(db, &client_id).await)
        .await?;
    let form = client_form::fill(&client.settings);
    show_settings(&visit, &client, form, tag(&client), None)
}

/// Shows the form. `etag` is the state that whoever filled it in has seen.
fn show_settings(
    visit: &Visit<Admin>,
    client: &ClientInfo,
    form: Form,
    etag: String,
    conflict: Option<Conflict>,
) -> Result<HttpResponse, Error> {
    let settings = ClientSettings {
        client_id: client.client_id.to_string(),
        form,
        choices: client_form::choices(),
        etag,
        conflict,
    };
    visit.page(Section::Clients, &settings)
}

/// What became of a change.
enum Changed {
    Done,
    /// Somebody else was faster.
    Conflict(Box<ClientInfo>),
}

/// `POST /clients/{client_id}/settings`
async fn post_settings(
    visit: Visit<Admin>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let client_id = client_id(&path)?;
    let names: Vec<&str> = NAMES.iter().copied().chain(["etag"]).collect();
    let fields = visit.form(payload, "client-settings", &names).await?;
    let client = visit
        .read(async |db| clients::find_client(db, &client_id).await)
        .await?;
    if client.settings.scopes.contains(Scope::Admin) {
        return Err(Error::NotFound);
    }
    let read = client_form::read(&fields, client.settings.clone());
    let seen = fields.get("etag").to_owned();
    if !read.form.errors().is_empty() {
        return show_settings(&visit, &client, read.form, seen, None);
    }
    match change(&visit, &client_id, &seen, &read.settings).await {
        Ok(Changed::Done) => Ok(visit.see_other(&paths::client(&path), Some(flashes::SAVED))),
        Ok(Changed::Conflict(stored)) => {
            let changed = conflicts::Changed {
                kind: "client",
                id: stored.client_id.to_string(),
                created_at: stored.created_at,
            };
            let differences = client_form::differences(&stored.settings, &read.settings);
            let conflict = conflicts::find_conflict(&visit, changed, differences).await?;
            show_settings(&visit, &stored, read.form, tag(&stored), Some(conflict))
        }
        Err(clients::Error::Failure(failure)) => Err(failure.into()),
        Err(refused) => {
            let form = read.form.error("scopes", refused.in_words());
            show_settings(&visit, &client, form, seen, None)
        }
    }
}

async fn change(
    visit: &Visit<Admin>,
    client_id: &ClientId,
    etag: &str,
    settings: &clients::ClientSettings,
) -> Result<Changed, clients::Error> {
    let act = visit.act();
    visit
        .change(async |db| {
            let stored = clients::lock_client(db, client_id).await?;
            // What the form has is stored already: it was sent twice.
            if stored.settings == *settings {
                return Ok(Changed::Done);
            }
            if tag(&stored) != etag {
                return Ok(Changed::Conflict(Box::new(stored)));
            }
            let set = |stored: &mut clients::ClientSettings| {
                *stored = settings.clone();
                Ok::<_, clients::Error>(())
            };
            clients::update_client(db, &act, client_id, set).await?;
            Ok(Changed::Done)
        })
        .await
}
