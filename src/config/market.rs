//! Settings of the data APIs.

use std::num::NonZeroUsize;

use clap::Args;

use super::parse;
use crate::market::MarketSettings;

/// How the data APIs are served.
#[derive(Args, Clone)]
pub(super) struct MarketConfig {
    /// Versions of libraries of titles that are in memory to normalize with, at most; each takes about a megabyte for a thousand
    /// titles
    #[arg(long, env = "PARTNER_TITLE_INDEXES", default_value = "4", value_name = "NUMBER", value_parser = title_indexes)]
    title_indexes: NonZeroUsize,
}

impl MarketConfig {
    pub(super) fn settings(&self) -> MarketSettings {
        MarketSettings {
            title_indexes: self.title_indexes,
        }
    }
}

fn title_indexes(text: &str) -> Result<NonZeroUsize, String> {
    let number = parse::number(text, "PARTNER_TITLE_INDEXES", 1, 1000)?;
    Ok(NonZeroUsize::new(number as usize).unwrap_or(NonZeroUsize::MIN))
}
