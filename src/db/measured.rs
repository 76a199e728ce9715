//! What is waited for connections, for the metrics.

use std::ptr;
use std::sync::Arc;
use std::time::Instant;

use super::Db;
use super::pool::{Lease, Pools, Work};
use crate::error::Failure;
use crate::telemetry::database_metrics::{DatabaseMetrics, Purpose};

impl Db {
    /// From now on waits and statements are counted here.
    pub fn measure_with(&self, metrics: Arc<DatabaseMetrics>) {
        // A database has one application.
        let _ = self.metrics.set(metrics);
    }

    /// A connection of these pools, and what was waited for it is counted.
    pub(super) async fn lease(&self, pools: &Pools, work: Work) -> Result<Lease, Failure> {
        let Some(metrics) = self.metrics.get() else {
            return pools.lease(work).await;
        };
        let began_at = Instant::now();
        let leased = pools.lease(work).await;
        let purpose = match work {
            Work::Changing => Purpose::Change,
            Work::Reading if ptr::eq(pools, &raw const *self.pools) => Purpose::Read,
            Work::Reading => Purpose::ReadFromStandby,
        };
        metrics.note_wait(purpose, began_at.elapsed(), leased.is_ok());
        leased
    }
}
