//! What the pages of secrets say about a rotation.

use console_pages::{Language, Role, Theme};

use super::fixtures::{Look, all};

/// What a fixture says in English, without mark-up.
fn text(name: &str) -> String {
    let fixture = all().into_iter().find(|fixture| fixture.name == name).unwrap();
    let html = fixture.html(Look {
        language: Language::En,
        theme: Theme::System,
        role: Role::Operator,
        base: "",
    });
    let outside = html
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    let text: String = outside.collect();
    text.replace('\u{a0}', " ")
}

#[track_caller]
fn assert_says(name: &str, sentences: &[&str]) {
    let text = text(name);
    for sentence in sentences {
        assert!(text.contains(sentence), "{name} lacks «{sentence}»: {text}");
    }
}

#[test]
fn an_older_live_secret_that_is_used_holds_the_rotation_up() {
    assert_says(
        "secrets-three",
        &[
            "23 calls since 26 Nov, 13:00 UTC still used 1 of the 2 old secrets, from 203.0.113.7, 2001:db8:4f:1200::17. If you \
             retire what is still used, such calls will be refused.",
            "The new secret and 2 old ones in use",
            "times the old ones.",
        ],
    );
    assert!(!text("secrets-three").contains("You can retire"));
    assert_says(
        "secrets-three-quiet",
        &["None of the 2 old secrets has been used for 26 hours. You can retire them."],
    );
}

#[test]
fn one_old_secret_is_called_the_old_secret() {
    assert_says(
        "secrets-both",
        &[
            "23 calls since 26 Nov, 13:00 UTC still used the old secret, from",
            "If you retire it now",
            "Both secrets in use",
        ],
    );
    assert_says(
        "secrets-quiet",
        &["The old secret has not been used for 26 hours. You can retire it."],
    );
}

#[test]
fn a_form_for_a_secret_names_no_limit_and_advises_to_retire_old_ones_first() {
    assert_says(
        "secret-new",
        &["The client has one live secret. It goes on working until it is retired."],
    );
    assert!(!text("secret-new").contains("Retire the old ones first"));
    assert_says(
        "secret-new-more",
        &[
            "The client has 3 live secrets. They go on working",
            "Retire the old ones first",
        ],
    );
}

#[test]
fn who_retires_a_secret_is_told_of_that_secret() {
    assert_says(
        "secret-retire-newest",
        &[
            "101 calls since 26 Nov, 13:00 UTC used the secret 0193e2b4-77ab, from 203.0.113.7. If you retire it now",
        ],
    );
    assert!(!text("secret-retire-newest").contains("old secret"));
    assert_says(
        "secret-retire-last",
        &["No call has used this secret since 26 Nov, 13:00 UTC."],
    );
}

#[test]
fn the_first_use_was_at_an_instant_or_earlier() {
    assert!(text("secrets-both").contains("24 Nov, 10:30 UTCFirst use of the new secret"));
    assert_says(
        "secrets-long-ago",
        &["18 Nov, 14:20 UTC or earlierFirst use of the new secret"],
    );
}
