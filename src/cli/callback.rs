//! `callback`: the outbox of callbacks and webhooks.

use clap::{Args, Subcommand};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::context::CommandContext;
use super::output::{instant, or_dash, table};
use crate::clients;
use crate::ids::{ClientId, InvitationId};
use crate::text::Name;
use crate::webhooks::{self, DeliveryState, DiscardSelection, EventFilter, RetrySelection};

/// Most events that one transaction discards.
const DISCARD_BATCH: i64 = 5_000;

/// Subcommands of `callback`.
#[derive(Subcommand)]
pub enum CallbackCommand {
    /// List the latest events, newest first
    #[command(after_help = "\
Examples:
  talentsoft-partner callback list --parked
  talentsoft-partner callback list --invitation 0190a5d0-0000-7000-8000-000000000001")]
    List(ListEventsArgs),
    /// Retry parked events: they are tried at once, and for three days more
    #[command(after_help = "\
Examples:
  talentsoft-partner callback retry 7f5c9c0e-3d1f-4b7e-9a51-0d2c0c7f4a11
  talentsoft-partner callback retry --all-parked")]
    Retry(RetryArgs),
    /// Discard parked events for good: their receivers are never told
    #[command(after_help = "\
Examples:
  talentsoft-partner callback discard 7f5c9c0e-3d1f-4b7e-9a51-0d2c0c7f4a11
  talentsoft-partner callback discard --client 428a51ae-0387-43ab-8c64-cf026f77656f
  talentsoft-partner callback discard --customer Acme --reason \"Their endpoint is gone\"")]
    Discard(DiscardArgs),
}

/// Arguments of `callback list`.
#[derive(Args)]
pub struct ListEventsArgs {
    #[command(flatten)]
    state: StateArgs,

    /// Show only events of this invitation
    #[arg(long, value_name = "ID")]
    invitation: Option<InvitationId>,

    /// Largest number of events to show
    #[arg(long, default_value = "50", value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
}

/// The state that listed events are in; any, if none is given.
#[derive(Args)]
#[group(multiple = false)]
struct StateArgs {
    /// Show only parked events, which are not tried any more
    #[arg(long)]
    parked: bool,

    /// Show only events that are yet to be delivered
    #[arg(long)]
    pending: bool,

    /// Show only events that were delivered; they are kept for a week
    #[arg(long)]
    delivered: bool,
}

impl StateArgs {
    fn state(&self) -> Option<DeliveryState> {
        let states = [
            (self.parked, DeliveryState::Parked),
            (self.pending, DeliveryState::Pending),
            (self.delivered, DeliveryState::Delivered),
        ];
        states
            .into_iter()
            .find_map(|(is_asked, state)| is_asked.then_some(state))
    }
}

/// Arguments of `callback retry`.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct RetryArgs {
    /// Event to retry, as `callback list --parked` shows it
    event_id: Option<Uuid>,

    /// Retry all parked events
    #[arg(long)]
    all_parked: bool,
}

/// Arguments of `callback discard`.
#[derive(Args)]
pub struct DiscardArgs {
    #[command(flatten)]
    which: WhichArgs,

    /// Why, for the audit trail: 1 to 200 characters
    #[arg(long, value_name = "TEXT")]
    reason: Option<Name>,
}

/// Which events to discard.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct WhichArgs {
    /// Which, as `callback list --parked` shows it
    event_id: Option<Uuid>,

    /// The callbacks of one client
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<ClientId>,

    /// Those about the invitations of one customer, by name or id
    #[arg(long, value_name = "NAME-OR-ID")]
    customer: Option<String>,

    /// All that were given up
    #[arg(long)]
    all_parked: bool,
}

impl WhichArgs {
    /// What is selected; a client and a customer must be there.
    async fn selection(&self, db: &mut PgConnection) -> anyhow::Result<DiscardSelection> {
        Ok(match (self.event_id, &self.client, &self.customer) {
            (Some(event_id), _, _) => DiscardSelection::One(event_id),
            (None, Some(client_id), _) => {
                DiscardSelection::OfClient(clients::find_client(db, client_id).await?.client_id)
            }
            (None, None, Some(name_or_id)) => {
                DiscardSelection::OfCustomer(clients::find_customer(db, name_or_id).await?.customer_id)
            }
            (None, None, None) => DiscardSelection::AllParked,
        })
    }
}

/// Runs a subcommand of `callback`.
pub async fn run(context: &CommandContext<'_>, command: CallbackCommand) -> anyhow::Result<()> {
    match command {
        CallbackCommand::List(args) => list(context, &args).await,
        CallbackCommand::Retry(args) => retry(context, &args).await,
        CallbackCommand::Discard(args) => discard(context, &args).await,
    }
}

async fn list(context: &CommandContext<'_>, args: &ListEventsArgs) -> anyhow::Result<()> {
    let filter = EventFilter {
        states: args.state.state().into_iter().collect(),
        invitation_id: args.invitation,
        event_id: None,
    };
    let events = context
        .read(async |db| Ok(webhooks::list_events(db, &filter, args.limit).await?))
        .await?;
    context.format.show(&events, || {
        let rows = events.iter().map(|event| {
            [
                event.event_id.to_string(),
                event.invitation_id.to_string(),
                event.destination.to_string(),
                event.r#type.clone(),
                event.status.clone(),
                instant(event.occurred_at),
                event.state.to_string(),
                event.attempts.to_string(),
                or_dash(event.due_at, instant),
                or_dash(event.last_error.clone(), |error| error),
            ]
        });
        table(
            [
                "EVENT_ID",
                "INVITATION_ID",
                "TO",
                "TYPE",
                "STATUS",
                "OCCURRED",
                "STATE",
                "ATTEMPTS",
                "DUE",
                "LAST_ERROR",
            ],
            rows,
        )
    })
}

async fn retry(context: &CommandContext<'_>, args: &RetryArgs) -> anyhow::Result<()> {
    let selection = args
        .event_id
        .map_or(RetrySelection::AllParked, RetrySelection::One);
    let count = context
        .change(async |db, act| Ok(webhooks::retry(db, act, selection).await?))
        .await?;
    context.format.show(&json!({ "retried": count }), || match count {
        1 => "Retried 1 event.".to_owned(),
        _ => format!("Retried {count} events."),
    })
}

async fn discard(context: &CommandContext<'_>, args: &DiscardArgs) -> anyhow::Result<()> {
    let count = context
        .with_database(async |db| {
            let act = context.act();
            let selection = db.read(async |db| args.which.selection(db).await).await?;
            let mut count = 0;
            loop {
                let discarded: anyhow::Result<u64> = db
                    .transaction(async |db| {
                        let reason = args.reason.as_ref();
                        Ok(webhooks::discard(db, &act, &selection, DISCARD_BATCH, reason).await?)
                    })
                    .await;
                let discarded = discarded?;
                count += discarded;
                if discarded < DISCARD_BATCH.unsigned_abs() || matches!(selection, DiscardSelection::One(_)) {
                    return Ok(count);
                }
            }
        })
        .await?;
    context
        .format
        .show(&json!({ "discarded": count }), || match count {
            1 => "Discarded 1 event.".to_owned(),
            _ => format!("Discarded {count} events."),
        })
}
