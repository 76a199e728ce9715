//! Codes of occupations: SOC's `NN-NNNN` and O*NET's `NN-NNNN.NN`.

use std::fmt;
use std::str;

/// The length of a SOC code.
const SOC_LEN: usize = 7;
/// The length of an O*NET-SOC code.
const ONET_LEN: usize = 10;

/// The code of an occupation or of a group of occupations: of SOC, such as `15-1252`, or of O*NET, such as `15-1252.00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OccupationCode {
    // A SOC code leaves the last three bytes zero, which sorts it before the codes of O*NET that refine it.
    bytes: [u8; ONET_LEN],
}

impl OccupationCode {
    /// Reads a code; `None` if it has neither form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let form: &[u8] = match text.len() {
            SOC_LEN => b"00-0000",
            ONET_LEN => b"00-0000.00",
            _ => return None,
        };
        let is_like = |(byte, like): (&u8, &u8)| match like {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        };
        if !text.iter().zip(form).all(is_like) {
            return None;
        }
        let mut bytes = [0; ONET_LEN];
        for (to, from) in bytes.iter_mut().zip(text) {
            *to = *from;
        }
        Some(Self { bytes })
    }

    /// The code as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let len = if self.is_onet() { ONET_LEN } else { SOC_LEN };
        self.first(len)
    }

    /// The SOC code in it: the first seven characters.
    #[must_use]
    pub fn soc(&self) -> &str {
        self.first(SOC_LEN)
    }

    /// Whether it is a code of O*NET, with two digits after a point.
    #[must_use]
    pub fn is_onet(&self) -> bool {
        self.bytes.last().is_some_and(|byte| *byte != 0)
    }

    fn first(&self, len: usize) -> &str {
        let bytes = self.bytes.get(..len).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Display for OccupationCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for OccupationCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_forms_are_read_and_nothing_else() {
        for (text, soc, is_onet) in [
            ("15-1252", "15-1252", false),
            ("15-1252.00", "15-1252", true),
            ("11-0000", "11-0000", false),
        ] {
            let code = OccupationCode::parse(text).unwrap();
            assert_eq!((code.as_str(), code.soc(), code.is_onet()), (text, soc, is_onet));
        }
        for text in [
            "",
            "15",
            "151252",
            "15-125",
            "15-12522",
            "15_1252",
            "1５-252",
            "15-1252.0",
            "15-1252.000",
            "15-1252-00",
            " 15-1252",
            "15-1252 ",
            "ab-cdef",
        ] {
            assert_eq!(OccupationCode::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_soc_code_comes_before_the_codes_that_refine_it() {
        let code = |text| OccupationCode::parse(text).unwrap();
        assert!(code("15-1252") < code("15-1252.00"));
        assert!(code("15-1252.99") < code("15-1253"));
    }
}
