//! How instances hear of each other's changes.

mod revoked_list;
mod two_instances;
