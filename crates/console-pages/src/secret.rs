//! The value of a secret that was generated for this request: the one secret that a page may hold.

use std::fmt;

use zeroize::Zeroizing;

/// The value of a secret, shown in the answer that creates it and never again. It is wiped from memory, and not printed.
#[derive(Clone)]
pub struct OneTimeSecret(Zeroizing<String>);

impl OneTimeSecret {
    /// Takes a value that was generated for this request.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value, for the template that shows it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OneTimeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = OneTimeSecret::new("tsp_canary".to_owned());
        assert_eq!(format!("{secret:?}"), "OneTimeSecret(…)");
        assert_eq!(secret.expose(), "tsp_canary");
    }
}
