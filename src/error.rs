//! Failures of the service, for every slice.
//!
//! A slice's own error enum says what the caller did wrong, in domain words; [`Failure`] is its variant for what the service
//! could not do. Its `Display` tells a client nothing; its `source()` goes to the log, once, at the boundary.

use std::error::Error as StdError;
use std::iter::from_fn;
use std::sync::Arc;

/// What the service could not do. Cheap to clone, for all requests that waited for the same statement.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// Something that the request needs is unavailable or overloaded; the same request may succeed later (503, Retry-After).
    #[error("the service is temporarily unavailable")]
    Unavailable(#[source] Cause),
    /// A defect (500).
    #[error("internal error")]
    Internal(#[source] Cause),
}

/// The cause of a failure, for the log.
pub type Cause = Arc<dyn StdError + Send + Sync>;

impl Failure {
    /// A defect, by its cause: an error or a text.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(cause.into()))
    }

    /// An outage or an overload, by its cause: an error or a text.
    pub fn unavailable(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable(Arc::from(cause.into()))
    }

    /// The reason of the refusal, for log and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        if is_outage(&error) {
            Self::unavailable(error)
        } else {
            Self::internal(error)
        }
    }
}

/// Whether the database is unavailable, overloaded or shutting down. Other errors are about this statement.
fn is_outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // Classes of SQLSTATE: 08 connection, 53 resources (disk full, too many connections), 57P shutdown and
        // recovery, 58 system; 25006 a standby that has not been promoted yet; 57014 statement timeout.
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            ["08", "53", "57P", "58"]
                .iter()
                .any(|class| code.starts_with(class))
                || ["25006", "57014", "55P03"].contains(&code.as_ref())
        }),
        _ => false,
    }
}

/// `error` and all its sources, outermost first, on one line.
#[must_use]
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut next = Some(error);
    words(from_fn(|| {
        let error = next?;
        next = error.source();
        Some(error)
    }))
}

/// The texts of an error and its causes, outermost first, on one line. A cause is left out that the text before it ends in:
/// many libraries have it in the text and as the source, too.
#[must_use]
pub fn words<'a>(causes: impl IntoIterator<Item = &'a (dyn StdError + 'static)>) -> String {
    let mut line = String::new();
    for cause in causes {
        let text = cause.to_string();
        if !line.is_empty() && line.ends_with(&text) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&text);
    }
    line
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_cause_that_is_in_the_text_is_said_once() {
        let refused = || io::Error::from_raw_os_error(111);
        let expected = format!("error communicating with database: {}", refused());
        assert_eq!(chain(&sqlx::Error::Io(refused())), expected);
        let failure = Failure::from(sqlx::Error::Io(refused()));
        let whole = format!("the service is temporarily unavailable: {expected}");
        assert_eq!(chain(&failure), whole);
    }
}
