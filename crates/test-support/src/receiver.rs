//! A receiver of callbacks and webhooks: a small HTTP server that answers what a test wants, keeps what it was sent, and
//! checks signatures by itself.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What arrived.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
    /// Whether it was taken.
    pub status: Option<u16>,
}

/// What a test answers.
pub enum Reply {
    /// A status, and perhaps a header.
    Answer(u16, Option<(&'static str, String)>),
    /// Never.
    Nothing,
}

type Script = Box<dyn FnMut(&Delivery) -> Reply + Send>;

/// The server; it lives as long as the process.
#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    deliveries: Arc<Mutex<Vec<Delivery>>>,
    script: Arc<Mutex<Script>>,
    held: Arc<Held>,
}

/// The deliveries that are not answered and that their sender has not given up.
#[derive(Default)]
struct Held {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Receiver {
    /// One that takes everything.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            deliveries: Arc::default(),
            script: Arc::new(Mutex::new(Box::new(|_| Reply::Answer(204, None)))),
            held: Arc::default(),
        };
        let serving = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(&stream));
            }
        });
        receiver
    }

    /// From now on it answers so.
    pub fn answers(&self, script: impl FnMut(&Delivery) -> Reply + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// Its URL, by a name: callback hosts are names.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.address.port())
    }

    /// All that arrived, in this order.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.lock().unwrap().clone()
    }

    /// How many deliveries were left without an answer at the same time, at most.
    pub fn most_held(&self) -> usize {
        self.held.most.load(Ordering::SeqCst)
    }

    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(mut delivery) = read(&mut reader) {
            let reply = (self.script.lock().unwrap())(&delivery);
            let (status, header) = match reply {
                Reply::Answer(status, header) => (Some(status), header),
                Reply::Nothing => (None, None),
            };
            delivery.status = status;
            self.deliveries.lock().unwrap().push(delivery);
            let Some(status) = status else {
                let held = self.held.now.fetch_add(1, Ordering::SeqCst) + 1;
                self.held.most.fetch_max(held, Ordering::SeqCst);
                // Until the other side gives up.
                let _ = reader.read(&mut [0]);
                self.held.now.fetch_sub(1, Ordering::SeqCst);
                return;
            };
            let length = if status == 204 {
                ""
            } else {
                "content-length: 0\r\n"
            };
            let header = header.map_or_else(String::new, |(name, value)| format!("{name}: {value}\r\n"));
            let answer = format!("HTTP/1.1 {status} Whatever\r\n{length}{header}\r\n");
            let mut stream = stream;
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Delivery> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let path = line.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let repeated = headers.insert(name.to_ascii_lowercase(), value.to_owned());
        assert!(repeated.is_none(), "{name} was sent twice");
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Delivery {
        path,
        headers,
        body,
        status: None,
    })
}

impl Delivery {
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or_else(|| panic!("no {name}: {self:?}"), String::as_str)
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn timestamp(&self) -> i64 {
        self.header("webhook-timestamp").parse().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// How many signatures there are.
    pub fn signatures(&self) -> usize {
        self.header("webhook-signature").split(' ').count()
    }

    /// Whether one of the signatures is by this key.
    pub fn is_signed_by(&self, key: &[u8]) -> bool {
        let mut signed = format!("{}.{}.", self.id(), self.header("webhook-timestamp")).into_bytes();
        signed.extend_from_slice(&self.body);
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        self.header("webhook-signature").split(' ').any(|signature| {
            let encoded = signature.strip_prefix("v1,").unwrap();
            hmac::verify(&key, &signed, &STANDARD.decode(encoded).unwrap()).is_ok()
        })
    }
}
