//! The parts that pages are put together from. They are HTML already ([`HtmlSafe`]); what they hold is escaped by their templates.

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::form::{Choice, Form, Offer};
use crate::format;
use crate::frame::{Frame, Language};
use crate::text::{find, say};

/// How a state is shown, besides its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Ok,
    /// Goes on by itself.
    Waiting,
    /// Will need somebody.
    Warn,
    /// Needs somebody.
    Bad,
    /// Out of use.
    Off,
}

/// A state by glyph, word and colour.
#[derive(Debug, Template)]
#[template(
    source = r#"<span class="badge {{ class }}"><span aria-hidden="true">{{ glyph }}</span> {{ words }}</span>"#,
    ext = "html"
)]
pub struct Badge {
    class: &'static str,
    glyph: char,
    words: String,
}

impl HtmlSafe for Badge {}

impl Badge {
    pub(crate) fn new(tone: Tone, words: String) -> Self {
        let (class, glyph) = match tone {
            Tone::Ok => ("ok", '●'),
            Tone::Waiting => ("waiting", '◐'),
            Tone::Warn => ("warn", '▲'),
            Tone::Bad => ("bad", '■'),
            Tone::Off => ("off", '○'),
        };
        Self { class, glyph, words }
    }
}

/// The hidden fields that say which form is sent, and that this page sent it.
#[derive(Template)]
#[template(
    source = r#"<input type="hidden" name="form" value="{{ form }}"><input type="hidden" name="token" value="{{ token }}">"#,
    ext = "html"
)]
pub struct Token {
    pub(crate) form: String,
    pub(crate) token: String,
}

impl HtmlSafe for Token {}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

/// An instant, for people and for programs.
#[derive(Debug, Template)]
#[template(
    source = r#"<time datetime="{{ machine }}"{% if !title.is_empty() %} title="{{ title }}"{% endif %}>{{ words }}</time>"#,
    ext = "html"
)]
pub struct Time {
    machine: String,
    title: String,
    words: String,
}

impl HtmlSafe for Time {}

impl Time {
    pub(crate) fn absolute(frame: &Frame<'_>, at: DateTime<Utc>) -> Self {
        Self {
            machine: at.to_rfc3339_opts(SecondsFormat::Secs, true),
            title: String::new(),
            words: format::instant(frame.language, at, frame.now),
        }
    }

    pub(crate) fn relative(frame: &Frame<'_>, at: DateTime<Utc>) -> Self {
        let absolute = Self::absolute(frame, at);
        Self {
            title: absolute.words,
            words: format::ago(frame.language, at, frame.now),
            ..absolute
        }
    }
}

/// Links to the pages before and after this one: a path and a text each.
#[derive(Debug, Template)]
#[template(path = "parts/pager.html")]
pub struct Pager {
    pub(crate) label: String,
    pub(crate) newer: Option<(String, String)>,
    pub(crate) older: Option<(String, String)>,
}

impl HtmlSafe for Pager {}

/// The summary of all errors of a form, which takes the focus.
#[derive(Debug, Template)]
#[template(path = "parts/errors.html")]
pub struct Errors {
    heading: String,
    errors: Vec<(String, String)>,
}

impl HtmlSafe for Errors {}

impl Errors {
    pub(crate) fn new(language: Language, form: &Form) -> Self {
        Self {
            heading: say(language, "errors-heading", &[]),
            errors: form
                .errors()
                .iter()
                .map(|error| (error.field.clone(), error.message.say(language)))
                .collect(),
        }
    }
}

/// What a field is filled in with.
#[derive(Clone, Copy, Debug)]
enum Control<'f> {
    Input(&'static str),
    Area,
    Select(&'f [Choice]),
    Suggest(&'f [String]),
    Checks(&'f [Choice]),
    Radios(&'f [Choice]),
}

/// A label, its help and error, and what is filled in.
#[derive(Debug, Template)]
#[template(path = "parts/field.html")]
pub struct Field<'f> {
    language: Language,
    form: &'f Form,
    name: String,
    label: String,
    help: Option<String>,
    unit: Option<String>,
    error: Option<String>,
    error_word: String,
    optional: Option<String>,
    control: Control<'f>,
    autocomplete: Option<&'static str>,
    is_required: bool,
    has_focus: bool,
    is_code: bool,
    keyboard: Option<&'static str>,
}

impl HtmlSafe for Field<'_> {}

impl<'f> Field<'f> {
    pub(crate) fn new(language: Language, form: &'f Form, name: &str) -> Self {
        let id = Form::label_of(name);
        Self {
            language,
            form,
            name: name.to_owned(),
            label: say(language, &id, &[]),
            help: find(language, &format!("{id}.help"), &[]),
            unit: find(language, &format!("{id}.unit"), &[]),
            error: form.error_of(name).map(|message| message.say(language)),
            error_word: say(language, "error-word", &[]),
            optional: None,
            control: Control::Input("text"),
            autocomplete: None,
            is_required: true,
            has_focus: false,
            is_code: false,
            keyboard: None,
        }
    }

    /// It may stay empty, and says so.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = Some(say(self.language, "field-is-optional", &[]));
        self.is_required = false;
        self
    }

    /// It may stay empty, as all fields of a filter may.
    #[must_use]
    pub fn optional_silently(mut self) -> Self {
        self.is_required = false;
        self
    }

    /// It is shown with another label and help: those of a text of its own.
    #[must_use]
    pub fn named(mut self, id: &str) -> Self {
        self.label = say(self.language, id, &[]);
        self.help = find(self.language, &format!("{id}.help"), &[]);
        self
    }

    /// It is a password, which is never filled in by the server.
    #[must_use]
    pub fn password(mut self, autocomplete: &'static str) -> Self {
        self.control = Control::Input("password");
        self.autocomplete = Some(autocomplete);
        self
    }

    /// It is a number.
    #[must_use]
    pub fn number(mut self) -> Self {
        self.control = Control::Input("number");
        self
    }

    /// It is a day.
    #[must_use]
    pub fn date(mut self) -> Self {
        self.control = Control::Input("date");
        self
    }

    /// It is an address of e-mail. Browsers refuse addresses with letters beyond ASCII in fields of the type `email`.
    #[must_use]
    pub fn email(mut self) -> Self {
        self.keyboard = Some("email");
        self
    }

    /// It is a code that is good once.
    #[must_use]
    pub fn code(mut self) -> Self {
        self.autocomplete = Some("one-time-code");
        self.is_code = true;
        self.keyboard = Some("numeric");
        self
    }

    /// It has several lines.
    #[must_use]
    pub fn area(mut self) -> Self {
        self.control = Control::Area;
        self
    }

    /// One of a list.
    #[must_use]
    pub fn select(mut self, choices: &'f [Choice]) -> Self {
        self.control = Control::Select(choices);
        self
    }

    /// One of any number: chosen from a list where all are offered, and otherwise typed, with the label and help of `typed`.
    #[must_use]
    pub fn offered(mut self, offer: &'f Offer, typed: &str) -> Self {
        match offer {
            Offer::All(choices) => self.select(choices),
            Offer::First(names) => {
                self.control = Control::Suggest(names);
                // Some browsers suggest nothing in a form that is not to be filled in.
                self.autocomplete = Some("on");
                self.named(typed)
            }
        }
    }

    /// Several of a list.
    #[must_use]
    pub fn checks(mut self, choices: &'f [Choice]) -> Self {
        self.control = Control::Checks(choices);
        self.is_required = false;
        self
    }

    /// One of a short list, each with a sentence.
    #[must_use]
    pub fn radios(mut self, choices: &'f [Choice]) -> Self {
        self.control = Control::Radios(choices);
        self
    }

    /// What the browser may fill in.
    #[must_use]
    pub fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = Some(what);
        self
    }

    /// It has the focus when the page opens.
    #[must_use]
    pub fn focus(mut self) -> Self {
        self.has_focus = self.form.errors().is_empty();
        self
    }

    fn value(&self) -> &str {
        match self.control {
            Control::Input("password") => "",
            _ if self.is_code => "",
            _ => self.form.value(&self.name),
        }
    }

    fn described_by(&self) -> Option<String> {
        let mut ids = Vec::new();
        if self.error.is_some() {
            ids.push(format!("{}-error", self.name));
        }
        if self.help.is_some() {
            ids.push(format!("{}-help", self.name));
        }
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}
