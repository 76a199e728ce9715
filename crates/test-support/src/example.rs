//! The configuration files of `docs/examples`, as they are tried: with addresses and directories of the test.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use crate::ports::free_address;

/// A file of `docs/examples`.
pub struct Example(String);

impl Example {
    pub fn read(name: &str) -> Self {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples");
        Self(fs::read_to_string(examples.join(name)).unwrap())
    }

    /// Puts something of the test in the place of what the file has, which must be there.
    pub fn with(self, from: &str, to: &str) -> Self {
        assert!(self.0.contains(from), "the example has no {from}");
        Self(self.0.replace(from, to))
    }

    /// Listens at an address of the test instead of the one in the file.
    pub fn listening_instead_of(self, from: &str) -> (Self, SocketAddr) {
        let address = free_address();
        (self.with(from, &address.to_string()), address)
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}
