//! What only some files may use: SQL, HTTP, the environment, the clock, random numbers, ciphers, unsafe code, transactions.

use std::collections::BTreeSet;

use super::source::{Source, assert_none, source, sources};

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
        // The second has it in the name of a source of log lines.
        open_to: &["/store.rs", "telemetry/statements.rs"],
    },
    Door {
        what: "HTTP",
        words: &["actix_"],
        open_to: &[
            "api/",
            "server.rs",
            "server/",
            "wire/",
            // The name of a source of log lines.
            "config/log.rs",
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
        open_to: &["webhooks/recording/store.rs", "webhooks/store.rs"],
    },
    Door {
        // It takes tens of milliseconds: where it is called, it runs on a thread that may block (`PasswordPool::run`).
        what: "the computation of a password hash",
        words: &["SecretHash::compute", ".recompute("],
        open_to: &["clients/secrets.rs", "oauth/credentials.rs", "staff/password.rs"],
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
    // Its transaction is the last of several steps, in a session that holds a lock.
    "backup/restore.rs",
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
    let violations: Vec<String> = sources().iter().flat_map(unasked_beginnings).collect();
    assert_none(
        &violations,
        "api, cli and housekeeping begin transactions, and no operation does",
    );
}

#[test]
fn beside_the_wire_actix_is_only_the_runtime() {
    let sources = sources();
    let violations: Vec<String> = sources
        .iter()
        .filter(|source| RUNTIME_ONLY.iter().any(|pattern| covers(pattern, &source.path)))
        .filter(|source| source.path != DEMO_RECEIVER)
        .flat_map(|source| source.code().map(move |line| (source, line)))
        .filter(|(_, line)| line.replace("actix_web::rt", "").contains("actix_"))
        .map(|(source, line)| format!("{}: {}", source.path, line.trim()))
        .collect();
    assert_none(&violations, "actix_web::rt is all that these may use of actix");
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
