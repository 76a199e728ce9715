//! Files that variables name, and `.env`, the file of variables.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::geteuid;

use super::{refusal_in, run};

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
fn a_slip_in_the_file_of_variables_prints_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    write_dotenv(dir.path(), "PARTNER_MASTER_KEY=s3cret with spaces\n");
    let error = refusal_in(dir.path(), &[]);
    assert!(error.contains(".env"), "{error}");
}
