//! Somebody else changed what a form is about, after the form was opened.

use chrono::{DateTime, Utc};
use console_pages::Message;
use console_pages::pages::Conflict;

use super::{Error, RoleMarker, Visit};
use crate::audit;
use crate::page::Page;

/// What was changed.
pub(super) struct Changed {
    /// Its kind, as in the audit trail.
    pub kind: &'static str,
    /// Its identifier.
    pub id: String,
    /// Since when it has been there.
    pub created_at: DateTime<Utc>,
}

/// Who was faster, by the audit trail; `differences` are the field, what is stored and what was entered.
pub(super) async fn find_conflict<R: RoleMarker>(
    visit: &Visit<R>,
    changed: Changed,
    differences: Vec<(String, String, String)>,
) -> Result<Conflict, Error> {
    let filter = audit::EventFilter {
        subject: Some(changed.id),
        subject_kind: Some(changed.kind.to_owned()),
        action: Some("updated".to_owned()),
        ..audit::EventFilter::default()
    };
    let latest = Page {
        after: None,
        limit: 1,
    };
    let (events, _) = visit
        .read(async |db| audit::page_events(db, &filter, &latest).await)
        .await?;
    let event = events.first();
    Ok(Conflict {
        who: event.map_or(Message::text("none"), |event| Message::Words(event.actor.clone())),
        at: event.map_or(changed.created_at, |event| event.at),
        differences,
    })
}
