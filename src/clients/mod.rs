//! The registry: customers, their clients, the clients' secrets; and the cache of it that requests are answered from.

pub mod cache;
mod cached;
mod client;
mod customer;
mod error;
mod registry;
mod scope;
mod secrets;
mod store;

pub use cache::ClientCache;
pub use cached::{CachedClient, CachedSecret};
pub use client::{ClientSettings, ExpiresInFormat, Grant, Grants, ReplayPolicy, SettingsChange};
pub use customer::{Customer, CustomerPage, add_customer, find_customer, list_customers, page_customers};
pub use error::Error;
pub use registry::{
    ClientInfo, ClientVersion, Enabled, NewClient, add_client, find_client, list_clients,
    revoke_client_tokens, set_client_enabled, update_client,
};
pub use scope::{InvalidScope, Scope, ScopeSet};
pub use secrets::{
    HashedSecret, NewSecret, SecretInfo, Strength, add_secret, flush_usage, hash_secret, list_secrets,
    retire_secret,
};
