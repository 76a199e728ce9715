//! What the service is compared with, and what a request costs of the processors' time.

use std::fmt;
use std::time::Duration;

use crate::bare::Bare;
use crate::load::closed;
use crate::pgbench;
use crate::requests::Request;
use crate::service::Service;
use crate::{Plan, wrk};

/// What does at best what is asked for.
pub enum Reference {
    /// A server that answers a constant.
    Bare(Bare),
    /// The same statements under pgbench.
    Pgbench(Vec<String>),
}

impl Reference {
    /// Requests or executions a second.
    pub fn per_second(&self, service: &Service, request: &Request, plan: Plan, cost: &mut Cost) -> f64 {
        match self {
            Self::Bare(bare) => {
                let before = bare.processor_time();
                let load = closed(bare.address, &request.messages, plan);
                cost.add(before, bare.processor_time(), load.requests());
                load.per_second()
            }
            Self::Pgbench(statements) => {
                let before = service.database_processor_time();
                let executions = pgbench::run(service, plan, statements);
                cost.add(before, service.database_processor_time(), executions.count);
                executions.per_second
            }
        }
    }

    /// The ratio that wrk sees with 64 connections, where it is installed.
    pub fn ratio_by_wrk(&self, service: &Service, request: &Request, plan: Plan) -> Option<f64> {
        let (Self::Bare(bare), [message]) = (self, request.messages.as_slice()) else {
            return None;
        };
        let ours = wrk::per_second(service.address, message, plan)?;
        Some(ours / wrk::per_second(bare.address, message, plan)?)
    }
}

/// Processor time, and for how many requests.
#[derive(Default)]
pub struct Cost {
    time: Duration,
    requests: usize,
}

impl Cost {
    /// Adds requests, before and behind which so much time was taken.
    pub fn add(&mut self, before: Duration, behind: Duration, requests: usize) {
        self.time += behind.saturating_sub(before);
        self.requests += requests;
    }
}

/// In microseconds a request.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1}",
            self.time.as_secs_f64() * 1e6 / self.requests.max(1) as f64
        )
    }
}
