//! Splits coded titles into halves and folds so that near-duplicates never stand on both sides.

use title_engine::key;

/// Words that name a level, which do not tell titles apart here.
const LEVELS: &[&str] = &[
    "senior",
    "sr",
    "junior",
    "jr",
    "lead",
    "principal",
    "associate",
    "assoc",
    "staff",
    "entry",
    "level",
    "mid",
    "intern",
    "trainee",
    "i",
    "ii",
    "iii",
    "iv",
    "v",
    "vi",
    "vii",
    "chief",
    "head",
    "grade",
];

/// The number of the group, below `groups`, that a title and its near-duplicates fall into.
pub fn group(title: &str, groups: u64) -> u64 {
    let key = key(title);
    let words = key.split(' ').filter(|word| !LEVELS.contains(word));
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for byte in words
        .flat_map(|word| word.bytes().chain([b' ']))
        .filter(|byte| !byte.is_ascii_digit())
    {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    }
    (hash ^ (hash >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) % groups
}
