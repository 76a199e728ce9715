//! Calls a partner's API as Talentsoft's marketplace does, and reports where the API does not do what the contract and
//! the specifications say.
//!
//! `talentsoft-partner check` runs these checks. They are a client like any other: the crate knows nothing of the service
//! in this repository, so that it can check an endpoint that somebody else wrote in another language.
//!
//! The modules are declared in reading order: each uses only those before it, which a test keeps.
//!
//! 1. `plan` has the input of a run: the endpoint, the credentials, and the groups of checks to make.
//! 2. `assertion` builds the JWTs of the user grant, valid and invalid ones; `clock` and `random` are where its times and ids come from.
//! 3. `not_passed` has the ways in which a check can end that does not pass.
//! 4. `http` sends requests that may be deliberately wrong, at a limited rate, and records them without secrets.
//! 5. `session` is the state of a run: it has the client, and requests each token only once.
//! 6. `check` says what a check is, `checks` has all of them as tables, and [`catalogue`] lists and finds them.
//! 7. `result` and `report` have what the checks found, and `output` prints it: as text, JSON and [JUnit XML](junit). The
//!    descriptions of the checks are printed by [`mod@reference`].
//! 8. [`run()`] makes the checks of a plan, one after the other.

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
pub use self::http::{Exchange, RequestRecord, ResponseRecord};
pub use self::output::{junit, reference};
pub use self::plan::{BaseUrl, Campaigns, Group, InvalidBaseUrl, Plan};
pub use self::report::Report;
pub use self::result::{CheckResult, CheckStatus};
pub use self::run::{ClientSetupError, Progress, run};
