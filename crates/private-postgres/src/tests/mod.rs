//! The private server from outside: real programs, real processes, real kills.

mod harness;
mod reachable;
mod unprivileged;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::geteuid;

use crate::choose::account_identity;
use crate::identity::Account;
use crate::layout::Layout;
use crate::locate;
use crate::lock::OwnerLock;
use crate::{Durability, Error, Options, PrivatePostgres, find_running, sweep_abandoned};
use harness::{
    OWNER_ORDER, Owner, directory, execute, has_gone, options, pid_of, postmaster_pid, query, temporary,
    wait_until,
};

/// Not a test: what a process that [`Owner::spawn`] starts does instead of testing.
#[test]
fn owner_process() {
    let Ok(data_dir) = fs::read_to_string(OWNER_ORDER) else {
        return;
    };
    let _db = PrivatePostgres::start(&options(Path::new(&data_dir))).unwrap();
    loop {
        thread::park();
    }
}

#[test]
fn a_server_that_ended_by_itself_is_started_again_and_one_that_was_stopped_is_not() {
    let (_parent, options) = temporary();
    let db = PrivatePostgres::start(&options).unwrap();
    execute(db.database_url(), "create table kept as select 'yes' as word");
    // A throw-away cluster loses what is only in its log.
    execute(db.database_url(), "checkpoint");
    let restarter = db.restarter().unwrap();
    assert!(!restarter.is_needed());
    restarter.start_again().unwrap();
    let first = db.postmaster_pid();
    kill(pid_of(first), Signal::SIGKILL).unwrap();
    wait_until("its end is known", || restarter.is_needed());

    restarter.start_again().unwrap();
    let second = db.postmaster_pid();
    assert_ne!(first, second);
    assert!(!restarter.is_needed());
    assert_eq!(query(db.database_url(), "select word from kept"), "yes");
    assert!(matches!(
        PrivatePostgres::start(&options),
        Err(Error::InUse { .. })
    ));
    let attached = PrivatePostgres::start_or_attach(&options).unwrap();
    assert!(attached.restarter().is_none());

    db.stop().unwrap();
    assert!(has_gone(second));
    assert!(!restarter.is_needed());
    restarter.start_again().unwrap();
    assert_eq!(find_running(&options.data_dir).unwrap(), None);
}

#[test]
fn a_restart_finds_the_data_again() {
    let (_parent, options) = temporary();
    let db = PrivatePostgres::start(&options).unwrap();
    assert!(db.is_owner());
    assert_eq!(
        query(db.database_url(), "select current_database()::text"),
        "partner"
    );
    assert_eq!(
        query(&db.database_url_of("postgres"), "select current_database()::text"),
        "postgres"
    );
    execute(db.database_url(), "create table kept as select 'yes' as word");
    let (pid, log_file) = (db.postmaster_pid(), db.log_file().to_owned());
    db.stop().unwrap();
    assert!(has_gone(pid));
    assert!(log_file.is_file());
    assert_eq!(find_running(&options.data_dir).unwrap(), None);

    let db = PrivatePostgres::start(&options).unwrap();
    assert_eq!(query(db.database_url(), "select word from kept"), "yes");
    let pid = db.postmaster_pid();
    drop(db);
    assert!(has_gone(pid), "dropping the owner stops the server");
}

#[test]
fn settings_follow_the_durability() {
    let sql = "select current_setting('fsync') || current_setting('autovacuum') || current_setting('listen_addresses')
               || current_setting('max_connections')";
    let (_parent, mut options) = temporary();
    let db = PrivatePostgres::start(&options).unwrap();
    assert_eq!(query(db.database_url(), sql), "offoff10");
    db.stop().unwrap();
    options.durability = Durability::Full;
    let db = PrivatePostgres::start(&options).unwrap();
    assert_eq!(query(db.database_url(), sql), "onon10");
}

#[test]
fn a_second_owner_is_refused_and_a_second_reader_attaches() {
    let (_parent, options) = temporary();
    let owner = PrivatePostgres::start(&options).unwrap();
    let error = PrivatePostgres::start(&options).unwrap_err();
    assert!(
        matches!(&error, Error::InUse { owner_pid: Some(pid), .. } if *pid == std::process::id()),
        "{error}"
    );

    let attached = PrivatePostgres::start_or_attach(&options).unwrap();
    assert!(!attached.is_owner());
    assert_eq!(attached.database_url(), owner.database_url());
    assert_eq!(attached.postmaster_pid(), owner.postmaster_pid());
    assert_eq!(
        find_running(&options.data_dir).unwrap().as_deref(),
        Some(owner.database_url())
    );
    drop(attached);
    PrivatePostgres::start_or_attach(&options)
        .unwrap()
        .stop()
        .unwrap();
    assert_eq!(query(owner.database_url(), "select 'alive'"), "alive");

    owner.stop().unwrap();
    assert!(PrivatePostgres::start_or_attach(&options).unwrap().is_owner());
}

#[test]
fn an_attaching_process_waits_for_an_owner_that_is_starting() {
    let (_parent, options) = temporary();
    thread::scope(|scope| {
        let handles = [(); 3].map(|()| scope.spawn(|| PrivatePostgres::start_or_attach(&options).unwrap()));
        let dbs = handles.map(|handle| handle.join().unwrap());
        assert_eq!(dbs.iter().filter(|db| db.is_owner()).count(), 1);
        assert!(dbs.iter().all(|db| db.database_url() == dbs[0].database_url()));
    });
}

#[test]
fn the_server_outlives_the_thread_that_started_it() {
    let (_parent, options) = temporary();
    let db = thread::spawn(move || PrivatePostgres::start(&options).unwrap())
        .join()
        .unwrap();
    assert_eq!(query(db.database_url(), "select 'alive'"), "alive");
}

#[test]
fn the_server_ends_with_an_owner_that_is_killed() {
    let (parent, options) = temporary();
    let mut owner = Owner::spawn(parent.path(), &options.data_dir, None);
    let pid = postmaster_pid(&options.data_dir);
    let attached = PrivatePostgres::start_or_attach(&options).unwrap();
    assert_eq!((attached.is_owner(), attached.postmaster_pid()), (false, pid));

    owner.kill();
    wait_until("the server is gone", || has_gone(pid));
    let db = PrivatePostgres::start(&options).unwrap();
    assert_eq!(query(db.database_url(), "select 'alive'"), "alive");
}

#[test]
fn a_new_owner_need_not_wait_for_the_old_server_itself() {
    let (parent, options) = temporary();
    let mut owner = Owner::spawn(parent.path(), &options.data_dir, None);
    let pid = postmaster_pid(&options.data_dir);
    owner.kill();
    let db = PrivatePostgres::start(&options).unwrap();
    assert!(has_gone(pid) && db.postmaster_pid() != pid);
}

#[test]
fn what_a_killed_server_leaves_does_not_block_the_next() {
    let (parent, options) = temporary();
    let mut owner = Owner::spawn(parent.path(), &options.data_dir, None);
    let pid = postmaster_pid(&options.data_dir);
    let (pidfile, socket_lock) = (
        options.data_dir.join("postgres/postmaster.pid"),
        options.data_dir.join("run/.s.PGSQL.5432.lock"),
    );
    kill(pid_of(pid), Signal::SIGKILL).unwrap();
    owner.kill();
    // As after a reboot: both name a live process that has nothing to do with the cluster.
    let bystander = std::process::id().to_string();
    for path in [pidfile, socket_lock] {
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen(&pid.to_string(), &bystander, 1)).unwrap();
    }
    let db = PrivatePostgres::start(&options).unwrap();
    assert_eq!(query(db.database_url(), "select 'alive'"), "alive");
}

#[test]
fn a_path_too_long_for_a_socket_gets_a_short_directory() {
    let parent = directory();
    let data_dir = parent
        .path()
        .join("long ".repeat(20))
        .join("it's, \"so\" %20 + ü".repeat(3));
    let options = options(&data_dir);
    let db = PrivatePostgres::start(&options).unwrap();
    assert_eq!(query(db.database_url(), "select 'alive'"), "alive");
    let socket_dir = PathBuf::from(fs::read_to_string(data_dir.join("postgres.socket-dir")).unwrap());
    assert_eq!(socket_dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let attached = PrivatePostgres::start_or_attach(&options).unwrap();
    assert_eq!(attached.database_url(), db.database_url());
    db.stop().unwrap();
    assert!(!socket_dir.exists());
}

#[test]
fn missing_programs_are_reported() {
    let (parent, mut options) = temporary();
    options.pg_bin_dir = Some(parent.path().to_owned());
    let error = PrivatePostgres::start(&options).unwrap_err();
    assert!(matches!(error, Error::ProgramsNotIn { .. }));
    assert_eq!(
        Error::ProgramsNotFound.to_string(),
        "PostgreSQL's server programs (initdb, postgres) were not found; install them with `apt-get install postgresql` \
         or set PG_BIN_DIR or DATABASE_URL"
    );
}

#[test]
fn a_cluster_of_another_version_is_refused_and_left_alone() {
    let (_parent, options) = temporary();
    PrivatePostgres::start(&options).unwrap().stop().unwrap();
    let path = options.data_dir.join("postgres/PG_VERSION");
    let version = fs::read_to_string(&path).unwrap();
    fs::write(&path, "11\n").unwrap();
    let error = PrivatePostgres::start(&options).unwrap_err();
    assert!(
        matches!(error, Error::VersionMismatch { cluster: 11, .. }),
        "{error}"
    );
    fs::write(&path, "nonsense").unwrap();
    assert!(matches!(
        PrivatePostgres::start(&options).unwrap_err(),
        Error::NotACluster { .. }
    ));
    fs::write(&path, version).unwrap();
    PrivatePostgres::start(&options).unwrap();
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let (_parent, options) = temporary();
    PrivatePostgres::start(&options).unwrap().stop().unwrap();
    let settings = options.data_dir.join("postgres/postgresql.conf");
    File::options()
        .append(true)
        .open(&settings)
        .unwrap()
        .write_all(b"\nno_such_setting = 1\n")
        .unwrap();
    let error = PrivatePostgres::start(&options).unwrap_err();
    assert!(matches!(error, Error::EndedWhileStarting { .. }));
    assert!(
        error.to_string().contains("FATAL:  configuration file"),
        "{error}"
    );
}

/// Root may work in the data directory of another user.
#[test]
fn nothing_is_written_through_a_link_in_the_data_directory() {
    for name in ["postgres.lock", "postgres.log"] {
        let (parent, options) = temporary();
        let victim = parent.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        fs::create_dir(&options.data_dir).unwrap();
        symlink(&victim, options.data_dir.join(name)).unwrap();
        let error = PrivatePostgres::start(&options).unwrap_err();
        assert!(
            matches!(&error, Error::Io { path, .. } if path.ends_with(name)),
            "{error}"
        );
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }
}

#[test]
fn an_unfinished_cluster_is_created_again() {
    let (_parent, options) = temporary();
    let unfinished = options.data_dir.join("postgres.new-0");
    fs::create_dir_all(unfinished.join("base")).unwrap();
    PrivatePostgres::start(&options).unwrap();
    assert!(!unfinished.exists());
}

#[test]
fn only_throw_away_clusters_of_dead_owners_are_swept() {
    let parent = directory();
    let [abandoned, in_use, kept, stranger] =
        ["abandoned", "in use", "kept", "stranger"].map(|name| parent.path().join(name));
    PrivatePostgres::start(&options(&abandoned))
        .unwrap()
        .stop()
        .unwrap();
    PrivatePostgres::start(&options(&kept)).unwrap().stop().unwrap();
    PrivatePostgres::start(&Options {
        durability: Durability::Full,
        ..options(&kept)
    })
    .unwrap()
    .stop()
    .unwrap();
    fs::create_dir(&stranger).unwrap();
    let db = PrivatePostgres::start(&options(&in_use)).unwrap();
    sweep_abandoned(parent.path());
    assert!(!abandoned.exists() && in_use.exists() && kept.exists() && stranger.exists());
    assert_eq!(query(db.database_url(), "select 'alive'"), "alive");
}

/// Only root can become somebody else.
#[test]
fn an_ordinary_user_can_own_a_cluster() {
    let Ok(nobody) = Account::find() else { return };
    let program = std::env::current_exe().unwrap();
    let is_closed = |dir: &Path| dir.metadata().unwrap().permissions().mode() & 0o1 == 0;
    if !geteuid().is_root() || program.ancestors().any(is_closed) {
        return;
    }
    let (parent, options) = temporary();
    chown(
        parent.path(),
        Some(nobody.uid.as_raw()),
        Some(nobody.uid.as_raw()),
    )
    .unwrap();
    let owner = Owner::spawn(parent.path(), &options.data_dir, Some(nobody.uid.as_raw()));
    let url = find_running(&options.data_dir).unwrap().unwrap();
    assert_eq!(query(&url, "select 'alive'"), "alive");
    let pid = postmaster_pid(&options.data_dir);
    drop(owner);
    wait_until("the server is gone", || has_gone(pid));
}

/// Only root has to become somebody else.
#[test]
fn root_falls_back_to_an_account_and_hands_the_cluster_over() {
    let Ok(account) = Account::find() else { return };
    if !geteuid().is_root() {
        return;
    }
    let (parent, options) = temporary();
    let start = || {
        let layout = Layout::prepare(&options.data_dir)?;
        let programs = locate::find(None, &layout)?;
        let lock = OwnerLock::take(&layout)?;
        let identity = account_identity(&layout, account.clone())?;
        PrivatePostgres::own_as(&options, &layout, lock, programs, identity)
    };
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let error = start().unwrap_err();
    assert!(
        matches!(&error, Error::ParentClosed { closed, .. } if closed == parent.path()),
        "{error}"
    );
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o711)).unwrap();

    // Made as root, in a namespace or not, then handed over.
    PrivatePostgres::start(&options).unwrap().stop().unwrap();
    let db = start().unwrap();
    assert_eq!(query(db.database_url(), "select 'alive'"), "alive");
    let status = fs::read_to_string(format!("/proc/{}/status", db.postmaster_pid())).unwrap();
    let uid = account.uid.to_string();
    assert!(
        status
            .lines()
            .any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(1) == Some(&uid))
    );
    db.stop().unwrap();

    // What was handed over stays so.
    let db = PrivatePostgres::start(&options).unwrap();
    assert_eq!(query(db.database_url(), "select 'alive'"), "alive");
}
