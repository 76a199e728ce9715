//! The checks, a table for each group.

mod api;
pub mod assertion;
pub mod assertion_claims;
pub mod assertion_forms;
pub mod assessments;
pub mod bearer;
pub mod current_user;
mod invitations;
pub mod metadata;
pub mod revocation;
pub mod token;
pub mod token_errors;
pub mod videos;
