//! What is checked: groups, levels, and one entry for each check with the rule that it stands on.

use std::fmt;
use std::pin::Pin;

use serde::{Serialize, Serializer};

use super::groups;
use super::outcome::Verdict;
use super::session::Session;

/// How much depends on a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Talentsoft's own words, or a MUST of the text that the rule names. A failure fails the run.
    Required,
    /// A SHOULD, a policy, or what the contract leaves to the partner.
    Recommended,
    /// What a partner may leave out.
    Optional,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Recommended => "recommended",
            Self::Optional => "optional",
        }
    }
}

/// A part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// `POST /token` by `client_credentials`.
    Token,
    /// `POST /token` by an assertion.
    Assertion,
    /// How a token is presented, and refused.
    Bearer,
    /// `X-Current-User`.
    CurrentUser,
    /// Video interviews.
    Videos,
    /// Assessments.
    Assessments,
    /// `POST /revoke`.
    Revocation,
    /// The metadata document.
    Metadata,
}

impl Group {
    /// All groups, in the order in which they are checked.
    pub const ALL: [Self; 8] = [
        Self::Token,
        Self::Assertion,
        Self::Bearer,
        Self::CurrentUser,
        Self::Videos,
        Self::Assessments,
        Self::Revocation,
        Self::Metadata,
    ];

    /// The name, which the ids of its checks begin with.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Assertion => "assertion",
            Self::Bearer => "bearer",
            Self::CurrentUser => "current-user",
            Self::Videos => "videos",
            Self::Assessments => "assessments",
            Self::Revocation => "revocation",
            Self::Metadata => "metadata",
        }
    }

    /// What it is about.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Token => "POST /token as an application: client_credentials",
            Self::Assertion => "POST /token as a user: a JWT signed with the shared secret",
            Self::Bearer => "how an access token is presented, and refused",
            Self::CurrentUser => "X-Current-User, who the call is made for",
            Self::Videos => "video interviews",
            Self::Assessments => "assessments",
            Self::Revocation => "POST /revoke",
            Self::Metadata => "GET /.well-known/oauth-authorization-server",
        }
    }

    /// Its checks, in the order in which they are made.
    pub fn checks(self) -> impl Iterator<Item = &'static Check> {
        let tables: [&'static [Check]; 3] = match self {
            Self::Token => [groups::token::CHECKS, groups::token_errors::CHECKS, &[]],
            Self::Assertion => [
                groups::assertion::CHECKS,
                groups::assertion_claims::CHECKS,
                groups::assertion_forms::CHECKS,
            ],
            Self::Bearer => [groups::bearer::CHECKS, &[], &[]],
            Self::CurrentUser => [groups::current_user::CHECKS, &[], &[]],
            Self::Videos => [groups::videos::CHECKS, &[], &[]],
            Self::Assessments => [groups::assessments::CHECKS, &[], &[]],
            Self::Revocation => [groups::revocation::CHECKS, &[], &[]],
            Self::Metadata => [groups::metadata::CHECKS, &[], &[]],
        };
        tables.into_iter().flatten()
    }
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What makes a check.
pub type Run = for<'a> fn(&'a Session) -> Pin<Box<dyn Future<Output = Verdict> + 'a>>;

/// One thing that is checked.
pub struct Check {
    /// Its name, which stays: `group.subject.aspect`.
    pub id: &'static str,
    /// How much depends on it.
    pub level: Level,
    /// Where it is written: a section of the contract, or rules of `docs/CONFORMANCE.md`.
    pub rule: &'static str,
    /// What must come back for what is sent.
    pub expects: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do where it fails.
    pub mend: &'static str,
    /// Makes it.
    pub run: Run,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// All checks, in the order in which they are made.
pub fn all() -> impl Iterator<Item = (Group, &'static Check)> {
    Group::ALL
        .into_iter()
        .flat_map(|group| group.checks().map(move |check| (group, check)))
}

/// The check of that id.
#[must_use]
pub fn find(id: &str) -> Option<(Group, &'static Check)> {
    all().find(|(_, check)| check.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_begin_with_their_group() {
        let mut seen = BTreeSet::new();
        for (group, check) in all() {
            assert!(seen.insert(check.id), "{check:?} stands twice");
            let prefix = format!("{}.", group.as_str());
            assert!(check.id.starts_with(&prefix), "{check:?} is in {group:?}");
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
            assert!(check.id.chars().all(is_plain), "{check:?}");
        }
    }

    #[test]
    fn every_check_says_what_why_and_how_to_mend() {
        for (_, check) in all() {
            for text in [check.expects, check.why, check.mend] {
                let is_sentence = text.trim_end_matches(')').ends_with('.');
                assert!(is_sentence && text.len() > 10, "{check:?}: {text}");
            }
        }
    }

    #[test]
    fn every_rule_is_one_of_the_project() {
        let conformance = include_str!("../../../docs/CONFORMANCE.md");
        for (_, check) in all() {
            for rule in check.rule.split(", ") {
                let is_known = match rule.strip_prefix('R') {
                    Some(_) => conformance.contains(&format!("\n| {rule} (")),
                    None => rule.starts_with("contract s"),
                };
                assert!(is_known, "{check:?} stands on {rule}");
            }
        }
    }
}
