//! How invitations go on: their status and their result.

mod error;
mod expire;
mod result;
mod status;
mod store;

pub use error::Error;
pub use expire::expire_overdue;
pub use result::put_result;
pub use status::{StatusChange, change_status};
