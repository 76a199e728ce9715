//! The same statement, asked by PostgreSQL's own load generator.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Plan;
use crate::service::{Customer, Service};

/// What the statement behind `GET /videos/campaigns` does for each list, as a statement of its own for each customer.
pub fn campaigns(service: &Service) -> Vec<String> {
    let statement =
        |customer: &Customer| include_str!("campaigns.sql").replace("{customer}", &customer.id.to_string());
    service.customers.iter().map(statement).collect()
}

/// The statement behind a batch of candidates, which makes up its rows instead of taking them from arrays.
pub fn batch(service: &Service) -> Vec<String> {
    let customer = &service.customers[0];
    let statement = include_str!("batch.sql")
        .replace("{customer}", &customer.id.to_string())
        .replace("{client}", &customer.client_id)
        .replace("{campaign}", &customer.campaign.to_string());
    vec![statement]
}

/// The statement behind a read of these applications.
pub fn refresh(service: &Service, applications: &[String]) -> Vec<String> {
    let statement = include_str!("refresh.sql")
        .replace("{customer}", &service.customers[0].id.to_string())
        .replace("{applications}", &applications.join(","));
    vec![statement]
}

/// What pgbench saw.
pub struct Executions {
    pub count: usize,
    pub per_second: f64,
}

/// Executes statements at random, prepared, by as many clients as the load generator has connections.
pub fn run(service: &Service, plan: Plan, statements: &[String]) -> Executions {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(program());
    let clients = plan.connections.to_string();
    let seconds = plan.duration.as_secs().max(1).to_string();
    command.args(["-n", "-M", "prepared", "-c", &clients, "-j", "1", "-T", &seconds]);
    for (index, statement) in statements.iter().enumerate() {
        let script = directory.path().join(format!("{index}.sql"));
        std::fs::write(&script, statement).unwrap();
        command.arg("-f").arg(&script);
    }
    let output = command
        .args(["-U", "postgres", "-h"])
        .arg(service.socket_directory())
        .arg("partner")
        .output()
        .expect("pgbench is installed with PostgreSQL");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let line = line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of executions"
    )]
    Executions {
        count: number("number of transactions actually processed: ") as usize,
        per_second: number("tps = "),
    }
}

/// Debian puts it beside the server and not on PATH.
fn program() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/pgbench")))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| Path::new("pgbench").to_owned())
}
