//! The checks, a table for each group.

mod expect;

pub mod token;

pub mod token_errors;

pub mod assertion;

pub mod assertion_claims;

pub mod assertion_forms;

pub mod bearer;

pub mod current_user;

mod campaign_api;

mod invitations;

pub mod videos;

pub mod assessments;

pub mod revocation;

pub mod metadata;
