//! What the service is told from outside: every variable is documented, and a wrong value is explained.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Args;
use nix::unistd::geteuid;
use talentsoft_partner::config::{
    ConsoleConfig, DatabaseConfig, ListenConfig, LogConfig, ProcessConfig, PublicConfig, ServiceConfig,
};
use test_support::PATIENCE;

const GOOD_KEY: &str = "Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8=";
/// Stands in everything that must never be printed.
const SECRET: &str = "s3cret";

/// The arguments of the command that have a variable.
fn arguments() -> Vec<clap::Arg> {
    let command = clap::Command::new("defined");
    let command = DatabaseConfig::augment_args(command);
    let command = PublicConfig::augment_args(command);
    let command = ServiceConfig::augment_args(command);
    let command = ListenConfig::augment_args(command);
    let command = ConsoleConfig::augment_args(command);
    let command = ProcessConfig::augment_args(command);
    let command = LogConfig::augment_args(command);
    let arguments = command
        .get_arguments()
        .filter(|argument| argument.get_env().is_some());
    arguments.cloned().collect()
}

fn variable(argument: &clap::Arg) -> String {
    argument.get_env().unwrap().to_str().unwrap().to_owned()
}

/// Each variable with its default, as the command defines them, but for those that are known in order to be refused.
fn defined() -> BTreeMap<String, String> {
    let arguments = arguments();
    let shown = arguments.iter().filter(|argument| !argument.is_hide_set());
    shown
        .map(|argument| {
            let defaults = argument.get_default_values().iter();
            let defaults = defaults.map(|value| value.to_str().unwrap()).collect();
            (variable(argument), defaults)
        })
        .collect()
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs the program in `dir` with these variables and no others. It must end by itself.
fn run(dir: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_talentsoft-partner"))
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("PARTNER_LISTEN", "127.0.0.1:0")
        .env("PARTNER_OPS_LISTEN", "127.0.0.1:0")
        .env("PARTNER_ADMIN_LISTEN", "off")
        .env("PARTNER_DATA_DIR", dir.join("data"))
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("the program did not end by itself: {arguments:?} {variables:?}");
        }
        sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

/// What the program says about these variables, on one line. It must refuse them, and must not print a secret.
fn refusal_in(dir: &Path, variables: &[(&str, &str)]) -> String {
    refusal_of(dir, &["serve"], variables)
}

/// The same of a command.
fn refusal_of(dir: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(dir, arguments, variables);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{variables:?} was accepted");
    assert!(output.stdout.is_empty(), "{variables:?} wrote to standard output");
    assert!(!error.contains(SECRET), "{variables:?} printed a secret: {error}");
    error.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn refusal(variables: &[(&str, &str)]) -> String {
    refusal_in(tempfile::tempdir().unwrap().path(), variables)
}

#[test]
fn the_example_has_every_variable_with_a_sentence_and_its_default() {
    let text = read(".env.example");
    let mut shown = BTreeMap::new();
    let mut line_before = "";
    for line in text.lines() {
        let setting = line.strip_prefix('#').and_then(|line| line.split_once('='));
        if let Some((variable, default)) = setting.filter(|(variable, _)| !variable.contains(' ')) {
            let is_sentence = line_before.starts_with("# ") && line_before.ends_with('.');
            assert!(is_sentence, "{variable} has no sentence above it");
            shown.insert(variable.to_owned(), default.to_owned());
        }
        line_before = line;
    }
    assert_eq!(shown, defined());
}

#[test]
fn the_operations_manual_has_every_variable_with_its_default() {
    let text = read("docs/OPERATIONS.md");
    let table = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let shown: BTreeMap<String, String> = table
        .filter_map(|row| {
            let (variable, rest) = row.split_once("` | ")?;
            let default = rest.split(" | ").next()?.trim_matches('`');
            let is_variable = variable.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            is_variable.then(|| (variable.to_owned(), default.replace('–', "")))
        })
        .collect();
    assert_eq!(shown, defined());
}

#[test]
fn the_operations_manual_has_every_variable_that_is_refused() {
    let text = read("docs/OPERATIONS.md");
    let arguments = arguments();
    let hidden = arguments.iter().filter(|argument| argument.is_hide_set());
    let refused: Vec<String> = hidden.map(variable).collect();
    assert!(!refused.is_empty());
    for variable in refused {
        assert!(text.contains(&format!("`{variable}`")), "{variable}");
        let error = refusal(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example"),
            (&variable, "/nowhere/file.pem"),
        ]);
        assert!(error.contains(&format!("{variable} is set, but")), "{error}");
    }
}

#[test]
fn the_command_takes_these_variables_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["serve", "--help"], &[]);
    let help = String::from_utf8(output.stdout).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: Vec<&str> = help
        .split("[env: ")
        .skip(1)
        .map(|rest| rest.split(['=', ']']).next().unwrap())
        .collect();
    shown.sort_unstable();
    assert_eq!(shown, defined().keys().collect::<Vec<_>>());
}

#[test]
fn a_wrong_value_is_named_with_its_variable_and_what_it_should_be() {
    for (variable, value, expected) in [
        ("PARTNER_DATABASE_CONNECTIONS", "1", "a number from 2 to 1000"),
        ("PARTNER_DATABASE_CONNECTIONS", "many", "a number from 2 to 1000"),
        ("PARTNER_MASTER_KEY_FILE", "/nowhere/key", "cannot be read"),
        (
            "PARTNER_MASTER_KEY_FILE",
            "/dev/null",
            "32 random bytes as 64 hex digits or as base64",
        ),
        (
            "PARTNER_PUBLIC_URL",
            "http://api.partner.example",
            "should be an https URL",
        ),
        (
            "PARTNER_PUBLIC_URL",
            "api.partner.example",
            "such as https://api.partner.example",
        ),
        ("PARTNER_TOKEN_TTL", "59", "a number from 60 to 3600 seconds"),
        ("PARTNER_TOKEN_TTL", "3601", "a number from 60 to 3600 seconds"),
        (
            "PARTNER_TRUSTED_PROXIES",
            "10.0.0.0/33",
            "addresses or networks with commas between",
        ),
        (
            "PARTNER_FORWARDED_HEADER",
            "x-real-ip",
            "x-forwarded-for or forwarded",
        ),
        (
            "PARTNER_LISTEN",
            "8080",
            "an address and a port, such as 0.0.0.0:8080",
        ),
        ("PARTNER_LISTEN", "192.0.2.1:1", "cannot be listened on"),
        (
            "PARTNER_OPS_LISTEN",
            "localhost",
            "an address and a port, such as 0.0.0.0:8080",
        ),
        (
            "PARTNER_ADMIN_LISTEN",
            "8082",
            "an address and a port, such as 0.0.0.0:8080, or off",
        ),
        (
            "PARTNER_ADMIN_URL",
            "http://console.partner.example",
            "an https URL without query and fragment",
        ),
        (
            "PARTNER_OIDC_ISSUER",
            "http://login.company.example",
            "an https URL without query and fragment",
        ),
        ("PARTNER_REFUSAL_DAYS", "0", "a number from 1 to 366"),
        ("PARTNER_REFUSALS_PER_HOUR", "10001", "a number from 0 to 10000"),
        ("PARTNER_TITLE_INDEXES", "0", "a number from 1 to 1000"),
        ("PARTNER_TITLE_INDEXES", "1001", "a number from 1 to 1000"),
        ("PARTNER_WORKERS", "257", "a number from 0 to 256"),
        ("PARTNER_KEEP_ALIVE", "0", "a number from 1 to 3600"),
        ("PARTNER_KEEP_ALIVE", "10m", "a number from 1 to 3600"),
        ("PARTNER_SHUTDOWN_GRACE", "-1", "a number from 0 to 3600"),
        (
            "PARTNER_LOG",
            "a=b=c",
            "a level such as info, or filters such as info,sqlx=debug",
        ),
        ("PARTNER_LOG_FORMAT", "xml", "should be text or json"),
        ("OTEL_TRACES_EXPORTER", "zipkin", "should be otlp, or none"),
        ("PG_BIN_DIR", "/nowhere/bin", "initdb and postgres are missing"),
    ] {
        let error = refusal(&[(variable, value)]);
        for part in [variable, value, expected] {
            assert!(
                error.contains(part),
                "{variable}={value}: no `{part}` in: {error}"
            );
        }
    }
}

#[test]
fn a_wrong_secret_is_named_and_never_printed() {
    let key = ("PARTNER_MASTER_KEY", GOOD_KEY);
    for (variables, expected) in [
        (
            &[("PARTNER_MASTER_KEY", "s3cret")][..],
            "PARTNER_MASTER_KEY is invalid: a master key is 32 random bytes",
        ),
        (
            &[("DATABASE_URL", "postgres://partner:s3cret@[/partner"), key],
            "DATABASE_URL is invalid: it is refused",
        ),
        (
            &[("DATABASE_URL", "s3cret"), key],
            "DATABASE_URL is invalid: it should be postgres://user:password@host:port/database",
        ),
        (
            &[
                (
                    "DATABASE_URL",
                    "postgres://partner:s3cret@127.0.0.1/p?keepalives=1",
                ),
                key,
            ],
            "DATABASE_URL is invalid: its option `keepalives` is not one that the service honours",
        ),
        (
            &[
                ("DATABASE_URL", "postgres://partner:s3cret@127.0.0.1/p"),
                (
                    "DATABASE_DIRECT_URL",
                    "postgres://partner:s3cret@127.0.0.1:port/p",
                ),
                key,
            ],
            "DATABASE_DIRECT_URL is invalid: it should be postgres://",
        ),
    ] {
        let error = refusal(variables);
        assert!(error.contains(expected), "{variables:?}: {error}");
    }
    // A service would wait for it.
    let dir = tempfile::tempdir().unwrap();
    let url = ("DATABASE_URL", "postgres://partner:s3cret@127.0.0.1:1/partner");
    let error = refusal_of(dir.path(), &["customer", "list"], &[url, key]);
    let expected = "the database of DATABASE_URL cannot be reached: error communicating with database: Connection refused";
    assert!(error.contains(expected), "{error}");
    assert_eq!(error.matches("Connection refused").count(), 1, "{error}");
}

#[test]
fn variables_that_do_not_go_together_are_named() {
    for (variables, expected) in [
        (
            &[
                ("PARTNER_MASTER_KEY", GOOD_KEY),
                ("PARTNER_MASTER_KEY_FILE", "/dev/null"),
            ][..],
            "PARTNER_MASTER_KEY and PARTNER_MASTER_KEY_FILE are both set; set one of them",
        ),
        (
            &[("DATABASE_URL", "postgres://partner:s3cret@127.0.0.1:1/partner")],
            "DATABASE_URL is set, so PARTNER_MASTER_KEY_FILE or PARTNER_MASTER_KEY should be set too",
        ),
        (
            &[("PARTNER_TLS_CERT", "/nowhere/cert.pem")],
            "PARTNER_TLS_CERT and PARTNER_TLS_KEY belong together; set both or none",
        ),
        (
            &[
                ("PARTNER_TLS_CERT", "/nowhere/cert.pem"),
                ("PARTNER_TLS_KEY", "/nowhere/key.pem"),
            ],
            "PARTNER_TLS_CERT is /nowhere/cert.pem, which should be a PEM file",
        ),
        (
            &[
                ("PARTNER_TLS_CERT", "/dev/null"),
                ("PARTNER_TLS_KEY", "/nowhere/key.pem"),
            ],
            "PARTNER_TLS_CERT is /dev/null, which holds no certificate",
        ),
        (
            &[("PARTNER_RETENTION_DAYS", "29")],
            "PARTNER_RETENTION_DAYS should be at least PARTNER_INVITATION_DAYS, which is 30",
        ),
        (
            &[(
                "PARTNER_PLATFORM_WEBHOOK_URL",
                "https://platform.partner.example/hooks",
            )],
            "PARTNER_PLATFORM_WEBHOOK_SECRET_FILE should be set too",
        ),
        (
            &[("PARTNER_REDIS_URL", "http://partner:s3cret@127.0.0.1:6379")],
            "PARTNER_REDIS_URL is invalid: it should be redis://user:password@host:port/number, or rediss:// for TLS",
        ),
        (
            &[("PARTNER_REDIS_URL", "redis://partner:s3cret@127.0.0.1:port")],
            "PARTNER_REDIS_URL is invalid",
        ),
        (
            // It would trust every certificate.
            &[("PARTNER_REDIS_URL", "rediss://partner:s3cret@127.0.0.1/#insecure")],
            "PARTNER_REDIS_URL is invalid",
        ),
    ] {
        let error = refusal(variables);
        assert!(error.contains(expected), "{variables:?}: {error}");
    }
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let make = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(path("cert.pem"), make().cert.pem()).unwrap();
    fs::write(path("key.pem"), make().signing_key.serialize_pem()).unwrap();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let error = refusal(&[("PARTNER_TLS_CERT", &cert), ("PARTNER_TLS_KEY", &key)]);
    let expected = "PARTNER_TLS_KEY should be the key of the certificate in PARTNER_TLS_CERT";
    assert!(error.contains(expected), "{error}");
}

/// Files of secrets, keys and certificates are read with what editors add to them, and refused in another encoding by name.
#[test]
fn files_are_read_with_what_editors_add_to_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let utf_16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let texts = [
        ("PARTNER_TLS_CERT", certified.cert.pem()),
        ("PARTNER_TLS_KEY", certified.signing_key.serialize_pem()),
        (
            "PARTNER_PLATFORM_WEBHOOK_SECRET_FILE",
            "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned(),
        ),
        ("PARTNER_MASTER_KEY_FILE", "0123456789abcdef".repeat(4)),
    ];
    let (address, platform) = ("127.0.0.1:0", "https://platform.partner.example/");
    let common = [
        ("PARTNER_LISTEN", address),
        ("PARTNER_OPS_LISTEN", address),
        ("PARTNER_PLATFORM_WEBHOOK_URL", platform),
        // The last of all to be read, so that the program does not go on to serve.
        ("DATABASE_URL", "nonsense"),
    ];
    let files: Vec<(&str, String)> = texts
        .iter()
        .map(|(variable, _)| (*variable, path(variable)))
        .collect();
    let variables: Vec<(&str, &str)> = common
        .into_iter()
        .chain(files.iter().map(|(variable, file)| (*variable, file.as_str())))
        .collect();
    let write = |variable: &str, content: &[u8]| {
        fs::write(path(variable), content).unwrap();
        // Of a file that others may read there would be a warning.
        fs::set_permissions(path(variable), fs::Permissions::from_mode(0o600)).unwrap();
    };
    for line_end in ["\n", "\r\n", "\r"] {
        for (variable, text) in &texts {
            let text = text.replace("\r\n", "\n").replace('\n', line_end);
            write(
                variable,
                format!("\u{feff}{text} \t{line_end}{line_end}").as_bytes(),
            );
        }
        let error = refusal_in(dir.path(), &variables);
        assert!(error.contains("DATABASE_URL"), "{line_end:?}: {error}");
        assert!(
            files.iter().all(|(variable, _)| !error.contains(variable)),
            "{line_end:?}: {error}"
        );
    }
    for (variable, text) in texts.iter().rev() {
        write(variable, &utf_16(&format!("\u{feff}{text}")));
        let error = refusal_in(dir.path(), &variables);
        let is_named = error.contains(variable) && error.contains("it is in UTF-16; save it as UTF-8");
        assert!(is_named, "{variable}: {error}");
    }
}

/// Writes `.env`, and returns its path.
fn write_dotenv(dir: &Path, content: &str) -> PathBuf {
    let file = dir.join(".env");
    fs::write(&file, content).unwrap();
    set_mode(&file, 0o644);
    file
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Whoever may write to a folder above another one would otherwise say which programs are run there, `PG_BIN_DIR` among them.
#[test]
fn a_file_of_variables_above_the_working_directory_is_not_read() {
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join("below");
    fs::create_dir(&dir).unwrap();
    write_dotenv(above.path(), "PARTNER_LOG_FORMAT=xml\n");
    let output = run(&dir, &["key", "new-master"], &[]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_file_of_variables_that_others_may_write_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = write_dotenv(dir.path(), "PARTNER_WORKERS=2\n");
    for mode in [0o664, 0o646, 0o666] {
        set_mode(&file, mode);
        let error = refusal_in(dir.path(), &[]);
        assert!(error.contains("`chmod go-w .env`"), "{mode:o}: {error}");
    }
    fs::remove_file(&file).unwrap();
    // A folder of that name is no file of variables.
    fs::create_dir(&file).unwrap();
    let output = run(dir.path(), &["key", "new-master"], &[]);
    assert!(output.status.success(), "{output:?}");
}

/// As in /root for the account of the package; a file that is there and cannot be opened is another matter.
#[test]
fn where_the_working_directory_cannot_be_searched_there_is_no_file_of_variables() {
    let dir = tempfile::tempdir().unwrap();
    let file = write_dotenv(dir.path(), "PARTNER_WORKERS=2\n");
    // What root may do all the same is taken from it.
    let script = r#"cd "$1" && chmod "$2" "$3" && exec ${4:+setpriv "$4"} "$0" key new-master"#;
    let bound = "--bounding-set=-dac_override,-dac_read_search";
    let run = |mode: &str, path: &str| {
        Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_talentsoft-partner")])
            .arg(dir.path())
            .args([mode, path, if geteuid().is_root() { bound } else { "" }])
            .env_remove("PARTNER_WORKERS")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let output = run("0000", ".env");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success(),
        "a file that cannot be opened was ignored"
    );
    let expected = "talentsoft-partner: the file .env cannot be read: Permission denied (os error 13)\n";
    assert_eq!(error, expected);
    set_mode(&file, 0o644);
    let output = run("0000", ".");
    set_mode(dir.path(), 0o700);
    assert!(output.status.success(), "{output:?}");
}

/// Only root can make a file that is another user's.
#[test]
fn a_file_of_variables_of_another_user_is_refused() {
    if !geteuid().is_root() {
        return;
    }
    let other = Some(12345);
    let dir = tempfile::tempdir().unwrap();
    let file = write_dotenv(dir.path(), "PARTNER_WORKERS=2\n");
    chown(&file, other, None).unwrap();
    let error = refusal_in(dir.path(), &[]);
    let expected = "the file .env belongs to the user with the number 12345";
    assert!(error.contains(expected), "{error}");
    // A link leads whither its owner wants.
    fs::rename(&file, dir.path().join("variables")).unwrap();
    chown(dir.path().join("variables"), Some(0), None).unwrap();
    symlink("variables", &file).unwrap();
    let new_master = || run(dir.path(), &["key", "new-master"], &[]);
    assert!(new_master().status.success());
    lchown(&file, other, None).unwrap();
    let error = refusal_in(dir.path(), &[]);
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_file_of_variables_is_read_and_the_environment_wins() {
    let dir = tempfile::tempdir().unwrap();
    for content in ["PARTNER_WORKERS=few\n", "\u{feff}PARTNER_WORKERS=few\r\n"] {
        write_dotenv(dir.path(), content);
        let error = refusal_in(dir.path(), &[]);
        assert!(
            error.contains("'few'") && error.contains("PARTNER_WORKERS"),
            "{content:?}: {error}"
        );
    }
    let error = refusal_in(dir.path(), &[("PARTNER_WORKERS", "fewer")]);
    assert!(error.contains("'fewer'"), "{error}");
}

#[test]
fn the_help_does_not_print_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let variables = [
        ("DATABASE_URL", "postgres://partner:s3cret@host/partner"),
        ("PARTNER_MASTER_KEY", "s3cret"),
        ("PARTNER_REDIS_URL", "redis://partner:s3cret@host"),
    ];
    let output = run(dir.path(), &["serve", "--help"], &variables);
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("PARTNER_MASTER_KEY"), "{help}");
    assert!(!help.contains(SECRET), "{help}");
}

#[test]
fn a_slip_in_the_file_of_variables_prints_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    write_dotenv(dir.path(), "PARTNER_MASTER_KEY=s3cret with spaces\n");
    let error = refusal_in(dir.path(), &[]);
    assert!(error.contains(".env"), "{error}");
}

#[test]
fn an_empty_path_counts_as_absent() {
    let variables = [
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "PG_BIN_DIR",
        "PARTNER_MASTER_KEY_FILE",
        "PARTNER_TLS_CERT",
        "PARTNER_TLS_KEY",
    ];
    for variable in variables {
        // The last of these stops the program, so that it does not go on to serve.
        let error = refusal(&[
            (variable, ""),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
            ("PARTNER_LISTEN", "192.0.2.1:1"),
        ]);
        assert!(error.contains("cannot be listened on"), "{variable}: {error}");
    }
}
