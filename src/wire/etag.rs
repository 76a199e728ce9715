//! Entity tags (RFC 9110 s8.8.3) and the conditions `If-Match` (s13.1.1) and `If-None-Match` (s13.1.2).

use actix_web::http::header::{HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use aws_lc_rs::digest::{SHA256, digest};

/// The tag of a representation, made of all that it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag(String);

impl EntityTag {
    /// The tag of what `description` describes completely.
    #[must_use]
    pub fn of(description: &str) -> Self {
        let sum = digest(&SHA256, description.as_bytes());
        let hex: String = sum
            .as_ref()
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(format!("\"{hex}\""))
    }

    /// Whether `If-None-Match` names this tag, by the weak comparison, or is `*`.
    #[must_use]
    pub fn is_known(&self, headers: &HeaderMap) -> bool {
        let tags = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        headers.get_all(IF_NONE_MATCH).map(tags).any(|tags| {
            tags.split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.0)
        })
    }

    /// Whether `If-Match` names this tag, by the strong comparison, or is `*`; `None` without the header.
    #[must_use]
    pub fn is_expected(&self, headers: &HeaderMap) -> Option<bool> {
        headers.contains_key(IF_MATCH).then(|| {
            headers.get_all(IF_MATCH).any(|value| {
                let mut tags = value.to_str().unwrap_or_default().split(',').map(str::trim);
                tags.any(|tag| tag == "*" || tag == self.0)
            })
        })
    }

    /// The tag without its quotation marks, for a field of a form.
    #[must_use]
    pub fn unquoted(&self) -> &str {
        self.0.trim_matches('"')
    }

    /// The value of `ETag`.
    #[must_use]
    pub fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_by_any_of_a_list() {
        let tag = EntityTag::of("a");
        let is_known = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.append(IF_NONE_MATCH, HeaderValue::from_str(value).unwrap());
            tag.is_known(&headers)
        };
        assert!(is_known(&tag.0) && is_known(&format!("W/{}", tag.0)) && is_known("*"));
        assert!(is_known(&format!("\"x\" , {}", tag.0)));
        assert!(!is_known("\"x\"") && !is_known("") && !is_known(tag.unquoted()));
        assert_ne!(tag, EntityTag::of("b"));
        assert!(!tag.is_known(&HeaderMap::new()));
    }

    #[test]
    fn a_change_names_the_tag_that_it_expects() {
        let tag = EntityTag::of("a");
        let is_expected = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.append(IF_MATCH, HeaderValue::from_str(value).unwrap());
            tag.is_expected(&headers)
        };
        for good in [tag.0.clone(), "*".to_owned(), format!("\"x\", {}", tag.0)] {
            assert_eq!(is_expected(&good), Some(true), "{good}");
        }
        for bad in [format!("W/{}", tag.0), "\"x\"".to_owned(), String::new()] {
            assert_eq!(is_expected(&bad), Some(false), "{bad}");
        }
        assert_eq!(tag.is_expected(&HeaderMap::new()), None);
    }
}
