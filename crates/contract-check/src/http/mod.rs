//! HTTP as the checks need it: requests that may be wrong on purpose, and a client that records what it sends and receives.

mod challenge;

mod exchange;

mod redaction;

mod request;

mod response;

mod client;

pub use self::challenge::{Challenge, of_scheme};
pub use self::client::{Caller, Fetched};
pub use self::exchange::{CameBack, Exchange, Sent};
pub use self::request::{FORM, Request};
pub use self::response::Answer;
