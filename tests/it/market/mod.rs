//! The data APIs in Lightcast's style.

mod benchmark;
mod indexes;
mod normalize;
mod profiles;
mod recorded;
mod titles;

use test_support::Answer;

/// Status, title and detail of an error, with its members and no others.
#[track_caller]
fn error(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let errors = body["errors"].as_array().unwrap();
    assert_eq!(
        (body.as_object().unwrap().len(), errors.len()),
        (1, 1),
        "{answer:?}"
    );
    let mut members: Vec<&String> = errors[0].as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["detail", "status", "title"], "{answer:?}");
    assert_eq!(errors[0]["status"], answer.status.as_u16(), "{answer:?}");
    let text = |name: &str| errors[0][name].as_str().unwrap().to_owned();
    (answer.status.as_u16(), text("title"), text("detail"))
}
