//! What this program was built from.

use crate::version;

/// What this program was built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// The version of the package.
    pub version: &'static str,
    /// The commit; `unknown` where it was not built from a repository.
    pub commit: &'static str,
    /// The version of the compiler; `unknown` where the build did not say it.
    pub rustc: &'static str,
}

impl Build {
    /// That of this program.
    pub(super) fn of_this_program() -> Self {
        Self {
            version: version::VERSION,
            commit: known(version::commit()),
            rustc: known(env!("BUILD_RUSTC")),
        }
    }
}

/// What the build script says, if it says anything.
fn known(told: &'static str) -> &'static str {
    if told.is_empty() { "unknown" } else { told }
}
