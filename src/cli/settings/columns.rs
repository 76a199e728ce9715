//! The settings of a client as columns of a file: read by the rules of the options, written so that they are read back.

use std::str::FromStr;

use serde_json::Value;

use super::super::client_file::{Cell, Column, marked};
use super::{Choice, SettingArgs, entitlements, quota, rate, seconds, seconds_or_default, unit};
use crate::clients::{ClientSettings, Scope};

impl SettingArgs {
    /// What the option would be that sets the same as this cell; nothing for a column that is no setting.
    pub fn of_cell(column: Column, cell: &Cell) -> Result<Self, String> {
        let word = column.unset_word();
        let mut args = Self::default();
        match column {
            Column::OrganisationalUnit => {
                args.organisational_unit = Some(match cell {
                    Cell::Literal(text) => Choice::Value(text.to_string()),
                    cell => unit(cell.value(word)?)?,
                });
            }
            Column::Grants => args.grants = parsed(&cell.values(true, word)?)?,
            Column::Scopes => args.scopes = parsed(&cell.values(true, word)?)?,
            Column::Audiences => args.audiences = cell.values(false, word)?,
            Column::TokenTtlSeconds => args.token_ttl = Some(seconds_or_default(cell.value(word)?)?),
            Column::MaxAssertionTtlSeconds => args.max_assertion_ttl = Some(seconds(cell.value(word)?)?),
            Column::ClockSkewSeconds => args.clock_skew = Some(seconds(cell.value(word)?)?),
            Column::ReplayPolicy => args.replay_policy = Some(parse(cell.value(word)?)?),
            Column::ExpiresInFormat => args.expires_in_format = Some(parse(cell.value(word)?)?),
            Column::RequestsPerSecond => args.requests_per_second = Some(rate(cell.value(word)?)?),
            Column::CallbackHosts => args.callback_hosts = cell.values(true, word)?,
            Column::Entitlements => {
                let parts = cell.values(true, word)?;
                args.entitlements = parts
                    .iter()
                    .map(|part| entitlements(part))
                    .collect::<Result<_, _>>()?;
            }
            Column::Quota => args.quota = Some(quota(cell.value(word)?)?),
            Column::AdminNetworks => args.admin_networks = cell.values(true, word)?,
            Column::ClientId
            | Column::Customer
            | Column::IsEnabled
            | Column::ClientSecret
            | Column::SecretExpiresIn => {}
        }
        Ok(args)
    }
}

fn parse<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn parsed<T: FromStr<Err: ToString>>(texts: &[String]) -> Result<Vec<T>, String> {
    texts.iter().map(|text| parse(text)).collect()
}

/// A setting as `client show --json` has it.
pub fn to_json(column: Column, settings: &ClientSettings) -> anyhow::Result<Value> {
    if column == Column::Scopes {
        return Ok(settings.scopes.iter().map(Scope::as_str).collect());
    }
    let mut value = serde_json::to_value(settings)?;
    let members = value.as_object_mut();
    Ok(members
        .and_then(|members| members.remove(column.name()))
        .unwrap_or_default())
}

/// The same for a cell of CSV.
pub fn to_csv(column: Column, settings: &ClientSettings) -> anyhow::Result<String> {
    let word = column.unset_word().unwrap_or_default().to_owned();
    Ok(match to_json(column, settings)? {
        Value::Null => word,
        Value::String(text) => marked(&text),
        Value::Array(values) if values.is_empty() => word,
        Value::Array(values) => {
            let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            let is_word = |text: &&str| !text.starts_with(['[', '\'']) && !text.contains(char::is_whitespace);
            if texts.iter().all(is_word) {
                texts.join(" ")
            } else {
                Value::from(texts).to_string()
            }
        }
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_a_column() {
        let settings = serde_json::to_value(ClientSettings::default()).unwrap();
        let mut names: Vec<&str> = settings.as_object().unwrap().keys().map(String::as_str).collect();
        names.retain(|name| *name != "customer_id");
        let mut columns: Vec<&str> = Column::SETTINGS.iter().map(|column| column.name()).collect();
        names.sort_unstable();
        columns.sort_unstable();
        assert_eq!(columns, names);
    }
}
