//! `callback`: the outbox of callbacks and webhooks.

use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::context::CommandContext;
use super::output::{instant, or_dash, table};
use crate::ids::InvitationId;
use crate::webhooks::{self, DeliveryState, EventFilter, RetrySelection};

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

/// Runs a subcommand of `callback`.
pub async fn run(context: &CommandContext<'_>, command: CallbackCommand) -> anyhow::Result<()> {
    match command {
        CallbackCommand::List(args) => list(context, &args).await,
        CallbackCommand::Retry(args) => retry(context, &args).await,
    }
}

async fn list(context: &CommandContext<'_>, args: &ListEventsArgs) -> anyhow::Result<()> {
    let filter = EventFilter {
        state: args.state.state(),
        invitation_id: args.invitation,
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
