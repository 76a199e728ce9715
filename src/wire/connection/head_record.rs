//! What a client has sent of a head, for the case that it is none.

/// Most bytes that are kept.
const MOST_BYTES: usize = 512;

/// The beginning of a head as it was received, and the length of its first line. Its memory is used again for each head of
/// the connection.
#[derive(Debug, Default)]
pub(super) struct HeadRecord {
    beginning: Vec<u8>,
    /// Bytes of the first line that are not in `beginning`.
    line_beyond_bytes: usize,
    is_line_over: bool,
}

impl HeadRecord {
    /// A head begins.
    pub(super) fn start(&mut self) {
        self.beginning.clear();
        self.line_beyond_bytes = 0;
        self.is_line_over = false;
    }

    /// More of it was received.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        let room = MOST_BYTES.saturating_sub(self.beginning.len());
        let (kept, beyond) = bytes.split_at(room.min(bytes.len()));
        self.beginning.extend_from_slice(kept);
        if beyond.is_empty() || self.is_line_over {
            return;
        }
        // Only now, so that a head of the usual length is not searched.
        if self.beginning.contains(&b'\n') {
            self.is_line_over = true;
            return;
        }
        let end = beyond.iter().position(|byte| *byte == b'\n');
        self.is_line_over = end.is_some();
        self.line_beyond_bytes += end.unwrap_or(beyond.len());
    }

    /// The beginning of the head.
    pub(super) fn beginning(&self) -> &[u8] {
        &self.beginning
    }

    /// The length in bytes of the first line, as far as it was received, without its line end.
    pub(super) fn line_bytes(&self) -> usize {
        let in_beginning = self.beginning.iter().position(|byte| *byte == b'\n');
        in_beginning.unwrap_or(self.beginning.len() + self.line_beyond_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_the_first_line_is_known_wherever_it_is_cut() {
        for length in [0, 1, 500, 511, 512, 513, 2000, 70_000] {
            let head = [&vec![b'x'; length][..], b"\nhost: x\n", &vec![b'y'; 3000]].concat();
            for size in [1, 7, 511, 512, 513, 100_000] {
                let mut record = HeadRecord::default();
                record.extend(b"of another request\n");
                record.start();
                head.chunks(size).for_each(|piece| record.extend(piece));
                assert_eq!(record.line_bytes(), length, "in pieces of {size}");
                assert_eq!(record.beginning(), &head[..MOST_BYTES]);
            }
        }
    }
}
