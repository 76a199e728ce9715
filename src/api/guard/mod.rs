//! The guard: who is let in where (RFC 6750), and in whose words the others are refused.
//!
//! A route is guarded by its handler's argument, a [`Call`](super::call::Call) of a [`ScopeMarker`].

mod admission;
mod auth_check;
mod dialect;
mod refusal;

pub use admission::{Admission, Caller, ScopeMarker};
pub use auth_check::{check_from_memory, configure};
pub use dialect::{Dialect, ProblemDetails};
pub use refusal::{Refusal, RefusedIn};
