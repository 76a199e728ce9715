//! TLS by the service itself.

use std::sync::Arc;

use reqwest::Certificate;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use test_support::{Setup, TestApp};

/// A service with a certificate for `localhost`, and that certificate.
pub fn with_certificate() -> (ServerConfig, CertificateDer<'static>) {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from_pem_slice(certified.signing_key.serialize_pem().as_bytes()).unwrap();
    let certificate = certified.cert.der().clone();
    let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    (tls, certificate)
}

#[tokio::test]
async fn the_service_speaks_tls_and_no_plain_http_beside_it() {
    let (tls, certificate) = with_certificate();
    let app = TestApp::start_with(Setup {
        tls: Some(tls),
        ..Setup::default()
    })
    .await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([Certificate::from_der(&certificate).unwrap()])
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/auth/check", app.address.port());
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(
        plain.get(url.replace("https", "http")).send().await.is_err(),
        "plain HTTP is not spoken there"
    );
}
