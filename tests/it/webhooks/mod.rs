//! Callbacks to Talentsoft and webhooks to the platform.

mod messages;
mod queues;
mod receivers;
mod retries;
mod stage;
