//! What was sent and what came back, to be shown: nothing secret is in it.

use serde::Serialize;

/// One request and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// The request.
    pub sent: Sent,
    /// The answer, or why there is none.
    pub came_back: CameBack,
}

/// A request.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers that matter, each `Name: value`.
    pub headers: Vec<String>,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What the assertion in the body says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assertion: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum CameBack {
    /// An HTTP response.
    Answer {
        /// The status.
        status: u16,
        /// The headers that matter, each `name: value`.
        headers: Vec<String>,
        /// The beginning of the body.
        body: String,
    },
    /// No response.
    Nothing {
        /// Why.
        trouble: String,
    },
}

impl Sent {
    /// On one line.
    #[must_use]
    pub fn line(&self) -> String {
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

impl CameBack {
    /// On one line.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Nothing { trouble } => trouble.clone(),
            Self::Answer {
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

/// The beginning of a text without line breaks.
fn one_line(text: &str) -> String {
    const MOST_CHARS: usize = 300;
    let text: Vec<&str> = text.split_whitespace().collect();
    shortened(&text.join(" "), MOST_CHARS)
}

/// At most `most` characters of a text, with a mark where there were more.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
