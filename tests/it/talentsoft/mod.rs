//! What Talentsoft asks.

mod campaigns;
mod creation_link;
mod current_user;
mod inviting;
mod refreshing;
mod reports;
