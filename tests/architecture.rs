//! Keeps the doors shut: what may be used where, and which module may know which. `docs/ARCHITECTURE.md` has the reasons.
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
            "/routes.rs",
            "oauth/auth_check.rs",
            "oauth/bearer.rs",
            "oauth/presented.rs",
            "oauth/respond.rs",
            "ops/health.rs",
            "platform/",
            "server.rs",
            "wire/",
            // The name of a source of log lines.
            "config/mod.rs",
            // `actix_web::rt` alone, see below; but for the receiver of the demo.
            "cli/",
            "state.rs",
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
        what: "unsafe code",
        words: &["unsafe {", "unsafe fn", "unsafe impl"],
        open_to: &[],
    },
];

/// Where the runtime of actix is used, but nothing that speaks HTTP.
const RUNTIME_ONLY: &[&str] = &["cli/", "state.rs"];

/// The other side of webhooks, for the demo.
const DEMO_RECEIVER: &str = "cli/demo/receiver.rs";

/// Which module of the top level may know which others. `cli` may know all, and nobody but `main` knows it.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("audit", &["error", "ids"]),
    ("clients", &["audit", "crypto", "db", "error", "ids", "keys"]),
    ("clock", &[]),
    ("config", &["crypto", "ops", "state"]),
    ("crypto", &[]),
    ("db", &["error"]),
    ("error", &[]),
    ("ids", &["crypto"]),
    ("keys", &["audit", "crypto", "db", "error"]),
    ("lib", &[]),
    ("metrics", &[]),
    (
        "oauth",
        &[
            "audit", "clients", "crypto", "db", "error", "ids", "keys", "state", "wire",
        ],
    ),
    (
        "ops",
        &[
            "clients",
            "clock",
            "error",
            "ids",
            "keys",
            "metrics",
            "oauth",
            "platform",
            "recruiting",
            "state",
            "webhooks",
            "wire",
        ],
    ),
    (
        "platform",
        &[
            "audit",
            "clients",
            "error",
            "ids",
            "oauth",
            "recruiting",
            "state",
            "wire",
        ],
    ),
    (
        "recruiting",
        &[
            "audit", "crypto", "db", "error", "ids", "keys", "oauth", "state", "wire",
        ],
    ),
    (
        "server",
        &[
            "oauth",
            "ops",
            "platform",
            "recruiting",
            "state",
            "webhooks",
            "wire",
        ],
    ),
    // `App` holds what every slice keeps in memory, and every slice is handed the `App`.
    (
        "state",
        &[
            "clients",
            "clock",
            "crypto",
            "db",
            "error",
            "ids",
            "keys",
            "metrics",
            "oauth",
            "ops",
            "recruiting",
            "webhooks",
        ],
    ),
    ("webhooks", &["audit", "crypto", "db", "error", "ids", "state"]),
    ("wire", &["crypto", "error", "ids", "metrics", "state"]),
];

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

#[test]
fn modules_know_only_those_they_may() {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        if !source.is_test() && !["cli", "main"].contains(&source.module()) {
            let known = known(&source);
            found.entry(source.module().to_owned()).or_default().extend(known);
        }
    }
    let allowed: BTreeMap<String, BTreeSet<String>> = MAY_KNOW
        .iter()
        .map(|(module, known)| {
            (
                (*module).to_owned(),
                known.iter().map(|name| (*name).to_owned()).collect(),
            )
        })
        .collect();
    let mut complaints = Vec::new();
    for (module, known) in &found {
        let Some(allowed) = allowed.get(module) else {
            complaints.push(format!("{module} is not in the table"));
            continue;
        };
        complaints.extend(
            known
                .difference(allowed)
                .map(|other| format!("{module} uses {other}")),
        );
        complaints.extend(
            allowed
                .difference(known)
                .map(|other| format!("{module} may use {other}, and does not")),
        );
    }
    complaints.extend(
        allowed
            .keys()
            .filter(|module| !found.contains_key(*module))
            .map(|module| format!("there is no {module}")),
    );
    assert_none(&complaints, "the modules do not know each other as MAY_KNOW says");
}

#[test]
fn nobody_knows_the_command_line_and_only_it_knows_the_server() {
    let complaints: Vec<String> = sources()
        .iter()
        .filter(|source| !["cli", "main"].contains(&source.module()))
        .flat_map(|source| {
            known(source)
                .into_iter()
                .map(move |name| (source.path.clone(), name))
        })
        .filter(|(_, name)| name == "cli" || name == "server")
        .map(|(path, name)| format!("{path} uses {name}"))
        .collect();
    assert_none(&complaints, "cli and server are at the top");
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
            ("ops/log.rs", "unsafe { x() }", "unsafe code"),
        ] {
            assert_eq!(broken_by(path, line), [what], "{path}: {line}");
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
