//! The registry: customers, their clients, the clients' secrets; and the cache of it that requests are answered from.

pub mod cache;
mod cached;
mod customer;
mod customer_list;
mod entitlement;
mod error;
mod grant;
mod listing;
mod networks;
mod registered_ids;
mod registry;
mod retirement;
mod scope;
mod secret_notices;
mod secrets;
mod settings;
mod store;
mod stored;
mod usage;
mod values;

pub use cache::ClientCache;
pub use cached::{CachedClient, CachedSecret};
pub use customer::{
    Customer, add_customer, find_customer, find_customer_by_id, list_customers, lock_customer, page_customers,
};
pub use customer_list::{CustomerCursor, ListedCustomer, rename_customer, search_customers};
pub use entitlement::{Entitlement, Entitlements, InvalidEntitlement, InvalidQuota, Quota, QuotaPeriod};
pub use error::{Error, InvalidSetting};
pub use grant::{Grant, Grants, InvalidGrant, NoGrant};
pub use listing::{ClientActivity, ClientCursor, ListedClient, page_clients};
pub use networks::Networks;
pub use registry::{
    ClientFilter, ClientInfo, ClientVersion, Enabled, NewClient, add_client, add_clients,
    check_new_client_id, find_client, find_clients, list_clients, lock_client, revoke_client_tokens,
    set_client_enabled, update_client,
};
pub use retirement::{RESTORABLE_FOR, Retirement, prune_retired_secrets, restore_secret, retire_secret};
pub use scope::{InvalidScope, Scope, ScopeSet};
pub use secret_notices::{SecretNotice, find_next_expiry, list_secret_notices};
pub use secrets::{
    HashedSecret, NewSecret, SecretInfo, SecretState, Strength, add_secret, find_secret, hash_secret,
    list_secrets,
};
pub use settings::{Change, ClientSettings};
pub use usage::{
    AddressUses, FirstUse, SecretUsage, SecretUses, flush_usage, list_first_uses, list_secret_uses,
    prune_secret_uses,
};
pub use values::{
    Audiences, CallbackHosts, ClockSkew, ExpiresInFormat, MaxAssertionTtl, OrganisationalUnit, ReplayPolicy,
    RequestRate, TokenTtl,
};
