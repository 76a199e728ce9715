//! What reads a batch: row by row, and by chance.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::*;
use crate::text::PlainHttp;

/// The members of a candidate.
const MEMBERS: [&str; 8] = [
    "campaign_id",
    "applicant_id",
    "application_id",
    "lastname",
    "firstname",
    "email",
    "phone",
    "callback_url",
];

const RULE: CallbackRule = CallbackRule {
    hosts: crate::clients::CallbackHosts::none(),
    plain_http: PlainHttp::Refused,
};

/// The rows of a body.
fn read(body: &[u8]) -> Result<Vec<CandidateRow>, Error> {
    Ok(CandidateBatch::parse(&BatchText::of(body))?.rows(&RULE))
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
        let body = serde_json::to_vec(&elements).unwrap();
        let rows = read(&body).unwrap();
        prop_assert_eq!(rows.len(), elements.len());
        for (row, element) in rows.iter().zip(&elements) {
            let sent = |name| element.get(name).and_then(Value::as_str).filter(|text| text.len() <= 100);
            prop_assert_eq!(row.applicant_id.as_deref(), sent("applicant_id"));
            prop_assert_eq!(row.application_id.as_deref(), sent("application_id"));
            if let Ok(candidate) = &row.candidate {
                let sent = |name: &str| element[name].as_str().unwrap_or_default().trim();
                prop_assert_eq!(candidate.name.lastname().as_str(), sent("lastname"));
                prop_assert_eq!(candidate.name.firstname().as_str(), sent("firstname"));
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
        if let Ok(rows) = read(&body) {
            let text = String::from_utf8_lossy(&body);
            let array: Vec<&RawValue> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(rows.len(), array.len());
        }
    }

    #[test]
    fn a_row_that_is_damaged_by_chance_leaves_its_neighbours_alone(at in any::<Index>(), byte in any::<u8>()) {
        let (first, mut damaged, last) = (good().to_string(), good().to_string().into_bytes(), good().to_string());
        let at = at.index(damaged.len());
        damaged[at] = byte;
        let body = [b"[", first.as_bytes(), b",", &damaged, b",", last.as_bytes(), b"]"].concat();
        // Where the byte breaks the grammar, nobody can tell where a row ends.
        if let Ok(rows) = read(&body)
            && rows.len() == 3
        {
            prop_assert!(rows[0].candidate.is_ok());
            prop_assert!(rows[2].candidate.is_ok());
        }
    }
}

#[test]
fn no_more_than_500_are_kept_and_the_rest_is_still_read() {
    let of = |number: usize| serde_json::to_vec(&vec![json!({ "lastname": "x" }); number]).unwrap();
    for (number, is_too_long) in [(0, false), (500, false), (501, true), (10_000, true)] {
        let body = of(number);
        let text = BatchText::of(&body);
        let batch: CandidateBatch<'_> = serde_json::from_str(&text.0).unwrap();
        assert_eq!(batch.elements.len(), number.min(MAX_CANDIDATES));
        assert_eq!(batch.is_too_long, is_too_long, "{number}");
        assert_eq!(read(&body).is_err(), is_too_long, "{number}");
    }
    let mut broken = of(501);
    broken.pop();
    assert!(read(&broken).is_err());
}

/// Where the second of two rows is this one, the error that it has; the other is taken.
fn error_of(row: &[u8]) -> (Option<String>, String) {
    let body = [b"[", good().to_string().as_bytes(), b",", row, b"]"].concat();
    let mut rows = read(&body).unwrap();
    assert!(rows[0].candidate.is_ok());
    let row = rows.remove(1);
    (row.applicant_id, row.candidate.err().unwrap())
}

#[test]
fn whatever_is_wrong_inside_a_row_is_its_own_error() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let large = "9".repeat(1000);
    let half = "has an escape of half a character (a lone surrogate)";
    let no_object = "a candidate must be a JSON object".to_owned();
    for (value, name, expected) in [
        (r#""\ud800""#, "email", format!("email {half}")),
        (r#""a\udc00@b""#, "email", format!("email {half}")),
        (r#""\ud800\u0041""#, "campaign_id", format!("campaign_id {half}")),
        (r#""\ud800""#, "phone", format!("phone {half}")),
        ("1e999", "email", "email must be a string".to_owned()),
        (&large, "lastname", "lastname must be a string".to_owned()),
        ("-0", "callback_url", "callback_url must be a string".to_owned()),
        (&deep, "firstname", "firstname must be a string".to_owned()),
        (
            "{}",
            "application_id",
            "application_id must be a string".to_owned(),
        ),
        ("true", "phone", "phone must be a string".to_owned()),
        ("null", "campaign_id", "campaign_id is missing".to_owned()),
    ] {
        let mut members = good();
        members.as_object_mut().unwrap().remove(name);
        let rest = members.to_string();
        let row = format!("{{\"{name}\":{value},{}", &rest[1..]);
        let (applicant_id, error) = error_of(row.as_bytes());
        assert_eq!(
            (applicant_id.as_deref(), error),
            (good()["applicant_id"].as_str(), expected)
        );
    }
    for row in ["null", "1e999", r#""\ud800""#, "[]", "true", &deep] {
        assert_eq!(error_of(row.as_bytes()), (None, no_object.clone()), "{row:.20}");
    }
    let name = format!("the name of a member {half}");
    let row = r#"{"\ud800":1,"applicant_id":"A1"}"#;
    assert_eq!(error_of(row.as_bytes()), (Some("A1".to_owned()), name));
    let twice = r#"{"email":"a@b","x":1,"x":2,"applicant_id":"A1","email":"c@d","applicant_id":"A2"}"#;
    let words = "email must be sent only once".to_owned();
    assert_eq!(error_of(twice.as_bytes()), (Some("A1".to_owned()), words));
    let latin1 = b"{\"applicant_id\":\"A1\",\"lastname\":\"Andr\xe9\"}";
    let words = "the candidate is not UTF-8, as JSON must be".to_owned();
    assert_eq!(error_of(latin1), (Some("A1".to_owned()), words));
}

#[test]
fn members_that_nobody_knows_are_ignored_whatever_they_are() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for value in [r#""\ud800""#, "1e999", "null", r#"{"email":"x"}"#, &deep] {
        let row = format!("[{{\"more\":{value},{}]", &good().to_string()[1..]);
        assert!(read(row.as_bytes()).unwrap()[0].candidate.is_ok(), "{value:.20}");
    }
}

#[test]
fn what_breaks_the_grammar_breaks_the_batch() {
    for body in [deep("[{\"a\":", "}]"), deep("{\"email\":", "}"), deep("[", "")] {
        assert!(read(&body).is_err());
    }
    for body in [
        "",
        "{}",
        "[{]",
        "[{\"email\":\"\n\"}]",
        "[1,]",
        "[\"\\x\"]",
        "[01]",
        "[] []",
    ] {
        assert!(read(body.as_bytes()).is_err(), "{body}");
    }
}

fn good() -> Value {
    json!({
        "campaign_id": "0190a5d0-0000-7000-8000-000000000001",
        "applicant_id": "0190a5d0-0000-7000-8000-000000000002",
        "application_id": "0190a5d0-0000-7000-8000-000000000003",
        "lastname": " Dupont ", "firstname": "Zoé", "email": "zoe.dupont@site",
    })
}

fn row(element: &Value) -> CandidateRow {
    let body = json!([element]).to_string();
    read(body.as_bytes()).unwrap().remove(0)
}

#[test]
fn a_candidate_is_read_and_trimmed() {
    let candidate = row(&good()).candidate.unwrap();
    assert_eq!(candidate.name.lastname().as_str(), "Dupont");
    assert_eq!(candidate.email.as_str(), "zoe.dupont@site");
    assert_eq!(candidate.phone, None);
    let mut odd = good();
    odd["phone"] = Value::Null;
    odd["callback_url"] = "".into();
    odd["more"] = json!({ "unknown": 1 });
    assert!(row(&odd).candidate.is_ok());
}

#[test]
fn what_is_wrong_is_named() {
    for (member, value, expected) in [
        ("campaign_id", Value::Null, "campaign_id is missing"),
        ("applicant_id", "x".into(), "applicant_id must be a UUID"),
        ("application_id", 7.into(), "application_id must be a string"),
        ("lastname", 7.into(), "lastname must be a string"),
        (
            "lastname",
            "\u{202e}x".into(),
            "lastname must have at most 200 characters, none of them a line break, a control or an invisible character",
        ),
        ("firstname", "a\u{0}b".into(), "firstname must have at most 200"),
        (
            "lastname",
            "x".repeat(201).into(),
            "lastname must have at most 200",
        ),
        ("email", "no-at".into(), "email is not valid"),
        ("email", "a\u{200b}@b".into(), "email is not valid"),
        ("email", "a@b,c@d".into(), "email is not valid"),
        ("phone", "0".repeat(51).into(), "phone must have at most 50"),
        ("phone", "\u{202a}+33 1".into(), "phone must have at most 50"),
        ("callback_url", "nope".into(), "callback_url must be an https URL"),
    ] {
        let mut element = good();
        element[member] = value;
        let error = row(&element).candidate.err().unwrap();
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(row(&json!([])).candidate.is_err());
}

#[test]
fn a_person_may_have_one_name_and_must_have_one() {
    for (lastname, firstname, expected) in [
        (json!("Suharto"), json!(""), Some(("Suharto", ""))),
        (json!("Suharto"), Value::Null, Some(("Suharto", ""))),
        (json!("  "), json!("Björk"), Some(("", "Björk"))),
        (json!("Curie"), json!("Marie"), Some(("Curie", "Marie"))),
        (json!(""), json!(" "), None),
        (Value::Null, Value::Null, None),
    ] {
        let mut element = good();
        element["lastname"] = lastname;
        element["firstname"] = firstname;
        match row(&element).candidate {
            Ok(candidate) => {
                let name = (
                    candidate.name.lastname().as_str(),
                    candidate.name.firstname().as_str(),
                );
                assert_eq!(Some(name), expected);
            }
            Err(words) => {
                assert_eq!(expected, None);
                assert_eq!(
                    words,
                    "lastname and firstname are empty; a person must have one of them"
                );
            }
        }
    }
    let mut element = good();
    element.as_object_mut().unwrap().remove("firstname");
    assert!(row(&element).candidate.is_ok());
}

#[test]
fn identifiers_are_repeated_as_sent() {
    let sent = row(&json!({ "applicant_id": "A1", "application_id": 7 }));
    assert_eq!(sent.applicant_id.as_deref(), Some("A1"));
    assert_eq!(sent.application_id, None);
    let long = "x".repeat(101);
    assert_eq!(row(&json!({ "applicant_id": long })).applicant_id, None);
}
