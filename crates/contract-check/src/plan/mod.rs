//! The input of a run: the endpoint, the client's credentials, the groups of checks to make, and the limits.

mod base_url;
mod group;

use std::num::NonZeroU32;
use std::time::Duration;

use secrecy::SecretString;

pub use self::base_url::{BaseUrl, InvalidBaseUrl};
pub use self::group::Group;

/// Which endpoint a run checks, for which client, and how far the run may go.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The URL of the partner's API, as it is given to Talentsoft.
    pub url: BaseUrl,
    /// The `client_id` that the partner has registered for Talentsoft.
    pub client_id: String,
    /// The client's secret. It authenticates the client and is the HMAC key of its assertions.
    pub secret: SecretString,
    /// Email address of the user in assertions and in `X-Current-User`.
    pub user: String,
    /// The `aud` of assertions.
    pub audience: String,
    /// Groups to check; if empty, all groups.
    pub groups: Vec<Group>,
    /// Where the checks may invite made-up candidates; if absent, nobody is invited.
    pub campaigns: Option<Campaigns>,
    /// Highest rate of requests to the endpoint.
    pub requests_per_second: NonZeroU32,
    /// Longest time to wait for one response.
    pub timeout: Duration,
}

/// Ids of the campaigns that the checks may invite made-up candidates to.
#[derive(Clone, Debug, Default)]
pub struct Campaigns {
    /// A campaign of video interviews; if absent, the checks that invite to one are skipped.
    pub video: Option<String>,
    /// A campaign of assessments; if absent, the checks that invite to one are skipped.
    pub assessment: Option<String>,
}
