//! Deliveries: callbacks to Talentsoft and webhooks to the platform, their attempts, and what an operator can do.

use chrono::{DateTime, Utc};

use super::page;
use super::shared::Paging;
use crate::components::Tone;
use crate::context::{Context, Page as _};
use crate::form::{Choice, Form};
use crate::frame::{FlashKind, Section};
use crate::paths;
use crate::text::Message;

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It was not tried yet.
    Waiting,
    /// It failed, and is tried again.
    Retrying,
    /// Its receiver accepted it.
    Delivered,
    /// Nothing is sent until an operator retries it.
    Parked,
    /// An operator gave it up.
    Discarded,
}

impl DeliveryState {
    /// Every state, in the order of the filter.
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Retrying,
        Self::Delivered,
        Self::Parked,
        Self::Discarded,
    ];

    const fn badge(self) -> (Tone, &'static str) {
        match self {
            Self::Waiting => (Tone::Waiting, "delivery-waiting"),
            Self::Retrying => (Tone::Warn, "delivery-retrying"),
            Self::Delivered => (Tone::Ok, "delivery-delivered"),
            Self::Parked => (Tone::Bad, "delivery-parked"),
            Self::Discarded => (Tone::Off, "delivery-discarded"),
        }
    }
}

/// Who receives a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// Talentsoft, by a callback.
    Talentsoft,
    /// The partner's platform, by a webhook.
    Platform,
}

impl Receiver {
    const fn text(self) -> &'static str {
        match self {
            Self::Talentsoft => "receiver-talentsoft",
            Self::Platform => "receiver-platform",
        }
    }
}

/// The list of deliveries.
#[derive(Clone, Debug, Default)]
pub struct Callbacks {
    /// The states that are shown, as the service names them; empty: all. In the query as `state`.
    pub states: Vec<String>,
    /// What `state` may be, in the service's names.
    pub state_choices: Vec<Choice>,
    /// The invitation that they are about; empty: any. In the query as `invitation`.
    pub invitation: String,
    /// The deliveries of this page, newest first.
    pub rows: Vec<Callback>,
    /// The pages around it.
    pub paging: Paging,
    /// How many are parked in all; none where that was not read.
    pub parked: Option<i64>,
}

/// A delivery.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The identifier of the event, which every attempt has.
    pub callback_id: String,
    /// The type of the event, such as `invitation.created`.
    pub event: String,
    /// The invitation that it is about.
    pub invitation_id: String,
    /// The status of the invitation when it happened.
    pub status: String,
    /// Who receives it.
    pub receiver: Receiver,
    /// How far it is.
    pub state: DeliveryState,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: i64,
    /// When the next attempt is due.
    pub next_at: Option<DateTime<Utc>>,
    /// When it was delivered, parked or discarded.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why the latest attempt failed.
    pub last_error: Option<String>,
}

page!(Callbacks, "callbacks.html", |_p, c| c.t("nav-callbacks"));

impl Callbacks {
    fn form(&self) -> Form {
        let form = Form::new().with("invitation", &self.invitation);
        self.states
            .iter()
            .fold(form, |form, state| form.with("state", state))
    }

    fn is_filtered(&self) -> bool {
        !self.states.is_empty() || !self.invitation.is_empty()
    }
}

/// One delivery, with its attempts.
#[derive(Clone, Debug)]
pub struct CallbackDetail {
    /// The delivery.
    pub callback: Callback,
    /// Its attempts, the oldest first, as far as they are kept.
    pub attempts: Vec<Attempt>,
    /// What was entered to discard it, in the field `reason`.
    pub form: Form,
}

/// One attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When.
    pub at: DateTime<Utc>,
    /// The status of the answer; none: there was no answer.
    pub status: Option<i64>,
    /// How long it took.
    pub milliseconds: Option<i64>,
    /// Why it failed; none: it was accepted.
    pub error: Option<String>,
    /// The beginning of the answer, as text.
    pub answer: Option<String>,
    /// Who had it tried, where it was by hand.
    pub by: Option<String>,
}

page!(
    CallbackDetail,
    "callback.html",
    |p, _c| p.callback.event.clone(),
    |p| !p.form.errors().is_empty()
);

impl CallbackDetail {
    fn sentence(&self, c: &Context<'_>) -> String {
        let callback = &self.callback;
        let cause = callback.last_error.as_deref().unwrap_or("–");
        match callback.state {
            DeliveryState::Waiting => c.t("delivery-waiting.sentence"),
            DeliveryState::Retrying => c
                .sentence("delivery-retrying.sentence")
                .with("count", callback.attempts)
                .with("cause", cause)
                .with(
                    "when",
                    callback.next_at.map(|at| c.relative(at)).unwrap_or_default(),
                )
                .to_string(),
            DeliveryState::Delivered => c.t1("delivery-delivered.sentence", "count", callback.attempts),
            DeliveryState::Parked => c
                .sentence("delivery-parked.sentence")
                .with("count", callback.attempts)
                .with("cause", cause)
                .to_string(),
            DeliveryState::Discarded => c.t("delivery-discarded.sentence"),
        }
    }

    const fn is_parked(&self) -> bool {
        matches!(self.callback.state, DeliveryState::Parked)
    }
}

/// Retrying all that are parked since an instant, in the field `since`: first how many they are, then the doing.
#[derive(Clone, Debug)]
pub struct RetryParked {
    /// What was entered.
    pub form: Form,
    /// How many are parked since then; none: not counted yet.
    pub count: Option<i64>,
}

page!(
    RetryParked,
    "callbacks_retry.html",
    |_p, c| c.t("retry-parked"),
    |p| !p.form.errors().is_empty()
);

/// What `state` may be in a filter, by the service's names.
#[must_use]
pub fn delivery_choices(names: &[(&str, DeliveryState)]) -> Vec<Choice> {
    names
        .iter()
        .map(|(name, state)| Choice::new(name, Message::text(state.badge().1)))
        .collect()
}
