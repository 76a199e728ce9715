//! What documents of profiles say, what is refused of them, and how they are patched.

use serde_json::json;

use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_520_181_000, 0).unwrap()
}

fn content(json: &str) -> Result<ProfileContent, InvalidDocument> {
    Document::parse(json)?.content(now())
}

fn profile(json: &str) -> Profile {
    Profile {
        profile_id: crate::ids::ProfileId::generate(now()),
        institution_user_id: "7".parse().unwrap(),
        created_at: now(),
        content: content(json).ok().unwrap(),
    }
}

#[test]
fn what_is_wrong_is_said_by_the_name_of_the_member_alone() {
    for (json, expected) in [
        ("[]", "a profile must be a JSON object"),
        ("null", "a profile must be a JSON object"),
        (r#"{"email":"a@b"} x"#, "a profile must be a JSON object"),
        (
            r#"{"email":"a@b","email":"c@d"}"#,
            "a profile must be a JSON object in which no member",
        ),
        (
            r#"{"a":1,"a":1}"#,
            "a profile must be a JSON object in which no member",
        ),
        ("{}", "email is missing"),
        (r#"{"email":" "}"#, "email is missing"),
        (r#"{"email":null}"#, "email is missing"),
        (r#"{"email":7}"#, "email must be a string"),
        (r#"{"email":"\ud800@b"}"#, "email must be a string"),
        (
            r#"{"email":"nobody"}"#,
            "email is not valid: an email address must",
        ),
        (
            r#"{"email":"a@b","given-name":["secret"]}"#,
            "given-name must be a string",
        ),
        (
            r#"{"email":"a@b","family-name":"a\nb"}"#,
            "family-name must be a string of at most 200",
        ),
        (
            r#"{"email":"a@b","current-school-name":"a\u0000b"}"#,
            "current-school-name must be a string of",
        ),
        (
            r#"{"email":"a@b","user-roles":"admin"}"#,
            "user-roles must be an array of strings",
        ),
        (
            r#"{"email":"a@b","user-roles":["a","a"]}"#,
            "user-roles must be at most 20 different",
        ),
        (
            r#"{"email":"a@b","is-invited":"secret"}"#,
            "is-invited must be true or false",
        ),
        (
            r#"{"email":"a@b","resume-approval-status":"secret"}"#,
            "resume-approval-status must be pending,",
        ),
        (
            r#"{"email":"a@b","last-login":"secret"}"#,
            "last-login must be an instant",
        ),
        (
            r#"{"email":"a@b","last-login":"2018-03-04T16:35:01Z"}"#,
            "last-login must be an instant",
        ),
        (r#"{"email":"a@b","created-at":1}"#, "created-at must be a string"),
        (
            r#"{"email":"a@b","created-at":"0000-01-01T00:00:00+14:00"}"#,
            "created-at must be an instant",
        ),
        (
            r#"{"email":"a@b","First":1}"#,
            "names of attributes must be in kebab case",
        ),
        (
            r#"{"email":"a@b","first":"\ud800"}"#,
            "the attributes beside the known ones must have no",
        ),
        (
            r#"{"email":"a@b","first":1e999}"#,
            "the attributes beside the known ones must have no",
        ),
    ] {
        let Err(error) = content(json) else {
            panic!("{json} is a profile");
        };
        let words = error.to_string();
        assert!(words.starts_with(expected), "{json}: {words}");
        assert!(!words.contains("secret"), "{words}");
    }
}

#[test]
fn a_profile_is_written_with_all_known_members_and_the_others_as_they_were_sent() {
    let full = r#"{"email":" Zoé@Uni.example ","given-name":"Zoé","family-name":"","user-roles":["admin"],
        "is-invited":true,"resume-approval-status":"edited","created-at":"2018-03-04T17:00:00.1234567+01:00",
        "last-login":"2018-03-04T16:35:00Z","big":12345678901234567890123, "a":{ "b":[1.50] }}"#;
    let json = serde_json::to_string(&profile(full)).unwrap();
    let attributes = json.split_once("\"attributes\":").unwrap().1;
    assert_eq!(
        attributes,
        r#"{"email":"Zoé@Uni.example","given-name":"Zoé","family-name":null,"institution-user-id":"7","current-school-name":null,"user-roles":["admin"],"is-invited":true,"resume-approval-status":"edited","created-at":"2018-03-04T16:30:00.000000Z","last-login":"2018-03-04T16:35:00.000000Z","a":{ "b":[1.50] },"big":12345678901234567890123}}"#
    );
}

#[test]
fn a_profile_is_read_back_from_what_it_was_written_as() {
    let first = profile(r#"{"email":"a@b","last-login":"2018-03-04T16:00:00Z","x":{"y":null}}"#);
    let document = Document::of(&first).unwrap();
    assert_eq!(
        document.institution_user_id().unwrap(),
        Some(first.institution_user_id.clone())
    );
    let second = Profile {
        content: document.content(now()).ok().unwrap(),
        ..first.clone()
    };
    assert_eq!(
        serde_json::to_string(&first).unwrap(),
        serde_json::to_string(&second).unwrap()
    );
}

#[test]
fn a_patch_changes_no_digit_of_what_it_leaves() {
    let mut document =
        Document::parse(r#"{"a":{"id":12345678901234567890123,"b":{"c":[1.50,1E2]},"d":1}}"#).unwrap();
    let patch = Document::parse(r#"{"a":{"d":2.0,"b":{"e":98765432109876543210987}}}"#).unwrap();
    document.merge(patch).unwrap();
    assert_eq!(
        document.0["a"].get(),
        r#"{"b":{"c":[1.50,1E2],"e":98765432109876543210987},"d":2.0,"id":12345678901234567890123}"#
    );
}

#[test]
fn how_many_values_are_inside_each_other_is_bounded() {
    let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let attribute = |value: &str| format!(r#"{{"email":"a@b","x":{value}}}"#);
    assert!(content(&attribute(&nested(127))).is_ok());
    for depth in [128, 10_000] {
        let error = content(&attribute(&nested(depth))).err();
        assert_eq!(error, Some(InvalidDocument::Unreadable), "{depth}");
        let mut document = Document::parse(&attribute("1")).unwrap();
        let patch = Document::parse(&attribute(&nested(depth))).unwrap();
        assert_eq!(document.merge(patch), Err(InvalidDocument::Unreadable), "{depth}");
    }
}

#[test]
fn a_patch_is_merged_as_rfc_7396_has_it() {
    // The examples of its appendix that are objects.
    for (target, patch, expected) in [
        (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
        (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
        (json!({"a":"b"}), json!({"a":null}), json!({})),
        (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
        (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
        (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
        (
            json!({"a":{"b":"c"}}),
            json!({"a":{"b":"d","c":null}}),
            json!({"a":{"b":"d"}}),
        ),
        (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
        (json!({"e":null}), json!({"a":1}), json!({"a":1,"e":null})),
        (
            json!({}),
            json!({"a":{"bb":{"ccc":null}}}),
            json!({"a":{"bb":{}}}),
        ),
        (
            json!({"a":[1,2]}),
            json!({"a":{"a":"b","c":null}}),
            json!({"a":{"a":"b"}}),
        ),
    ] {
        let mut document = Document::parse(&target.to_string()).unwrap();
        document
            .merge(Document::parse(&patch.to_string()).unwrap())
            .unwrap();
        let merged: BTreeMap<String, Value> = document
            .0
            .iter()
            .map(|(name, value)| (name.clone(), read(value).unwrap()))
            .collect();
        assert_eq!(json!(merged), expected, "{target} {patch}");
    }
}
