//! The checks, in one table for each group or part of a group.
//!
//! Each table is a constant, `CHECKS`, with the descriptions of the checks and the functions that make them.

mod expect;

pub mod token;
pub mod token_errors;

pub mod assertion;
pub mod assertion_claims;
pub mod assertion_forms;

pub mod bearer;
pub mod current_user;

// The functions that the tables of video interviews and of assessments share.
mod campaign_api;
mod campaigns;
mod invitation_status;
mod invitations;

pub mod assessments;
pub mod videos;

pub mod metadata;
pub mod revocation;
