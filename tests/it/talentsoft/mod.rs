//! What Talentsoft asks.

mod application_lookups;
mod campaigns;
mod creation_link;
mod current_user;
mod inviting;
mod refreshing;
mod report_uploads;
mod reports;
