//! One page and its assets over HTTP, with the headers of the console.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use console_pages::assets;

/// A server of one page; it is gone with the program.
pub struct Site {
    port: u16,
    reports: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub fn serve(html: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let reports = Arc::new(Mutex::new(Vec::new()));
        let collected = Arc::clone(&reports);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (html, collected) = (html.clone(), Arc::clone(&collected));
                thread::spawn(move || answer(stream, &html, port, &collected));
            }
        });
        Self { port, reports }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// What the content security policy has refused.
    pub fn reports(&self) -> Vec<String> {
        self.reports.lock().unwrap().clone()
    }
}

/// The policy of the console, with somewhere to report to.
fn policy(port: u16) -> String {
    let own = format!("http://127.0.0.1:{port}");
    format!(
        "default-src 'none'; style-src {own}/static/; script-src {own}/static/; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         report-uri /report"
    )
}

fn answer(stream: TcpStream, html: &str, port: u16, reports: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let asset = path.strip_prefix("/static/").and_then(assets::find);
    let (status, content_type, body) = match (path.as_str(), asset) {
        ("/", _) => ("200 OK", "text/html; charset=utf-8", html),
        (_, Some(asset)) => ("200 OK", asset.content_type, asset.body),
        ("/report", _) => {
            reports
                .lock()
                .unwrap()
                .push(String::from_utf8_lossy(&body).into_owned());
            ("204 No Content", "text/plain", "")
        }
        // A browser that is sent on stays where it is.
        _ => ("204 No Content", "text/plain", ""),
    };
    write!(
        reader.get_mut(),
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nContent-Security-Policy: {}\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}",
        body.len(),
        policy(port)
    )
    .ok()
}
