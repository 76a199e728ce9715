//! Invitations as the partner's platform sees them: one of them, the one of a link, the new ones.

mod cursor;
mod find;
mod store;
mod view;

pub use cursor::Cursor;
pub use find::{find_invitation, list_invitations, resolve_link};
pub use view::{Invitation, ReportView, ResultView};
