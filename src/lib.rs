//! talentsoft-partner: the service that a partner of the Talentsoft recruiting marketplace runs.
//!
//! It issues OAuth 2.0 tokens to Talentsoft and to the partner's own platform, guards the partner's routes with them, and
//! serves the partner's resources. `docs/ARCHITECTURE.md` has the map.

pub mod audit;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
pub mod ids;
pub mod keys;
pub mod metrics;
pub mod oauth;
pub mod ops;
pub mod platform;
pub mod recruiting;
pub mod server;
pub mod state;
pub mod webhooks;
pub mod wire;
