//! What Talentsoft asks.

mod application_lookups;
mod batches;
mod campaigns;
mod creation_link;
mod current_user;
mod inviting;
mod inviting_again;
mod links;
mod refreshing;
mod report_uploads;
mod reports;
