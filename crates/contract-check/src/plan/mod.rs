//! What a run checks, and where.

mod base_url;
mod group;

use std::num::NonZeroU32;
use std::time::Duration;

use secrecy::SecretString;

pub use self::base_url::{BaseUrl, InvalidUrl};
pub use self::group::Group;

/// What a run checks, and where.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The endpoint.
    pub url: BaseUrl,
    /// The `client_id`.
    pub client_id: String,
    /// The secret that goes with it.
    pub secret: SecretString,
    /// Email address of the user that assertions and `X-Current-User` name.
    pub user: String,
    /// The audience that assertions name.
    pub audience: String,
    /// Groups to check; none: all.
    pub groups: Vec<Group>,
    /// Where candidates may be invited; absent: nowhere.
    pub campaigns: Option<Campaigns>,
    /// Most requests a second.
    pub requests_per_second: NonZeroU32,
    /// Longest time for one answer.
    pub timeout: Duration,
}

/// Campaigns that a made-up candidate may be invited to.
#[derive(Clone, Debug, Default)]
pub struct Campaigns {
    /// Of video interviews.
    pub video: Option<String>,
    /// Of assessments.
    pub assessment: Option<String>,
}
