//! What the service is installed by: its settings are those that there are, and its times fit together.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The settings that there are: those of the example, which is held to the code by a test of its own.
fn known_settings() -> BTreeSet<String> {
    let example = read(".env.example");
    let settings = example.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix('#')?.split_once('=')?;
        Some(name.to_owned())
    });
    settings.collect()
}

/// The names that look like settings in a text.
fn settings_in(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_uppercase() || c == '_';
    let words = text.split(|c: char| !is_part(c));
    let names = words.filter(|word| word.starts_with("PARTNER_") || word.starts_with("DATABASE_"));
    names.map(str::to_owned).collect()
}

/// The documents of the Kubernetes manifest, by kind.
fn manifest(kind: &str) -> Value {
    let text = read("packaging/kubernetes/talentsoft-partner.yaml");
    let documents = text
        .split("\n---\n")
        .map(|document| serde_norway::from_str::<Value>(document).unwrap());
    let mut of_kind = documents.filter(|document| document["kind"] == kind);
    let found = of_kind.next().unwrap();
    assert!(of_kind.next().is_none(), "there are two of {kind}");
    found
}

fn number(value: &Value) -> u64 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().unwrap_or_else(|_| panic!("{value} is not a number"))
}

#[test]
fn what_packages_set_are_settings_of_the_service() {
    let known = known_settings();
    for file in [
        "packaging/partner.env",
        "packaging/kubernetes/talentsoft-partner.yaml",
        "packaging/systemd/talentsoft-partner.service",
        "Containerfile",
    ] {
        let named = settings_in(&read(file));
        let unknown: Vec<&String> = named.difference(&known).collect();
        assert!(
            !named.is_empty() && unknown.is_empty(),
            "{file} names {unknown:?}"
        );
    }
}

#[test]
fn kubernetes_waits_until_a_replica_has_stopped_and_a_replica_until_it_is_no_longer_asked() {
    let pod = &manifest("Deployment")["spec"]["template"]["spec"];
    let settings = &manifest("ConfigMap")["data"];
    let delay = number(&settings["PARTNER_SHUTDOWN_DELAY"]);
    let grace = number(&settings["PARTNER_SHUTDOWN_GRACE"]);
    assert!(number(&pod["terminationGracePeriodSeconds"]) > delay + grace);
    let probe = &pod["containers"][0]["readinessProbe"];
    assert!(delay > number(&probe["periodSeconds"]) * number(&probe["failureThreshold"]));
}

#[test]
fn systemd_waits_until_the_service_has_stopped() {
    let unit = read("packaging/systemd/talentsoft-partner.service");
    let limit = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec="));
    let example = read(".env.example");
    let default = |name: &str| -> u64 {
        let prefix = format!("#{name}=");
        let value = example.lines().find_map(|line| line.strip_prefix(&prefix));
        value.unwrap().parse().unwrap()
    };
    let needed = default("PARTNER_SHUTDOWN_DELAY") + default("PARTNER_SHUTDOWN_GRACE");
    assert!(limit.unwrap().parse::<u64>().unwrap() > needed);
}

/// An upgrade and the boot wait for it, and the database may be away.
#[test]
fn systemd_waits_for_the_start_for_a_while_and_never_gives_up() {
    let unit = read("packaging/systemd/talentsoft-partner.service");
    let setting = |name: &str| {
        let prefix = format!("{name}=");
        let value = unit.lines().find_map(|line| line.strip_prefix(&prefix));
        value.unwrap()
    };
    let limit: u64 = setting("TimeoutStartSec").parse().unwrap();
    assert!((120..=300).contains(&limit), "{limit}");
    assert_eq!(setting("Restart"), "always");
    assert_eq!(setting("StartLimitIntervalSec"), "0");
}

#[test]
fn kubernetes_runs_this_version_on_the_ports_that_it_asks() {
    let settings = &manifest("ConfigMap")["data"];
    let deployment = manifest("Deployment");
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let image = container["image"].as_str().unwrap();
    assert!(
        image.ends_with(&format!(":{}", env!("CARGO_PKG_VERSION"))),
        "{image}"
    );
    for (name, setting) in [("http", "PARTNER_LISTEN"), ("ops", "PARTNER_OPS_LISTEN")] {
        let ports = container["ports"].as_array().unwrap();
        let port = ports.iter().find(|port| port["name"] == name).unwrap();
        let address = settings[setting].as_str().unwrap();
        assert_eq!(address, format!("0.0.0.0:{}", port["containerPort"]), "{name}");
    }
    for probe in ["livenessProbe", "readinessProbe"] {
        assert_eq!(container[probe]["httpGet"]["port"], "ops", "{probe}");
    }
}

#[test]
fn what_selects_replicas_selects_those_of_the_deployment() {
    let deployment = manifest("Deployment");
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&manifest("Service")["spec"]["selector"], labels);
    assert_eq!(
        &manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        labels
    );
    assert_eq!(
        &manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        labels
    );
}
