//! The list of clients: page by page, in the order of their identifiers, or those that a text finds, the best first.

mod store;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::error::Error;
use super::registry::{ClientFilter, ClientInfo};
use crate::audit::Act;
use crate::hours::last_hours;
use crate::ids::ClientId;
use crate::page::Page;

/// Hours of which a list counts the refused calls.
const HOURS: u16 = 24;

/// A client, and what a list says of it besides.
#[derive(Clone, Debug)]
pub struct ListedClient {
    /// The client.
    pub client: ClientInfo,
    /// How it is used.
    pub activity: ClientActivity,
    /// How well a text finds it: 0 where it is the whole, 1 where it is the beginning, 2 elsewhere; 0 without a text.
    pub(super) rank: i32,
}

/// How a client is used.
#[derive(Clone, Debug, Serialize)]
pub struct ClientActivity {
    /// The name of its customer.
    pub customer_name: Option<String>,
    /// When the newest secret was added that is not retired.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub newest_secret_at: Option<DateTime<Utc>>,
    /// When one of its secrets was last accepted, within some seconds.
    #[serde(serialize_with = "crate::clock::serialize")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// How many of its calls were refused in the last 24 hours, the present one included.
    pub refused: i64,
}

/// One page of clients, and where the next one begins. With a `text`, which is not empty, those that it finds.
pub async fn page_clients(
    db: &mut PgConnection,
    act: &Act,
    filter: &ClientFilter,
    page: &Page<ClientCursor>,
) -> Result<(Vec<ListedClient>, Option<ClientCursor>), Error> {
    let hours = last_hours(act.now, HOURS);
    let mut clients = match filter.text.as_deref() {
        Some(text) => store::find_clients(db, filter, text, &hours, page).await?,
        None => store::list_clients(db, filter, &hours, page).await?,
    };
    let has_more = page.cut(&mut clients);
    let last = clients.last().filter(|_| has_more);
    let next = last.map(|listed| ClientCursor {
        rank: listed.rank,
        client_id: listed.client.client_id.clone(),
    });
    Ok((clients, next))
}

/// The last client of a page. Its text is its rank and its identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCursor {
    pub(super) rank: i32,
    pub(super) client_id: ClientId,
}

impl ClientCursor {
    /// Where a list without a text goes on after a client.
    #[must_use]
    pub fn after(client_id: ClientId) -> Self {
        Self { rank: 0, client_id }
    }
}

impl fmt::Display for ClientCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.rank, self.client_id)
    }
}

/// The text is not a cursor that a list of clients gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor must be the value that the previous page returned")]
pub struct InvalidClientCursor;

impl FromStr for ClientCursor {
    type Err = InvalidClientCursor;

    fn from_str(text: &str) -> Result<Self, InvalidClientCursor> {
        let (rank, client_id) = text.split_once('.').ok_or(InvalidClientCursor)?;
        Ok(Self {
            rank: match rank {
                "0" => 0,
                "1" => 1,
                "2" => 2,
                _ => return Err(InvalidClientCursor),
            },
            client_id: client_id.parse().map_err(|_| InvalidClientCursor)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let cursor = ClientCursor {
            rank: 2,
            client_id: "a.b c".parse().unwrap(),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "a", "3.a", "-1.a", "0.", "0.é"] {
            assert_eq!(bad.parse::<ClientCursor>(), Err(InvalidClientCursor), "{bad}");
        }
    }
}
