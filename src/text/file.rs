//! Text from files that people make with whatever they have at hand.

/// The byte order mark of UTF-8, which some editors write.
const MARK: char = '\u{feff}';

/// The bytes are not text that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// UTF-16, as Windows PowerShell and some editors write it.
    #[error("it is in UTF-16; save it as UTF-8")]
    Utf16,
    /// Anything else.
    #[error("it is not text in UTF-8")]
    NotUtf8,
}

/// The text of a file that holds one value: without a byte order mark, and without line ends, spaces and tabs at its ends.
pub fn text_of(bytes: &[u8]) -> Result<&str, NotText> {
    let text = document_of(bytes)?;
    Ok(text.trim_matches(|c: char| c.is_ascii_whitespace() || c == MARK))
}

/// The text of a file, without the byte order mark before it.
pub fn document_of(bytes: &[u8]) -> Result<&str, NotText> {
    let is_utf_16 = matches!(
        bytes,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..]
    );
    if is_utf_16 {
        return Err(NotText::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| NotText::NotUtf8)?;
    Ok(text.strip_prefix(MARK).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_editor_adds_is_not_part_of_the_value() {
        for text in [
            "a b",
            "a b\n",
            "a b\r\n",
            "a b\r",
            "a b\n\n",
            "\u{feff}a b",
            "\u{feff}a b\r\n",
            " a b \t\n",
            "a b\u{feff}",
        ] {
            assert_eq!(text_of(text.as_bytes()), Ok("a b"), "{text:?}");
        }
        assert_eq!(text_of(b"a\rb"), Ok("a\rb"));
        assert_eq!(document_of(b"\xef\xbb\xbf\n a \n"), Ok("\n a \n"));
        assert_eq!(text_of(b" \xef\xbb\xbf\n"), Ok(""));
        assert_eq!(text_of(b""), Ok(""));
    }

    #[test]
    fn other_encodings_are_refused_by_name() {
        for bytes in [&b"\xff\xfea\0"[..], b"\xfe\xff\0a", b"a\0b\0", b"\0a\0b"] {
            assert_eq!(text_of(bytes), Err(NotText::Utf16), "{bytes:?}");
        }
        for bytes in [&b"\xe9"[..], b"caf\xe9\n"] {
            assert_eq!(text_of(bytes), Err(NotText::NotUtf8), "{bytes:?}");
        }
    }
}
