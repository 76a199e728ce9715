//! Callbacks, as fast as receivers take them: how many a second, whether one was lost, and whether the order was kept.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::load::once;
use crate::reference::Cost;
use crate::requests;
use crate::service::Service;

/// Receivers, each at a port of its own.
const RECEIVERS: i32 = 16;
/// Batches of a hundred invitations.
const BATCHES: usize = 100;
/// What happens to each invitation, in this order.
const STATUSES: [&str; 3] = ["invited", "started", "completed"];

/// What a receiver was sent: of which application, and which status.
struct Received(String, String);

/// Prints the rate.
pub async fn measure() {
    let service = Service::start(1).await;
    let batch = requests::batch(&service).messages.remove(0);
    once(service.address, &vec![batch; BATCHES], 8);
    let (sender, received) = channel();
    let ports: Vec<i32> = (0..RECEIVERS).map(|_| receiver(sender.clone())).collect();
    sqlx::query(
        "update invitation set callback_url = format('http://localhost:%s/', ($1::int[])[1 + get_byte(link_digest, 0) % $2])",
    )
    .bind(&ports)
    .bind(RECEIVERS)
    .execute(&service.pool)
    .await
    .unwrap();
    let (began, database_began) = (service.processor_time(), service.database_processor_time());
    let inserted = sqlx::query(
        "insert into webhook_event (invitation_id, destination, type, status, occurred_at, due_at)
         select invitation_id, 'callback', 'invitation.status_changed', happened.status, now(), now()
         from unnest($1::text[]) with ordinality as happened (status, number), invitation order by number, link_digest",
    )
    .bind(STATUSES)
    .execute(&service.pool)
    .await
    .unwrap();
    let count = usize::try_from(inserted.rows_affected()).unwrap();
    let mut statuses: HashMap<String, Vec<String>> = HashMap::new();
    let mut first = None;
    for _ in 0..count {
        let Received(application, status) = received
            .recv_timeout(Duration::from_mins(1))
            .expect("no event is lost");
        first.get_or_insert_with(Instant::now);
        statuses.entry(application).or_default().push(status);
    }
    let elapsed = first.unwrap().elapsed().as_secs_f64();
    let (mut of_service, mut of_database) = (Cost::default(), Cost::default());
    of_service.add(began, service.processor_time(), count);
    of_database.add(database_began, service.database_processor_time(), count);
    let in_order = statuses
        .values()
        .filter(|statuses| **statuses == STATUSES)
        .count();
    println!(
        "callbacks to {RECEIVERS} receivers: {:.0} a second (goal ≥ 6000), {count} of {count} delivered, {in_order} of {} invitations in \
         order; µs of processor: {of_service} + {of_database}",
        count as f64 / elapsed,
        statuses.len(),
    );
}

/// A receiver that takes everything; returns its port.
fn receiver(received: Sender<Received>) -> i32 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let received = received.clone();
            thread::spawn(move || take_all(stream.unwrap(), &received));
        }
    });
    port.into()
}

/// Takes what comes on a connection until it is closed.
fn take_all(stream: TcpStream, received: &Sender<Received>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let mut length = 0;
    while reader.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let event: Value = serde_json::from_slice(&body).unwrap();
            let text = |name: &str| event["data"][name].as_str().unwrap().to_owned();
            // Who measures may have ended.
            let _ = received.send(Received(text("application_id"), text("status")));
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            if reader.get_mut().write_all(answer).is_err() {
                return;
            }
        }
        line.clear();
    }
}
