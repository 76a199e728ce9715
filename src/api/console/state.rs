//! What every request of the console finds: the settings, and what a request says of its reader.

use actix_web::HttpRequest;
use actix_web::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use actix_web::{HttpResponse, http::StatusCode};
use chrono::{DateTime, Utc};
use console_pages::{Flash, Frame, Language, Page, Section, SignedIn, Theme, render};

use super::cookies::Cookie;
use super::error::Error;
use super::live::Streams;
use super::settings::{ConsoleSettings, ConsoleUrl};
use crate::clock::Clock;
use crate::error::Failure;
use crate::staff::provider::Provider;
use crate::staff::sessions::{FormKey, Session};
use crate::staff::{self, Account};
use crate::wire::request_context::RequestContext;

/// The console.
pub struct Console {
    /// What it is told from outside.
    pub settings: ConsoleSettings,
    /// The streams that pages are told of changes by.
    pub streams: Streams,
    /// The company's identity provider, if there is one.
    pub provider: Option<Provider>,
}

/// What is known of a reader beside the session.
pub(super) struct Reader<'a> {
    pub request: &'a HttpRequest,
    pub session: Option<&'a Session>,
    /// What the tokens of forms are made with.
    pub form_key: Option<&'a FormKey>,
    pub flash: Option<&'a Flash>,
    pub now: DateTime<Utc>,
}

impl Console {
    /// A console with these settings.
    #[must_use]
    pub fn new(settings: ConsoleSettings, clock: &Clock) -> Self {
        let provider = settings.company.clone();
        Self {
            provider: provider.map(|settings| Provider::new(settings, clock.clone())),
            streams: Streams::default(),
            settings,
        }
    }

    /// What people call the identity provider, if there is one.
    #[must_use]
    pub fn company(&self) -> Option<String> {
        self.provider.as_ref().map(|provider| provider.name().to_owned())
    }

    /// Where it is reached.
    #[must_use]
    pub fn url(&self) -> &ConsoleUrl {
        &self.settings.url
    }

    /// A path of `console_pages::paths` below the prefix.
    #[must_use]
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}", self.url().base())
    }

    /// Writes a page.
    pub(super) fn render(
        &self,
        reader: &Reader<'_>,
        current: Option<Section>,
        page: &impl Page,
    ) -> Result<HttpResponse, Error> {
        let context = RequestContext::of(reader.request);
        let account = reader.session.map(|session| &session.account);
        let (language, theme) = self.look(account, reader.request.headers());
        let form_tokens = |form: &str| match reader.form_key {
            Some(key) => key.token(form),
            None => String::new(),
        };
        let frame = Frame {
            base: self.url().base(),
            language,
            theme,
            environment: self.settings.environment.as_deref(),
            is_production: self.settings.is_production(),
            staff: account.map(|account| SignedIn {
                name: account.name.as_str(),
                role: role(account.role),
            }),
            current,
            form_tokens: &form_tokens,
            flash: reader.flash,
            now: reader.now,
            request_id: context.request_id(),
        };
        let html = render(&frame, page).map_err(Failure::internal)?;
        Ok(respond(StatusCode::OK, html))
    }

    /// Language and colours: the person's choice, then the cookie that remembers it, then what the browser asks for.
    pub(super) fn look(&self, account: Option<&Account>, headers: &HeaderMap) -> (Language, Theme) {
        let remembered = Cookie::Look.read(self.url(), headers).unwrap_or_default();
        let (language, theme) = remembered.split_once('.').unwrap_or_default();
        let language = account
            .and_then(|account| account.language)
            .map(language_of)
            .or_else(|| Language::of_tag(language))
            .unwrap_or_else(|| accepted(headers));
        let theme = account
            .and_then(|account| account.theme)
            .map(theme_of)
            .or_else(|| Theme::of_name(theme))
            .unwrap_or_default();
        (language, theme)
    }

    /// Remembers language and colours of an account for pages without a session.
    pub(super) fn remember_look(&self, account: &Account, response: &mut HttpResponse) {
        let language = account
            .language
            .map_or("", |language| language_of(language).tag());
        let theme = account.theme.map_or("", |theme| theme_of(theme).as_str());
        Cookie::Look.set(self.url(), response, &format!("{language}.{theme}"));
    }
}

/// A page that nobody may keep.
pub(super) fn respond(status: StatusCode, html: String) -> HttpResponse {
    let mut response = HttpResponse::build(status).body(html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The first language of `Accept-Language` that there are texts in; weights are almost always in the order of the list.
fn accepted(headers: &HeaderMap) -> Language {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let mut tags = wanted.unwrap_or_default().split(',');
    tags.find_map(|tag| Language::of_tag(tag.split(';').next().unwrap_or_default()))
        .unwrap_or_default()
}

/// A role as pages name it.
pub(super) fn role(role: staff::Role) -> console_pages::Role {
    match role {
        staff::Role::Viewer => console_pages::Role::Viewer,
        staff::Role::Operator => console_pages::Role::Operator,
        staff::Role::Admin => console_pages::Role::Admin,
    }
}

fn language_of(language: staff::Language) -> Language {
    match language {
        staff::Language::En => Language::En,
        staff::Language::Fr => Language::Fr,
    }
}

fn theme_of(theme: staff::Theme) -> Theme {
    match theme {
        staff::Theme::Light => Theme::Light,
        staff::Theme::Dark => Theme::Dark,
    }
}
