//! `/admin/v1`: what machines of the partner's admins call.

mod access;
mod audit_events;
mod callbacks;
mod client_list;
mod client_settings;
mod clients;
mod customers;
mod desired_state;
mod keys;
mod persons;
mod preconditions;
mod refusals;
mod resources;
mod secrets;
mod stage;
mod tokens;
mod usage;
