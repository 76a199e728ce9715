//! An event to deliver and its body, which is the same at each attempt because none of its parts ever changes.

use chrono::{DateTime, Utc};
use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr};
use uuid::Uuid;

use super::queues::DueQueue;
use crate::ids::{ApplicantId, ApplicationId, CampaignId, ClientId, CustomerId, InvitationId};

/// Who receives an event. Database and metrics use the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, IntoStaticStr, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Destination {
    /// Talentsoft, at the callback URL of the invitation.
    Callback,
    /// The partner's platform.
    Platform,
}

/// Whether an event was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryState {
    /// It has not been delivered yet.
    Pending,
    /// Its receiver accepted it.
    Delivered,
    /// It is not tried any more until an operator retries it.
    Parked,
}

impl DeliveryState {
    /// The state of an event with these two columns.
    #[must_use]
    pub(super) fn of(delivered_at: Option<DateTime<Utc>>, parked_at: Option<DateTime<Utc>>) -> Self {
        match (delivered_at, parked_at) {
            (Some(_), _) => Self::Delivered,
            (None, Some(_)) => Self::Parked,
            (None, None) => Self::Pending,
        }
    }
}

/// An event that this replica has claimed and must deliver now.
#[derive(Clone, Debug)]
pub(super) struct DueEvent {
    /// The identifier, which is the same at each attempt.
    pub event_id: Uuid,
    /// The position in the order of the events of its invitation.
    pub position: i64,
    /// Who receives it.
    pub destination: Destination,
    /// The type of the event, such as `invitation.created`.
    pub name: String,
    /// The status of the invitation when it happened.
    pub status: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When an operator retried it after it had been parked.
    pub retried_at: Option<DateTime<Utc>>,
    /// The number of attempts, this one included.
    pub attempts: i32,
    /// The name of its delivery queue: see [`super::queues`].
    pub queue: String,
    /// The span that caused it, as `traceparent`, if that was sampled.
    pub trace_parent: Option<String>,
    /// The invitation that it is about.
    pub invitation: EventInvitation,
}

/// The invitation of an event. It holds no personal data but Talentsoft's identifiers.
#[derive(Clone, Debug)]
pub(super) struct EventInvitation {
    pub invitation_id: InvitationId,
    pub customer_id: CustomerId,
    pub client_id: ClientId,
    pub campaign_id: CampaignId,
    pub kind: String,
    pub applicant_id: ApplicantId,
    pub application_id: ApplicationId,
    /// The URL of the callback.
    pub callback_url: Option<String>,
}

#[derive(Serialize)]
struct EventBody<'a, D> {
    r#type: &'a str,
    #[serde(serialize_with = "crate::clock::serialize")]
    timestamp: DateTime<Utc>,
    data: D,
}

/// The data of a callback, in Talentsoft's identifiers.
#[derive(Serialize)]
struct CallbackData<'a> {
    applicant_id: ApplicantId,
    application_id: ApplicationId,
    campaign_id: CampaignId,
    status: &'a str,
}

/// The data of a webhook: identifiers by which the platform can request the rest.
#[derive(Serialize)]
struct PlatformData<'a> {
    invitation_id: InvitationId,
    customer_id: CustomerId,
    campaign_id: CampaignId,
    kind: &'a str,
    applicant_id: ApplicantId,
    application_id: ApplicationId,
    status: &'a str,
}

impl DueEvent {
    /// Its delivery queue, as it was when this event was claimed.
    pub(super) fn due_queue(&self) -> DueQueue {
        DueQueue {
            name: self.queue.clone(),
            is_retry: self.attempts > 1,
        }
    }

    /// The body, as JSON.
    pub(super) fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let invitation = &self.invitation;
        match self.destination {
            Destination::Callback => self.write(CallbackData {
                applicant_id: invitation.applicant_id,
                application_id: invitation.application_id,
                campaign_id: invitation.campaign_id,
                status: &self.status,
            }),
            Destination::Platform => self.write(PlatformData {
                invitation_id: invitation.invitation_id,
                customer_id: invitation.customer_id,
                campaign_id: invitation.campaign_id,
                kind: &invitation.kind,
                applicant_id: invitation.applicant_id,
                application_id: invitation.application_id,
                status: &self.status,
            }),
        }
    }

    fn write(&self, data: impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&EventBody {
            r#type: &self.name,
            timestamp: self.occurred_at,
            data,
        })
    }
}

#[cfg(test)]
impl DueEvent {
    /// An event with fixed values.
    pub(super) fn sample(destination: Destination) -> Self {
        let id = |number: u128| Uuid::from_u128(number);
        Self {
            event_id: id(1),
            position: 1,
            destination,
            name: "invitation.status_changed".to_owned(),
            status: "started".to_owned(),
            occurred_at: DateTime::from_timestamp(1_520_181_000, 0).unwrap(),
            retried_at: None,
            attempts: 1,
            queue: "client".to_owned(),
            trace_parent: None,
            invitation: EventInvitation {
                invitation_id: InvitationId(id(2)),
                customer_id: CustomerId(id(3)),
                client_id: "client".parse().unwrap(),
                campaign_id: CampaignId(id(4)),
                kind: "video".to_owned(),
                applicant_id: ApplicantId(id(5)),
                application_id: ApplicationId(id(6)),
                callback_url: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_destination_has_its_body() {
        let body = |destination| String::from_utf8(DueEvent::sample(destination).body().unwrap()).unwrap();
        assert_eq!(
            body(Destination::Callback),
            r#"{"type":"invitation.status_changed","timestamp":"2018-03-04T16:30:00.000000Z","data":{"applicant_id":"00000000-0000-0000-0000-000000000005","application_id":"00000000-0000-0000-0000-000000000006","campaign_id":"00000000-0000-0000-0000-000000000004","status":"started"}}"#
        );
        assert_eq!(
            body(Destination::Platform),
            r#"{"type":"invitation.status_changed","timestamp":"2018-03-04T16:30:00.000000Z","data":{"invitation_id":"00000000-0000-0000-0000-000000000002","customer_id":"00000000-0000-0000-0000-000000000003","campaign_id":"00000000-0000-0000-0000-000000000004","kind":"video","applicant_id":"00000000-0000-0000-0000-000000000005","application_id":"00000000-0000-0000-0000-000000000006","status":"started"}}"#
        );
    }
}
