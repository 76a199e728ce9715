//! The data directory of a root service whose server runs as another account; only root needs one.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use tempfile::TempDir;

use super::harness::{directory, execute, options, query};
use crate::choose::account_identity;
use crate::identity::Account;
use crate::layout::Layout;
use crate::lock::OwnerLock;
use crate::reachable::choose;
use crate::{Error, Options, PrivatePostgres, locate};

/// A host without user namespaces: a home that only root may enter, and a stand-in for `/var/lib`.
struct Host {
    directory: TempDir,
    account: Account,
}

impl Host {
    /// `None` where this process is not root, or there is no account.
    fn new() -> Option<Self> {
        let account = Account::find().ok().filter(|_| geteuid().is_root())?;
        let host = Self {
            directory: directory(),
            account,
        };
        fs::create_dir(host.home()).unwrap();
        set_mode(&host.home(), 0o700);
        Some(host)
    }

    fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    fn find(&self, preferred: &Path) -> Result<PathBuf, Error> {
        choose(preferred, &self.root(), &self.account, |_| false)
    }

    /// Starts a cluster as the account.
    fn start(&self, options: &Options) -> PrivatePostgres {
        let layout = Layout::prepare(&options.data_dir).unwrap();
        let programs = locate::find(None, &layout).unwrap();
        let lock = OwnerLock::take(&layout).unwrap();
        let identity = account_identity(&layout, self.account.clone()).unwrap();
        PrivatePostgres::own_as(options, &layout, lock, programs, identity).unwrap()
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn data_in_a_closed_home_goes_where_the_account_can_enter_and_is_found_again() {
    let Some(host) = Host::new() else { return };
    let preferred = host.home().join("checkout/data");
    let data_dir = host.find(&preferred).unwrap();
    assert_eq!(data_dir.parent(), Some(host.root().as_path()));
    assert!(!preferred.exists());
    let server = host.start(&options(&data_dir));
    execute(server.database_url(), "create table kept as select 'yes' as word");
    server.stop().unwrap();

    assert_eq!(host.find(&preferred).unwrap(), data_dir);
    let server = host.start(&options(&data_dir));
    assert_eq!(query(server.database_url(), "select word from kept"), "yes");
    server.stop().unwrap();

    // The account can change what is in its cluster, and not what root opens.
    let owner = |path: &Path| path.metadata().unwrap().uid();
    assert_eq!(owner(&data_dir.join("postgres")), host.account.uid.as_raw());
    for dir in [host.root(), data_dir.clone()] {
        assert_eq!((owner(&dir), dir.metadata().unwrap().mode() & 0o777), (0, 0o701));
    }
    // Whether or not namespaces are allowed by now, the data stays where it is.
    let later = choose(&preferred, &host.root(), &host.account, |_| true);
    assert_eq!(later.unwrap(), data_dir);
}

#[test]
fn each_path_has_a_directory_of_its_own_however_it_is_written() {
    let Some(host) = Host::new() else { return };
    let home = host.home();
    fs::create_dir(home.join("a")).unwrap();
    symlink(home.join("a"), home.join("link")).unwrap();
    let a = host.find(&home.join("a/data")).unwrap();
    assert_eq!(host.find(&home.join("link/../a/./data")).unwrap(), a);
    assert_eq!(host.find(&home.join("link/data")).unwrap(), a);
    assert_ne!(host.find(&home.join("b/data")).unwrap(), a);
}

#[test]
fn a_directory_that_the_server_can_enter_is_taken_as_it_is() {
    let Some(host) = Host::new() else { return };
    let in_namespace = choose(&host.home().join("data"), &host.root(), &host.account, |_| true);
    assert_eq!(in_namespace.unwrap(), host.home().join("data"));
    let open = host.directory.path().join("open/data");
    assert_eq!(host.find(&open).unwrap(), open);
    assert_eq!(open.metadata().unwrap().mode() & 0o777, 0o701);
    // A cluster that was created before the home was closed is not silently replaced by an empty one.
    let closed = host.home().join("old");
    fs::create_dir_all(closed.join("postgres")).unwrap();
    assert_eq!(host.find(&closed).unwrap(), closed);
    assert!(!host.root().exists());
}

#[test]
fn a_directory_that_another_user_made_is_refused() {
    let Some(host) = Host::new() else { return };
    let preferred = host.home().join("data");
    let data_dir = host.find(&preferred).unwrap();
    let refused = |dir: &Path| {
        let error = host.find(&preferred).unwrap_err();
        assert!(
            matches!(&error, Error::Unprotected { dir: found } if found == dir),
            "{error}"
        );
    };
    for dir in [host.root(), data_dir.clone()] {
        chown(&dir, Some(host.account.uid.as_raw()), None).unwrap();
        refused(&dir);
        chown(&dir, Some(0), None).unwrap();
        for mode in [0o703, 0o721] {
            set_mode(&dir, mode);
            refused(&dir);
        }
        set_mode(&dir, 0o701);
    }
    fs::remove_dir(&data_dir).unwrap();
    symlink(host.home(), &data_dir).unwrap();
    refused(&data_dir);
}

#[test]
fn without_any_directory_the_error_says_what_is_closed_and_why_no_other_one_is_used() {
    let Some(host) = Host::new() else { return };
    fs::write(host.root(), "").unwrap();
    let error = host.find(&host.home().join("data")).unwrap_err().to_string();
    for part in [host.home(), host.root()] {
        assert!(error.contains(part.to_str().unwrap()), "{error}");
    }
    assert!(error.contains("chmod o+x"), "{error}");
}
