//! HTTP as the checks need it: requests that may be deliberately wrong, and a client that records what it sends and
//! receives.

mod challenge;

// What the report shows of requests and responses, and what it hides.
mod exchange;
mod redaction;

mod request;
mod response;

mod recorder;

mod client;

pub use self::challenge::Challenge;
pub use self::client::HttpClient;
pub use self::exchange::{Exchange, RequestRecord, ResponseRecord};
pub use self::request::{CURRENT_USER, FORM, Request};
pub use self::response::Response;
