//! `/admin/v1`: what machines of the partner's admins call.

mod access;
mod audit_events;
mod clients;
mod customers;
mod desired_state;
mod secrets;
mod stage;
mod tokens;
