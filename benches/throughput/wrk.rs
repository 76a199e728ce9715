//! Another load generator, where it is installed: it sends each request as soon as its connection is free, from a thread of its
//! own, and knows nothing of ours.

use std::fmt::Write;
use std::net::SocketAddr;
use std::process::Command;

use crate::Plan;

/// Requests a second with 64 connections; `None` where wrk is not installed.
pub fn per_second(address: SocketAddr, message: &[u8], plan: Plan) -> Option<f64> {
    let script = tempfile::Builder::new().suffix(".lua").tempfile().unwrap();
    let (script_text, path) = script_of(message);
    std::fs::write(script.path(), script_text).unwrap();
    let seconds = plan.duration.as_secs().max(1).to_string();
    let output = Command::new("wrk")
        .args(["-t", "1", "-c", "64", "-d", &seconds, "-s"])
        .arg(script.path())
        .arg(format!("http://{address}{path}"))
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains("Non-2xx"), "{text}");
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    Some(line.unwrap_or_else(|| panic!("{text}")).trim().parse().unwrap())
}

/// What wrk is to send, and to which path.
fn script_of(message: &[u8]) -> (String, String) {
    let text = std::str::from_utf8(message).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let mut request_line = lines.next().unwrap().split(' ');
    let (method, path) = (request_line.next().unwrap(), request_line.next().unwrap());
    let mut script = format!("wrk.method = \"{method}\"\n");
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if !["host", "content-length"].contains(&name.to_ascii_lowercase().as_str()) {
            writeln!(script, "wrk.headers[\"{name}\"] = [[{value}]]").unwrap();
        }
    }
    if !body.is_empty() {
        writeln!(script, "wrk.body = [[{body}]]").unwrap();
    }
    (script, path.to_owned())
}
