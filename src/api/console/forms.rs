//! Forms: who sent them, and what they hold.
//!
//! Three layers keep forms of other sites out: `SameSite=Strict` on the session's cookie, `Sec-Fetch-Site` (or `Origin` from
//! browsers without it), and a token of the session for the form of this name.

use std::borrow::Cow;

use actix_web::http::header::{CONTENT_TYPE, HeaderMap, ORIGIN};
use actix_web::web;
use zeroize::Zeroize;

use super::error::Error;
use super::settings::ConsoleUrl;
use crate::crypto::secret::PresentedSecret;
use crate::ids::FormNumber;
use crate::staff::sessions::FormKey;
use crate::wire::body::{self, BodyError};
use crate::wire::form::decode;

/// The largest form, in bytes.
const MAX_FORM_BYTES: usize = 1024 * 1024;
/// The most fields of a form.
const MAX_FIELDS: usize = 500;
/// The fields of every form: its name, and the token that proves where it comes from.
const FORM: &str = "form";
const TOKEN: &str = "token";
/// The fields in which password and code are asked for again, in any form.
pub(super) const CONFIRM_PASSWORD: &str = "confirm_password";
pub(super) const CONFIRM_CODE: &str = "confirm_code";
/// Says that something was entered that is not kept while they are asked for.
pub(super) const LEFT_OUT: &str = "confirm_left_out";
/// The number of the form that was sent before they were asked for.
pub(super) const FIRST_NUMBER: &str = "confirm_number";

/// The fields that any form may have.
const FRAME: [&str; 6] = [
    FORM,
    TOKEN,
    CONFIRM_PASSWORD,
    CONFIRM_CODE,
    LEFT_OUT,
    FIRST_NUMBER,
];

/// Refuses what a page of another site sent.
pub(super) fn check_origin(url: &ConsoleUrl, headers: &HeaderMap) -> Result<(), Error> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some("same-origin"), None) => Ok(()),
        (Some("same-origin") | None, Some(origin)) if url.is_origin(origin) => Ok(()),
        (Some(_), _) => Err(Error::Forged("console_fetch_site")),
        (None, _) => Err(Error::Forged("console_origin")),
    }
}

/// The name of a form, and those of its fields.
pub type FormFields<'a> = (&'a str, &'a [&'a str]);

/// What somebody entered; wiped when dropped.
pub struct Fields {
    pairs: Vec<(String, String)>,
    number: FormNumber,
}

impl Fields {
    /// Reads one of these forms, each of which has these fields and no others.
    pub(super) async fn read(
        headers: &HeaderMap,
        payload: web::Payload,
        key: &FormKey,
        forms: &[FormFields<'_>],
    ) -> Result<Self, Error> {
        let is_form = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = is_form.unwrap_or_default().split(';').next().unwrap_or_default();
        if !essence
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        {
            return Err(BodyError::MediaType("application/x-www-form-urlencoded").into());
        }
        let bytes = body::read(headers, payload.into_inner(), MAX_FORM_BYTES).await?;
        let mut fields = Self::parse(&bytes)?;
        let known = forms.iter().find(|(form, _)| fields.form() == *form);
        let ours = known.and_then(|(form, names)| Some((key.accepts(form, fields.get(TOKEN))?, names)));
        let (number, names) = ours.ok_or(Error::Forged("console_form_token"))?;
        let is_known = |name: &str| FRAME.contains(&name) || names.contains(&name);
        if !fields.pairs.iter().all(|(name, _)| is_known(name)) {
            return Err(Error::Invalid);
        }
        let first = fields.text(FIRST_NUMBER).map(str::parse).transpose();
        fields.number = first.map_err(|_| Error::Invalid)?.unwrap_or(number);
        Ok(fields)
    }

    fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut fields = Self {
            pairs: Vec::with_capacity(16),
            number: FormNumber::generate(),
        };
        let text = str::from_utf8(bytes).map_err(|_| Error::Invalid)?;
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = |text| decode(text).map(Cow::into_owned).map_err(|_| Error::Invalid);
            let (name, value) = (decoded(name)?, decoded(value)?);
            if fields.pairs.len() == MAX_FIELDS {
                return Err(Error::Invalid);
            }
            fields.pairs.push((name, value));
        }
        Ok(fields)
    }

    /// The name of the form.
    #[must_use]
    pub fn form(&self) -> &str {
        self.get(FORM)
    }

    /// The number that the form was shown with, the first time where it was asked who sends it.
    pub(super) fn number(&self) -> FormNumber {
        self.number
    }

    /// What was entered, with the name of the form: all but what any form may have.
    pub(super) fn entered(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = |(name, _): &&(String, String)| name == FORM || !FRAME.contains(&name.as_str());
        let own = self.pairs.iter().filter(own);
        own.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The fields of these names, with their values.
    #[must_use]
    pub fn pairs(&self, names: &[&str]) -> Vec<(String, String)> {
        let named = self
            .pairs
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        named.cloned().collect()
    }

    /// Whether something was entered that is not among the fields of these names: a secret.
    pub(super) fn has_more_than(&self, names: &[&str]) -> bool {
        let is_more = |name: &str| !FRAME.contains(&name) && !names.contains(&name);
        self.pairs
            .iter()
            .any(|(name, value)| is_more(name) && !value.is_empty())
    }

    /// The first value of a field; empty where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All values of a field, such as those of checkboxes.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.pairs.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The value of a field, without white space around it; `None` where it is empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty())
    }

    /// A password, a code or a secret.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<PresentedSecret> {
        PresentedSecret::new(self.get(name).to_owned()).ok()
    }

    /// What a page may show again: the fields of these names, which are no secrets.
    #[must_use]
    pub fn shown(&self, names: &[&str]) -> console_pages::Form {
        let shown = self
            .pairs
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        shown.fold(console_pages::Form::new(), |form, (name, value)| {
            form.with(name, value)
        })
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        for (_, value) in &mut self.pairs {
            value.zeroize();
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_our_own_pages_send_forms() {
        let url: ConsoleUrl = "https://a.example/x".parse().unwrap();
        let own = Some("https://a.example");
        for (site, origin, is_ours) in [
            (Some("same-origin"), own, true),
            (Some("same-origin"), None, true),
            (None, own, true),
            (Some("same-site"), own, false),
            (Some("cross-site"), own, false),
            (Some("none"), own, false),
            (Some("same-origin"), Some("https://b.example"), false),
            (None, Some("https://b.example"), false),
            (None, Some("null"), false),
            (None, Some("http://a.example"), false),
            (None, None, false),
            (Some(""), own, false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
                }
            }
            assert_eq!(
                check_origin(&url, &headers).is_ok(),
                is_ours,
                "{site:?} {origin:?}"
            );
        }
    }

    #[test]
    fn a_form_has_values_by_name_and_several_where_boxes_are_ticked() {
        let fields = Fields::parse(b"a=+1+&scope=x&scope=y&empty=").unwrap();
        assert_eq!((fields.get("a"), fields.text("a")), (" 1 ", Some("1")));
        assert_eq!((fields.get("none"), fields.text("empty")), ("", None));
        assert_eq!(fields.all("scope").collect::<Vec<_>>(), ["x", "y"]);
        assert!(fields.shown(&["scope"]).has("scope", "y"));
        assert_eq!(fields.shown(&["scope"]).value("a"), "");
        assert!(Fields::parse(b"a=%zz").is_err());
    }
}
