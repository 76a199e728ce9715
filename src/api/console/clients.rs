//! The clients: the list, one client, and what stops it.

use actix_web::{HttpResponse, web};
use console_pages::pages::{Client, ClientDanger, ClientDangerKind, Clients, Paging};
use console_pages::{Form, Message, Section, flashes, paths};
use sqlx::PgConnection;

use super::client_form;
use super::shown::{HOURS, client_row, customer_of, hourly, panel, unit_of};
use super::{Error, Operator, RoleMarker, Viewer, Visit, page};
use crate::clients::{
    self, ClientCursor, ClientFilter, ClientInfo, Enabled, Grant, Scope, SecretInfo, SecretState,
};
use crate::hours::last_hours;
use crate::ids::ClientId;
use crate::oauth;
use crate::page::Page;
use crate::refusals;

/// Clients on one page.
const ROWS: i64 = 50;

/// Registers the routes.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(paths::CLIENTS).get(get_clients).head(get_clients))
        .service(page(paths::CLIENT).get(get_client).head(get_client))
        .service(
            page(paths::CLIENT_STATE)
                .get(get_disable)
                .head(get_disable)
                .post(post_state),
        )
        .service(
            page(paths::CLIENT_END_TOKENS)
                .get(get_end_tokens)
                .head(get_end_tokens)
                .post(post_end_tokens),
        );
}

/// The identifier in a path; what is none names no client.
pub(super) fn client_id(path: &str) -> Result<ClientId, Error> {
    path.parse().map_err(|_| Error::NotFound)
}

/// `GET /clients`
async fn get_clients(visit: Visit<Viewer>) -> Result<HttpResponse, Error> {
    let query = visit.read_query(&["search", "state", "cursor"])?;
    let (search, state) = (
        query.get("search").unwrap_or_default().trim().to_owned(),
        query.get("state").unwrap_or_default().to_owned(),
    );
    let after: Option<ClientCursor> = visit.cursor(&query, paths::CLIENTS)?;
    let filter = ClientFilter {
        is_enabled: match state.as_str() {
            "" => None,
            "enabled" => Some(true),
            "disabled" => Some(false),
            _ => return Err(Error::Invalid),
        },
        text: Some(search.clone()).filter(|text| !text.is_empty()),
        ..ClientFilter::default()
    };
    let is_first = after.is_none();
    let (act, listed) = (visit.act(), Page { after, limit: ROWS });
    let (rows, next) = visit
        .read(async |db| clients::page_clients(db, &act, &filter, &listed).await)
        .await?;
    let path = |cursor: &str| {
        let pairs = [("search", search.as_str()), ("state", &state), ("cursor", cursor)];
        paths::with_query(paths::CLIENTS, &pairs)
    };
    let paging = Paging {
        newer: (!is_first).then(|| path("")),
        older: visit.older(next, paths::CLIENTS, path)?,
    };
    let rows = rows.iter().map(client_row).collect();
    let clients = Clients {
        rows,
        paging,
        search,
        state,
    };
    visit.page(Section::Clients, &clients)
}

/// A client, the name of its customer, and its secrets.
async fn read_client(
    db: &mut PgConnection,
    visit: &Visit<impl RoleMarker>,
    client_id: &ClientId,
) -> Result<(ClientInfo, Option<String>, Vec<SecretInfo>), Error> {
    let client = clients::find_client(db, client_id).await?;
    let customer = match client.settings.customer_id {
        Some(customer_id) => Some(clients::find_customer_by_id(db, customer_id).await?.name),
        None => None,
    };
    let secrets = clients::list_secrets(db, &visit.act(), client_id).await?;
    Ok((client, customer, secrets))
}

/// `GET /clients/{client_id}`
async fn get_client(visit: Visit<Viewer>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    let client_id = client_id(&path)?;
    let (client, customer, secrets) = visit
        .read(async |db| read_client(db, &visit, &client_id).await)
        .await?;
    let hours = last_hours(visit.app().clock.database_now(), HOURS);
    let since = hours.first().copied().unwrap_or_default();
    let of = Some(&client_id);
    let issued = visit.read(async |db| oauth::list_issued(db, of, since).await);
    let tokens = panel(async { Ok(hourly(&hours, &issued.await?)) }).await;
    let refused = visit.read(async |db| refusals::list_by_hour(db, of, since).await);
    let refusals = panel(async { Ok(hourly(&hours, &refused.await?)) }).await;
    let live = secrets.iter().filter(|secret| secret.state == SecretState::Live);
    let scopes: Vec<&str> = client.settings.scopes.iter().map(Scope::as_str).collect();
    let page = Client {
        customer: customer_of(&client, customer.as_deref()),
        unit: unit_of(&client),
        is_enabled: client.is_enabled,
        created_at: client.created_at,
        last_token_at: secrets.iter().filter_map(|secret| secret.last_used_at).max(),
        tokens,
        refusals,
        secrets: live
            .map(|secret| (secret.created_at, secret.last_used_at))
            .collect(),
        settings: client_form::describe(&client.settings),
        token_url: visit.app().settings.public_url.join("/connect/token"),
        scope: scopes.join(" "),
        has_client_credentials: client.settings.grants.contains(Grant::ClientCredentials),
        client_id: client_id.to_string(),
    };
    visit.page(Section::Clients, &page)
}

/// `GET /clients/{client_id}/state`: asks whether the client is to be disabled.
async fn get_disable(visit: Visit<Operator>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    ask(&visit, &client_id(&path)?, ClientDangerKind::Disable, Form::new()).await
}

/// `GET /clients/{client_id}/end-tokens`
async fn get_end_tokens(visit: Visit<Operator>, path: web::Path<String>) -> Result<HttpResponse, Error> {
    ask(
        &visit,
        &client_id(&path)?,
        ClientDangerKind::EndTokens,
        Form::new(),
    )
    .await
}

/// Asks for the client's identifier before something stops it.
async fn ask(
    visit: &Visit<Operator>,
    client_id: &ClientId,
    what: ClientDangerKind,
    form: Form,
) -> Result<HttpResponse, Error> {
    let hours = last_hours(visit.app().clock.database_now(), HOURS);
    let since = hours.first().copied().unwrap_or_default();
    let issued = visit
        .read(async |db| {
            clients::find_client(db, client_id).await?;
            Ok::<_, Error>(oauth::list_issued(db, Some(client_id), since).await?)
        })
        .await?;
    let danger = ClientDanger {
        client_id: client_id.to_string(),
        what,
        tokens: Some(issued.iter().map(|hour| hour.count).sum()),
        form,
    };
    visit.page(Section::Clients, &danger)
}

/// The form with what is wrong with it, where the identifier was not entered.
fn not_confirmed(client_id: &ClientId, entered: &str) -> Option<Form> {
    (entered != client_id.as_str()).then(|| {
        let must_be = Message::text("type-reference").with("reference", client_id.as_str());
        Form::new().with("reference", entered).error("reference", must_be)
    })
}

/// `POST /clients/{client_id}/state`: `enabled`, or `disabled` with the client's identifier.
async fn post_state(
    visit: Visit<Operator>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let client_id = client_id(&path)?;
    let fields = visit
        .form(payload, "client-state", &["state", "reference"])
        .await?;
    let enabled = match fields.get("state") {
        "enabled" => Enabled::Yes,
        "disabled" => Enabled::No,
        _ => return Err(Error::Invalid),
    };
    let entered = fields.get("reference").trim();
    if enabled == Enabled::No
        && let Some(form) = not_confirmed(&client_id, entered)
    {
        return ask(&visit, &client_id, ClientDangerKind::Disable, form).await;
    }
    let act = visit.act();
    visit
        .change(async |db| {
            client_form::refuse_admin(&clients::lock_client(db, &client_id).await?, enabled)?;
            Ok::<_, Error>(clients::set_client_enabled(db, &act, &client_id, enabled).await?)
        })
        .await?;
    Ok(visit.see_other(&paths::client(&path), Some(flashes::SAVED)))
}

/// `POST /clients/{client_id}/end-tokens`
async fn post_end_tokens(
    visit: Visit<Operator>,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let client_id = client_id(&path)?;
    let fields = visit.form(payload, "client-end-tokens", &["reference"]).await?;
    if let Some(form) = not_confirmed(&client_id, fields.get("reference").trim()) {
        return ask(&visit, &client_id, ClientDangerKind::EndTokens, form).await;
    }
    let act = visit.act();
    visit
        .change(async |db| clients::revoke_client_tokens(db, &act, &client_id).await)
        .await?;
    Ok(visit.see_other(&paths::client(&path), Some(flashes::SAVED)))
}
