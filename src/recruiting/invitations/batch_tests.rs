//! What reads a batch, by chance.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::super::candidate::{CallbackRule, CandidateRow};
use super::*;

const RULE: CallbackRule<'static> = CallbackRule {
    hosts: &[],
    may_be_plain: false,
};

fn read(body: &[u8]) -> Result<Batch, serde_json::Error> {
    serde_json::from_slice(body)
}

fn rows(batch: &Batch) -> Vec<CandidateRow> {
    batch
        .elements
        .iter()
        .map(|element| CandidateRow::read(element, &RULE))
        .collect()
}

/// Any JSON, with the names and values of candidates in it now and then.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        4 => any::<String>(),
        1 => Just("0190a5d0-0000-7000-8000-000000000001".to_owned()),
        1 => Just("zoe.dupont@site".to_owned()),
        1 => Just("https://ats.example/".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let name = prop_oneof![5 => select(&MEMBERS[..]).prop_map(str::to_owned), 1 => any::<String>()];
    leaf.prop_recursive(4, 64, 10, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..10).prop_map(Value::from),
            btree_map(name.clone(), inner, 0..10).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn deep(open: &str, close: &str) -> Vec<u8> {
    format!("{}{}", open.repeat(100_000), close.repeat(100_000)).into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_element_has_its_row_whatever_it_is(elements in vec(any_json(), 0..20)) {
        let batch = read(&serde_json::to_vec(&elements).unwrap()).unwrap();
        prop_assert!(!batch.is_too_long);
        let rows = rows(&batch);
        prop_assert_eq!(rows.len(), elements.len());
        for (row, element) in rows.iter().zip(&elements) {
            let sent = |name| element.get(name).and_then(Value::as_str).filter(|text| text.len() <= 100);
            prop_assert_eq!(row.applicant_id.as_deref(), sent("applicant_id"));
            prop_assert_eq!(row.application_id.as_deref(), sent("application_id"));
            if let Ok(candidate) = &row.candidate {
                let name = element["lastname"].as_str().unwrap();
                prop_assert_eq!(candidate.lastname.as_str(), name.trim());
            }
        }
    }

    #[test]
    fn what_is_no_array_is_no_batch(value in any_json()) {
        let is_batch = read(value.to_string().as_bytes()).is_ok();
        prop_assert_eq!(is_batch, value.is_array());
    }

    #[test]
    fn bytes_by_chance_are_refused_or_read_but_never_break_it(
        body in prop_oneof![vec(any::<u8>(), 0..200), "[\\[\\]{}\",:a-z0-9\\\\]{0,60}".prop_map(String::into_bytes)],
    ) {
        if let Ok(batch) = read(&body) {
            let array: Vec<Value> = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(rows(&batch).len(), array.len());
        }
    }
}

#[test]
fn no_more_than_500_are_kept_and_the_rest_is_still_read() {
    let of = |number: usize| serde_json::to_vec(&vec![json!({ "lastname": "x" }); number]).unwrap();
    for (number, is_too_long) in [(0, false), (500, false), (501, true), (10_000, true)] {
        let batch = read(&of(number)).unwrap();
        assert_eq!(batch.elements.len(), number.min(MAX_CANDIDATES));
        assert_eq!(batch.is_too_long, is_too_long, "{number}");
    }
    let mut broken = of(501);
    broken.pop();
    assert!(read(&broken).is_err());
}

#[test]
fn a_member_that_stands_twice_is_noticed() {
    let batch = read(br#"[{"email":"a@b","x":1,"x":2,"email":"c@d"}]"#).unwrap();
    let Some(Element::Object(members)) = batch.elements.first() else {
        panic!("no object");
    };
    assert_eq!(members.repeated, Some("email"));
    assert!(rows(&batch)[0].candidate.is_err());
}

#[test]
fn depth_exhausts_nothing() {
    assert!(rows(&read(&deep("[", "]")).unwrap())[0].candidate.is_err());
    for body in [deep("[{\"a\":", "}]"), deep("{\"email\":", "}"), deep("[", "")] {
        assert!(read(&body).is_err());
    }
}
