//! Where a database is: a URL as libpq takes it, with one host or several.
//!
//! `postgres://user:password@host1:5432,host2:5432/database?target_session_attrs=read-write&connect_timeout=2`. What an
//! option asks for is done, or the URL is refused: an option that is ignored is found out when it is missed.

use std::str::FromStr;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::text::has_stray_space;

/// How long a connection may take to open, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const DEFAULT_PORT: u16 = 5432;

/// Options that are handed to the driver as they are.
const DRIVER_OPTIONS: &[&str] = &[
    "application_name",
    "dbname",
    "password",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

/// Options of libpq that are not honoured. Keepalives and timeouts of the socket are set by the service.
const UNSUPPORTED_OPTIONS: &[&str] = &[
    "channel_binding",
    "client_encoding",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "passfile",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "service",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslnegotiation",
    "sslpassword",
    "sslsni",
    "tcp_user_timeout",
];

/// What a database is used for, which `target_session_attrs` must not contradict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Reading and writing: the primary, which is looked for among the hosts.
    Everything,
    /// Reading what may be a moment old: standbys.
    Reading,
}

impl Purpose {
    /// Values of `target_session_attrs` that ask for what is done anyway.
    fn session_attributes(self) -> &'static [&'static str] {
        match self {
            Self::Everything => &["read-write", "primary"],
            Self::Reading => &["any", "read-only", "standby", "prefer-standby"],
        }
    }
}

/// One server at which the database may be.
#[derive(Clone)]
pub struct Host {
    /// How to connect, with the session settings of the URL and of the service.
    pub with_settings: PgConnectOptions,
    /// The same without any session settings, for a pooler that refuses them.
    pub plain: PgConnectOptions,
    /// What it is called in the log: `host:port`, or the directory of its socket.
    pub name: String,
}

/// The hosts of a database, in the order of the URL.
#[derive(Clone)]
pub struct DatabaseUrl {
    /// At least one.
    pub hosts: Vec<Host>,
    /// `connect_timeout`: how long one host may take to open a connection.
    pub connect_timeout: Duration,
}

/// The URL is not one that can be used. The message never quotes what may be a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It is not a URL of PostgreSQL.
    #[error(
        "it should be postgres://user:password@host:port/database, with several hosts as host1:port,host2:port"
    )]
    Form,
    /// Parsers would drop a line break or a tab, and take a space around it for a part of a name.
    #[error("it has a line break or a tab in it, or a space around it")]
    StraySpace,
    /// The driver refuses it.
    #[error("it is refused: {0}")]
    Refused(String),
    /// An option of libpq that is not honoured.
    #[error("its option `{0}` is not one that the service honours; leave it out")]
    Option(&'static str),
    /// Something that is no option at all.
    #[error(
        "it has an option that nobody knows; is there a `?` or an `&` in the password, which should be %3F or %26?"
    )]
    UnknownOption,
    /// `target_session_attrs` contradicts what the database is used for.
    #[error("target_session_attrs should be {expected}, or left out")]
    SessionAttributes {
        /// The values that it may have.
        expected: String,
    },
    /// `connect_timeout` is not a number of seconds.
    #[error("connect_timeout should be a number of seconds from 1 to 60")]
    ConnectTimeout,
    /// There are more ports than hosts, or fewer.
    #[error("there should be one port for each host, or one for all")]
    Ports,
}

impl DatabaseUrl {
    /// Parses `text`; `settings` are set in each session, but where the URL sets the same.
    pub fn parse(text: &str, purpose: Purpose, settings: &[(&str, String)]) -> Result<Self, InvalidUrl> {
        if has_stray_space(text) {
            return Err(InvalidUrl::StraySpace);
        }
        let parts = Parts::split(text)?;
        let mut options = Options::default();
        for (name, value) in url::form_urlencoded::parse(parts.query.as_bytes()) {
            options.take(&name, &value, purpose)?;
        }
        let addresses = options.addresses(&parts)?;
        let ours = settings.iter().map(|(name, value)| format!("-c {name}={value}"));
        // What comes later wins.
        let settings = ours.chain(options.session_settings).collect::<Vec<_>>().join(" ");
        let hosts = addresses.iter().map(|address| {
            let driver = &options.driver;
            Ok(Host {
                with_settings: parts.connect_options(address, driver, Some(&settings))?,
                plain: parts
                    .connect_options(address, driver, None)?
                    .extra_float_digits(None),
                name: address.name(),
            })
        });
        Ok(Self {
            hosts: hosts.collect::<Result<_, _>>()?,
            connect_timeout: options.connect_timeout.unwrap_or(CONNECT_TIMEOUT),
        })
    }
}

/// The parts of a URL whose authority may name several hosts, which no parser of URLs takes.
struct Parts<'a> {
    /// `user:password`, as it is written.
    user: Option<&'a str>,
    hosts: &'a str,
    /// With its slash; may be empty.
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, InvalidUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidUrl::Form)?;
        if !["postgres", "postgresql"].contains(&scheme) || rest.contains('#') {
            return Err(InvalidUrl::Form);
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path_at = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(path_at).ok_or(InvalidUrl::Form)?;
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        Ok(Self {
            user,
            hosts,
            path,
            query,
        })
    }

    /// How to connect to one host, by the driver's own reading of a URL with this host alone.
    fn connect_options(
        &self,
        address: &Address,
        driver: &[(String, String)],
        settings: Option<&str>,
    ) -> Result<PgConnectOptions, InvalidUrl> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(driver);
        if let Some(settings) = settings.filter(|settings| !settings.is_empty()) {
            query.append_pair("options", settings);
        }
        // The driver refuses a user without a host.
        let host = match address.host.as_str() {
            socket if socket.starts_with('/') => utf8_percent_encode(socket, NON_ALPHANUMERIC).to_string(),
            v6 if v6.contains(':') && !v6.starts_with('[') => format!("[{v6}]"),
            host => host.to_owned(),
        };
        let user = self.user.map_or(String::new(), |user| format!("{user}@"));
        let url = format!(
            "postgres://{user}{host}:{}{}?{}",
            address.port,
            self.path,
            query.finish()
        );
        let options = PgConnectOptions::from_str(&url);
        let options = options.map_err(|error| InvalidUrl::Refused(error.to_string()))?;
        // For the metrics and traces, which hear of every statement; the log is told of slow ones only (`telemetry/statements.rs`).
        let options = options.log_statements(tracing::log::LevelFilter::Debug);
        Ok(if options.get_application_name().is_none() {
            options.application_name("talentsoft-partner")
        } else {
            options
        })
    }
}

/// Where one server listens.
struct Address {
    /// A name, an address (IPv6 in brackets), or the directory of a socket.
    host: String,
    port: u16,
}

impl Address {
    fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// The options of a URL.
#[derive(Default)]
struct Options {
    driver: Vec<(String, String)>,
    /// `options`, as the server takes them on its command line.
    session_settings: Vec<String>,
    hosts: Option<String>,
    ports: Option<String>,
    connect_timeout: Option<Duration>,
}

impl Options {
    fn take(&mut self, name: &str, value: &str, purpose: Purpose) -> Result<(), InvalidUrl> {
        let setting = name
            .strip_prefix("options[")
            .and_then(|name| name.strip_suffix(']'));
        match name {
            "host" => self.hosts = Some(value.to_owned()),
            "port" => self.ports = Some(value.to_owned()),
            "options" => self.session_settings.push(value.to_owned()),
            _ if let Some(setting) = setting => {
                self.session_settings.push(format!("-c {setting}={value}"));
            }
            "connect_timeout" => {
                let seconds = value.parse().ok().filter(|seconds| (1..=60).contains(seconds));
                let seconds = seconds.ok_or(InvalidUrl::ConnectTimeout)?;
                self.connect_timeout = Some(Duration::from_secs(seconds));
            }
            "target_session_attrs" => {
                let expected = purpose.session_attributes();
                if !expected.contains(&value) {
                    let expected = expected.join(" or ");
                    return Err(InvalidUrl::SessionAttributes { expected });
                }
            }
            _ if DRIVER_OPTIONS.contains(&name) => self.driver.push((name.to_owned(), value.to_owned())),
            _ => {
                // What is not an option may be a part of the password.
                let known = UNSUPPORTED_OPTIONS.iter().find(|known| **known == name);
                return Err(known.map_or(InvalidUrl::UnknownOption, |known| InvalidUrl::Option(known)));
            }
        }
        Ok(())
    }

    /// The hosts of the option `host`, or else those of the authority.
    fn addresses(&self, parts: &Parts<'_>) -> Result<Vec<Address>, InvalidUrl> {
        let (hosts, ports): (Vec<_>, Vec<_>) = match &self.hosts {
            Some(hosts) => hosts.split(',').map(|host| (host.to_owned(), None)).unzip(),
            None => parts
                .hosts
                .split(',')
                .map(host_and_port)
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .unzip(),
        };
        let given: Vec<&str> = self.ports.iter().flat_map(|ports| ports.split(',')).collect();
        if given.len() > 1 && given.len() != hosts.len() {
            return Err(InvalidUrl::Ports);
        }
        hosts
            .into_iter()
            .zip(ports)
            .enumerate()
            .map(|(index, (host, port))| {
                let given = given.get(index).or_else(|| given.first());
                let port = match given.filter(|port| !port.is_empty()) {
                    Some(port) => Some(port.parse().map_err(|_| InvalidUrl::Form)?),
                    None => port,
                };
                Ok(Address {
                    // As libpq: without a host, this machine.
                    host: if host.is_empty() {
                        "localhost".to_owned()
                    } else {
                        host
                    },
                    port: port.unwrap_or(DEFAULT_PORT),
                })
            })
            .collect()
    }
}

/// `host:port`, `host`, `[v6]:port`, or a percent-encoded directory of a socket.
fn host_and_port(text: &str) -> Result<(String, Option<u16>), InvalidUrl> {
    let after_brackets = text.rfind(']').map_or(0, |end| end + 1);
    let port_at = text.get(after_brackets..).and_then(|rest| rest.find(':'));
    let (host, port) = match port_at {
        Some(at) => {
            let (host, port) = text
                .split_at_checked(after_brackets + at)
                .ok_or(InvalidUrl::Form)?;
            (host, port.trim_start_matches(':'))
        }
        None => (text, ""),
    };
    let host = percent_decode_str(host)
        .decode_utf8()
        .map_err(|_| InvalidUrl::Form)?;
    let port = match port {
        "" => None,
        port => Some(port.parse().map_err(|_| InvalidUrl::Form)?),
    };
    Ok((host.into_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DatabaseUrl, InvalidUrl> {
        DatabaseUrl::parse(text, Purpose::Everything, &[("jit", "off".to_owned())])
    }

    fn names(text: &str) -> Vec<String> {
        parse(text)
            .unwrap()
            .hosts
            .into_iter()
            .map(|host| host.name)
            .collect()
    }

    #[test]
    fn several_hosts_are_read_as_libpq_reads_them() {
        for (url, hosts) in [
            ("postgres://u:p@one/db", &["one:5432"][..]),
            ("postgresql://u@one:6000,two/db", &["one:6000", "two:5432"]),
            (
                "postgres://u:p%40@one,[::1]:7,10.0.0.1:8/db",
                &["one:5432", "[::1]:7", "10.0.0.1:8"],
            ),
            ("postgres:///db?host=one,two&port=1,2&user=u", &["one:1", "two:2"]),
            ("postgres:///db?host=one,two&port=9", &["one:9", "two:9"]),
            ("postgres://u@%2Frun%2Fpg/db", &["/run/pg:5432"]),
            ("postgres:///db?host=/run/pg&port=3", &["/run/pg:3"]),
            ("postgres:///db", &["localhost:5432"]),
        ] {
            assert_eq!(names(url), hosts, "{url}");
        }
    }

    #[test]
    fn each_host_is_connected_to_with_what_the_url_says_of_all() {
        let url =
            "postgres://u:p%2F@one:6000,two/db?sslmode=require&application_name=other&connect_timeout=7";
        let parsed = parse(url).unwrap();
        assert_eq!(parsed.connect_timeout, Duration::from_secs(7));
        for (host, port) in parsed.hosts.iter().zip([6000, 5432]) {
            let options = &host.with_settings;
            assert_eq!(
                (options.get_username(), options.get_database()),
                ("u", Some("db"))
            );
            assert_eq!(
                (options.get_port(), options.get_application_name()),
                (port, Some("other"))
            );
            assert!(matches!(
                options.get_ssl_mode(),
                sqlx::postgres::PgSslMode::Require
            ));
        }
    }

    #[test]
    fn settings_of_the_url_come_after_ours() {
        let url = "postgres://u@h/db?options[jit]=on&options=-c%20search_path%3Da";
        let hosts = parse(url).unwrap().hosts;
        assert_eq!(
            hosts[0].with_settings.get_options(),
            Some("-c jit=off -c jit=on -c search_path=a")
        );
        assert_eq!(hosts[0].plain.get_options(), None);
    }

    #[test]
    fn what_is_not_honoured_is_refused() {
        for (url, error) in [
            ("mysql://h/db", InvalidUrl::Form),
            ("h/db", InvalidUrl::Form),
            ("postgres://h/db\n", InvalidUrl::StraySpace),
            ("postgres://h\r\n/db", InvalidUrl::StraySpace),
            ("postgres://h/d\tb", InvalidUrl::StraySpace),
            (" postgres://h/db", InvalidUrl::StraySpace),
            ("postgres://h/db ", InvalidUrl::StraySpace),
            ("postgres://h:port/db", InvalidUrl::Form),
            ("postgres://h/db?keepalives=1", InvalidUrl::Option("keepalives")),
            (
                "postgres://h/db?load_balance_hosts=random",
                InvalidUrl::Option("load_balance_hosts"),
            ),
            ("postgres://u:p?ss@h/db", InvalidUrl::UnknownOption),
            ("postgres://h/db?connect_timeout=0", InvalidUrl::ConnectTimeout),
            ("postgres:///db?host=a,b,c&port=1,2", InvalidUrl::Ports),
        ] {
            assert_eq!(parse(url).err(), Some(error), "{url}");
        }
    }

    #[test]
    fn the_kind_of_server_must_be_the_one_that_is_needed() {
        for (purpose, value, is_taken) in [
            (Purpose::Everything, "read-write", true),
            (Purpose::Everything, "primary", true),
            (Purpose::Everything, "any", false),
            (Purpose::Everything, "standby", false),
            (Purpose::Reading, "standby", true),
            (Purpose::Reading, "prefer-standby", true),
            (Purpose::Reading, "read-write", false),
        ] {
            let url = format!("postgres://h/db?target_session_attrs={value}");
            let parsed = DatabaseUrl::parse(&url, purpose, &[]);
            assert_eq!(parsed.is_ok(), is_taken, "{purpose:?} {value}");
        }
    }
}
