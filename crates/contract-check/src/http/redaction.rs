//! Keeps secrets and tokens out of everything that is shown, whoever quotes them: we or the partner.

use std::cell::RefCell;

use url::form_urlencoded;

/// What stands in place of something hidden.
pub const MASK: &str = "***";

/// Names whose values are hidden wherever they stand.
const HIDDEN_MEMBERS: [&str; 4] = ["token", "client_secret", "assertion", "password"];
/// A shorter text is no secret, and would be found by chance in everything.
const SHORTEST_BYTES: usize = 6;

/// The texts to hide.
#[derive(Default)]
pub struct Masks(RefCell<Vec<String>>);

impl Masks {
    /// Hides a secret, however short, in the forms in which it is sent and quoted.
    pub fn hide_secret(&self, secret: &str) {
        let json = serde_json::Value::from(secret).to_string();
        let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let forms = [
            secret.to_owned(),
            form.replace('+', "%20"),
            form,
            json.trim_matches('"').to_owned(),
        ];
        let mut hidden = self.0.borrow_mut();
        for form in forms {
            let form = form.to_ascii_lowercase();
            if !form.is_empty() && !hidden.contains(&form) {
                hidden.push(form);
            }
        }
        // A text goes before its parts.
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
    }

    /// Hides a token or an assertion.
    pub fn hide(&self, text: &str) {
        if text.len() >= SHORTEST_BYTES {
            self.hide_secret(text);
        }
    }

    /// `text` without anything to hide.
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for hidden in self.0.borrow().iter() {
            text = replace(&text, hidden);
        }
        HIDDEN_MEMBERS
            .iter()
            .fold(text, |text, name| hide_member(&text, name))
    }
}

/// Replaces `hidden`, which is in lower case, however it is written.
fn replace(text: &str, hidden: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in lower.match_indices(hidden) {
        result.push_str(text.get(done..at).unwrap_or_default());
        result.push_str(MASK);
        done = at + hidden.len();
    }
    result.push_str(text.get(done..).unwrap_or_default());
    result
}

/// Hides what stands behind `name` as a value, be it in JSON, in a form, in XML or in a header.
fn hide_member(text: &str, name: &str) -> String {
    const SEPARATORS: [char; 7] = ['"', '\'', ':', '=', '>', ' ', '\\'];
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
        result.push_str(MASK);
        done = after + begin + end;
    }
    result.push_str(text.get(done..).unwrap_or_default());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_however_it_is_quoted() {
        let masks = Masks::default();
        masks.hide_secret("S3cret \"&é");
        for quoted in [
            "S3cret \"&é",
            "s3cret+%22%26%c3%a9",
            "S3CRET%20%22%26%C3%A9",
            "S3cret \\\"&é",
        ] {
            let shown = masks.apply(&format!("before {quoted} after {quoted}"));
            assert_eq!(shown, "before *** after ***");
        }
    }

    #[test]
    fn a_token_is_hidden_also_where_nobody_knows_it() {
        let masks = Masks::default();
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
            assert_eq!(masks.apply(text), shown);
        }
    }

    #[test]
    fn what_holds_another_goes_first() {
        let masks = Masks::default();
        masks.hide("abcdef");
        masks.hide("xxabcdefxx");
        assert_eq!(masks.apply("1 xxabcdefxx 2 ABCDEF"), "1 *** 2 ***");
    }
}
