//! What several screens show.

use crate::context::Context;
use crate::frame::Language;
use crate::text::{Message, find};

/// A part of a page that is read by itself, and may fail by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Panel<T> {
    /// It was read.
    Ready(T),
    /// It could not be read in time.
    Unavailable,
}

/// A list that goes on: paths with queries, without the prefix of the console.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    /// What is newer, or before.
    pub newer: Option<String>,
    /// What is older, or after.
    pub older: Option<String>,
}

/// A customer, as others name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRef {
    /// Its identifier.
    pub customer_id: String,
    /// Its name.
    pub name: String,
}

/// Who was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The registered client that the call named.
    pub client_id: Option<String>,
    /// The identifier that nobody has, where the call named one.
    pub claimed: Option<String>,
    /// Where the call came from: an address, or a network.
    pub network: Option<String>,
}

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The short name, as metrics have it.
    pub name: String,
    /// What it means, in English.
    pub meaning: String,
    /// What would mend it, in English.
    pub remedy: String,
}

impl Reason {
    /// What it means, in a language; in English where there is no translation.
    #[must_use]
    pub fn meaning_in(&self, c: &Context<'_>) -> String {
        self.translated(c.frame.language, "")
            .unwrap_or_else(|| self.meaning.clone())
    }

    /// What would mend it, in a language; in English where there is no translation.
    #[must_use]
    pub fn remedy_in(&self, c: &Context<'_>) -> String {
        self.translated(c.frame.language, ".remedy")
            .unwrap_or_else(|| self.remedy.clone())
    }

    fn translated(&self, language: Language, attribute: &str) -> Option<String> {
        let id = format!("reason-{}{attribute}", self.name.replace('_', "-"));
        find(language, &id, &[])
    }
}

/// What was entered is older than what is stored: somebody else was faster.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// Who changed it.
    pub who: Message,
    /// When.
    pub at: chrono::DateTime<chrono::Utc>,
    /// What is stored now and was entered otherwise: the name of the field, what is stored, what was entered.
    pub differences: Vec<(String, String, String)>,
}
