//! Callbacks to Talentsoft and webhooks to the platform.

mod deliveries;
