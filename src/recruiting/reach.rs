//! Whose data a read is about.

use crate::audit::Act;
use crate::ids::CustomerId;

/// The actor does not reach the data that it asks for: it is told what it would be told if there were none.
pub(super) struct OutOfReach;

/// The customer whose data an actor reads that asks for that of `asked`; `None`: that of all customers.
pub(super) fn reach(act: &Act, asked: Option<CustomerId>) -> Result<Option<CustomerId>, OutOfReach> {
    match asked {
        Some(asked) if act.reaches(asked) => Ok(Some(asked)),
        Some(_) => Err(OutOfReach),
        None => Ok(act.customer_id),
    }
}
