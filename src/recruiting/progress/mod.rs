//! How invitations go on: their status, their result, and who is told of it.

mod expire;
mod result;
mod status;
mod store;

pub use expire::expire_overdue;
pub use result::{NewResult, Score, put_result};
pub(super) use status::{CallbackType, lock, tell};
pub use status::{Changed, change_status};
