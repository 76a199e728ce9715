//! How clients and their secrets are written.

use serde_json::{Value, json};

use super::Error;
use super::secrets::Shown;
use crate::clients::{ClientInfo, ListedClient, Scope, SecretInfo};
use crate::error::Failure;
use crate::wire::etag::EntityTag;

/// A client: what is set for it is an object of its own, as `PATCH` takes it.
pub(super) fn describe_client(client: &ClientInfo) -> Result<Value, Error> {
    let mut settings = serde_json::to_value(&client.settings).map_err(Failure::internal)?;
    let scopes: Vec<&str> = client.settings.scopes.iter().map(Scope::as_str).collect();
    insert(&mut settings, "scopes", json!(scopes));
    if let Some(settings) = settings.as_object_mut() {
        // Whom a client belongs to is not changed.
        settings.remove("customer_id");
    }
    Ok(json!({
        "client_id": client.client_id,
        "customer_id": client.settings.customer_id,
        "is_enabled": client.is_enabled,
        "created_at": crate::clock::rfc3339(client.created_at),
        "token_generation": client.token_generation,
        "settings": settings,
    }))
}

/// A client of a list, with how it is used.
pub(super) fn describe_listed(listed: &ListedClient) -> Result<Value, Error> {
    let mut value = describe_client(&listed.client)?;
    let activity = serde_json::to_value(&listed.activity).map_err(Failure::internal)?;
    insert(&mut value, "activity", activity);
    Ok(value)
}

/// The tag of a client as `GET` describes it: it depends on nothing that is secret.
pub(super) fn client_tag(client: &ClientInfo) -> Result<EntityTag, Error> {
    Ok(EntityTag::of(&describe_client(client)?.to_string()))
}

/// A secret, without its value unless that was generated just now.
pub(super) fn describe_secret(secret: &SecretInfo, shown: &Shown) -> Result<Value, Error> {
    let mut value = serde_json::to_value(secret).map_err(Failure::internal)?;
    if let Some(text) = shown.text() {
        insert(&mut value, "client_secret", json!(text));
    }
    Ok(value)
}

/// Adds a member to an object, in place of one of the same name.
pub(super) fn insert(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}
