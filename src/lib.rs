//! talentsoft-partner: the service that a partner of the Talentsoft recruiting marketplace runs.
//!
//! It issues OAuth 2.0 tokens to Talentsoft and to the partner's own platform, guards the partner's routes with them, and
//! serves the partner's resources. `docs/ARCHITECTURE.md` has the map, `docs/GLOSSARY.md` the words.
//!
//! The modules stand in reading order: from what the service does for a caller down to what that rests on.

// What somebody asks for over HTTP: the guard, and a wing for each dialect.
pub mod api;

// OAuth 2.0: grants, assertions, tokens, revocation, introspection.
pub mod oauth;

// Campaigns, invitations, progress and reports: the rules and their SQL.
pub mod recruiting;

// Titles and occupations: imported data, its versions, normalizing.
pub mod market;

// The people at customers' subdomains: their profiles, listed, written and erased.
pub mod profiles;

// Erasing a person, whatever is known of it.
pub mod people;

// All rows in a folder, and back into an empty database.
pub mod backup;

// The outbox: callbacks to Talentsoft and webhooks to the platform.
pub mod webhooks;

// Customers, clients and their secrets, and the clients in memory.
pub mod clients;

// The people who sign in at the console: accounts, passwords, sessions.
pub mod staff;

// The keys that seal tokens, secrets and links.
pub mod keys;

// Who changed what, when, and on whose data.
pub mod audit;

// Why calls were refused, for those who ask.
pub mod refusals;

// How a replica hears of changes that another one made.
pub mod replica;

// What is done regularly: deleting, expiring, erasing.
pub mod housekeeping;

// The application, put together from all of these.
pub mod app;

// HTTP without an opinion: connections, the front, bodies, forms, problems.
pub mod wire;

// The two HTTP servers, from their sockets to a clean end.
pub mod server;

// What the service is told from outside.
pub mod config;

// The command line, a file for each subcommand.
pub mod cli;

// The log and the metrics.
pub mod telemetry;

// Connections to PostgreSQL, transactions, batches.
pub mod db;

// The cipher, the password hash, random bytes, the types of secrets.
pub mod crypto;

// A type for each identifier.
pub mod ids;

// Names, URLs and e-mail addresses, parsed once.
pub mod text;

// Pages of a list.
pub mod page;

// Counts by hour.
pub mod hours;

// What the service could not do.
pub mod error;

// The time of day.
pub mod clock;

// Which version this is, and from which commit.
pub mod version;
