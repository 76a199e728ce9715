//! Callbacks to Talentsoft and webhooks to the platform.

mod dead_receivers;
mod looks;
mod messages;
mod queues;
mod receivers;
mod retries;
pub mod stage;
