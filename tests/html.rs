//! The HTML report: one file, small, inert, the same every time, and its numbers are those of the document.

#[path = "support/documents.rs"]
mod documents;
#[path = "support/great.rs"]
mod great;

use agentauthz::diff::document::Document;
use agentauthz::render::html::diff;
use documents::{clean, empty, extreme, hostile, many_groups, realistic};
use great::great;
use std::sync::LazyLock;

const MOST: usize = 5_000_000;

/// A document with its page.
type Page = (&'static str, Document, String);

fn all() -> &'static [Page] {
    static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
        let documents = [
            ("realistic", realistic()),
            ("hidden", realistic().without_values()),
            ("hostile", hostile()),
            ("empty", empty()),
            ("clean", clean()),
            ("extreme", extreme()),
            ("many groups", many_groups()),
            ("great", great(500)),
            ("greater", great(3_000)),
        ];
        documents
            .map(|(name, document)| {
                let html = diff(&document);
                (name, document, html)
            })
            .into()
    });
    &PAGES
}

fn page(wanted: &str) -> &'static str {
    let found = all().iter().find(|(name, ..)| *name == wanted);
    &found.unwrap().2
}

/// The page up to its data, and the data.
fn parts(html: &str) -> (&str, &str) {
    let island = "<script type=\"application/json\" id=\"agentauthz-report\">";
    let (page, after) = html.split_once(island).unwrap();
    (page, after.split_once("</script>").unwrap().0)
}

#[test]
fn every_document_makes_a_whole_page() {
    let views = [
        "verdict",
        "groups",
        "flow",
        "matrix",
        "trust",
        "control",
        "provenance",
    ];
    for (name, _, html) in all() {
        assert!(html.starts_with("<!doctype html>\n"), "{name}");
        assert!(html.ends_with("</html>"), "{name}");
        assert!(html.len() < MOST, "{name}: {}", html.len());
        for view in views {
            let heading = format!("<h2 id=\"{view}-h\"");
            assert_eq!(html.matches(&heading).count(), 1, "{name}: {view}");
            assert!(html.contains(&format!("<a href=\"#{view}\">")), "{name}");
        }
    }
    for (name, document) in [("realistic", realistic()), ("great", great(500))] {
        assert!(page(name) == diff(&document), "{name}: not the same twice");
    }
}

#[test]
fn the_data_in_the_page_is_the_document() {
    for (name, document, html) in all() {
        let (page, data) = parts(html);
        assert!(!data.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        let whole = !data.contains("\"left_out\":[");
        assert_eq!(
            !whole,
            page.contains("shortened to keep this file small"),
            "{name}"
        );
        // What is no number is nothing in JSON.
        if *name == "extreme" {
            continue;
        }
        let read: Document = serde_json::from_str(data).unwrap();
        match whole {
            true => assert_eq!(read, *document, "{name}"),
            false => assert_eq!(read.values, document.values, "{name}"),
        }
        assert!(whole || ["hostile", "many groups", "great", "greater"].contains(name));
    }
}

#[test]
fn nothing_in_the_data_acts() {
    let html = page("hostile");
    let (page, _) = parts(html);
    assert_eq!(page.matches("<script").count(), 1, "our own");
    assert_eq!(page.matches("<style").count(), 1, "our own");
    assert_eq!(html.matches("</script>").count(), 2);
    for bad in [
        "<img", "\u{1b}", "\u{9b}", "\u{7}", "\u{202e}", "\u{2066}", "\u{200b}", "\0",
    ] {
        assert!(!html.contains(bad), "{bad:?}");
    }
    assert!(!page.contains("\"'>"), "an attribute can be left");
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert!(page.contains("{{7*7}}"), "no template in the data is run");
    assert!(page.contains("more characters)"), "a cut is said");
}

#[test]
fn a_page_reaches_nothing_outside() {
    for (name, _, html) in all() {
        let (page, _) = parts(html);
        for attribute in ["src", "href", "srcset", "action", "data", "poster"] {
            for after in page.split(&format!(" {attribute}=\"")).skip(1) {
                assert!(after.starts_with('#'), "{name}: {attribute}{after:.40}");
            }
        }
        let style = page.split_once("<style>").unwrap().1;
        let style = style.split_once("</style>").unwrap().0;
        assert!(!style.contains("url(") && !style.contains("@import"));
        assert!(!page.contains(" style=\""), "{name}: the policy forbids it");
        let policy = page.split_once("\"Content-Security-Policy\" content=\"");
        let policy = policy.unwrap().1.split_once('>').unwrap().0;
        assert!(policy.starts_with("default-src &#x27;none&#x27;; style-src &#x27;sha256-"));
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}

#[test]
fn the_numbers_of_the_flow_add_up() {
    let html = page("realistic");
    let table = html.split_once("<table class=\"flow\">").unwrap().1;
    let table = table.split_once("</table>").unwrap().0;
    let number = |cell: &str| -> u64 {
        let text = cell.split_once('>').unwrap().1;
        let text = text.split("</td>").next().unwrap();
        let text = text.rsplit('>').next().unwrap();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    let rows: Vec<Vec<u64>> = table
        .split("<tr>")
        .map(|row| row.split("<td").skip(1).map(number).collect())
        .filter(|row: &Vec<u64>| !row.is_empty())
        .collect();
    let (sums, rows) = rows.split_last().unwrap();
    assert_eq!(rows.len() + 1, sums.len(), "a square");
    for row in rows {
        let (sum, cells) = row.split_last().unwrap();
        assert_eq!(cells.iter().sum::<u64>(), *sum);
    }
    for (column, sum) in sums.iter().enumerate() {
        assert_eq!(rows.iter().map(|row| row[column]).sum::<u64>(), *sum);
    }
    assert_eq!(sums.last(), Some(&4_663));
    assert!(!html.contains("do not add up"));

    let mut wrong = realistic();
    wrong.flow.pop();
    assert!(diff(&wrong).contains("The numbers do not add up"));
}

#[test]
fn a_comparison_of_nothing_never_says_that_nothing_changes() {
    let html = page("empty");
    assert!(html.contains("nothing was replayed"));
    assert!(html.contains("Nothing was compared"));
    let calm = [
        "nothing more would be allowed",
        "nothing would stop working",
        "no decision changed",
        "Ready to merge",
    ];
    for calm in calm {
        assert!(!html.contains(calm), "{calm}");
    }
    let clean = page("clean");
    for calm in calm {
        assert!(clean.contains(calm), "{calm}");
    }
}

#[test]
fn hidden_values_are_named_as_hidden() {
    let shown = page("realistic");
    assert!(!shown.contains("reports: { values: true }"));
    let hidden = page("hidden");
    assert!(hidden.contains("reports: { values: true }"));
    assert!(hidden.contains("Where the bins begin and end is hidden"));
    // The places of the thresholds are left.
    assert!(hidden.contains("stands after bin "));
}

#[test]
fn what_is_left_out_is_counted() {
    let html = page("greater");
    let shown = html.matches("<article id=\"group-").count();
    assert!((60..3_000).contains(&shown), "{shown}");
    let listed = html.matches("<span class=\"title\">").count();
    for rest in [3_000 - shown, 3_000 - listed] {
        let rest = agentauthz::render::grouped(rest as u64);
        assert!(html.contains(&format!("And {rest} groups more, left out of this file.")));
    }
    assert_eq!(html.matches("<tr><th scope=\"row\">agent-").count(), 60);
}
