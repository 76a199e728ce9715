//! The command line, as people and scripts use it: the real program, on a real PostgreSQL.

mod assertions;
mod backups;
mod callbacks;
mod campaigns;
mod check;
mod client_files;
mod clients;
mod closed_directory;
mod customers;
mod health;
mod keys;
mod manual;
mod market;
mod market_imports;
mod market_refused;
mod observed;
mod people;
pub mod private_database;
mod schema;
mod secrets;
mod serving;
mod shown_once;
mod staff;
mod subdomains;
mod tokens;
mod trail;
mod usage;
