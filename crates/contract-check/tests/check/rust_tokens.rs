//! As much of Rust's syntax as it takes to find the paths in a source text.

/// Words, `::` and single signs; without white space, comments and the text of literals.
pub fn tokens(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            quoted(rest, '"')
        } else if first == '\'' {
            character(rest)
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").unwrap() + 2
        } else if is_word(first) {
            let word: String = rest.chars().take_while(|c| is_word(*c)).collect();
            tokens.push(word.clone());
            word.len()
        } else {
            let length = if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            if !first.is_whitespace() {
                tokens.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a literal in quotes, with them.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal, or of the quote of a lifetime.
fn character(text: &str) -> usize {
    let mut after = text.chars().skip(1);
    if after.next() == Some('\\') || after.next() == Some('\'') {
        quoted(text, '\'')
    } else {
        1
    }
}

/// Every path in the text, with each branch of a grouped import on its own.
pub fn used_paths(tokens: &[String]) -> Vec<Vec<String>> {
    path_starts(tokens)
        .flat_map(|at| use_tree(&tokens[at..]).0)
        .map(|(_, path)| path)
        .collect()
}

/// The paths of the `use` declarations, each with the name that it is known by.
pub fn imported_paths(tokens: &[String]) -> Vec<(String, Vec<String>)> {
    path_starts(tokens)
        .filter(|at| *at > 0 && tokens[at - 1] == "use")
        .flat_map(|at| use_tree(&tokens[at..]).0)
        .collect()
}

/// The words that begin a path: none that is within one, a member or a visibility such as `pub(super)`.
fn path_starts(tokens: &[String]) -> impl Iterator<Item = usize> {
    let is_start = |at: &usize| {
        let is_within = tokens[..*at]
            .last()
            .is_some_and(|before| ["::", "."].contains(&before.as_str()));
        let is_visibility = tokens[..*at].ends_with(&["pub".to_owned(), "(".to_owned()]);
        tokens[*at].starts_with(is_word) && !is_within && !is_visibility
    };
    (0..tokens.len()).filter(is_start)
}

/// The paths of a tree such as `a::{b, c::{self, d as e}}` with their names, and how many tokens it has.
fn use_tree(tokens: &[String]) -> (Vec<(String, Vec<String>)>, usize) {
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut path = vec![token(0).to_owned()];
    let mut at = 1;
    while token(at) == "::" && token(at + 1).starts_with(is_word) {
        path.push(token(at + 1).to_owned());
        at += 2;
    }
    if token(at) == "::" && token(at + 1) == "{" {
        at += 2;
        let mut branches = Vec::new();
        while !["}", ""].contains(&token(at)) {
            let (found, length) = use_tree(&tokens[at..]);
            let absolute = |(name, branch): (String, Vec<String>)| match branch.as_slice() {
                [one] if one == "self" => (path.last().unwrap().clone(), path.clone()),
                _ => (name, [path.as_slice(), &branch].concat()),
            };
            branches.extend(found.into_iter().map(absolute));
            at += length + usize::from(token(at + length) == ",");
        }
        return (branches, at + 1);
    }
    if token(at) == "::" && token(at + 1) == "*" {
        at += 2;
    }
    let name = if token(at) == "as" {
        at += 2;
        token(at - 1)
    } else {
        path.last().unwrap()
    };
    (vec![(name.to_owned(), path)], at)
}
