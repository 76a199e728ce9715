//! The guard: decides by the access token whether a call is admitted (RFC 6750), and refuses in the dialect of the route.
//!
//! A route is guarded by its handler's argument, a [`Call`](super::call::Call) of a [`ScopeMarker`].

mod admission;
mod auth_check;
mod dialect;
mod refusal;

pub use admission::{Admission, Caller, RequiredScope, ScopeMarker};
pub use auth_check::{check_from_memory, configure, configure_prefix};
pub use dialect::{Dialect, ProblemDetails};
pub use refusal::{Refusal, RefusedIn};
