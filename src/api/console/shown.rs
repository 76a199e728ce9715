//! What the domains answer, as pages show it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use console_pages::Hourly;
use console_pages::pages::{Caller, ClientRow, CustomerRef, Panel, Reason};
use tokio::time::timeout;

use crate::clients::{ClientInfo, ListedClient};
use crate::error::{self, Failure};
use crate::hours::{HourCount, complete};
use crate::refusals::{Meaning, RefusalGroup};

/// Hours of the charts.
pub(super) const HOURS: u16 = 24;
/// How long one part of a page may take to be read.
const PATIENCE: Duration = Duration::from_secs(2);

/// A part of a page that is read by itself: where that fails, the others are shown nevertheless.
pub(super) async fn panel<T>(work: impl Future<Output = Result<T, Failure>>) -> Panel<T> {
    match timeout(PATIENCE, work).await {
        Ok(Ok(value)) => Panel::Ready(value),
        Ok(Err(failure)) => {
            if matches!(failure, Failure::Internal(_)) {
                tracing::error!(
                    cause = error::chain(&failure),
                    "a part of a page could not be read"
                );
            }
            Panel::Unavailable
        }
        Err(_elapsed) => Panel::Unavailable,
    }
}

/// Counts of these hours as a chart has them.
pub(super) fn hourly(hours: &[DateTime<Utc>], counts: &[HourCount]) -> Hourly {
    Hourly {
        since: hours.first().copied().unwrap_or_default(),
        counts: complete(hours, counts).iter().map(|hour| hour.count).collect(),
    }
}

/// Why something was refused.
pub(super) fn reason(name: &str, meaning: &Meaning) -> Reason {
    Reason {
        name: name.to_owned(),
        meaning: meaning.meaning.to_owned(),
        remedy: meaning.remedy.to_owned(),
    }
}

/// Whose calls a group counts.
pub(super) fn caller_of(group: &RefusalGroup) -> Caller {
    Caller {
        client_id: group.client_id.as_ref().map(ToString::to_string),
        claimed: None,
        network: group.network.clone(),
    }
}

/// A client in a list.
pub(super) fn client_row(listed: &ListedClient) -> ClientRow {
    let (client, activity) = (&listed.client, &listed.activity);
    ClientRow {
        client_id: client.client_id.to_string(),
        customer: customer_of(client, activity.customer_name.as_deref()),
        unit: unit_of(client),
        is_enabled: client.is_enabled,
        newest_secret_at: activity.newest_secret_at,
        last_token_at: activity.last_used_at,
        refused: activity.refused,
    }
}

/// Whose a client is, where the customer's name is known.
pub(super) fn customer_of(client: &ClientInfo, name: Option<&str>) -> Option<CustomerRef> {
    Some(CustomerRef {
        customer_id: client.settings.customer_id?.to_string(),
        name: name?.to_owned(),
    })
}

/// The unit that a client is for.
pub(super) fn unit_of(client: &ClientInfo) -> Option<String> {
    let unit = client.settings.organisational_unit.as_ref();
    unit.map(|unit| unit.as_str().to_owned())
}
