//! What requests share of the database: reads and changes that are one statement, and how PostgreSQL finds the rows.

mod batch_loader;
mod batch_writer;
mod campaign_lists;
mod campaign_plans;
pub mod plans;
mod profile_plans;
mod schema;
