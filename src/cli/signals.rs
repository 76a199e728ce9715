//! SIGTERM and SIGINT (Ctrl-C), for commands that have something to do before they end.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::telemetry::log_buffer::LOG;

/// A token that is cancelled at the first SIGTERM or SIGINT, after `say`; a second one ends the process at once.
pub fn stop(say: impl FnOnce() + 'static) -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let told = stop.clone();
    actix_web::rt::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        say();
        told.cancel();
        either(&mut terminate, &mut interrupt).await;
        LOG.flush();
        std::process::exit(1);
    });
    Ok(stop)
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
