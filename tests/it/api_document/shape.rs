//! Whether a value has the shape of a schema: its types, its members and its constants. Patterns and ranges are left to the
//! fuzzer.

use serde_json::Value;

use super::examples::resolved;

/// What is not as the schema has it, by its place.
pub fn misfits(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let schema = resolved(document, schema);
    let fits = |schema: &Value| misfits(document, schema, value, place).is_empty();
    let list = |name: &str| schema[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::new();
    for part in list("allOf") {
        found.extend(misfits(document, part, value, place));
    }
    let alternatives = [list("oneOf"), list("anyOf")].concat();
    if !alternatives.is_empty() && !alternatives.iter().any(fits) {
        found.push(format!("{place} is none of the alternatives: {value}"));
    }
    let types = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is_of(name, value)) {
        found.push(format!("{place} is not of {types:?}: {value}"));
    }
    if schema.get("const").is_some_and(|constant| constant != value)
        || schema
            .get("enum")
            .is_some_and(|all| !all.as_array().unwrap().contains(value))
    {
        found.push(format!("{place} may not be {value}"));
    }
    if let Value::Object(members) = value {
        for name in list("required") {
            if !members.contains_key(name.as_str().unwrap()) {
                found.push(format!("{place} has no {name}"));
            }
        }
        for (name, member) in members {
            let place = format!("{place}.{name}");
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(known), _) | (None, known @ Value::Object(_)) => {
                    found.extend(misfits(document, known, member, &place));
                }
                (None, Value::Bool(false)) => found.push(format!("{place} is not documented")),
                (None, _) => {}
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        found.extend(misfits(document, &schema["items"], item, &format!("{place}[]")));
    }
    found
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}

#[test]
fn a_value_of_another_shape_is_found() {
    let document = serde_json::json!({ "a": { "type": "object", "required": ["b"], "additionalProperties": false,
        "properties": { "b": { "type": ["integer", "null"] }, "c": { "enum": ["x"] } } } });
    let schema = serde_json::json!({ "type": "array", "items": { "$ref": "#/a" } });
    let found = |value| misfits(&document, &schema, &value, "it").len();
    assert_eq!(found(serde_json::json!([{ "b": 1, "c": "x" }, { "b": null }])), 0);
    for wrong in [
        serde_json::json!({}),
        serde_json::json!([{}]),
        serde_json::json!([{ "b": "1" }]),
        serde_json::json!([{ "b": 1, "c": "y" }]),
        serde_json::json!([{ "b": 1, "d": 1 }]),
    ] {
        assert_eq!(found(wrong.clone()), 1, "{wrong}");
    }
}
