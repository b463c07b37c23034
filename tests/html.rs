//! The HTML report: one file, small, inert, the same every time, and its numbers are those of the document.

#[path = "support/reports.rs"]
mod reports;

use agentauthz::diff::document::Document;
use agentauthz::render::diff_html;
use reports::{ATTACK, great, hostile, sample};

const MOST: usize = 5_000_000;

fn all() -> Vec<(&'static str, Document)> {
    vec![
        ("sample", sample()),
        ("hidden", sample().without_values()),
        ("hostile", hostile()),
        ("empty", Document::default()),
        ("great", great()),
    ]
}

fn island(html: &str) -> &str {
    let (_, after) = html
        .split_once("<script type=\"application/json\" id=\"agentauthz-report\">")
        .unwrap();
    after.split_once("</script>").unwrap().0
}

#[test]
fn every_document_makes_a_whole_page() {
    for (name, document) in all() {
        let html = diff_html(&document);
        assert!(html.starts_with("<!doctype html>\n"), "{name}");
        assert!(html.ends_with("</html>"), "{name}");
        assert!(html.len() < MOST, "{name}: {}", html.len());
        for view in ["verdict", "groups", "flow", "matrix", "trust", "control", "provenance"] {
            assert!(html.contains(&format!("<h2 id=\"{view}-h\"")), "{name}: {view}");
        }
        assert_eq!(html, diff_html(&document), "{name}: not the same twice");
    }
}

#[test]
fn the_data_in_the_page_is_the_document() {
    for (name, document) in all() {
        let html = diff_html(&document);
        let read: Document = serde_json::from_str(island(&html)).unwrap();
        if ["sample", "hidden", "empty"].contains(&name) {
            assert_eq!(read, document, "{name}");
        } else {
            assert_eq!(read.now.len().min(40), document.now.len().min(40), "{name}");
            assert!(html.contains("shortened to keep this file small"), "{name}");
            assert!(island(&html).contains("\"left_out\""), "{name}");
        }
    }
}

#[test]
fn nothing_in_the_data_acts() {
    let html = diff_html(&hostile());
    assert_eq!(html.matches("<script").count(), 2, "our own script and the data");
    assert_eq!(html.matches("</script>").count(), 2);
    for bad in ["<img", "onclick='", "\" onclick", "\u{1b}", "\u{202e}", "\u{2028}", "\0", ">49<"] {
        assert!(!html.contains(bad), "{bad:?}");
    }
    assert!(ATTACK.contains("<img") && html.contains("&lt;img src=x onerror=alert(2)&gt;"));
    assert!(html.contains("more characters)"), "long texts are cut, and say so");
}

#[test]
fn a_page_reaches_nothing_outside() {
    for (name, document) in all() {
        let html = diff_html(&document);
        for attribute in ["src=\"", "href=\"", "srcset=\"", "action=\"", "data=\"", "poster=\""] {
            for after in html.split(&format!(" {attribute}")).skip(1) {
                assert!(after.starts_with('#'), "{name}: {attribute}{:.40}", after);
            }
        }
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        assert!(!style.contains("url(") && !style.contains("@import"), "{name}");
        assert!(!html.contains(" style=\""), "{name}: the policy forbids it");
        let policy = html.split_once("http-equiv=\"Content-Security-Policy\" content=\"").unwrap().1;
        assert!(policy.starts_with("default-src &#x27;none&#x27;; style-src &#x27;sha256-"), "{name}");
        assert!(!policy.split_once('>').unwrap().0.contains("unsafe"), "{name}");
    }
}

#[test]
fn the_numbers_of_the_flow_add_up() {
    let html = diff_html(&sample());
    let table = html.split_once("<table class=\"flow\">").unwrap().1;
    let table = table.split_once("</table>").unwrap().0;
    let number = |cell: &str| -> u64 {
        let text = cell.split_once('>').unwrap().1.split("</td>").next().unwrap();
        let text = text.rsplit('>').next().unwrap();
        text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
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
    assert_eq!(sums.last(), Some(&1_204_118));
    assert!(!html.contains("do not add up"));

    let mut wrong = sample();
    wrong.flow.pop();
    assert!(diff_html(&wrong).contains("The numbers do not add up"));
}

#[test]
fn a_comparison_of_nothing_never_says_that_nothing_changes() {
    let html = diff_html(&Document::default());
    assert!(html.contains("nothing was replayed"));
    assert!(html.contains("Nothing was compared"));
    for calm in ["nothing more would be allowed", "nothing would stop working", "no decision changed", "Ready to merge"] {
        assert!(!html.contains(calm), "{calm}");
    }
}

#[test]
fn hidden_values_are_named_as_hidden() {
    let html = diff_html(&sample().without_values());
    assert!(!html.contains(">812<") && !html.contains("A-4711"));
    assert!(html.contains("reports: { values: true }"));
    assert!(html.contains("Where the bins begin and end is hidden"));
    // The places of the thresholds are left.
    assert!(html.contains("base 500 stands after bin 5"));
    let shown = diff_html(&sample());
    assert!(shown.contains("A-4711") && !shown.contains("reports: { values: true }"));
}

#[test]
fn what_changed_is_marked_within_the_line() {
    let html = diff_html(&sample());
    assert!(html.contains("context.input.amount &lt;= <mark>500</mark> &amp;&amp;"));
    assert!(html.contains("context.input.amount &lt;= <mark>1000</mark> &amp;&amp;"));
}

#[test]
fn what_is_left_out_is_counted() {
    let html = diff_html(&great());
    assert!(html.contains("500 groups") || html.contains("more, left out of this file."));
    let shown = html.matches("<article id=\"group-").count();
    assert!(shown >= 100, "{shown}");
    assert!(html.contains(&format!("And {} groups more, left out of this file.", 500 - shown)));
    assert_eq!(html.matches("<tr><th scope=\"row\">agent-").count(), 60);
}
