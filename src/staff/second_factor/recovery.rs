//! Recovery codes: 100 random bits each, so that a fast hash is enough to store them by.

use std::fmt;

use aws_lc_rs::digest;
use zeroize::Zeroizing;

use crate::crypto::random;
use crate::crypto::secret::PresentedSecret;

/// Letters and digits that nobody takes for each other (Crockford's base 32, in small letters).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const CHARS: usize = 20;
const GROUP: usize = 5;

/// A code for who has lost the app, without hyphens. Cannot be printed; wiped when dropped.
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    pub(super) fn generate() -> Self {
        let bytes = Zeroizing::new(random::bytes::<CHARS>());
        let letter = |byte: &u8| {
            ALPHABET
                .get(usize::from(byte % 32))
                .copied()
                .map_or('0', char::from)
        };
        Self(Zeroizing::new(bytes.iter().map(letter).collect()))
    }

    /// Reads what somebody typed, with or without hyphens and capital letters.
    pub(super) fn parse(text: &PresentedSecret) -> Option<Self> {
        let is_noise = |c: char| c == '-' || c.is_whitespace();
        let plain = text.expose().chars().filter(|c| !is_noise(*c));
        let plain: Zeroizing<String> = Zeroizing::new(plain.map(|c| c.to_ascii_lowercase()).collect());
        let is_code = plain.len() == CHARS && plain.bytes().all(|byte| ALPHABET.contains(&byte));
        is_code.then_some(Self(plain))
    }

    /// What it is stored by.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref());
        hash
    }

    /// The code as it is shown, once: four groups of five.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let groups: Vec<&str> = self
            .0
            .as_bytes()
            .chunks(GROUP)
            .filter_map(|group| std::str::from_utf8(group).ok())
            .collect();
        Zeroizing::new(groups.join("-"))
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = RecoveryCode::generate();
        let shown = code.expose().to_string();
        assert_eq!((shown.len(), shown.matches('-').count()), (23, 3));
        for typed in [
            shown.clone(),
            shown.to_uppercase(),
            shown.replace('-', " "),
            shown.replace('-', ""),
        ] {
            let typed = PresentedSecret::new(typed).unwrap();
            assert_eq!(RecoveryCode::parse(&typed).unwrap().hash(), code.hash());
        }
        for bad in [
            "123456",
            &shown[1..],
            &format!("{shown}0"),
            "iiiii-iiiii-iiiii-iiiii",
        ] {
            assert!(RecoveryCode::parse(&PresentedSecret::new(bad.to_owned()).unwrap()).is_none());
        }
        assert_eq!(format!("{code:?}"), "RecoveryCode(..)");
    }
}
