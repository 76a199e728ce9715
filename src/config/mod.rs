//! The configuration: environment variables, command line options and `.env`.
//!
//! The error of an invalid value names the variable, its value (unless it is a secret) and what is valid.

mod collector;
mod console;
mod data_dir;
mod environment;
mod exposure;
mod keeping;
mod log;
mod market;
mod master_key;
mod parse;
mod process;
mod recruiting;
mod traces;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;

pub use console::{ConsoleConfig, ConsoleListen};
use data_dir::Purpose;
pub use environment::{apply_environment, load_dotenv, notify_socket, sudo_user};
use exposure::warn_if_exposed;
use keeping::KeepingConfig;
pub use log::LogConfig;
use market::MarketConfig;
pub use master_key::read_master_key;
pub use process::{Migrate, ProcessConfig};
use recruiting::RecruitingConfig;
use traces::TraceConfig;

use crate::app::{ForwardedHeader, Settings};
use crate::crypto::seal::MasterKey;
use crate::oauth::TokenSettings;
use crate::oauth::limits::RedisServer;
use crate::wire::certificate::{CertificateFiles, PemFile, ServedCertificate};
use crate::wire::connection::Timeouts;

/// The database, and the master key that its secrets are sealed under.
#[derive(Args, Clone)]
pub struct DatabaseConfig {
    /// PostgreSQL to use, as `postgres://user:password@host/database`, with several hosts as `host1:port,host2:port`; absent:
    /// a private one under the data directory
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true,
        value_name = "URL"
    )]
    database_url: Option<String>,

    /// The same database without a pooler, for LISTEN and migrations; needed where `DATABASE_URL` names a pooler
    #[arg(
        long,
        env = "DATABASE_DIRECT_URL",
        hide_env_values = true,
        global = true,
        value_name = "URL"
    )]
    database_direct_url: Option<String>,

    /// Standbys to read lists, statuses and reports from, as `postgres://user:password@host1:port,host2:port/database`
    #[arg(
        long,
        env = "DATABASE_READ_URL",
        hide_env_values = true,
        global = true,
        value_name = "URL"
    )]
    database_read_url: Option<String>,

    /// Connections that one instance opens at most
    #[arg(long, env = "PARTNER_DATABASE_CONNECTIONS", default_value = "10", global = true, value_name = "NUMBER",
          value_parser = parse::connections)]
    pub database_connections: u32,

    /// Directory of the private PostgreSQL and its master key
    #[arg(
        long,
        env = "PARTNER_DATA_DIR",
        default_value = data_dir::DEFAULT,
        global = true,
        value_name = "DIR"
    )]
    data_dir: PathBuf,

    /// The directory that [`DatabaseConfig::data_dir`] found.
    #[arg(skip)]
    found_data_dir: OnceLock<PathBuf>,

    /// Directory of PostgreSQL's server programs, if they are neither on PATH nor where Debian puts them
    #[arg(long, env = "PG_BIN_DIR", global = true, value_name = "DIR")]
    pg_bin_dir: Option<PathBuf>,

    /// Key that seals the other keys: 32 random bytes as base64 or 64 hex digits (better: the file)
    #[arg(
        long,
        env = "PARTNER_MASTER_KEY",
        hide_env_values = true,
        global = true,
        value_name = "KEY"
    )]
    master_key: Option<String>,

    /// File that holds the master key
    #[arg(long, env = "PARTNER_MASTER_KEY_FILE", global = true, value_name = "FILE")]
    master_key_file: Option<PathBuf>,
}

impl DatabaseConfig {
    /// The database to connect to; `None`: the private one.
    #[must_use]
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_deref()
    }

    /// The same database without a pooler.
    #[must_use]
    pub fn database_direct_url(&self) -> Option<&str> {
        self.database_direct_url.as_deref()
    }

    /// Standbys of the same database.
    #[must_use]
    pub fn database_read_url(&self) -> Option<&str> {
        self.database_read_url.as_deref()
    }

    /// The directory of the private PostgreSQL and its master key.
    ///
    /// If PostgreSQL's account cannot enter the default directory, another one is taken. A directory that was configured is
    /// never replaced: it may be a volume, and nobody would look for the data elsewhere. Root is refused one of another account.
    pub fn data_dir(&self) -> anyhow::Result<&Path> {
        self.data_dir_for(Purpose::Command)
    }

    /// Finds the same directory for a service, before anything else asks for it: root may make one wherever it serves. Without
    /// a private PostgreSQL there is none.
    pub fn find_data_dir_of_service(&self) -> anyhow::Result<()> {
        if self.database_url().is_none() {
            self.data_dir_for(Purpose::Service)?;
        }
        Ok(())
    }

    fn data_dir_for(&self, purpose: Purpose) -> anyhow::Result<&Path> {
        if let Some(found) = self.found_data_dir.get() {
            return Ok(found);
        }
        let found = data_dir::find(&self.data_dir, purpose)?;
        Ok(self.found_data_dir.get_or_init(|| found))
    }

    /// The directory of PostgreSQL's server programs, if it is configured.
    #[must_use]
    pub fn pg_bin_dir(&self) -> Option<PathBuf> {
        self.pg_bin_dir.clone()
    }

    /// The master key; `None` if none is given and that of the private database has not been made, or is lost.
    pub fn master_key(&self) -> anyhow::Result<Option<MasterKey>> {
        match (self.master_key.as_deref(), self.master_key_file.as_deref()) {
            (Some(_), Some(_)) => {
                bail!("PARTNER_MASTER_KEY and PARTNER_MASTER_KEY_FILE are both set; set one of them")
            }
            (Some(text), None) => MasterKey::parse(text)
                .context("PARTNER_MASTER_KEY is invalid")
                .map(Some),
            (None, Some(file)) => read_master_key(file, "PARTNER_MASTER_KEY_FILE").map(Some),
            (None, None) if self.database_url().is_some() => bail!(
                "DATABASE_URL is set, so PARTNER_MASTER_KEY_FILE or PARTNER_MASTER_KEY should be set too; \
                 `openssl rand -base64 32` makes a key"
            ),
            (None, None) => master_key::find_own_master_key(&self.own_master_key_file()?),
        }
    }

    /// Makes the master key of the private database. The caller has made sure that no key is sealed under another one.
    pub fn make_own_master_key(&self) -> anyhow::Result<MasterKey> {
        master_key::make_own_master_key(&self.own_master_key_file()?)
    }

    /// The path of the master key of the private database.
    pub fn own_master_key_file(&self) -> anyhow::Result<PathBuf> {
        Ok(self.data_dir()?.join("master.key"))
    }

    /// Logs a warning for each secret that other users of this machine may read.
    pub fn warn_of_exposed_files(&self) -> anyhow::Result<()> {
        if let Some(file) = &self.master_key_file {
            warn_if_exposed("PARTNER_MASTER_KEY_FILE", file);
        }
        if self.database_url().is_none() {
            warn_if_exposed("PARTNER_DATA_DIR", self.data_dir()?);
            warn_if_exposed("the master key of PARTNER_DATA_DIR", &self.own_master_key_file()?);
        }
        Ok(())
    }
}

/// The URL under which others reach the service.
#[derive(Args, Clone)]
pub struct PublicConfig {
    /// URL that Talentsoft reaches the service at: the issuer, and the audience that assertions must name; absent:
    /// `http://localhost:8080` (`demo`: the port that it listens on)
    #[arg(long, env = "PARTNER_PUBLIC_URL", value_name = "URL", value_parser = parse::public_url, global = true)]
    public_url: Option<String>,
}

/// The default of `PARTNER_PUBLIC_URL`.
const DEFAULT_PUBLIC_URL: &str = "http://localhost:8080";

impl PublicConfig {
    /// The URL, or the default where none is given.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url_or(DEFAULT_PUBLIC_URL)
    }

    /// The URL; `default` where none is given.
    #[must_use]
    pub fn url_or<'a>(&'a self, default: &'a str) -> &'a str {
        self.public_url.as_deref().unwrap_or(default)
    }
}

/// Settings of the service, some of which a client's settings override.
#[derive(Args, Clone)]
pub struct ServiceConfig {
    /// Seconds that an access token is valid, unless its client has a setting of its own
    #[arg(long, env = "PARTNER_TOKEN_TTL", default_value = "3600", value_name = "SECONDS", value_parser = parse::token_ttl)]
    token_ttl: u32,

    /// Redis or Valkey server in which the replicas count their limits together, as `redis://user:password@host/number`, or
    /// rediss:// for TLS; absent: each replica enforces its share
    #[arg(long, env = "PARTNER_REDIS_URL", hide_env_values = true, value_name = "URL")]
    redis_url: Option<String>,

    /// Networks of proxies that are trusted to say who calls, such as 10.0.0.0/8,127.0.0.1
    #[arg(long, env = "PARTNER_TRUSTED_PROXIES", default_value = "", value_name = "NETWORKS", value_parser = parse::networks)]
    trusted_proxies: parse::Networks,

    /// Header in which these proxies say who calls: x-forwarded-for or forwarded (RFC 7239); what they write, not only pass on
    #[arg(long, env = "PARTNER_FORWARDED_HEADER", default_value = "x-forwarded-for", value_name = "HEADER",
          value_parser = parse::forwarded_header)]
    forwarded_header: ForwardedHeader,

    #[command(flatten)]
    keeping: KeepingConfig,

    #[command(flatten, next_help_heading = "Invitations")]
    recruiting: RecruitingConfig,

    #[command(flatten, next_help_heading = "Market data")]
    market: MarketConfig,

    #[command(flatten, next_help_heading = "Traces")]
    traces: TraceConfig,
}

impl ServiceConfig {
    /// Logs a warning for each secret that other users of this machine may read.
    pub fn warn_of_exposed_files(&self) {
        self.recruiting.warn_of_exposed_files();
    }

    /// The application's settings, with the public URL `public_url`.
    pub fn settings(&self, public_url: &str) -> anyhow::Result<Settings> {
        let settings = self.keeping.apply(Settings::at(public_url));
        self.recruiting.apply(Settings {
            tokens: TokenSettings {
                token_ttl_seconds: self.token_ttl,
                ..settings.tokens
            },
            redis: self.redis()?,
            trusted_proxies: self.trusted_proxies.0.clone(),
            market: self.market.settings(),
            forwarded_header: self.forwarded_header,
            traces: self.traces.settings()?,
            ..settings
        })
    }

    /// Parses the URL here and not by `clap`, which would print an invalid value with its password.
    fn redis(&self) -> anyhow::Result<Option<RedisServer>> {
        let parsed = self.redis_url.as_deref().map(str::parse);
        parsed.transpose().context("PARTNER_REDIS_URL is invalid")
    }
}

/// Where health and metrics are.
#[derive(Args, Clone)]
pub struct OpsConfig {
    /// Address and port of health and metrics; keep it private
    #[arg(long, env = "PARTNER_OPS_LISTEN", default_value = "127.0.0.1:8081", value_name = "ADDRESS",
          value_parser = |text: &str| parse::address(text, "PARTNER_OPS_LISTEN"))]
    pub ops_listen: SocketAddr,
}

/// Addresses, TLS, threads and the end of the service.
#[derive(Args, Clone)]
pub struct ListenConfig {
    /// Address and port of the public service
    #[arg(long, env = "PARTNER_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS",
          value_parser = |text: &str| parse::address(text, "PARTNER_LISTEN"))]
    pub listen: SocketAddr,

    /// Where health and metrics are.
    #[command(flatten)]
    pub ops: OpsConfig,

    /// PEM file of the certificate chain; without it the service speaks plain HTTP
    #[arg(long, env = "PARTNER_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,

    /// PEM file of the certificate's key
    #[arg(long, env = "PARTNER_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,

    /// Seconds for which an idle connection is kept; more than the proxy or balancer in front keeps those to the service
    #[arg(long, env = "PARTNER_KEEP_ALIVE", default_value = "75", value_name = "SECONDS",
          value_parser = |text: &str| parse::number(text, "PARTNER_KEEP_ALIVE", 1, 3600))]
    keep_alive: u32,

    /// Threads that answer requests; 0: one for each core
    #[arg(long, env = "PARTNER_WORKERS", default_value = "0", value_name = "NUMBER",
          value_parser = |text: &str| parse::number(text, "PARTNER_WORKERS", 0, 256))]
    pub workers: u32,
}

impl ListenConfig {
    /// Logs a warning for each secret that other users of this machine may read.
    pub fn warn_of_exposed_files(&self) {
        if let Some(file) = &self.tls_key {
            warn_if_exposed("PARTNER_TLS_KEY", file);
        }
    }

    /// How long a client may take.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        Timeouts {
            idle: Duration::from_secs(self.keep_alive.into()),
            ..Timeouts::default()
        }
    }

    /// The certificate of the public socket, if there is one.
    pub fn certificate(&self) -> anyhow::Result<Option<Arc<ServedCertificate>>> {
        let (cert, key) = match (&self.tls_cert, &self.tls_key) {
            (None, None) => return Ok(None),
            (Some(cert), Some(key)) => (cert, key),
            _ => bail!("PARTNER_TLS_CERT and PARTNER_TLS_KEY belong together; set both or none"),
        };
        let file = |setting, path: &PathBuf| PemFile {
            setting,
            path: path.clone(),
        };
        let files = CertificateFiles {
            chain: file("PARTNER_TLS_CERT", cert),
            key: file("PARTNER_TLS_KEY", key),
        };
        Ok(Some(ServedCertificate::read(files)?))
    }
}
