//! Which version of the service this is, and the commit that it was built from (`build.rs` finds it).

use std::sync::LazyLock;

use chrono::DateTime;

/// The version, such as `0.1.0`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The version with commit and date, as `--version` prints it.
pub static DESCRIPTION: LazyLock<String> = LazyLock::new(|| description(commit(), &date()));

/// The commit that the program was built from; nothing in a development build.
#[must_use]
pub fn commit() -> &'static str {
    env!("BUILD_COMMIT")
}

/// The day on which that commit was made, in UTC, as `2026-11-26`; nothing in a development build. It is the same for every
/// build of a commit, so that builds can be compared.
#[must_use]
pub fn date() -> String {
    day(env!("BUILD_EPOCH"))
}

fn day(epoch: &str) -> String {
    let instant = epoch
        .parse()
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    instant.map_or_else(String::new, |instant| instant.format("%F").to_string())
}

fn description(commit: &str, date: &str) -> String {
    match (commit, date) {
        ("", "") => format!("{VERSION} (development build)"),
        ("", date) => format!("{VERSION} ({date})"),
        (commit, "") => format!("{VERSION} (commit {commit})"),
        (commit, date) => format!("{VERSION} (commit {commit}, {date})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_that_of_the_commit_in_utc() {
        assert_eq!(day("0"), "1970-01-01");
        assert_eq!(day("1795737599"), "2026-11-26");
        assert_eq!(day("1795737600"), "2026-11-27");
        assert_eq!(day(""), "");
    }

    #[test]
    fn a_build_says_of_its_commit_what_it_knows() {
        let commit = "031414f719883eee884fb558346c88dcb4061bd2";
        let known = format!("{VERSION} (commit {commit}, 2026-11-26)");
        assert_eq!(description(commit, "2026-11-26"), known);
        assert_eq!(description(commit, ""), format!("{VERSION} (commit {commit})"));
        assert_eq!(description("", "2026-11-26"), format!("{VERSION} (2026-11-26)"));
        assert_eq!(description("", ""), format!("{VERSION} (development build)"));
    }
}
