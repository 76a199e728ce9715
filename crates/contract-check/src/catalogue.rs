//! All checks: which belong to a group, and which has an id.

use crate::check::Check;
use crate::checks;
use crate::plan::Group;

/// The checks of a group, in the order in which they are made.
pub fn checks_of(group: Group) -> impl Iterator<Item = &'static Check> {
    let tables: [&'static [Check]; 3] = match group {
        Group::Token => [checks::token::CHECKS, checks::token_errors::CHECKS, &[]],
        Group::Assertion => [
            checks::assertion::CHECKS,
            checks::assertion_claims::CHECKS,
            checks::assertion_forms::CHECKS,
        ],
        Group::Bearer => [checks::bearer::CHECKS, &[], &[]],
        Group::CurrentUser => [checks::current_user::CHECKS, &[], &[]],
        Group::Videos => [checks::videos::CHECKS, &[], &[]],
        Group::Assessments => [checks::assessments::CHECKS, &[], &[]],
        Group::Revocation => [checks::revocation::CHECKS, &[], &[]],
        Group::Metadata => [checks::metadata::CHECKS, &[], &[]],
    };
    tables.into_iter().flatten()
}

/// All checks, in the order in which they are made.
pub fn all() -> impl Iterator<Item = (Group, &'static Check)> {
    Group::ALL
        .into_iter()
        .flat_map(|group| checks_of(group).map(move |check| (group, check)))
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
