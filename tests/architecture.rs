//! Keeps the doors shut: what may be used where, and which room may use which. `docs/ARCHITECTURE.md` has the reasons.
//!
//! The checks read the text of `src`, without comments and without tests. Whoever needs another door opens it here, where
//! a reviewer sees it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what helps a test is a test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Something that only some files may use.
struct Door {
    what: &'static str,
    /// The words that give its use away.
    words: &'static [&'static str],
    /// Files, folders (with a slash at the end) and file names (with a slash in front) that may use it.
    open_to: &'static [&'static str],
}

const DOORS: &[Door] = &[
    Door {
        what: "SQL",
        words: &["sqlx::query", "sqlx::raw_sql", "QueryBuilder"],
        open_to: &["/store.rs"],
    },
    Door {
        what: "HTTP",
        words: &["actix_"],
        open_to: &[
            "api/",
            "server.rs",
            "wire/",
            // The name of a source of log lines.
            "config/mod.rs",
            // `actix_web::rt` alone, see below; but for the receiver of the demo.
            "cli/",
        ],
    },
    Door {
        what: "the environment",
        words: &["std::env", "env::var", "dotenvy"],
        open_to: &["config/environment.rs"],
    },
    Door {
        what: "the clock",
        words: &["Utc::now", "Local::now", "SystemTime"],
        open_to: &["clock.rs"],
    },
    Door {
        what: "the random generator",
        words: &[
            "aws_lc_rs::rand",
            "OsRng",
            "getrandom",
            "rand::rng",
            "Uuid::new_v4",
            "now_v7",
        ],
        open_to: &["crypto/random.rs"],
    },
    Door {
        what: "the password hash and the cipher",
        words: &["argon2::", "aws_lc_rs::aead"],
        open_to: &["crypto/"],
    },
    Door {
        what: "the outbox",
        words: &["into webhook_event", "update webhook_event"],
        open_to: &["webhooks/store.rs"],
    },
    Door {
        // It takes tens of milliseconds: where it is called, it runs on a thread that may block (`PasswordPool::run`).
        what: "the computation of a password hash",
        words: &["SecretHash::compute", ".recompute("],
        open_to: &["clients/secrets.rs", "oauth/credentials.rs"],
    },
    Door {
        what: "unsafe code",
        words: &["unsafe {", "unsafe fn", "unsafe impl"],
        open_to: &[],
    },
];

/// How a transaction is begun.
const BEGINNINGS: &[&str] = &[".transaction(", ".begin()", ".in_batches("];

/// Who begins transactions: those who know what belongs into one. An operation is handed a connection.
const BEGINNERS: &[&str] = &[
    "api/",
    "app.rs",
    "cli/",
    "db/",
    "housekeeping.rs",
    "server.rs",
    // The deletion of one report is several transactions, for whoever asks for it.
    "recruiting/reports/remove.rs",
];

/// Where the runtime of actix is used, but nothing that speaks HTTP.
const RUNTIME_ONLY: &[&str] = &["cli/"];

/// The other side of webhooks, for the demo.
const DEMO_RECEIVER: &str = "cli/demo/receiver.rs";

/// The rooms of `src`, from the top down. A room may use those of the layers below its own, and no other.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["config", "server"],
    &["housekeeping"],
    &["api"],
    &["app", "wire"],
    &["replica"],
    // The domains: they know neither HTTP nor what puts them together.
    &["oauth", "recruiting"],
    &["webhooks"],
    &["clients"],
    &["keys"],
    &["audit"],
    // The ground.
    &["db", "telemetry"],
    &["ids"],
    &["crypto"],
    &["page", "text"],
    &["clock", "error"],
];

/// Rooms that may use less than what lies below them. `wire` is HTTP without an opinion: it knows no domain.
const RESTRICTED: &[(&str, &[&str])] = &[("wire", &["crypto", "error", "ids", "page", "telemetry", "text"])];

/// What makes a folder of `api` a wing. Wings never know each other, and what they share knows none of them.
const WING: &str = "const WING: Wing";

const MOST_LINES: usize = 400;

/// A file of `src`, its path relative to that.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.contains("/tests") || self.path.ends_with("_tests.rs")
    }

    /// The text without its tests, with the line ends kept.
    fn body(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests {").next().unwrap()
    }

    /// The lines without comments.
    fn code(&self) -> impl Iterator<Item = &str> {
        // `://` is in a URL.
        let end = |line: &str| {
            line.match_indices("//")
                .find(|(at, _)| *at == 0 || line.as_bytes()[at - 1] != b':')
                .map_or(line.len(), |(at, _)| at)
        };
        self.body().lines().map(move |line| &line[..end(line)])
    }

    /// The module of the top level that it belongs to.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

fn read(dir: &Path, root: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, root, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source {
                path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(),
                text: fs::read_to_string(&path).unwrap(),
            });
        }
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    read(&root, &root, &mut sources);
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(sources.len() > 50, "only {} files were found", sources.len());
    sources
}

fn covers(pattern: &str, path: &str) -> bool {
    if pattern.ends_with('/') {
        path.starts_with(pattern)
    } else if pattern.starts_with('/') {
        path.ends_with(pattern)
    } else {
        path == pattern
    }
}

/// The uses of a door by files that it is not open to, and the entries of its list that nobody uses.
fn breaches(door: &Door, sources: &[Source]) -> Vec<String> {
    let mut unused: BTreeSet<&str> = door.open_to.iter().copied().collect();
    let mut breaches = Vec::new();
    for source in sources.iter().filter(|source| !source.is_test()) {
        for line in source.code() {
            if !door.words.iter().any(|word| line.contains(word)) {
                continue;
            }
            let opened_by = door.open_to.iter().find(|pattern| covers(pattern, &source.path));
            match opened_by {
                Some(pattern) => _ = unused.remove(pattern),
                None => breaches.push(format!("{}: {}", source.path, line.trim())),
            }
        }
    }
    // Nobody has to use the environment where clap does it for them.
    unused.remove("config/environment.rs");
    breaches.extend(
        unused
            .iter()
            .map(|pattern| format!("{pattern} is open, and nobody uses it")),
    );
    breaches
}

/// The modules of the top level that a file names.
fn known(source: &Source) -> BTreeSet<String> {
    let code = source.code().collect::<Vec<_>>().join(" ");
    let depth = match source.path.matches('/').count() {
        0 => 1,
        slashes if source.path.ends_with("/mod.rs") => slashes,
        slashes => slashes + 1,
    };
    let mut known = BTreeSet::new();
    for way in ["crate::".to_owned(), "super::".repeat(depth)] {
        for (at, _) in code.match_indices(&way) {
            known.extend(named(&code[at + way.len()..]));
        }
    }
    known.remove("");
    known.remove("super");
    known.remove(source.module());
    known
}

/// The first names of what stands after `crate::`: `a::b` or `{a::b, c::{d, e}}`.
fn named(rest: &str) -> BTreeSet<String> {
    let name = |text: &str| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        text.trim_start()
            .chars()
            .take_while(|c| is_part(*c))
            .collect::<String>()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return BTreeSet::from([name(rest)]);
    };
    let (mut names, mut depth, mut begin) = (BTreeSet::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' if depth == 0 => {
                names.insert(name(&group[begin..at]));
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.remove("");
    names
}

fn assert_none(complaints: &[String], rule: &str) {
    assert!(complaints.is_empty(), "{rule}:\n{}", complaints.join("\n"));
}

#[test]
fn every_door_is_shut_to_those_it_is_not_for() {
    let sources = sources();
    for door in DOORS {
        let rule = format!("{} is used where it should not be", door.what);
        assert_none(&breaches(door, &sources), &rule);
    }
}

/// The lines of a file that begin a transaction, where it may not.
fn unasked_beginnings(source: &Source) -> Vec<String> {
    if source.is_test() || BEGINNERS.iter().any(|pattern| covers(pattern, &source.path)) {
        return Vec::new();
    }
    source
        .code()
        .filter(|line| BEGINNINGS.iter().any(|word| line.contains(word)))
        .map(|line| format!("{}: {}", source.path, line.trim()))
        .collect()
}

#[test]
fn operations_are_handed_their_connection() {
    let complaints: Vec<String> = sources().iter().flat_map(unasked_beginnings).collect();
    assert_none(
        &complaints,
        "api, cli and housekeeping begin transactions, and no operation does",
    );
}

#[test]
fn beside_the_wire_actix_is_only_the_runtime() {
    let sources = sources();
    let complaints: Vec<String> = sources
        .iter()
        .filter(|source| RUNTIME_ONLY.iter().any(|pattern| covers(pattern, &source.path)))
        .filter(|source| source.path != DEMO_RECEIVER)
        .flat_map(|source| source.code().map(move |line| (source, line)))
        .filter(|(_, line)| line.replace("actix_web::rt", "").contains("actix_"))
        .map(|(source, line)| format!("{}: {}", source.path, line.trim()))
        .collect();
    assert_none(&complaints, "actix_web::rt is all that these may use of actix");
}

/// What room of `src` uses which others, with a file that does.
fn edges(sources: &[Source]) -> BTreeMap<(String, String), String> {
    let mut edges = BTreeMap::new();
    for source in sources
        .iter()
        .filter(|source| !source.is_test() && source.module() != "lib")
    {
        for other in known(source) {
            edges.insert((source.module().to_owned(), other), source.path.clone());
        }
    }
    edges
}

/// The layer of a room: 0 is the top.
fn layer(room: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&room))
}

/// What is wrong with the use of one room by another, if anything is.
fn complaint(from: &str, to: &str) -> Option<&'static str> {
    let (Some(from_layer), Some(to_layer)) = (layer(from), layer(to)) else {
        return Some("one of them is in no layer");
    };
    if to_layer <= from_layer {
        return Some("a room uses only those of the layers below its own");
    }
    let restricted = RESTRICTED.iter().find(|(room, _)| *room == from);
    match restricted {
        Some((_, allowed)) if !allowed.contains(&to) => {
            Some("this room may use less than what lies below it")
        }
        _ => None,
    }
}

#[test]
fn rooms_use_only_what_lies_below_them() {
    let complaints: Vec<String> = edges(&sources())
        .into_iter()
        .filter_map(|((from, to), path)| {
            Some(format!("{from} uses {to} in {path}: {}", complaint(&from, &to)?))
        })
        .collect();
    assert_none(&complaints, "the rooms do not lie as LAYERS says");
}

#[test]
fn every_layer_has_the_rooms_that_it_names() {
    let sources = sources();
    let rooms: BTreeSet<&str> = sources.iter().map(Source::module).collect();
    let missing: Vec<String> = LAYERS
        .iter()
        .flat_map(|layer| layer.iter())
        .filter(|room| !rooms.contains(*room))
        .map(|room| format!("there is no {room}"))
        .collect();
    assert_none(&missing, "LAYERS names a room that is not there");
}

/// The folder or file of `api` that a file belongs to, if it does.
fn part_of_api(path: &str) -> Option<&str> {
    let name = path.strip_prefix("api/")?.split('/').next()?;
    Some(name.strip_suffix(".rs").unwrap_or(name))
}

/// The wings of `api`.
fn wings(sources: &[Source]) -> BTreeSet<&str> {
    let wings = sources
        .iter()
        .filter(|source| source.code().any(|line| line.contains(WING)));
    wings.filter_map(|source| part_of_api(&source.path)).collect()
}

/// The wings that a file names which it must not know: a wing another one, and what they share any of them.
fn foreign_wings(source: &Source, wings: &BTreeSet<&str>) -> Vec<String> {
    if !source.path.starts_with("api/") || source.path == "api/mod.rs" {
        return Vec::new();
    }
    let code = source.code().collect::<Vec<_>>().join(" ");
    let own = part_of_api(&source.path);
    let depth = source.path.matches('/').count() - usize::from(source.path.ends_with("/mod.rs"));
    let mut named = BTreeSet::new();
    for way in ["crate::api::".to_owned(), "super::".repeat(depth)] {
        for (at, _) in code.match_indices(&way) {
            named.extend(self::named(&code[at + way.len()..]));
        }
    }
    named
        .into_iter()
        .filter(|name| wings.contains(name.as_str()) && own != Some(name))
        .map(|name| format!("{} uses the wing {name}", source.path))
        .collect()
}

#[test]
fn wings_of_the_api_never_know_each_other() {
    let sources = sources();
    let wings = wings(&sources);
    assert!(wings.len() >= 3, "only {wings:?} are wings");
    let complaints: Vec<String> = sources
        .iter()
        .flat_map(|source| foreign_wings(source, &wings))
        .collect();
    assert_none(
        &complaints,
        "a wing is known by another file of api than api/mod.rs",
    );
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path)
        .collect();
    assert_none(&silent, "these files do not begin with //!");
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> = sources()
        .iter()
        .map(|source| (source, source.body().lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(source, lines)| format!("{} has {lines} lines, its tests apart", source.path))
        .collect();
    assert_none(&long, "split these files");
}

/// Words that the glossary replaces, in names and in prose. A word here is one that a reader would have to be told.
const RETIRED: &[&str] = &[
    "Fault",
    "Flaw",
    "Desk",
    "Doomed",
    "Beside ",
    "NotSent",
    "Acting",
    "Guarded",
    "UserEmail",
    "EmbeddedDb",
    "JointReads",
    "heed_variables",
    "distrust",
    "complain",
    "is not right",
    "is not good",
    "are not right",
];

#[test]
fn no_file_uses_a_word_that_the_glossary_replaces() {
    let used: Vec<String> = sources()
        .iter()
        .flat_map(|source| {
            let lines = source.text.lines().enumerate();
            lines.flat_map(move |(number, line)| {
                let retired = RETIRED.iter().filter(move |word| line.contains(**word));
                retired.map(move |word| format!("{}:{}: {word}", source.path, number + 1))
            })
        })
        .collect();
    assert_none(&used, "docs/GLOSSARY.md has other words");
}

#[test]
fn the_files_that_the_architecture_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/ARCHITECTURE.md")).unwrap();
    let missing: Vec<String> = text
        .split('`')
        .filter(|word| {
            Path::new(word)
                .extension()
                .is_some_and(|extension| extension == "rs")
        })
        .filter(|word| word.contains('/') && !word.contains(' '))
        .filter(|path| !root.join(path).exists() && !root.join("src").join(path).exists())
        .map(str::to_owned)
        .collect();
    assert_none(&missing, "docs/ARCHITECTURE.md names files that are not there");
}

mod the_checks_themselves {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The doors that a line of a file would be a breach of.
    fn broken_by(path: &str, line: &str) -> Vec<&'static str> {
        let sources = [source(path, line)];
        let is_broken = |door: &&Door| {
            breaches(door, &sources)
                .iter()
                .any(|breach| breach.contains(": "))
        };
        DOORS.iter().filter(is_broken).map(|door| door.what).collect()
    }

    #[test]
    fn a_breach_of_each_door_is_noticed() {
        for (path, line, what) in [
            ("oauth/grant.rs", "sqlx::query!(\"select 1\")", "SQL"),
            ("clients/restore.rs", "sqlx::query_as!(", "SQL"),
            ("oauth/grant.rs", "use actix_web::HttpRequest;", "HTTP"),
            ("clients/cache.rs", "std::env::var(\"X\")", "the environment"),
            ("oauth/grant.rs", "let now = Utc::now();", "the clock"),
            ("keys/ring.rs", "use aws_lc_rs::rand;", "the random generator"),
            (
                "clients/secrets.rs",
                "use argon2::Argon2;",
                "the password hash and the cipher",
            ),
            (
                "recruiting/people/store.rs",
                "insert into webhook_event (",
                "the outbox",
            ),
            (
                "clients/registry.rs",
                "SecretHash::compute(&secret, salt)",
                "the computation of a password hash",
            ),
            (
                "oauth/grant.rs",
                "hash.recompute(&secret)",
                "the computation of a password hash",
            ),
            ("ops/log.rs", "unsafe { x() }", "unsafe code"),
        ] {
            assert_eq!(broken_by(path, line), [what], "{path}: {line}");
        }
    }

    #[test]
    fn an_operation_that_begins_a_transaction_is_noticed() {
        for line in [
            "db.transaction(async |db| {",
            "    .in_batches(5, async |db, limit| {",
            "db.begin().await",
        ] {
            let begun = |path| unasked_beginnings(&source(path, line)).len();
            assert_eq!(
                (begun("recruiting/people/erase.rs"), begun("cli/candidate.rs")),
                (1, 0),
                "{line}"
            );
        }
    }

    #[test]
    fn a_use_upwards_sideways_or_out_of_bounds_is_noticed() {
        for (from, to) in [
            ("api", "server"),
            ("oauth", "recruiting"),
            ("recruiting", "wire"),
            ("clients", "oauth"),
            ("keys", "app"),
            ("wire", "clients"),
            ("crypto", "ids"),
            ("oauth", "newcomer"),
        ] {
            assert!(complaint(from, to).is_some(), "{from} may not use {to}");
        }
        for (from, to) in [
            ("api", "oauth"),
            ("recruiting", "webhooks"),
            ("wire", "telemetry"),
        ] {
            assert_eq!(complaint(from, to), None, "{from} uses {to}");
        }
    }

    #[test]
    fn a_wing_that_knows_another_is_noticed() {
        let wings = BTreeSet::from(["oauth", "platform", "talentsoft"]);
        for (path, text) in [
            ("api/talentsoft/campaigns.rs", "use crate::api::platform::Error;"),
            (
                "api/talentsoft/campaigns.rs",
                "use crate::api::{guard::Access, platform};",
            ),
            ("api/talentsoft/mod.rs", "use super::oauth::x;"),
            ("api/call.rs", "use super::platform::Error;"),
            ("api/guard/mod.rs", "use crate::api::oauth::respond;"),
        ] {
            assert_eq!(
                foreign_wings(&source(path, text), &wings).len(),
                1,
                "{path}: {text}"
            );
        }
        for (path, text) in [
            (
                "api/talentsoft/campaigns.rs",
                "use crate::api::guard::Access; use super::error::Error;",
            ),
            (
                "api/talentsoft/campaigns.rs",
                "use crate::oauth::Error; use crate::api::talentsoft::x;",
            ),
            ("api/mod.rs", "pub mod oauth; use self::oauth::configure;"),
        ] {
            assert_eq!(
                foreign_wings(&source(path, text), &wings),
                Vec::<String>::new(),
                "{path}: {text}"
            );
        }
    }

    #[test]
    fn comments_tests_and_those_it_is_open_to_are_no_breach() {
        for (path, line) in [
            ("oauth/grant.rs", "// std::env is not for us"),
            (
                "oauth/grant.rs",
                "x();\n#[cfg(test)]\nmod tests {\n    Utc::now();\n}",
            ),
            ("oauth/token_tests.rs", "Utc::now();"),
            ("oauth/store.rs", "sqlx::query!(\"select 1\")"),
            ("clock.rs", "let now = Utc::now();"),
        ] {
            assert_eq!(broken_by(path, line), Vec::<&str>::new(), "{path}: {line}");
        }
    }

    #[test]
    fn what_a_file_names_is_found_however_it_is_written() {
        let text = "use crate::a::B;\nuse crate::{c::{D, E},\n    f};\nlet x = crate::g::h();\nuse super::super::i::J;\n\
                    use super::own;\n// crate::no::no\nlet url = \"https://x\"; crate::k::l();";
        let names: Vec<String> = known(&source("oauth/grant.rs", text)).into_iter().collect();
        assert_eq!(names, ["a", "c", "f", "g", "i", "k"]);
        assert_eq!(
            known(&source("clock.rs", "use super::a::B;")),
            BTreeSet::from(["a".to_owned()])
        );
        assert_eq!(
            known(&source("oauth/mod.rs", "use super::a::B;")),
            BTreeSet::from(["a".to_owned()])
        );
    }
}
