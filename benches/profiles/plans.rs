//! The plans of lists, as PostgreSQL reports them to the session that asked.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;

use talentsoft_partner::audit::Act;
use talentsoft_partner::db::Db;
use talentsoft_partner::error::Failure;
use talentsoft_partner::profiles::{Listing, SubdomainName};
use test_support::Registry;
use tracing_subscriber::EnvFilter;

/// What was reported since it was last taken.
static REPORTED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Kinds of nodes that say how rows were found.
const NODES: &[&str] = &[
    "Merge Append",
    "Incremental Sort",
    "Index Only Scan",
    "Index Scan",
    "Bitmap Heap Scan",
    "Seq Scan",
    "Sort",
    "Append",
];

struct Reports;

impl Write for Reports {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        REPORTED.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Sessions whose statements are explained.
pub struct Plans(Db);

impl Plans {
    /// Sessions that begin after this one are not explained.
    pub async fn begin(registry: &Registry) -> Self {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("off,sqlx::postgres::notice=info"))
            .with_ansi(false)
            .with_writer(|| Reports)
            .init();
        for setting in [
            "set session_preload_libraries = ''auto_explain''",
            "set auto_explain.log_min_duration = 0",
            "set auto_explain.log_level = notice",
        ] {
            super::set_for_later(registry, setting).await;
        }
        let explained = Self(Db::new(&registry.database_url, 1, 1).unwrap());
        // A session is opened at its first use.
        explained.0.read(async |_| Ok::<_, Failure>(())).await.unwrap();
        for setting in ["reset session_preload_libraries", "reset client_min_messages"] {
            super::set_for_later(registry, setting).await;
        }
        explained
    }

    /// The total of a list, and the nodes of the statements that count and find its rows: how many of each kind.
    pub async fn of(&self, act: &Act, name: &SubdomainName, listing: &Listing) -> (i64, String) {
        REPORTED.lock().unwrap().clear();
        let total = super::list(&self.0, act, name, listing).await;
        let reported = String::from_utf8_lossy(&REPORTED.lock().unwrap()).replace("\\n", "\n");
        let plans = reported.split("Query Text:");
        let plans = plans.filter(|plan| plan.contains("from profile where"));
        let mut nodes: BTreeMap<&str, usize> = BTreeMap::new();
        for line in plans.flat_map(str::lines) {
            let line = line.trim_start_matches([' ', '-', '>']);
            if let Some(node) = NODES
                .iter()
                .find(|node| line.starts_with(**node) && line.contains("cost="))
            {
                *nodes.entry(node).or_default() += 1;
            }
        }
        let nodes: Vec<String> = nodes
            .iter()
            .map(|(node, count)| format!("{count} {node}"))
            .collect();
        (total, nodes.join(", "))
    }
}
