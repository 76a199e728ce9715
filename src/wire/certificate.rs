//! The certificate that the public socket shows, read from its files and again when they change.
//!
//! Whoever renews certificates replaces two files, one after the other, or the link that both are behind. So changed files are
//! read once they are the same for one look, and what cannot be used leaves the certificate of before in place.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use x509_cert::der::Decode;
use zeroize::Zeroizing;

use crate::telemetry::metrics::Metrics;
use crate::text::{NotText, text_of};

/// The time between two looks at the files.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// A PEM file, and the setting that names it.
#[derive(Clone, Debug)]
pub struct PemFile {
    /// The name of the setting.
    pub setting: &'static str,
    /// Where it is.
    pub path: PathBuf,
}

impl PemFile {
    /// Its text, without a byte order mark.
    fn read(&self) -> Result<Zeroizing<String>, CertificateError> {
        let unreadable = |cause| CertificateError::Unreadable(self.clone(), cause);
        let bytes = fs::read(&self.path).map(Zeroizing::new);
        let bytes = bytes.map_err(|error| unreadable(Unreadable::File(error)))?;
        let text = text_of(&bytes).map_err(|error| unreadable(Unreadable::Text(error)))?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Display for PemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.setting, self.path.display())
    }
}

/// The files of a certificate.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The certificate, and those that lead to its authority.
    pub chain: PemFile,
    /// Its private key.
    pub key: PemFile,
}

/// The files hold nothing that can be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read, or is no PEM file.
    #[error("{0}, which should be a PEM file")]
    Unreadable(PemFile, #[source] Unreadable),
    /// There is no certificate in the file.
    #[error("{0}, which holds no certificate")]
    NoCertificate(PemFile),
    /// The key is another certificate's, or of a kind that TLS has no use for.
    #[error("{key} should be the key of the certificate in {chain}")]
    NotItsKey {
        /// The setting of the certificate.
        chain: &'static str,
        /// The setting of the key.
        key: &'static str,
        /// What TLS says.
        source: rustls::Error,
    },
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file system says so.
    #[error(transparent)]
    File(std::io::Error),
    /// It is not text.
    #[error(transparent)]
    Text(NotText),
    /// It is not PEM.
    #[error(transparent)]
    Pem(pem::Error),
}

/// The certificate that is shown.
pub struct ServedCertificate {
    files: CertificateFiles,
    provider: Arc<CryptoProvider>,
    current: ArcSwap<Loaded>,
}

struct Loaded {
    key: Arc<CertifiedKey>,
    expires_at: Option<DateTime<Utc>>,
}

/// What tells one state of the files from another, for each that is there.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fingerprint([Option<FileState>; 2]);

/// What changes with a file: device, inode, size, and the second and nanosecond of its last change.
type FileState = (u64, u64, u64, i64, i64);

impl ServedCertificate {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    /// When the files hold none, or none that belong together.
    pub fn read(files: CertificateFiles) -> Result<Arc<Self>, CertificateError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let current = ArcSwap::from_pointee(load(&files, &provider)?);
        Ok(Arc::new(Self {
            files,
            provider,
            current,
        }))
    }

    /// TLS 1.2 and 1.3 with this certificate.
    ///
    /// # Errors
    /// When the library has none of these versions.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_safe_default_protocol_versions()?;
        Ok(builder
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Self>::clone(self)))
    }

    /// When the certificate expires, if its dates can be read.
    #[must_use]
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.current.load().expires_at
    }

    /// Reads the files again; connections that are open keep what they have.
    ///
    /// # Errors
    /// When the files cannot be used; the certificate of before stays.
    pub fn reload(&self) -> Result<(), CertificateError> {
        self.current.store(Arc::new(load(&self.files, &self.provider)?));
        Ok(())
    }

    /// Reads the files again when they change, and at SIGHUP, until `stop`; `metrics` shows when the certificate expires.
    pub async fn keep_current(self: Arc<Self>, metrics: Arc<Metrics>, stop: CancellationToken) {
        self.show_expiry(&metrics);
        let Ok(mut hangup) = signal(SignalKind::hangup()).inspect_err(|error| {
            tracing::error!(%error, "SIGHUP cannot be waited for; the certificate is not read again");
        }) else {
            return;
        };
        let mut read = self.fingerprint().await;
        let mut seen = read;
        loop {
            let is_told = tokio::select! {
                () = stop.cancelled() => return,
                _ = hangup.recv() => true,
                () = sleep(LOOK_INTERVAL) => false,
            };
            let found = self.fingerprint().await;
            if is_told || (found != read && found == seen) {
                read = found;
                self.reload_and_log().await;
                self.show_expiry(&metrics);
            }
            seen = found;
        }
    }

    fn show_expiry(&self, metrics: &Metrics) {
        if let Some(expires_at) = self.expires_at() {
            metrics.set_certificate_expiry(expires_at);
        }
    }

    /// Reads the files again, on a thread that may wait for them.
    async fn reload_and_log(self: &Arc<Self>) {
        let certificate = Arc::clone(self);
        let reloaded = tokio::task::spawn_blocking(move || certificate.reload()).await;
        match reloaded {
            Ok(Ok(())) => {
                let expires_at = self.expires_at().map(tracing::field::display);
                tracing::info!(expires_at, "the certificate was read again");
            }
            Ok(Err(error)) => {
                let cause = std::error::Error::source(&error).map(tracing::field::display);
                tracing::warn!(%error, cause, "the certificate of before is kept");
            }
            Err(error) => tracing::error!(%error, "the certificate was not read again"),
        }
    }

    async fn fingerprint(self: &Arc<Self>) -> Fingerprint {
        let certificate = Arc::clone(self);
        let look = move || Fingerprint::of(&certificate.files);
        tokio::task::spawn_blocking(look)
            .await
            .unwrap_or(Fingerprint([None; 2]))
    }
}

impl ResolvesServerCert for ServedCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.load().key))
    }
}

impl fmt::Debug for ServedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedCertificate")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl Fingerprint {
    fn of(files: &CertificateFiles) -> Self {
        Self([&files.chain, &files.key].map(|file| {
            let metadata = fs::metadata(&file.path).ok()?;
            Some((
                metadata.dev(),
                metadata.ino(),
                metadata.size(),
                metadata.ctime(),
                metadata.ctime_nsec(),
            ))
        }))
    }
}

fn load(files: &CertificateFiles, provider: &CryptoProvider) -> Result<Loaded, CertificateError> {
    let not_pem = |file: &PemFile, error| CertificateError::Unreadable(file.clone(), Unreadable::Pem(error));
    let chain = CertificateDer::pem_slice_iter(files.chain.read()?.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| not_pem(&files.chain, error))?;
    let leaf = chain
        .first()
        .ok_or_else(|| CertificateError::NoCertificate(files.chain.clone()))?;
    let expires_at = expiry(leaf);
    let key = PrivateKeyDer::from_pem_slice(files.key.read()?.as_bytes())
        .map_err(|error| not_pem(&files.key, error))?;
    let key = CertifiedKey::from_der(chain, key, provider).map_err(|source| CertificateError::NotItsKey {
        chain: files.chain.setting,
        key: files.key.setting,
        source,
    })?;
    Ok(Loaded {
        key: Arc::new(key),
        expires_at,
    })
}

/// When a certificate expires (RFC 5280 section 4.1.2.5).
fn expiry(certificate: &CertificateDer<'_>) -> Option<DateTime<Utc>> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let not_after = certificate.tbs_certificate().validity().not_after;
    let seconds = i64::try_from(not_after.to_unix_duration().as_secs()).ok()?;
    DateTime::from_timestamp(seconds, 0)
}
