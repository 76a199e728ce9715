//! talentsoft-partner: the service that a partner of the Talentsoft recruiting marketplace runs.
//!
//! It issues OAuth 2.0 tokens to Talentsoft and to the partner's own platform, guards the partner's routes with them, and
//! serves the partner's resources. `docs/ARCHITECTURE.md` has the map.

pub mod api;
pub mod app;
pub mod audit;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
pub mod housekeeping;
pub mod ids;
pub mod keys;
pub mod oauth;
pub mod page;
pub mod recruiting;
pub mod replica;
pub mod server;
pub mod telemetry;
pub mod text;
pub mod webhooks;
pub mod wire;
