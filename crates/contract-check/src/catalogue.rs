//! The list of all checks.

use crate::check::Check;
use crate::checks::{
    assertion, assertion_claims, assertion_forms, assessments, bearer, current_user, metadata, revocation,
    token, token_errors, videos,
};
use crate::plan::Group;

/// The tables of a group.
fn tables(group: Group) -> &'static [&'static [Check]] {
    match group {
        Group::Token => &[token::CHECKS, token_errors::CHECKS],
        Group::Assertion => &[
            assertion::CHECKS,
            assertion_claims::CHECKS,
            assertion_forms::CHECKS,
        ],
        Group::Bearer => &[bearer::CHECKS],
        Group::CurrentUser => &[current_user::CHECKS],
        Group::Videos => &[videos::CHECKS],
        Group::Assessments => &[assessments::CHECKS],
        Group::Revocation => &[revocation::CHECKS],
        Group::Metadata => &[metadata::CHECKS],
    }
}

/// The checks of a group, in the order in which a run makes them.
pub fn checks_of(group: Group) -> impl Iterator<Item = &'static Check> {
    tables(group).iter().copied().flatten()
}

/// All checks with their groups, in the order in which a run makes them.
pub fn all() -> impl Iterator<Item = (Group, &'static Check)> {
    let groups = Group::ALL.iter().copied();
    groups.flat_map(|group| checks_of(group).map(move |check| (group, check)))
}

/// The check with an id, and its group.
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
            assert!(seen.insert(check.id), "{check:?} occurs twice");
            let prefix = format!("{}.", group.as_str());
            assert!(check.id.starts_with(&prefix), "{check:?} is in {group:?}");
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
            assert!(check.id.chars().all(is_plain), "{check:?}");
        }
    }

    #[test]
    fn every_check_says_what_it_expects_why_and_how_to_fix_it() {
        for (_, check) in all() {
            for text in [check.expects, check.why, check.fix] {
                let is_sentence = text.trim_end_matches(')').ends_with('.');
                assert!(is_sentence && text.len() > 10, "{check:?}: {text}");
            }
        }
    }

    #[test]
    fn every_rule_is_in_the_contract_or_in_the_list_of_rules() {
        let conformance = include_str!("../../../docs/CONFORMANCE.md");
        for (_, check) in all() {
            for rule in check.rule.split(", ") {
                let is_known = match rule.strip_prefix('R') {
                    Some(_) => conformance.contains(&format!("\n| {rule} (")),
                    None => rule.starts_with("contract s"),
                };
                assert!(is_known, "{check:?} refers to {rule}");
            }
        }
    }
}
