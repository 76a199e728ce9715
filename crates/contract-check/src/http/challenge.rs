//! Parsing `WWW-Authenticate` (RFC 9110 s11.6.1).

/// One challenge: an authentication scheme with parameters.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    /// Names and unquoted values, in the order of the header.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The first challenge of `scheme` in the value of the header.
    pub fn find(header: &str, scheme: &str) -> Option<Self> {
        parse(header)
            .into_iter()
            .find(|challenge| challenge.scheme.eq_ignore_ascii_case(scheme))
    }

    /// The value of a parameter, unquoted.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The name of a parameter that occurs more than once.
    pub fn repeated_parameter(&self) -> Option<&str> {
        let mut names = self.parameters.iter().map(|(name, _)| name).enumerate();
        let is_earlier = |at: usize, name: &str| {
            let mut earlier = self.parameters.iter().take(at);
            earlier.any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        names
            .find(|(at, name)| is_earlier(*at, name))
            .map(|(_, name)| name.as_str())
    }
}

/// The challenges in the value of the header. Whatever is not part of a challenge is ignored.
fn parse(value: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    for item in split_at_commas(value) {
        let item = item.trim();
        let (scheme, parameter) = match item.split_once(' ') {
            // A space may also surround the `=` of a parameter, as in `realm = "x"`.
            Some((first, rest)) if !first.contains('=') && !rest.trim_start().starts_with('=') => {
                (Some(first), rest.trim())
            }
            None if !item.contains('=') => (Some(item), ""),
            _ => (None, item),
        };
        if let Some(scheme) = scheme.filter(|scheme| !scheme.is_empty()) {
            challenges.push(Challenge {
                scheme: scheme.to_owned(),
                parameters: Vec::new(),
            });
        }
        if let (Some(challenge), Some((name, value))) = (challenges.last_mut(), parameter.split_once('=')) {
            let value = value.trim();
            let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            let value = quoted.unwrap_or(value).to_owned();
            challenge.parameters.push((name.trim().to_owned(), value));
        }
    }
    challenges
}

/// Splits at the commas outside of quotes.
fn split_at_commas(value: &str) -> Vec<&str> {
    let (mut items, mut begin, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, c) in value.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                items.extend(value.get(begin..at));
                begin = at + 1;
            }
            _ => {}
        }
    }
    items.extend(value.get(begin..));
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_challenge_has_its_own_parameters() {
        let value =
            "Basic realm=\"a, b\", charset=\"UTF-8\", Bearer realm=x, error = \"invalid_token\", Negotiate";
        let schemes: Vec<String> = parse(value).into_iter().map(|one| one.scheme).collect();
        assert_eq!(schemes, ["Basic", "Bearer", "Negotiate"]);
        let basic = Challenge::find(value, "basic").unwrap();
        assert_eq!(basic.get("realm"), Some("a, b"));
        let bearer = Challenge::find(value, "Bearer").unwrap();
        assert_eq!(bearer.get("ERROR"), Some("invalid_token"));
        assert_eq!(bearer.repeated_parameter(), None);
    }

    #[test]
    fn a_repeated_parameter_is_found_whatever_its_case() {
        let bearer = Challenge::find("Bearer error=\"a\", realm=\"x\", Error=\"b\"", "Bearer").unwrap();
        assert_eq!(bearer.repeated_parameter(), Some("Error"));
    }

    #[test]
    fn malformed_headers_do_not_panic() {
        for value in [
            "",
            ",",
            "=",
            "Bearer",
            "Bearer \"",
            "Bearer error=\"\\",
            ", ,Bearer  a",
            "é=\"ü",
        ] {
            let _ = parse(value);
        }
    }
}
