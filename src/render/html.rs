//! HTML: the frame of a page that needs nothing but itself, and how foreign text gets into it.

use crate::domain::text;

/// The look of every page: light or dark as the reader's machine is, on a phone, on paper.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--quiet:#57606a;--line:#d0d7de;--shade:#f6f8fa;--link:#0550ae}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--quiet:#9aa4af;--line:#3d444d;--shade:#161b22;--link:#79b8ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.2rem;margin:2rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
h1,h2,h3,p,li,dd{overflow-wrap:anywhere}
td{overflow-wrap:break-word}
a{color:var(--link)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.5rem 0}
dt{color:var(--quiet)}
dd{margin:0}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line)}
th{color:var(--quiet);font-weight:600}
pre{background:var(--shade);padding:.6rem .8rem;overflow-x:auto;border-radius:6px}
@media(max-width:32rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}}
@media print{main{max-width:none;padding:0}a{color:inherit}tr,dl,pre{break-inside:avoid}}
";

/// A whole page around a body that is HTML already. It asks for nothing from anywhere, and may not: its own policy says so.
pub fn page(title: &str, body: &str) -> String {
    page_with("", title, body)
}

/// The same, with rules of its own behind those that every page has.
pub fn page_with(style: &str, title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title)
    )
}

/// A text as it can stand in an element or in a quoted attribute: what it says is shown, and none of it is markup.
pub fn escape(plain: &str) -> String {
    let mut shown = String::with_capacity(plain.len());
    for character in text::neutral(plain).chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            _ => shown.push(character),
        }
    }
    shown
}

/// The same, in which a word that is a web address leads there. The address is what is shown, so no link says something else
/// than where it goes.
pub fn linked(plain: &str) -> String {
    let word = |word: &str| {
        let shown = escape(word);
        if text::is_web_address(word) {
            format!("<a href=\"{shown}\" rel=\"noopener noreferrer nofollow\">{shown}</a>")
        } else {
            shown
        }
    };
    plain.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A table of cells that are HTML already.
pub fn table(headers: &[impl AsRef<str>], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let header = |name: &str| format!("<th scope=\"col\">{}</th>", escape(name));
    let head: String = headers.iter().map(|name| header(name.as_ref())).collect();
    let row = |cells: Vec<String>| cells.iter().map(|cell| format!("<td>{cell}</td>")).collect::<String>();
    let rows: String = rows.into_iter().map(|cells| format!("<tr>{}</tr>\n", row(cells))).collect();
    format!("<div class=\"wide\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_people_typed_is_markup() {
        assert_eq!(
            escape("<script>alert(\"1\")</script> & 'x'\u{202e}"),
            "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;\\u{202e}"
        );
        assert!(page("</title><script>", "").contains("<title>&lt;/title&gt;&lt;script&gt;</title>"));
    }

    #[test]
    fn only_a_plain_web_address_is_a_link() {
        assert_eq!(
            linked("see https://example.com/a?b=1&c=2 now"),
            "see <a href=\"https://example.com/a?b=1&amp;c=2\" rel=\"noopener noreferrer nofollow\">\
             https://example.com/a?b=1&amp;c=2</a> now"
        );
        for harmless in
            ["javascript:alert(1)", "https:", "https://", "data:text/html,x", "HTTPS//x", "https://a\"onx=\"b"]
        {
            assert!(!linked(harmless).contains("<a"), "{harmless}");
        }
    }
}
