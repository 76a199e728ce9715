//! Invitations as the partner's platform reads them: the feed of new ones, one of them, and the one of a link.

mod cursor;
mod details;
mod error;
mod find;
mod store;

pub use cursor::{Cursor, InvalidCursor};
pub use details::InvitationDetails;
pub use error::Error;
pub use find::{find_invitation, list_invitations, resolve_link};
