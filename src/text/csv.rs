//! Comma-separated values (RFC 4180) for spreadsheets, which take some beginnings for formulas.

/// What a formula begins with, in a spreadsheet.
pub const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A line of these values.
#[must_use]
pub fn line(values: &[&str]) -> String {
    let values: Vec<String> = values.iter().copied().map(value).collect();
    format!("{}\r\n", values.join(","))
}

/// A value that no spreadsheet takes for a formula: an apostrophe before it says that it is text.
fn value(text: &str) -> String {
    let mark = if text.starts_with(FORMULA) { "'" } else { "" };
    let needs_quotes = text.contains(['"', ',', '\r', '\n', ';', '\t']);
    if needs_quotes {
        format!("\"{mark}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{mark}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_must_be_and_formulas_are_text() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("a\"b\r\nc", "\"a\"\"b\r\nc\""),
            ("=1+1", "'=1+1"),
            ("-1", "'-1"),
            ("@x,y", "\"'@x,y\""),
            ("\tx", "\"'\tx\""),
            ("＝x", "'＝x"),
        ] {
            assert_eq!(value(text), expected, "{text:?}");
        }
        assert_eq!(line(&["a", "b;c"]), "a,\"b;c\"\r\n");
    }
}
