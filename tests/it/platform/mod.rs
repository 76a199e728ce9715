//! What the partner's platform asks.

mod campaigns;
mod idempotency;
mod invitations;
mod people;
mod profiles;
mod progress;
