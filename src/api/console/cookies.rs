//! The cookies of the console. All are `HttpOnly` and, but for that of a visit to the identity provider, `SameSite=Strict`.
//!
//! By https they are `__Host-` cookies: no other host and no other path can set them. Browsers differ about `Secure` on
//! `http://localhost`, so there they have plain names and no such flag.

use actix_web::HttpResponse;
use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};

use super::settings::ConsoleUrl;

/// One cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// The session.
    Session,
    /// What the forms for signing in are bound to, before there is a session.
    Visitor,
    /// A sign-in that has begun at the identity provider; `Lax`, because that sends the browser back here.
    Company,
    /// What the next page says was done.
    Flash,
    /// Language and colours, for pages without a session.
    Look,
}

/// How long a browser keeps a cookie, in seconds.
const FLASH_SECONDS: u32 = 60;
const COMPANY_SECONDS: u32 = 600;
const LOOK_SECONDS: u32 = 31_536_000;

impl Cookie {
    const fn stem(self) -> &'static str {
        match self {
            Self::Session => "partner_console",
            Self::Visitor => "partner_console_visitor",
            Self::Company => "partner_console_company",
            Self::Flash => "partner_console_flash",
            Self::Look => "partner_console_look",
        }
    }

    const fn same_site(self) -> &'static str {
        match self {
            Self::Company => "Lax",
            _ => "Strict",
        }
    }

    /// Those of a session end with the browser.
    const fn max_age(self) -> Option<u32> {
        match self {
            Self::Session | Self::Visitor => None,
            Self::Company => Some(COMPANY_SECONDS),
            Self::Flash => Some(FLASH_SECONDS),
            Self::Look => Some(LOOK_SECONDS),
        }
    }

    fn name(self, url: &ConsoleUrl) -> String {
        let prefix = if url.is_https() { "__Host-" } else { "" };
        format!("{prefix}{}", self.stem())
    }

    /// Its value in a request.
    pub(super) fn read(self, url: &ConsoleUrl, headers: &HeaderMap) -> Option<String> {
        let name = self.name(url);
        let lines = headers.get_all(COOKIE).filter_map(|line| line.to_str().ok());
        let mut pairs = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let found = pairs.find(|(key, _)| *key == name);
        found.map(|(_, value)| value.to_owned())
    }

    /// Sets it; the value is of letters, digits, `-`, `_` and `.`.
    pub(super) fn set(self, url: &ConsoleUrl, response: &mut HttpResponse, value: &str) {
        self.write(url, response, value, self.max_age());
    }

    /// Removes it.
    pub(super) fn clear(self, url: &ConsoleUrl, response: &mut HttpResponse) {
        self.write(url, response, "", Some(0));
    }

    fn write(self, url: &ConsoleUrl, response: &mut HttpResponse, value: &str, max_age: Option<u32>) {
        let secure = if url.is_https() { "; Secure" } else { "" };
        let age = max_age.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let text = format!(
            "{}={value}; Path=/; HttpOnly; SameSite={}{secure}{age}",
            self.name(url),
            self.same_site()
        );
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(url: &str, cookie: Cookie) -> String {
        let mut response = HttpResponse::Ok().finish();
        cookie.set(&url.parse().unwrap(), &mut response, "v");
        response
            .headers()
            .get(SET_COOKIE)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn names_and_flags_follow_the_url() {
        assert_eq!(
            set("https://a.example/x", Cookie::Session),
            "__Host-partner_console=v; Path=/; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            set("http://localhost:8082", Cookie::Session),
            "partner_console=v; Path=/; HttpOnly; SameSite=Strict"
        );
        assert_eq!(
            set("https://a.example", Cookie::Company),
            "__Host-partner_console_company=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600"
        );
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let url: ConsoleUrl = "https://a.example".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("partner_console=plain; x=1"));
        assert_eq!(
            Cookie::Session.read(&url, &headers),
            None,
            "not the one without the prefix"
        );
        headers.append(
            COOKIE,
            HeaderValue::from_static("a=b;  __Host-partner_console=one=two"),
        );
        assert_eq!(Cookie::Session.read(&url, &headers).as_deref(), Some("one=two"));
    }
}
