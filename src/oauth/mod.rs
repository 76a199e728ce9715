//! OAuth 2.0: both grants, the sealed access token and the guard that checks it, revocation, introspection, metadata.
//!
//! RFC 6749 (`client_credentials`), RFC 7521/7523 (assertion grant, HS256 profile), RFC 6750 (bearer), RFC 7009, RFC 7662,
//! RFC 8414; and the Talentsoft dialect of `/token` (contract s2).

pub mod assertion;
mod assertion_error;
pub mod credentials;
mod error;
pub mod explain;
mod explain_refused;
pub mod grant;
pub mod inspection;
pub mod introspection;
mod issued;
mod jws;
pub mod limits;
mod pace;
mod recent_revocations;
mod replay;
pub mod revocation;
pub mod revocation_set;
mod server;
mod store;
pub mod token;
pub mod token_ids;
mod validity;

pub use assertion_error::AssertionError;
pub use error::{Error, InvalidClient};
pub use explain_refused::{RefusedAssertion, explain_refused};
pub use issued::{IssuedTokens, flush_issued, list_issued, prune_issued};
pub use server::{AuthorizationServer, TokenSettings};
pub use store::{RevokedCursor, RevokedToken, list_revoked, prune_revoked, prune_used_assertions};
pub use validity::{InvalidToken, TokenCheckError, check_against, check_token};
