//! `market`: importing files, drafts, publishing and retiring versions.

use serde_json::{Value, json};

use test_support::command_line::CommandLine;

const OCCUPATIONS: &str = "O*NET-SOC Code\tTitle\tDescription
15-1252.00\tSoftware Developers\tResearch, design, and develop software.
29-1141.00\tRegistered Nurses\tAssess patient health problems.
";
const ALTERNATE_TITLES: &str = "O*NET-SOC Code\tAlternate Title\tShort Title\tSource(s)
15-1252.00\tApplication Developer\tn/a\t01
15-1252.00\tSoftware Engineer\tn/a\t01
29-1141.00\tCharge Nurse\tn/a\t01
29-1141.00\tRegistered Nurse\tRN\t01
";
const SKILLS: &str = "O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\tHot Technology
15-1252.00\tPython\t43232408\tWeb platform development software\tY
15-1252.00\tSomething old\t43232408\tWeb platform development software\tN
";

/// A folder with a small O*NET database.
fn onet(registry: &CommandLine, titles: &str) -> String {
    for (name, text) in [
        ("Occupation Data.txt", OCCUPATIONS),
        ("Alternate Titles.txt", titles),
        ("Technology Skills.txt", SKILLS),
    ] {
        registry.file(name, text);
    }
    registry.dir.path().to_str().unwrap().to_owned()
}

/// The path of a file with this content.
fn file(registry: &CommandLine, name: &str, content: &str) -> String {
    registry.file(name, content).to_str().unwrap().to_owned()
}

fn versions(registry: &CommandLine) -> Vec<(String, String)> {
    let listed = registry.json(&["market", "list"]);
    let version = |version: &Value| {
        let text = |name: &str| version[name].as_str().unwrap().to_owned();
        (text("version"), text("status"))
    };
    listed.as_array().unwrap().iter().map(version).collect()
}

fn version(number: &str, status: &str) -> (String, String) {
    (number.to_owned(), status.to_owned())
}

#[test]
fn an_import_becomes_a_draft_that_is_published_and_retired() {
    let registry = CommandLine::with_customer();
    let folder = onet(&registry, ALTERNATE_TITLES);
    let imported = registry.json(&["market", "import", "onet", &folder, "--release", "27.0"]);
    assert_eq!(
        imported["draft"],
        json!({ "version": "1.0", "titles": 4, "additions": 4, "removals": 0, "alterations": 0 })
    );
    assert_eq!(versions(&registry), [version("1.0", "draft")]);
    assert_eq!(
        registry.json(&["market", "publish"]),
        json!({ "published": "1.0" })
    );
    assert_eq!(
        registry.error(&["market", "publish"]),
        "there is no draft; `market import` makes one"
    );

    // The same content is no new version.
    let again = registry.json(&["market", "import", "onet", &folder, "--release", "27.1"]);
    assert_eq!(again["draft"], Value::Null);
    assert_eq!(versions(&registry), [version("1.0", "published")]);

    let changed = ALTERNATE_TITLES
        .replace("Charge Nurse", "Staff Nurse")
        .replace("29-1141.00\tRegistered Nurse", "15-1252.00\tRegistered Nurse");
    onet(&registry, &changed);
    let imported = registry.json(&["market", "import", "onet", &folder, "--release", "28.0"]);
    assert_eq!(
        imported["draft"],
        json!({ "version": "1.1", "titles": 4, "additions": 1, "removals": 1, "alterations": 1 })
    );
    let difference = registry.json(&["market", "diff", "1.0", "1.1"]);
    assert_eq!(
        difference,
        json!({ "additions": ["Staff Nurse"], "removals": ["Charge Nurse"], "alterations": ["Registered Nurse"] })
    );
    assert!(
        registry
            .text(&["market", "diff", "1.1", "1.0"])
            .contains("1 removed\n  Staff Nurse")
    );
    // Another import before it is published composes the same draft anew.
    onet(&registry, ALTERNATE_TITLES);
    registry.json(&["market", "import", "onet", &folder, "--release", "29.0"]);
    assert_eq!(versions(&registry)[0], version("1.1", "draft"));
    // What the former draft was made of is gone; benchmarks have a source of their own.
    registry
        .execute("do $$ begin assert (select count(*) from market_source where kind = 'onet') = 2; end $$");
    registry.execute("do $$ begin assert (select count(*) from market_source) = 3; end $$");
    assert_eq!(
        registry.json(&["market", "diff", "1.0", "1.1"])["additions"],
        json!([])
    );
    assert_eq!(
        registry.error(&["market", "publish", "--as", "1.0"]),
        "version 1.0 does not come after 1.0, the last one"
    );
    assert_eq!(
        registry.json(&["market", "publish", "--as", "5.47"]),
        json!({ "published": "5.47" })
    );
    registry.json(&["market", "retire", "1.0"]);
    assert_eq!(
        versions(&registry),
        [version("5.47", "published"), version("1.0", "retired")]
    );
    assert_eq!(
        registry.error(&["market", "retire", "5.47"]),
        "version 5.47 is the only one that is published; publish another one before"
    );
    let table = registry.text(&["market", "list"]);
    assert!(
        table.contains("onet 29.0") && table.contains("  all  "),
        "{table}"
    );
    let audit = registry.text(&["audit", "list"]);
    assert!(
        audit.contains("published") && audit.contains("market_version"),
        "{audit}"
    );
}

#[test]
fn a_customer_has_a_library_of_its_own_titles() {
    let registry = CommandLine::with_customer();
    let folder = onet(&registry, ALTERNATE_TITLES);
    registry.json(&["market", "import", "onet", &folder]);
    registry.json(&["market", "publish"]);
    let own = file(
        &registry,
        "ours.csv",
        "name,socs,id,plural_name,is_supervisor,level_band,skills\n\
         Our Developer,15-1252,ET00000000000000AB,Our Devs,false,senior,Rust;SQL\n",
    );
    let imported = registry.json(&["market", "import", "titles", &own, "--customer", "Acme"]);
    // Its own titles alone are its library; what all share is evidence.
    assert_eq!(imported["draft"]["titles"], 1);
    registry.json(&["market", "publish", "--customer", "Acme"]);
    let taken = file(
        &registry,
        "taken.csv",
        "name,socs,id\nOur Developer,15-1252,\nOur Nurse,29-1141,ET00000000000000AB\n",
    );
    assert_eq!(
        registry.error(&["market", "import", "titles", &taken, "--customer", "Acme"]),
        "the identifier ET00000000000000AB of `Our Nurse` belongs to another title of the library; leave its `id` empty, and \
         it gets one that follows from its name"
    );
    let listed = registry.json(&["market", "list"]);
    let libraries: Vec<bool> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["customer_id"].is_null())
        .collect();
    assert_eq!(libraries, [true, false]);
    let coded = file(
        &registry,
        "coded.tsv",
        "title\tsoc\tn\nSW Dev Ninja\t15-1252\t12\n",
    );
    let imported = registry.json(&[
        "market",
        "import",
        "coded-titles",
        &coded,
        "--customer",
        "Acme",
        "--release",
        "2026",
    ]);
    assert_eq!(
        (&imported["draft"]["version"], &imported["draft"]["titles"]),
        (&json!("1.1"), &json!(1))
    );
}

#[test]
fn files_that_cannot_be_read_are_named_with_line_and_column_and_nothing_is_imported() {
    let registry = CommandLine::with_customer();
    let folder = onet(
        &registry,
        "O*NET-SOC Code\tAlternate Title\tShort Title\n15-1252.00\tX\tn/a\n15-12\tY\tn/a\n",
    );
    let error = registry.error(&["market", "import", "onet", &folder]);
    assert!(
        error.contains("Alternate Titles.txt") && error.contains("line 3") && !error.contains('\n'),
        "{error}"
    );
    let missing = registry.error(&["market", "import", "titles", "no-such.csv"]);
    assert!(missing.contains("no-such.csv"), "{missing}");
    let wrong = file(&registry, "wrong.csv", "title,code\nx,y\n");
    let error = registry.error(&["market", "import", "coded-titles", &wrong]);
    assert!(error.contains("wrong.csv") && error.contains("soc"), "{error}");
    let empty = file(&registry, "empty.csv", "name,socs\n");
    assert!(!registry.error(&["market", "import", "titles", &empty]).is_empty());
    assert_eq!(registry.json(&["market", "list"]), json!([]));
    // Of what was begun nothing is left.
    registry.execute("do $$ begin assert (select count(*) from market_source) = 0; end $$");
    assert_eq!(
        registry.error(&["market", "retire", "9.9"]),
        "there is no version 9.9; `market list` shows them"
    );
}

#[test]
fn a_client_is_entitled_and_has_a_quota() {
    let registry = CommandLine::new();
    let secret = "0123456789abcdef0123456789abcdef";
    let add = [
        "client",
        "add",
        "--client-id",
        "titles",
        "--scope",
        "emsi_open",
        "--secret-file",
        "-",
        "--entitlement",
        "titles:normalize,titles:mapping",
        "--quota",
        "50/year",
    ];
    let added = registry.json_given(&add, secret);
    let settings = |shown: &Value| (shown["entitlements"].clone(), shown["quota"].clone());
    let entitlements = json!(["titles:normalize", "titles:mapping"]);
    assert_eq!(settings(&added), (entitlements, json!("50/year")), "{added}");
    let text = registry.text(&["client", "show", "titles"]);
    assert!(
        text.contains("titles:normalize, titles:mapping") && text.contains("50/year"),
        "{text}"
    );
    let update = |more: &[&str]| registry.json(&[&["client", "update", "titles"], more].concat());
    update(&["--entitlement", "all", "--quota", "1000/month"]);
    let shown = registry.json(&["client", "show", "titles"]);
    assert_eq!(shown["entitlements"].as_array().map(Vec::len), Some(3));
    assert_eq!(shown["quota"], "1000/month");
    update(&["--entitlement", "none", "--quota", "unlimited"]);
    let shown = registry.json(&["client", "show", "titles"]);
    assert_eq!(settings(&shown), (json!([]), Value::Null));
    for (option, value, words) in [
        ("--quota", "50/day", "such as 50/year"),
        ("--entitlement", "titles", "titles:normalize:bulk"),
    ] {
        let output = registry
            .command(&["client", "update", "titles", option, value])
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(words), "{error}");
    }
}
