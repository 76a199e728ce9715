//! Every sentence, by its identifier, in the language of the reader (Fluent).
//!
//! A text or an argument that is missing shows as `⟦identifier⟧`, which a test looks for in every page.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::memoizer::MemoizerKind;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::format;
use crate::frame::Language;

type Bundle = FluentBundle<FluentResource>;

/// The files of a language, in `texts/`.
macro_rules! files {
    ($language:literal) => {
        &[
            include_str!(concat!("../texts/", $language, "/common.ftl")),
            include_str!(concat!("../texts/", $language, "/access.ftl")),
            include_str!(concat!("../texts/", $language, "/overview.ftl")),
            include_str!(concat!("../texts/", $language, "/clients.ftl")),
            include_str!(concat!("../texts/", $language, "/secrets.ftl")),
            include_str!(concat!("../texts/", $language, "/refusals.ftl")),
            include_str!(concat!("../texts/", $language, "/callbacks.ftl")),
            include_str!(concat!("../texts/", $language, "/reasons.ftl")),
            include_str!(concat!("../texts/", $language, "/answers.ftl")),
            include_str!(concat!("../texts/", $language, "/account.ftl")),
            include_str!(concat!("../texts/", $language, "/staff.ftl")),
            include_str!(concat!("../texts/", $language, "/people.ftl")),
            include_str!(concat!("../texts/", $language, "/service.ftl")),
            include_str!(concat!("../texts/", $language, "/errors.ftl")),
        ]
    };
}

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::En, files!("en")));
static FRENCH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Fr, files!("fr")));

fn bundle(language: Language, files: &[&str]) -> Bundle {
    let tag = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // The marks around arguments would be copied along with identifiers.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match language {
        Language::En => number_in_english,
        Language::Fr => number_in_french,
    }));
    for file in files {
        // What cannot be read is left out, and shows as missing.
        let resource = match FluentResource::try_new((*file).to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
}

fn number_in_english<M: MemoizerKind>(value: &FluentValue, _: &M) -> Option<String> {
    number_in(Language::En, value)
}

fn number_in_french<M: MemoizerKind>(value: &FluentValue, _: &M) -> Option<String> {
    number_in(Language::Fr, value)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole numbers below 2^53 come in, see `Arg::Number`"
)]
fn number_in(language: Language, value: &FluentValue) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(format::number(language, number.value as i64)),
        _ => None,
    }
}

fn of(language: Language) -> &'static Bundle {
    match language {
        Language::En => &ENGLISH,
        Language::Fr => &FRENCH,
    }
}

/// What stands for a `{ $name }` of a text: a number chooses the plural and is grouped by thousands.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// A whole number.
    Number(i64),
    /// Words, shown as they are.
    Words(String),
}

/// What can stand for a `{ $name }` of a text.
pub trait ToArg {
    /// The argument.
    fn to_arg(&self) -> Arg;
}

impl<T: ToArg + ?Sized> ToArg for &T {
    fn to_arg(&self) -> Arg {
        (**self).to_arg()
    }
}

impl ToArg for Arg {
    fn to_arg(&self) -> Arg {
        self.clone()
    }
}

impl ToArg for str {
    fn to_arg(&self) -> Arg {
        Arg::Words(self.to_owned())
    }
}

impl ToArg for String {
    fn to_arg(&self) -> Arg {
        Arg::Words(self.clone())
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl ToArg for $number {
            fn to_arg(&self) -> Arg {
                Arg::Number(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        })*
    };
}

numbers!(i64, i32, u16, u32, u64, usize);

impl Arg {
    #[expect(
        clippy::cast_precision_loss,
        reason = "Fluent has no other number; what is counted here stays below 2^53"
    )]
    fn value(&self) -> FluentValue<'_> {
        match self {
            Self::Number(number) => FluentValue::from(*number as f64),
            Self::Words(words) => FluentValue::from(words.as_str()),
        }
    }
}

/// Something that a page says, in either language.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A text of this crate by its identifier, with its arguments.
    Text(Cow<'static, str>, Vec<(Cow<'static, str>, Arg)>),
    /// Words that have no translation, such as those of the service's own errors.
    Words(String),
}

impl Message {
    /// A text without arguments.
    #[must_use]
    pub const fn text(id: &'static str) -> Self {
        Self::Text(Cow::Borrowed(id), Vec::new())
    }

    /// The same text with one more argument.
    #[must_use]
    pub fn with(self, name: &'static str, arg: impl ToArg) -> Self {
        match self {
            Self::Text(id, mut args) => {
                args.push((Cow::Borrowed(name), arg.to_arg()));
                Self::Text(id, args)
            }
            Self::Words(words) => Self::Words(words),
        }
    }

    /// What it says in a language.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        match self {
            Self::Words(words) => words.clone(),
            Self::Text(id, args) => {
                let args: Vec<(&str, Arg)> = args.iter().map(|(name, arg)| (&**name, arg.clone())).collect();
                say(language, id, &args)
            }
        }
    }
}

/// A text with several arguments, as templates write it.
#[derive(Clone, Debug)]
pub struct Sentence {
    language: Language,
    id: String,
    args: Vec<(&'static str, Arg)>,
}

impl Sentence {
    pub(crate) fn new(language: Language, id: &str) -> Self {
        Self {
            language,
            id: id.to_owned(),
            args: Vec::new(),
        }
    }

    /// The same with one more argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, arg: impl ToArg) -> Self {
        self.args.push((name, arg.to_arg()));
        self
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&say(self.language, &self.id, &self.args))
    }
}

/// The text of an identifier (`id` or `id.attribute`), with arguments.
pub(crate) fn say(language: Language, id: &str, args: &[(&str, Arg)]) -> String {
    find(language, id, args).unwrap_or_else(|| format!("⟦{id}⟧"))
}

/// Whether a language has a text of this identifier (`id` or `id.attribute`), whose arguments are not looked at.
#[must_use]
pub fn has_text(language: Language, id: &str) -> bool {
    let (name, attribute) = id.split_once('.').map_or((id, None), |(n, a)| (n, Some(a)));
    let message = of(language).get_message(name);
    message.is_some_and(|message| match attribute {
        Some(attribute) => message.get_attribute(attribute).is_some(),
        None => message.value().is_some(),
    })
}

/// The text of an identifier, where there is one.
pub(crate) fn find(language: Language, id: &str, args: &[(&str, Arg)]) -> Option<String> {
    let bundle = of(language);
    let (name, attribute) = id.split_once('.').map_or((id, None), |(n, a)| (n, Some(a)));
    let message = bundle.get_message(name)?;
    let pattern = match attribute {
        Some(attribute) => message.get_attribute(attribute)?.value(),
        None => message.value()?,
    };
    let mut values = FluentArgs::with_capacity(args.len());
    for (name, arg) in args {
        values.set(*name, arg.value());
    }
    let mut errors = Vec::new();
    let mut text = bundle
        .format_pattern(pattern, Some(&values), &mut errors)
        .into_owned();
    if !errors.is_empty() {
        let _ = write!(text, "⟦{id}⟧");
    }
    Some(text)
}
