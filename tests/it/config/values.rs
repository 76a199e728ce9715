//! A wrong value is named with its variable, and what it should be.

use std::fs;

use super::{GOOD_KEY, refusal, refusal_of};

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
