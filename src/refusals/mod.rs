//! Why calls were refused: what the OAuth endpoints, the guard and the limits refuse is kept for some days, for those who ask.
//!
//! A refusal is noted in memory ([`Refusals`]) by the thread that answers, and written down in batches ([`write()`]) by a chore.
//! All refusals are counted, by caller, reason and hour; of the calls themselves a caller has a fixed number in an hour, so that
//! a flood fills neither memory nor disk, and hides nobody else's. Nothing that is kept is secret or names a person.

mod batch;
mod budget;
mod caller;
mod find;
mod memory;
mod overview;
mod reason;
mod retention;
mod store;
mod write;

pub use batch::{Batch, CallDetails};
pub use caller::{Caller, CallerAddress, InvalidCallerAddress, Noted};
pub use find::{
    GroupCursor, GroupFilter, InvalidGroupCursor, RefusalFilter, RefusalGroup, RefusalInfo, list_groups,
    list_refusals,
};
pub use memory::Refusals;
pub use overview::{list_by_hour, list_hours_of, list_most_refused};
pub use reason::{Meaning, REASONS, meaning_of};
pub use retention::{prune_calls, prune_counts};
pub use write::{Written, write};

/// How much is kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalSettings {
    /// `PARTNER_REFUSAL_DAYS`: days that a refusal is kept, at least 1.
    pub days: u32,
    /// `PARTNER_REFUSALS_PER_HOUR`: most calls of a client, or of a network where no client is known, that are kept of an hour;
    /// 0: all are only counted.
    pub per_hour: u32,
}

impl Default for RefusalSettings {
    fn default() -> Self {
        Self {
            days: 14,
            per_hour: 100,
        }
    }
}
