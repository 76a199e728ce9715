//! Reads that share a connection.

mod batch_loader;
mod campaign_lists;
mod schema;
