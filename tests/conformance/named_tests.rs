//! Whether the tests that the document names are there and run.

/// Why the test `file.rs::module::name` is none; `find` reads a file.
pub fn no_test(test: &str, find: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let Some((file, path)) = test.split_once(".rs::") else {
        return Some(format!("`{test}` names no test of a file"));
    };
    let (file, path) = (format!("{file}.rs"), path.split("::").collect::<Vec<_>>());
    let Some(source) = find(&file) else {
        return Some(format!("there is no {file}"));
    };
    if !is_compiled(&file, find) {
        return Some(format!("{file} belongs to nothing that is compiled"));
    }
    let (name, modules) = path.split_last().unwrap();
    if let Some(module) = modules
        .iter()
        .find(|module| !source.contains(&format!("mod {module} {{")))
    {
        return Some(format!("{file} has no module {module}"));
    }
    (!has_test(&source, name)).then(|| format!("{file} has no test {name}"))
}

/// Whether the file is a module of its test program or, as `…_tests.rs`, of the file it tests.
fn is_compiled(file: &str, find: &dyn Fn(&str) -> Option<String>) -> bool {
    let (folder, name) = file.rsplit_once('/').unwrap();
    let declares = |parent: &str, line: &str| {
        find(&format!("{folder}/{parent}")).is_some_and(|text| text.lines().any(|own| own == line))
    };
    match name.strip_suffix("_tests.rs") {
        Some(tested) if file.starts_with("src/") => {
            let line = format!("#[path = \"{name}\"]");
            declares(&format!("{tested}.rs"), &line)
                || tested
                    .rsplit_once('_')
                    .is_some_and(|(tested, _)| declares(&format!("{tested}.rs"), &line))
        }
        _ if folder == "tests" || file.starts_with("src/") => true,
        _ => {
            let line = format!("mod {};", name.strip_suffix(".rs").unwrap());
            declares("main.rs", &line) || declares("mod.rs", &line)
        }
    }
}

/// Whether a function of this name has the attribute of a test, and is not ignored.
pub fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_it = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    let attributes_of = |at: usize| {
        lines[..at]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("#[") || line.starts_with("///"))
            .copied()
            .collect::<Vec<_>>()
    };
    lines.iter().enumerate().any(|(at, line)| {
        let attributes = attributes_of(at);
        let has = |start: &str| attributes.iter().any(|attribute| attribute.starts_with(start));
        is_it(line) && (has("#[test]") || has("#[tokio::test")) && !has("#[ignore")
    })
}
