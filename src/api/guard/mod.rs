//! The guard of the resource routes (RFC 6750).

mod auth_check;
mod bearer;
mod refusal;
pub mod scopes;

pub use auth_check::{PATH, check_at_once, get_auth_check};
pub use bearer::{Access, Guarded, Refusal, ScopeMarker, admit};
pub use refusal::standing_headers;
