//! Programs that get a token, to be copied and run as they are.

use std::fmt::Write as _;

/// What a program needs to get a token by client credentials.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access<'a> {
    /// The token endpoint.
    pub token_url: &'a str,
    pub client_id: &'a str,
    /// None: the program takes it from the environment variable `CLIENT_SECRET`.
    pub client_secret: Option<&'a str>,
    /// The scopes, separated by spaces; empty: all that the client has.
    pub scope: &'a str,
}

/// The programs, each with the name of its tab.
pub(crate) fn all(access: Access<'_>) -> [(&'static str, String); 4] {
    [
        ("curl", curl(access)),
        (".NET", dotnet(access)),
        ("Python", python(access)),
        ("Node.js", node(access)),
    ]
}

/// A word of a shell: in single quotes, which nothing ends but a single quote.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A literal that C#, Python and JavaScript read alike.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                literal.push('\\');
                literal.push(c);
            }
            c if c.is_control() || !c.is_ascii() => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(literal, "\\u{unit:04x}");
                }
            }
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

fn curl(access: Access<'_>) -> String {
    let secret = match access.client_secret {
        Some(secret) => shell(&format!("client_secret={secret}")),
        None => "\"client_secret=$CLIENT_SECRET\"".to_owned(),
    };
    let mut lines = vec![
        format!("curl -sS {}", shell(access.token_url)),
        "-d grant_type=client_credentials".to_owned(),
        format!(
            "--data-urlencode {}",
            shell(&format!("client_id={}", access.client_id))
        ),
        format!("--data-urlencode {secret}"),
    ];
    if !access.scope.is_empty() {
        let scope = format!("scope={}", access.scope);
        lines.push(format!("--data-urlencode {}", shell(&scope)));
    }
    lines.join(" \\\n  ")
}

fn dotnet(access: Access<'_>) -> String {
    let secret = access.client_secret.map_or_else(
        || "Environment.GetEnvironmentVariable(\"CLIENT_SECRET\")!".to_owned(),
        literal,
    );
    let mut pairs = format!(
        "    [\"grant_type\"] = \"client_credentials\",\n    [\"client_id\"] = {},\n    [\"client_secret\"] = {secret},\n",
        literal(access.client_id)
    );
    if !access.scope.is_empty() {
        let _ = writeln!(pairs, "    [\"scope\"] = {},", literal(access.scope));
    }
    format!(
        "var http = new HttpClient();\nvar response = await http.PostAsync({}, new FormUrlEncodedContent(\n  \
         new Dictionary<string, string>\n  {{\n{pairs}  }}));\n\
         Console.WriteLine(await response.Content.ReadAsStringAsync());",
        literal(access.token_url)
    )
}

fn python(access: Access<'_>) -> String {
    let (import, secret) = match access.client_secret {
        Some(secret) => ("json", literal(secret)),
        None => ("json, os", "os.environ[\"CLIENT_SECRET\"]".to_owned()),
    };
    let mut pairs = format!(
        "    \"grant_type\": \"client_credentials\",\n    \"client_id\": {},\n    \"client_secret\": {secret},\n",
        literal(access.client_id)
    );
    if !access.scope.is_empty() {
        let _ = writeln!(pairs, "    \"scope\": {},", literal(access.scope));
    }
    format!(
        "import {import}\nfrom urllib.parse import urlencode\nfrom urllib.request import urlopen\n\n\
         form = urlencode({{\n{pairs}}})\n\
         print(json.load(urlopen({}, form.encode()))[\"access_token\"])",
        literal(access.token_url)
    )
}

fn node(access: Access<'_>) -> String {
    let secret = access
        .client_secret
        .map_or_else(|| "process.env.CLIENT_SECRET".to_owned(), literal);
    let mut pairs = format!(
        "    grant_type: \"client_credentials\",\n    client_id: {},\n    client_secret: {secret},\n",
        literal(access.client_id)
    );
    if !access.scope.is_empty() {
        let _ = writeln!(pairs, "    scope: {},", literal(access.scope));
    }
    format!(
        "fetch({}, {{\n  method: \"POST\",\n  body: new URLSearchParams({{\n{pairs}  }}),\n}})\n  \
         .then((response) => response.json())\n  .then((token) => console.log(token.access_token));",
        literal(access.token_url)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: Access<'_> = Access {
        token_url: "https://partner.example/token",
        client_id: "it's \"x\" $(id) `id`",
        client_secret: Some("a'b\"c\\d€"),
        scope: "platform",
    };

    #[test]
    fn no_value_ends_the_literal_that_it_stands_in() {
        assert_eq!(shell("a'b $(id)"), r"'a'\''b $(id)'");
        assert_eq!(
            literal("a\"b\\c\n€😀"),
            "\"a\\\"b\\\\c\\u000a\\u20ac\\ud83d\\ude00\""
        );
        for (name, program) in all(HOSTILE).iter().skip(1) {
            assert!(program.contains("\"a'b\\\"c\\\\d\\u20ac\""), "{name}: {program}");
        }
    }

    #[test]
    fn a_program_without_the_secret_reads_it_from_the_environment() {
        let access = Access {
            client_secret: None,
            ..HOSTILE
        };
        for (name, program) in all(access) {
            assert!(program.contains("CLIENT_SECRET"), "{name}: {program}");
        }
    }
}
