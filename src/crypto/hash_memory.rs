//! The memory in which password hashes are computed, kept from one to the next while they follow each other.

use argon2::Block;
use parking_lot::Mutex;

/// What a hash is computed in. Only a hashing thread has one, so a hash is computed nowhere else.
///
/// It holds what is left of the last hash, which the next one writes over.
pub struct HashMemory(Vec<Block>);

impl HashMemory {
    /// One without a block yet.
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// At least so many blocks, whatever they hold.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0.resize(count, Block::new());
        }
        &mut self.0
    }
}

/// The memories of a pool: as many as hashes run at once, at most.
#[derive(Default)]
pub(super) struct HashMemories(Mutex<Memories>);

#[derive(Default)]
struct Memories {
    kept: Vec<HashMemory>,
    lent: usize,
}

impl HashMemories {
    /// One that is kept, otherwise a new one.
    pub(super) fn lend(&self) -> HashMemory {
        let mut memories = self.0.lock();
        memories.lent += 1;
        memories.kept.pop().unwrap_or_else(HashMemory::new)
    }

    /// Keeps one that was lent.
    pub(super) fn take_back(&self, memory: HashMemory) {
        let mut memories = self.0.lock();
        memories.lent -= 1;
        memories.kept.push(memory);
    }

    /// Gives back to the system all that are kept, and says whether none is lent.
    pub(super) fn give_back(&self) -> bool {
        let mut memories = self.0.lock();
        memories.kept = Vec::new();
        memories.lent == 0
    }
}

#[cfg(test)]
impl HashMemories {
    /// Whether any is held on to.
    pub(super) fn is_any_kept_or_lent(&self) -> bool {
        let memories = self.0.lock();
        memories.lent > 0 || !memories.kept.is_empty()
    }
}
