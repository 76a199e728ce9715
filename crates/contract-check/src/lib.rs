//! The marketplace's side of the contract, as a tool: calls a partner's endpoint as Talentsoft does, and says what is
//! right and what is not.
//!
//! It plays a foreign caller: it knows nothing of the service beside it, so that it is as good for an endpoint that somebody wrote in another language.

mod plan;

mod clock;
mod random;

mod assertion;

mod not_passed;

mod http;

mod session;

mod check;
mod checks;

pub mod catalogue;

mod result;

mod report;

mod output;

mod run;

pub use self::check::{Check, Level};
pub use self::http::{CameBack, Exchange, Sent};
pub use self::output::{junit, reference};
pub use self::plan::{BaseUrl, Campaigns, Group, InvalidUrl, Plan};
pub use self::report::Report;
pub use self::result::{Finding, Outcome};
pub use self::run::{NoClient, Progress, run};
