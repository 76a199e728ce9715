//! Reading `WWW-Authenticate` (RFC 9110 s11.6.1): challenges of a scheme with parameters.

/// One challenge.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme, as it was written.
    pub scheme: String,
    /// Names and values of its parameters, as they were written.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that stands twice.
    pub fn repeated(&self) -> Option<&str> {
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

/// The challenges of a header's value; a part that is none is left out.
pub fn parse(value: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    for item in split_at_commas(value) {
        let item = item.trim();
        let (scheme, parameter) = match item.split_once(' ') {
            // `realm = "x"` has spaces too.
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

/// The challenge of a scheme.
pub fn of_scheme(value: &str, scheme: &str) -> Option<Challenge> {
    parse(value)
        .into_iter()
        .find(|challenge| challenge.scheme.eq_ignore_ascii_case(scheme))
}

/// Divides at the commas outside of quotes.
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
    fn challenges_are_told_apart() {
        let value =
            "Basic realm=\"a, b\", charset=\"UTF-8\", Bearer realm=x, error = \"invalid_token\", Negotiate";
        let schemes: Vec<String> = parse(value).into_iter().map(|one| one.scheme).collect();
        assert_eq!(schemes, ["Basic", "Bearer", "Negotiate"]);
        let basic = of_scheme(value, "basic").unwrap();
        assert_eq!(basic.get("realm"), Some("a, b"));
        let bearer = of_scheme(value, "Bearer").unwrap();
        assert_eq!(bearer.get("ERROR"), Some("invalid_token"));
        assert_eq!(bearer.repeated(), None);
    }

    #[test]
    fn what_stands_twice_is_found() {
        let bearer = of_scheme("Bearer error=\"a\", realm=\"x\", Error=\"b\"", "Bearer").unwrap();
        assert_eq!(bearer.repeated(), Some("Error"));
    }

    #[test]
    fn any_text_is_read_without_harm() {
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
