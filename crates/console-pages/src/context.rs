//! What templates ask: the frame of the page, its texts, links and components.

use chrono::{DateTime, Utc};

use crate::chart::{Chart, Hourly, Hue, Sparkline};
use crate::components::{Badge, Errors, Field, Pager, Time, Token, Tone};
use crate::form::Form;
use crate::frame::{Frame, Role, Section, Theme};
use crate::given::Given;
use crate::text::{Message, Sentence, ToArg, find, say};
use crate::{assets, format, paths};

/// A page could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the page could not be written")]
pub struct RenderError(#[from] askama::Error);

/// A screen of the console: plain data, and the template that shows it.
pub trait Page {
    /// The heading, which is also the title in the browser.
    fn title(&self, context: &Context<'_>) -> String;

    /// Whether it shows a form that could not be accepted.
    fn has_errors(&self) -> bool {
        false
    }

    /// The whole page.
    fn html(&self, context: &Context<'_>) -> Result<String, RenderError>;
}

/// Writes a page.
///
/// # Errors
/// The template failed, which only a lack of memory makes it do.
pub fn render(frame: &Frame<'_>, page: &impl Page) -> Result<String, RenderError> {
    page.html(&Context { frame })
}

/// What a template asks besides the page: short names, because every line of a template has some.
#[derive(Debug)]
pub struct Context<'a> {
    /// The frame of the request.
    pub frame: &'a Frame<'a>,
}

impl Context<'_> {
    /// A text.
    #[must_use]
    pub fn t(&self, id: impl AsRef<str>) -> String {
        say(self.frame.language, id.as_ref(), &[])
    }

    /// A text with an argument.
    #[must_use]
    pub fn t1(&self, id: &str, name: &str, arg: impl ToArg) -> String {
        say(self.frame.language, id, &[(name, arg.to_arg())])
    }

    /// A text with several arguments, added by [`Sentence::with`].
    #[must_use]
    pub fn sentence(&self, id: impl AsRef<str>) -> Sentence {
        Sentence::new(self.frame.language, id.as_ref())
    }

    /// What a message says.
    #[must_use]
    pub fn say(&self, message: &Message) -> String {
        message.say(self.frame.language)
    }

    /// A path of [`paths`] below the prefix of the console.
    #[must_use]
    pub fn to(&self, path: impl AsRef<str>) -> String {
        format!("{}{}", self.frame.base, path.as_ref())
    }

    /// The path of the style sheet.
    #[must_use]
    pub fn css(&self) -> String {
        self.to(paths::asset(&assets::css().name))
    }

    /// The path of the script.
    #[must_use]
    pub fn script(&self) -> String {
        self.to(paths::asset(&assets::script().name))
    }

    /// The path of the icon.
    #[must_use]
    pub fn icon(&self) -> String {
        self.to(paths::asset(&assets::icon().name))
    }

    /// The language tag of the page.
    #[must_use]
    pub const fn lang(&self) -> &'static str {
        self.frame.language.tag()
    }

    /// The theme, where it is not the browser's.
    #[must_use]
    pub fn theme(&self) -> Option<&'static str> {
        (self.frame.theme != Theme::System).then(|| self.frame.theme.as_str())
    }

    /// Whether the person has at least this role.
    #[must_use]
    pub fn may(&self, role: Role) -> bool {
        self.frame.staff.is_some_and(|staff| staff.role >= role)
    }

    /// Whether the person may do what operators do.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.may(Role::Operator)
    }

    /// Whether the person may do what admins do.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.may(Role::Admin)
    }

    /// The groups of the navigation.
    #[must_use]
    pub fn navigation(&self) -> Vec<NavGroup> {
        navigation(self.may(Role::Operator))
    }

    /// Whether an entry of the navigation is current.
    #[must_use]
    pub fn is_current(&self, section: impl Given<Section>) -> bool {
        self.frame.current == Some(section.given())
    }

    /// The hidden field with the CSRF token of a form.
    #[must_use]
    pub fn token(&self, form: &str) -> Token {
        Token {
            form: form.to_owned(),
            token: (self.frame.form_tokens)(form),
        }
    }

    /// A field with its label, help and error; the texts are those of `field-` and its name.
    #[must_use]
    pub fn field<'f>(&self, form: &'f Form, name: &str) -> Field<'f> {
        Field::new(self.frame.language, form, name)
    }

    /// The summary of all errors of a form.
    #[must_use]
    pub fn errors(&self, form: &Form) -> Errors {
        Errors::new(self.frame.language, form)
    }

    /// A state by glyph, word and colour.
    #[must_use]
    pub fn badge(&self, tone: impl Given<Tone>, id: impl AsRef<str>) -> Badge {
        Badge::new(tone.given(), self.t(id))
    }

    /// An instant.
    #[must_use]
    pub fn time(&self, at: impl Given<DateTime<Utc>>) -> Time {
        Time::absolute(self.frame, at.given())
    }

    /// How long ago an instant is, with the instant itself as its title.
    #[must_use]
    pub fn ago(&self, at: impl Given<DateTime<Utc>>) -> Time {
        Time::relative(self.frame, at.given())
    }

    /// An instant in words only, for a sentence.
    #[must_use]
    pub fn instant(&self, at: impl Given<DateTime<Utc>>) -> String {
        format::instant(self.frame.language, at.given(), self.frame.now)
    }

    /// How long ago an instant is, in words only, for a sentence.
    #[must_use]
    pub fn relative(&self, at: impl Given<DateTime<Utc>>) -> String {
        format::ago(self.frame.language, at.given(), self.frame.now)
    }

    /// A chart of hourly counts, with the sentence that it shows.
    #[must_use]
    pub fn chart(&self, series: &Hourly, hue: impl Given<Hue>, caption: String) -> Chart {
        Chart::new(self.frame, series, hue.given(), caption)
    }

    /// Small bars beside a number.
    #[must_use]
    pub fn sparkline(&self, series: &Hourly, hue: impl Given<Hue>) -> Sparkline {
        Sparkline::new(self.frame.language, series, hue.given(), 1)
    }

    /// The same with a bar for three hours, for lists: many of them stand on a page.
    #[must_use]
    pub fn small_sparkline(&self, series: &Hourly, hue: impl Given<Hue>) -> Sparkline {
        Sparkline::new(self.frame.language, series, hue.given(), 3)
    }

    /// A number of seconds in words.
    #[must_use]
    pub fn duration(&self, seconds: impl ToArg) -> String {
        match seconds.to_arg() {
            crate::text::Arg::Number(seconds) => format::duration(self.frame.language, seconds),
            crate::text::Arg::Words(words) => words,
        }
    }

    /// A whole number.
    #[must_use]
    pub fn number(&self, number: impl ToArg) -> String {
        match number.to_arg() {
            crate::text::Arg::Number(number) => format::number(self.frame.language, number),
            crate::text::Arg::Words(words) => words,
        }
    }

    /// A part of a whole in per cent.
    #[must_use]
    pub fn percent(&self, part: impl Given<i64>, whole: impl Given<i64>) -> String {
        format::percent(self.frame.language, part.given(), whole.given())
    }

    /// Links to the pages before and after this one.
    #[must_use]
    pub fn pager(&self, newer: &Option<String>, older: &Option<String>) -> Pager {
        Pager {
            label: self.t("pager-label"),
            newer: newer.as_ref().map(|path| (self.to(path), self.t("pager-newer"))),
            older: older.as_ref().map(|path| (self.to(path), self.t("pager-older"))),
        }
    }

    /// A text, where the language has it.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<String> {
        find(self.frame.language, id, &[])
    }
}

/// Entries of the navigation below one heading.
#[derive(Debug)]
pub struct NavGroup {
    /// The identifier of its heading.
    pub heading: &'static str,
    /// The entries: which one, the identifier of its text, and its path.
    pub entries: Vec<(Section, &'static str, &'static str)>,
}

fn navigation(is_operator: bool) -> Vec<NavGroup> {
    let mut partners = vec![
        (Section::Customers, "nav-customers", paths::CUSTOMERS),
        (Section::Clients, "nav-clients", paths::CLIENTS),
    ];
    if is_operator {
        partners.push((Section::Invitations, "nav-invitations", paths::INVITATIONS));
        partners.push((Section::Persons, "nav-persons", paths::PERSONS));
    }
    vec![
        NavGroup {
            heading: "nav-run",
            entries: vec![
                (Section::Overview, "nav-overview", paths::OVERVIEW),
                (Section::Refusals, "nav-refusals", paths::REFUSAL_GROUPS),
                (Section::Callbacks, "nav-callbacks", paths::CALLBACKS),
            ],
        },
        NavGroup {
            heading: "nav-partners",
            entries: partners,
        },
        NavGroup {
            heading: "nav-service",
            entries: vec![
                (Section::Market, "nav-market", paths::MARKET),
                (Section::Keys, "nav-keys", paths::KEYS),
            ],
        },
        NavGroup {
            heading: "nav-control",
            entries: vec![
                (Section::Audit, "nav-audit", paths::AUDIT),
                (Section::Staff, "nav-staff", paths::STAFF),
            ],
        },
    ]
}
