//! What the report shows of requests and responses. Secrets and tokens are already redacted here.

use serde::Serialize;

/// One request and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// The request that was sent.
    pub request: RequestRecord,
    /// The response, or why there was none.
    pub response: ResponseRecord,
}

/// A request in the report.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRecord {
    /// The HTTP method.
    pub method: String,
    /// The complete URL.
    pub url: String,
    /// The headers that the check sets, each as `name: value`.
    pub headers: Vec<String>,
    /// The beginning of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Header and claims of the assertion in the body, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assertion: Option<String>,
}

/// A response in the report.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum ResponseRecord {
    /// The endpoint answered.
    Received {
        /// The HTTP status.
        status: u16,
        /// The headers that the checks look at, each as `name: value`.
        headers: Vec<String>,
        /// The beginning of the body.
        body: String,
    },
    /// There was no complete response.
    Missing {
        /// What went wrong, such as "no response within 10 s".
        error: String,
    },
}

impl RequestRecord {
    /// The request on one line.
    pub(crate) fn to_line(&self) -> String {
        let mut parts = vec![format!("{} {}", self.method, self.url)];
        parts.extend(self.headers.iter().map(|header| format!("[{header}]")));
        parts.extend(self.body.iter().map(|body| one_line(body)));
        parts.extend(
            self.assertion
                .iter()
                .map(|text| format!("(the assertion: {})", one_line(text))),
        );
        parts.join(" ")
    }
}

impl ResponseRecord {
    /// The response on one line.
    pub(crate) fn to_line(&self) -> String {
        match self {
            Self::Missing { error } => error.clone(),
            Self::Received {
                status,
                headers,
                body,
            } => {
                let headers: String = headers.iter().map(|header| format!(" [{header}]")).collect();
                format!("{status}{headers} {}", one_line(body))
            }
        }
    }
}

/// The beginning of a text, with each run of white space as one space.
fn one_line(text: &str) -> String {
    const MAX_CHARS: usize = 300;
    let words: Vec<&str> = text.split_whitespace().collect();
    truncated(&words.join(" "), MAX_CHARS)
}

/// The first `max_chars` characters of a text, followed by an ellipsis if there were more.
pub(super) fn truncated(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
