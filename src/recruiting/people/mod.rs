//! Candidates are people: erasing the data of one of them, and of all by age.
//!
//! All that is personal hangs on the rows of `invitation` and goes with them. The audit trail says that somebody was
//! erased, when and by whom, and not who.

mod erase;
mod held;
mod retention;
mod store;

pub use erase::{Erased, Person, erase};
pub use held::{HeldInvitations, address_of, count_callbacks, find_latest_of, list_held};
pub use retention::erase_quiet;
pub use store::InvitationCounts;
