//! Removes secrets, tokens and assertions from everything that is shown, even if the partner quotes them in a response.

use std::cell::RefCell;

use url::form_urlencoded;

/// Replaces whatever is removed.
const REDACTED: &str = "***";

/// Ends of the names whose values are always removed, such as `access_token` and `refresh_token`.
const SECRET_NAMES: &[&str] = &["token", "client_secret", "assertion", "password"];

/// Shorter values than this are not searched for: they are not secret, and occur everywhere by chance.
const MIN_TOKEN_BYTES: usize = 6;

/// The values to remove, in lower case, each in the forms in which it may be quoted.
#[derive(Default)]
pub struct Redactor(RefCell<Vec<String>>);

impl Redactor {
    /// Removes a secret from now on, however short, whether it is written plainly, in a form, in a URL or in JSON.
    pub fn add_secret(&self, secret: &str) {
        let json = serde_json::Value::from(secret).to_string();
        let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let forms = [
            secret.to_owned(),
            form.replace('+', "%20"),
            form,
            json.trim_matches('"').to_owned(),
        ];
        let mut values = self.0.borrow_mut();
        for form in forms {
            let form = form.to_ascii_lowercase();
            if !form.is_empty() && !values.contains(&form) {
                values.push(form);
            }
        }
        // If one value contains another, the longer one has to be replaced first.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    /// Removes a token or an assertion from now on, unless it is too short to be one.
    pub fn add_token(&self, token: &str) {
        if token.len() >= MIN_TOKEN_BYTES {
            self.add_secret(token);
        }
    }

    /// The text with everything secret replaced.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in self.0.borrow().iter() {
            text = replace(&text, value);
        }
        SECRET_NAMES
            .iter()
            .fold(text, |text, name| redact_member(&text, name))
    }
}

/// Replaces `value`, which is in lower case, in any case.
fn replace(text: &str, value: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in lower.match_indices(value) {
        result.push_str(text.get(done..at).unwrap_or_default());
        result.push_str(REDACTED);
        done = at + value.len();
    }
    result.push_str(text.get(done..).unwrap_or_default());
    result
}

/// Replaces the value that follows `name`, in JSON, in a form, in XML or in a header.
fn redact_member(text: &str, name: &str) -> String {
    const SEPARATORS: &[char] = &['"', '\'', ':', '=', '>', ' ', '\\'];
    let lower = text.to_ascii_lowercase();
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in lower.match_indices(name) {
        let after = at + name.len();
        let Some(rest) = text.get(after..).filter(|_| at >= done) else {
            continue;
        };
        let begin = rest.find(|c| !SEPARATORS.contains(&c)).unwrap_or(rest.len());
        let is_value = rest
            .get(..begin)
            .is_some_and(|between| between.contains([':', '=', '>']));
        let value = rest.get(begin..).unwrap_or_default();
        let end = value
            .find(|c: char| c.is_whitespace() || "\"'&<,;}])\\".contains(c))
            .unwrap_or(value.len());
        if !is_value || end == 0 || value.starts_with("null") {
            continue;
        }
        result.push_str(text.get(done..after + begin).unwrap_or_default());
        result.push_str(REDACTED);
        done = after + begin + end;
    }
    result.push_str(text.get(done..).unwrap_or_default());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_redacted_in_every_encoding() {
        let redactor = Redactor::default();
        redactor.add_secret("S3cret \"&é");
        for quoted in [
            "S3cret \"&é",
            "s3cret+%22%26%c3%a9",
            "S3CRET%20%22%26%C3%A9",
            "S3cret \\\"&é",
        ] {
            let shown = redactor.redact(&format!("before {quoted} after {quoted}"));
            assert_eq!(shown, "before *** after ***");
        }
    }

    #[test]
    fn a_value_with_a_secret_name_is_redacted_even_if_it_is_unknown() {
        let redactor = Redactor::default();
        for (text, shown) in [
            (
                "{\"access_token\":\"abc\",\"token_type\":\"bearer\"}",
                "{\"access_token\":\"***\",\"token_type\":\"bearer\"}",
            ),
            (
                "access_token=abc&token_type=bearer",
                "access_token=***&token_type=bearer",
            ),
            (
                "<access_token>abc</access_token>",
                "<access_token>***</access_token>",
            ),
            (
                "refresh_token: abc, id_token: def",
                "refresh_token: ***, id_token: ***",
            ),
            ("token=abc", "token=***"),
            ("the token is missing", "the token is missing"),
            ("{\"access_token\": null}", "{\"access_token\": null}"),
            (
                "error=\"invalid_token\", x=\"y\"",
                "error=\"invalid_token\", x=\"y\"",
            ),
        ] {
            assert_eq!(redactor.redact(text), shown);
        }
    }

    #[test]
    fn a_value_that_contains_another_is_redacted_as_a_whole() {
        let redactor = Redactor::default();
        redactor.add_token("abcdef");
        redactor.add_token("xxabcdefxx");
        assert_eq!(redactor.redact("1 xxabcdefxx 2 ABCDEF"), "1 *** 2 ***");
    }
}
