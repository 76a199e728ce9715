//! A browser of the console, as far as a test needs one: it keeps cookies, and sends the forms that it was shown.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use reqwest::{Method, RequestBuilder};

use crate::{Answer, Registry, TestApp, log, send};
use talentsoft_partner::crypto::password::PasswordPool;
use talentsoft_partner::crypto::secret::PresentedSecret;
use talentsoft_partner::staff::accounts::{self, NewAccount};
use talentsoft_partner::staff::{Account, Role, hash_password};

/// The password of everybody whom a test adds.
pub const PASSWORD: &str = "correct horse battery staple";

impl Registry {
    /// A person with [`PASSWORD`].
    pub async fn add_staff(&self, sign_in_name: &str, role: Role) -> Account {
        log::never(PASSWORD);
        let password = PresentedSecret::new(PASSWORD.to_owned()).unwrap();
        let password = hash_password(&PasswordPool::new(1, 1), password).await.unwrap();
        let new = NewAccount {
            sign_in_name: sign_in_name.parse().unwrap(),
            name: "Lena Roth".parse().unwrap(),
            role,
            password: Some(password),
        };
        let act = self.act();
        let added = self
            .db
            .transaction(async |db| accounts::add(db, &act, &new).await);
        added.await.unwrap()
    }
}

/// A browser without anything that it did before.
pub struct Browser {
    http: reqwest::Client,
    address: String,
    /// `http://localhost` and a port, or the URL that the console is behind.
    pub origin: String,
    /// The path that the console is served below.
    pub base: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    /// One that opens the console of a service by its own address.
    pub fn of(app: &TestApp) -> Self {
        let origin = format!("http://localhost:{}", app.console_address.port());
        Self::behind(app, &origin, "")
    }

    /// One that opens it by another URL.
    pub fn behind(app: &TestApp, origin: &str, base: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            http,
            address: format!("http://{}", app.console_address),
            origin: origin.to_owned(),
            base: base.to_owned(),
            cookies: Mutex::default(),
        }
    }

    /// One that has signed in.
    pub async fn signed_in(app: &TestApp, sign_in_name: &str) -> Self {
        let browser = Self::of(app);
        let answer = browser.sign_in(sign_in_name, PASSWORD).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        browser
    }

    /// A request as it would send it, with its cookies, to a path with the prefix.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.request_with(method, path, |_| true)
    }

    fn request_with(&self, method: Method, path: &str, is_sent: impl Fn(&str) -> bool) -> RequestBuilder {
        let host = self.origin.split("://").nth(1).unwrap();
        let cookies = self.cookies.lock().unwrap();
        let sent = cookies.iter().filter(|(name, _)| is_sent(name));
        let cookies: Vec<String> = sent.map(|(name, value)| format!("{name}={value}")).collect();
        let request = self
            .http
            .request(method, format!("{}{path}", self.address))
            .header(HOST, host);
        if cookies.is_empty() {
            request
        } else {
            request.header(COOKIE, cookies.join("; "))
        }
    }

    /// A request to which another site has led: the browser sends no cookie that is `Strict`.
    pub fn request_from_elsewhere(&self, method: Method, path: &str) -> RequestBuilder {
        let is_lax = |name: &str| name.ends_with("_company");
        self.request_with(method, path, is_lax)
    }

    /// Sends a request, and keeps the cookies of the answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = send(request).await;
        let mut cookies = self.cookies.lock().unwrap();
        for line in answer.headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, flags) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if flags.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
                if value.len() >= 40 {
                    log::never(value);
                }
            }
        }
        answer
    }

    /// Opens a page by a link of the console.
    pub async fn get(&self, path: &str) -> Answer {
        let request = self.request(Method::GET, &format!("{}{path}", self.base));
        self.send(request.header("sec-fetch-site", "same-origin")).await
    }

    /// Opens a page and what it leads to.
    pub async fn follow(&self, answer: Answer) -> Answer {
        let mut answer = answer;
        while answer.status.is_redirection() {
            let location = answer.header("location").to_owned();
            let request = self.request(Method::GET, &location);
            answer = self.send(request.header("sec-fetch-site", "same-origin")).await;
        }
        answer
    }

    /// Posts fields to a path, as a form of the console does.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, &format!("{}{path}", self.base));
        let request = request
            .header("sec-fetch-site", "same-origin")
            .header(ORIGIN, &self.origin)
            .form(fields);
        self.send(request).await
    }

    /// Fills in the form of this name on a page and sends it to its action.
    pub async fn submit(&self, page: &Answer, form: &str, fields: &[(&str, &str)]) -> Answer {
        let html = form_of(&page.body, form);
        let action = unescaped(between(html, "action=\"", "\""));
        let hidden: Vec<(String, String)> = html
            .split("<input type=\"hidden\" ")
            .skip(1)
            .map(|input| {
                let value = unescaped(between(input, "value=\"", "\""));
                (between(input, "name=\"", "\"").to_owned(), value)
            })
            .collect();
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
        let path = action.strip_prefix(self.base.as_str()).unwrap();
        self.post(path, &all).await
    }

    /// Opens the page for signing in, and sends name and password.
    pub async fn sign_in(&self, sign_in_name: &str, password: &str) -> Answer {
        let page = self.get("/sign-in").await;
        let fields = [("sign_in_name", sign_in_name), ("password", password)];
        self.submit(&page, "sign-in", &fields).await
    }

    /// The value of a cookie whose name ends like this.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        let found = cookies.iter().find(|(key, _)| key.ends_with(name));
        found.map(|(_, value)| value.clone())
    }

    /// Puts a cookie there, as whoever had this browser before could have.
    pub fn plant(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }
}

/// An authenticator app that has scanned the picture on a page, or was told the key below it.
pub struct AuthenticatorApp(totp_rs::Totp);

impl AuthenticatorApp {
    /// One that was told the key on the page that sets it up.
    pub fn of(page: &Answer) -> Self {
        let key: String = between(&page.body, "<code class=\"mono\">", "</code>")
            .split_whitespace()
            .collect();
        log::never(&key);
        let secret = totp_rs::Secret::try_from_base32(&key).unwrap();
        Self(totp_rs::Builder::new().with_secret(secret).build().unwrap())
    }

    /// What it shows.
    pub fn code(&self, now: chrono::DateTime<chrono::Utc>) -> String {
        self.0
            .generate(u64::try_from(now.timestamp()).unwrap())
            .to_string()
    }
}

/// The recovery codes on a page.
pub fn recovery_codes(page: &Answer) -> Vec<String> {
    let codes = page.body.split("<li><code>").skip(1);
    codes
        .map(|rest| rest.split_once("</code>").unwrap().0.to_owned())
        .collect()
}

/// The token of a form on a page.
pub fn token_of(page: &Answer, form: &str) -> String {
    unescaped(between(
        form_of(&page.body, form),
        "name=\"token\" value=\"",
        "\"",
    ))
}

/// The form of this name, from its beginning to its end.
#[track_caller]
fn form_of<'a>(html: &'a str, form: &str) -> &'a str {
    let mark = format!("name=\"form\" value=\"{form}\"");
    let at = html
        .find(&mark)
        .unwrap_or_else(|| panic!("no form {form} in {html}"));
    let begin = html[..at].rfind("<form ").unwrap();
    let end = at + html[at..].find("</form>").unwrap();
    &html[begin..end]
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {text}"))
        .1;
    rest.split_once(after).unwrap().0
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}
