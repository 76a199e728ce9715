//! What waits to be written down.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::task::yield_now;

use super::caller::Caller;
use crate::hours::hour_of;
use crate::ids::RefusalId;
use crate::oauth::{AuthorizationServer, RefusedAssertion, explain_refused};

/// Most calls that wait.
pub(super) const MAX_CALLS: usize = 1_000;
/// Most counts that wait.
pub(super) const MAX_COUNTS: usize = 10_000;

/// What is kept of a call besides what is noted of every refusal.
pub struct CallDetails {
    /// `X-Request-Id` of the answer.
    pub request_id: String,
    /// The beginning of the identifier that the call claims, where no client has it.
    pub claimed_client_id: Option<String>,
    /// The method, one of HTTP's own.
    pub method: &'static str,
    /// The pattern of the route; `None` where none matched.
    pub route: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The assertion, where that was refused.
    pub assertion: Option<Arc<SecretString>>,
}

/// A call that may be kept.
pub(super) struct Call {
    pub refusal_id: RefusalId,
    pub at: DateTime<Utc>,
    /// By the clock that assertions are checked by.
    pub checked_at: DateTime<Utc>,
    pub caller: Caller,
    pub address: IpAddr,
    pub is_proved: bool,
    pub reason: &'static str,
    pub details: CallDetails,
    /// The checks of its assertion, once they were made.
    pub checks: Option<Value>,
}

impl Call {
    /// With what it is counted.
    pub(super) fn count_key(&self) -> CountKey {
        CountKey {
            hour: hour_of(self.at),
            caller: self.caller.clone(),
            reason: self.reason,
        }
    }
}

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CountKey {
    pub hour: DateTime<Utc>,
    pub caller: Caller,
    pub reason: &'static str,
}

/// How often, since when and until when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub refused: u64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

impl Count {
    pub(super) fn add(&mut self, other: Self) {
        self.refused += other.refused;
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
    }
}

/// What was noted since the last time, within bounds.
#[derive(Default)]
pub struct Batch {
    pub(super) calls: Vec<Call>,
    pub(super) counts: HashMap<CountKey, Count>,
}

impl Batch {
    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many refusals were noted.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.counts.values().map(|count| count.refused).sum()
    }

    /// Makes the checks of the refused assertions, and forgets the assertions. It is done here, away from the request, so that
    /// the time of a refusal says nothing.
    pub async fn explain(&mut self, server: &AuthorizationServer) {
        for call in &mut self.calls {
            let Some(assertion) = call.details.assertion.take() else {
                continue;
            };
            let refused = RefusedAssertion {
                text: assertion.expose_secret(),
                reason: call.reason,
                refused_at: call.checked_at,
            };
            call.checks = serde_json::to_value(explain_refused(server, &refused)).ok();
            yield_now().await;
        }
    }
}
