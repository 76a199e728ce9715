//! OAuth 2.0: both grants, the sealed access token and the guard that checks it, revocation, introspection, metadata.
//!
//! RFC 6749 (`client_credentials`), RFC 7521/7523 (assertion grant, HS256 profile), RFC 6750 (bearer), RFC 7009, RFC 7662,
//! RFC 8414; and the Talentsoft dialect of `/token` (contract s2).

pub mod assertion;
mod auth_check;
mod bearer;
pub mod credentials;
mod error;
pub mod explain;
mod flaw;
mod grant;
mod introspection;
mod jws;
pub mod limits;
mod metadata;
mod presented;
mod replay;
mod respond;
pub mod revocation;
pub mod revocation_set;
pub mod routes;
pub mod scopes;
mod store;
pub mod token;
pub mod token_ids;
mod user;

pub use auth_check::check_at_once;
pub use bearer::{Access, Guarded, Refusal, ScopeMarker, TokenFlaw, admit, check_token};
pub use error::Error;
pub use respond::standing_headers;
pub use store::{RevokedCursor, RevokedToken, list_revoked, prune_revoked, prune_used_assertions};
pub use user::{CURRENT_USER_HEADER, InvalidEmail, UserEmail};
