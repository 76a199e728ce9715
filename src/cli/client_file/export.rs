//! `client export`: all clients in a file that `client import` reads, their secrets apart.

use std::collections::HashMap;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value, json};

use super::columns::{Column, marked};
use super::{FileFormat, write_new};
use crate::cli::context::CommandContext;
use crate::cli::input::one_of;
use crate::cli::output::Format;
use crate::cli::settings::{to_csv, to_json};
use crate::clients::{self, ClientInfo};
use crate::ids::CustomerId;
use crate::text::csv;

/// What is said of the secrets, which no export has.
const WITHOUT_SECRETS: &str = "The secrets are not among it: `client import` takes them in the column client_secret, or makes \
                               new ones with --generate-secrets.";

/// Arguments of `client export`.
#[derive(Args)]
pub struct ExportClientsArgs {
    /// File to write, which must not be there yet; `-` for standard output
    #[arg(default_value = "-")]
    file: PathBuf,

    /// Form of the file, csv or json [default: as the extension of the file says; csv, or json with --json, on standard output]
    #[arg(long, value_name = "FORMAT", value_parser = one_of::<FileFormat>)]
    format: Option<FileFormat>,
}

/// Writes all clients.
pub async fn export(context: &CommandContext<'_>, args: &ExportClientsArgs) -> anyhow::Result<()> {
    let is_stdout = args.file == Path::new("-");
    let format = match (is_stdout, args.format) {
        (true, None) if context.format == Format::Json => FileFormat::Json,
        (true, None) => FileFormat::Csv,
        (_, given) => FileFormat::of(&args.file, given)?,
    };
    let (clients, customers) = context
        .read(async |db| {
            Ok((
                clients::list_clients(db).await?,
                clients::list_customers(db).await?,
            ))
        })
        .await?;
    let names: HashMap<CustomerId, String> = customers
        .into_iter()
        .map(|customer| (customer.customer_id, customer.name))
        .collect();
    let text = match format {
        FileFormat::Csv => as_csv(&clients, &names)?,
        FileFormat::Json => as_json(&clients, &names)?,
    };
    if is_stdout {
        let mut output = stdout().lock();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written.context("cannot write to standard output")?,
        }
        // Standard output is the file; where standard error is closed as well, nobody can be told.
        let _ = writeln!(stderr(), "{WITHOUT_SECRETS}");
        return Ok(());
    }
    write_new(&args.file, 0o666, text.as_bytes())
        .with_context(|| format!("cannot write {}", args.file.display()))?;
    let done = json!({ "file": args.file, "clients": clients.len(), "has_secrets": false });
    context.format.show(&done, || {
        format!(
            "Exported {} clients to {}. {WITHOUT_SECRETS}",
            clients.len(),
            args.file.display()
        )
    })
}

fn name_of<'a>(client: &ClientInfo, names: &'a HashMap<CustomerId, String>) -> Option<&'a str> {
    let customer_id = client.settings.customer_id?;
    names.get(&customer_id).map(String::as_str)
}

fn as_csv(clients: &[ClientInfo], names: &HashMap<CustomerId, String>) -> anyhow::Result<String> {
    let header: Vec<&str> = Column::EXPORTED.iter().map(|column| column.name()).collect();
    let mut text = csv::line(&header);
    for client in clients {
        let value = |column: &Column| -> anyhow::Result<String> {
            Ok(match column {
                Column::ClientId => marked(client.client_id.as_str()),
                Column::Customer => match name_of(client, names) {
                    Some(name) => marked(name),
                    None => column.unset_word().unwrap_or_default().to_owned(),
                },
                Column::IsEnabled => client.is_enabled.to_string(),
                Column::ClientSecret | Column::SecretExpiresIn => String::new(),
                setting => to_csv(*setting, &client.settings)?,
            })
        };
        let values: Vec<String> = Column::EXPORTED.iter().map(value).collect::<Result<_, _>>()?;
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        text.push_str(&csv::line(&values));
    }
    Ok(text)
}

fn as_json(clients: &[ClientInfo], names: &HashMap<CustomerId, String>) -> anyhow::Result<String> {
    let mut objects = Vec::new();
    for client in clients {
        let mut object = Map::new();
        for column in Column::EXPORTED {
            let value = match column {
                Column::ClientId => json!(client.client_id),
                Column::Customer => json!(name_of(client, names)),
                Column::IsEnabled => json!(client.is_enabled),
                Column::ClientSecret | Column::SecretExpiresIn => Value::Null,
                setting => to_json(*setting, &client.settings)?,
            };
            object.insert(column.to_string(), value);
        }
        objects.push(object);
    }
    Ok(format!("{}\n", serde_json::to_string_pretty(&objects)?))
}
