//! What was entered in a form, and what is wrong with it.

use crate::frame::Language;
use crate::text::{Message, find};

/// One answer of a list.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: Message,
    /// A sentence that explains it.
    pub help: Option<Message>,
}

impl Choice {
    /// A choice without a sentence.
    #[must_use]
    pub fn new(value: &str, label: Message) -> Self {
        Self {
            value: value.to_owned(),
            label,
            help: None,
        }
    }

    /// A choice whose texts are those of its kind and name, such as `scope-videos` and its `.help`; where there are none, it is
    /// shown as it is sent.
    #[must_use]
    pub fn known(kind: &str, name: &str) -> Self {
        let id = format!("{kind}-{}", name.replace(['_', ':'], "-"));
        if find(Language::En, &id, &[]).is_none() {
            return Self::plain(name);
        }
        let help = format!("{id}.help");
        Self {
            value: name.to_owned(),
            help: find(Language::En, &help, &[]).map(|_| Message::Text(help.into(), Vec::new())),
            label: Message::Text(id.into(), Vec::new()),
        }
    }

    /// A choice that is shown as it is sent.
    #[must_use]
    pub fn plain(value: &str) -> Self {
        Self::new(value, Message::Words(value.to_owned()))
    }
}

/// What a field offers that takes one of any number.
#[derive(Clone, Debug)]
pub enum Offer {
    /// All there are, to choose from.
    All(Vec<Choice>),
    /// The names of some, because there are too many for a page: whoever fills in the field types one of them or another.
    First(Vec<String>),
}

impl Default for Offer {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug)]
pub struct FieldError {
    /// The name of the field.
    pub field: String,
    /// What to do about it.
    pub message: Message,
}

/// What was entered, never a secret, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Form {
    values: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Form {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more value; a name may have several.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.values.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with this value alone of a name.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.values.retain(|(named, _)| named != name);
        self.with(name, value)
    }

    /// The same with one more error.
    #[must_use]
    pub fn error(mut self, field: &str, message: Message) -> Self {
        self.errors.push(FieldError {
            field: field.to_owned(),
            message,
        });
        self
    }

    /// The identifier of the label of a field.
    pub(crate) fn label_of(field: &str) -> String {
        format!("field-{}", field.replace('_', "-"))
    }

    /// The first value of a name; empty where there is none.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(named, _)| named == name);
        found.map_or("", |(_, value)| value)
    }

    /// Whether a name has this value.
    #[must_use]
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.values
            .iter()
            .any(|(named, had)| named == name && had == value)
    }

    /// Everything that was entered.
    #[must_use]
    pub fn values(&self) -> &[(String, String)] {
        &self.values
    }

    /// What is wrong.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// What is wrong with one field.
    #[must_use]
    pub fn error_of(&self, field: &str) -> Option<&Message> {
        let found = self.errors.iter().find(|error| error.field == field);
        found.map(|error| &error.message)
    }
}
