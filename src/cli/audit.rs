//! `audit`: shows the audit trail.

use clap::Subcommand;
use serde_json::Value;

use super::context::CommandContext;
use super::output::{instant, or_dash, table};
use crate::audit::{self, Event, EventFilter};
use crate::page::Page;

/// Subcommands of `audit`.
#[derive(Subcommand)]
pub enum AuditCommand {
    /// List the latest changes, newest first
    #[command(after_help = "\
Examples:
  talentsoft-partner audit list --limit 10
  talentsoft-partner audit list --subject 428a51ae-0387-43ab-8c64-cf026f77656f")]
    List {
        /// Largest number of changes to show
        #[arg(long, default_value = "50", value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=100_000))]
        limit: i64,

        /// Show only changes of this subject, such as a `client_id`, and of what belongs to it
        #[arg(long, value_name = "ID")]
        subject: Option<String>,
    },
}

/// Runs a subcommand of `audit`.
pub async fn run(context: &CommandContext<'_>, command: AuditCommand) -> anyhow::Result<()> {
    let AuditCommand::List { limit, subject } = command;
    let filter = EventFilter {
        subject,
        ..EventFilter::default()
    };
    let page = Page { after: None, limit };
    let (events, _) = context
        .read(async |db| Ok(audit::page_events(db, &filter, &page).await?))
        .await?;
    context.format.show(&events, || {
        let rows = events.iter().map(|event| {
            [
                instant(event.at),
                event.actor.clone(),
                or_dash(event.address.clone(), |address| address),
                event.action.clone(),
                event.subject_kind.clone(),
                event.subject.clone(),
                describe(event),
            ]
        });
        table(["AT", "WHO", "FROM", "DID", "WHAT", "WHICH", "DETAIL"], rows)
    })
}

/// The detail of an event on one line: `name: before -> after` for each value that was changed, `name=value` for each other
/// one.
fn describe(event: &Event) -> String {
    if let (Some(Value::Object(before)), Some(Value::Object(after))) =
        (event.detail.get("before"), event.detail.get("after"))
    {
        let changed = after
            .iter()
            .filter(|(name, value)| before.get(*name) != Some(value));
        let changed = changed.map(|(name, value)| {
            let former = before.get(name).unwrap_or(&Value::Null);
            format!("{name}: {former} -> {value}")
        });
        let mut others = event.detail.clone();
        if let Some(others) = others.as_object_mut() {
            others.retain(|name, _| name != "before" && name != "after");
        }
        return changed.chain(flat(&others)).collect::<Vec<_>>().join(" ");
    }
    flat(&event.detail).join(" ")
}

/// The members of an object and of the objects in it as `name=value`, without those that are null or empty.
fn flat(detail: &Value) -> Vec<String> {
    let members = detail.as_object().into_iter().flatten();
    members
        .flat_map(|(name, value)| match value {
            Value::Null => Vec::new(),
            Value::Array(items) if items.is_empty() => Vec::new(),
            Value::Object(_) => flat(value),
            Value::String(text) => vec![format!("{name}={text}")],
            other => vec![format!("{name}={other}")],
        })
        .collect()
}
