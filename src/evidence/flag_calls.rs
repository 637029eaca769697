//! Calls of the OpenFeature SDKs, found without regular expressions: compiling and running those took three quarters of a check.

/// The longest key that is believed, in bytes.
const LONGEST_KEY: usize = 128;
/// How far behind a bracket the key may begin: a context argument and some white space.
const NEAR: usize = 80;

/// The keys in calls such as `getBooleanValue("key")`, `get_string_details("key")`, `GetBooleanValueAsync("key")`,
/// `fetch_boolean_value(flag_key: "key")`, `useFlag('key')` and, with a context first, `.Boolean(ctx, "key")`; with their
/// lines, from 1.
pub fn keys(text: &[u8]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for bracket in memchr::memchr_iter(b'(', text) {
        let Some((key, has_context)) = first_text(&text[bracket + 1..]) else { continue };
        if reads_a_flag(&text[..bracket], has_context) {
            line += memchr::memchr_iter(b'\n', &text[counted..bracket]).count();
            counted = bracket;
            found.push((line, key));
        }
    }
    found
}

/// The text that the arguments begin with, and whether one plain argument stands before it.
fn first_text(arguments: &[u8]) -> Option<(String, bool)> {
    let near = &arguments[..arguments.len().min(NEAR)];
    let at = near.iter().position(|byte| b"\"'`".contains(byte))?;
    let before = near[..at].trim_ascii();
    let has_context = match before.last() {
        None => false,
        Some(b',') => {
            // `ctx`, `context.TODO()`: a name, nothing computed.
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.()".contains(byte);
            if !before[..before.len() - 1].iter().all(plain) {
                return None;
            }
            true
        }
        Some(b':' | b'=') => {
            let name = before[..before.len() - 1].trim_ascii();
            if !name.eq_ignore_ascii_case(b"flag_key") && !name.eq_ignore_ascii_case(b"flagKey") {
                return None;
            }
            false
        }
        Some(_) => return None,
    };
    let key = &arguments[at + 1..];
    let length = key.iter().take(LONGEST_KEY + 1).position(|&byte| byte == near[at])?;
    let key = std::str::from_utf8(&key[..length]).ok()?;
    let is_key = !key.is_empty() && !key.contains(char::is_whitespace);
    is_key.then(|| (key.to_owned(), has_context))
}

/// Whether the name that `before` ends with is that of a call that evaluates a flag.
fn reads_a_flag(before: &[u8], has_context: bool) -> bool {
    let before = without_type_arguments(before.trim_ascii_end());
    let length = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let (left, name) = before.split_at(before.len() - length);
    let name: Vec<u8> = name.iter().filter(|byte| **byte != b'_').map(u8::to_ascii_lowercase).collect();
    let name = name.strip_suffix(b"async").unwrap_or(&name);
    if name == b"useflag" {
        return !has_context;
    }
    let verb = [&b"get"[..], b"fetch", b"use"].iter().find_map(|verb| name.strip_prefix(*verb));
    let what = verb.unwrap_or(name);
    const TYPES: &[&[u8]] =
        &[b"boolean", b"bool", b"string", b"number", b"integer", b"int", b"float", b"double", b"object", b"struct"];
    let Some(rest) = TYPES.iter().find_map(|kind| what.strip_prefix(*kind)) else { return false };
    let is_evaluation = matches!(rest, b"value" | b"details" | b"flagvalue" | b"flagdetails" | b"valuedetails");
    if has_context {
        // Go: `client.Boolean(ctx, "key", …)`; a verb before it belongs to other languages.
        return left.ends_with(b".") && verb.is_none() && (rest.is_empty() || is_evaluation);
    }
    verb.is_some() && is_evaluation
}

/// `get_struct_value::<Theme>` without its type arguments.
fn without_type_arguments(before: &[u8]) -> &[u8] {
    let Some(inside) = before.strip_suffix(b">") else { return before };
    let near = inside.len().saturating_sub(NEAR);
    let Some(open) = inside[near..].iter().rposition(|&byte| byte == b'<') else { return before };
    let name = &inside[..near + open];
    name.strip_suffix(b"::").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_and_odd_text_is_no_call() {
        for text in [
            "getBooleanValue(",
            "getBooleanValue(\"never closed",
            "getBooleanValue(\"\")",
            "getBooleanValue(\"a b\")",
            "getBooleanValue(compute(1) + \"x\")",
            "get_boolean_value(other: \"x\")",
            "(\"x\")",
            ">(\"x\")",
            ".GetString(ctx, \"x\")",
        ] {
            assert_eq!(keys(text.as_bytes()), [], "{text}");
        }
        assert_eq!(keys(b"a(\xff)\nclient.getBooleanValue(\n  'k')"), [(2, "k".to_owned())]);
    }
}
