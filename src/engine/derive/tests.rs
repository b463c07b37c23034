//! What is derived, value by value. Where a result here changes, by a rule or by a parser, `DERIVATIONS` in
//! `src/repository/derivation.rs` changes with it.

use super::*;

/// What a step makes of a value: JSON, `absent`, or `unknown`.
fn came(step: &str, json: &str) -> String {
    let json: Json = serde_json::from_str(json).unwrap();
    match derive(Derivation::named(step).unwrap(), &json) {
        Derived::Value(json) => serde_json::to_string(&json).unwrap(),
        Derived::Absent => "absent".to_owned(),
        Derived::Unknown(_) => "unknown".to_owned(),
    }
}

fn text(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn all(step: &str, cases: &[(&str, &str)]) {
    for (given, expected) in cases {
        assert_eq!(came(step, &text(given)), *expected, "{step} of {given:?}");
    }
}

#[test]
fn hosts() {
    all(
        "host",
        &[
            ("https://www.Example.com/a?b#c", r#""www.example.com""#),
            ("http://example.com.:80", r#""example.com""#),
            ("http://user:pass@example.com@evil.example/", "unknown"),
            ("http://example.com@evil.example/", r#""evil.example""#),
            ("http://bücher.example", r#""xn--bcher-kva.example""#),
            ("http://ｅｖｉｌ.example", r#""evil.example""#),
            ("http://127.0.0.1/x", r#""127.0.0.1""#),
            ("http://[::1]:8080/", r#""::1""#),
            ("ssh://Git.Example/x", r#""git.example""#),
            ("mailto:a@example.com", "absent"),
            ("file:///etc/passwd", "absent"),
            // Addresses that only some programs read as such.
            ("http://2130706433/", "unknown"),
            ("http://0x7f.1/", "unknown"),
            ("http://010.0.0.1/8.0.0.1", "unknown"),
            ("http://a@127.0.0.1:80/", r#""127.0.0.1""#),
            ("http://0177.0.0.1/", "unknown"),
            // What a browser takes for something else than another program does.
            ("http://example.com\\@evil.example/", "unknown"),
            ("http:/example.com", "unknown"),
            ("http:example.com", "unknown"),
            ("http:////example.com", "unknown"),
            (" http://example.com", "unknown"),
            ("http://exa\tmple.com", "unknown"),
            ("http://exam ple.com", "unknown"),
            ("example.com:80/x", "unknown"),
            ("localhost:8080", "unknown"),
            ("www.example.com/x", "unknown"),
            ("//example.com/x", "unknown"),
            ("/x", "unknown"),
            ("http://", "unknown"),
            ("foo://", "unknown"),
            ("http://...", "unknown"),
            ("http://a..example", "unknown"),
            ("", "unknown"),
        ],
    );
    assert_eq!(came("host", "5"), "unknown");
    assert_eq!(
        came("host", r#"["http://a.example", "http://b.example/x"]"#),
        r#"["a.example","b.example"]"#
    );
    assert_eq!(came("host", r#"["http://a.example", "b"]"#), "unknown");
    assert_eq!(came("host", r#"["http://a.example", null]"#), "unknown");
    assert_eq!(came("host", "[]"), "[]");
}

#[test]
fn other_parts_of_urls() {
    all(
        "scheme",
        &[
            ("HTTPS://example.com", r#""https""#),
            ("javascript:alert(1)", r#""javascript""#),
            ("example.com:80", "unknown"),
        ],
    );
    all(
        "port",
        &[
            ("https://example.com", "443"),
            ("http://example.com:8080/", "8080"),
            ("ssh://example.com", "absent"),
            ("mailto:a@example.com", "absent"),
            ("http://example.com:99999", "unknown"),
        ],
    );
    all(
        "url_path",
        &[
            ("https://example.com", r#""/""#),
            ("https://example.com/a/../b/./c?d", r#""/b/c""#),
            ("https://example.com/a b", r#""/a%20b""#),
            ("https://example.com/a/%2e%2e/b", "unknown"),
            ("https://example.com/a%2Fb", "unknown"),
            ("mailto:a@example.com", "absent"),
        ],
    );
    all(
        "http",
        &[
            ("example.com", r#""http://example.com""#),
            ("example.com:80/x", r#""http://example.com:80/x""#),
            ("www.example.com/x://y", r#""http://www.example.com/x://y""#),
            ("https://example.com", r#""https://example.com""#),
            ("mailto:a@example.com", "unknown"),
            ("user@example.com", "unknown"),
            ("http:/example.com", "unknown"),
            ("//example.com", "unknown"),
            (" example.com", "unknown"),
            ("", "unknown"),
        ],
    );
}

#[test]
fn paths() {
    all(
        "path",
        &[
            ("/work//data/./a/../b/", r#""/work/data/b""#),
            ("/../../etc/passwd", r#""/etc/passwd""#),
            ("a/../../b", r#""../b""#),
            ("../../a", r#""../../a""#),
            ("a/..", r#"".""#),
            ("./a", r#""a""#),
            ("/", r#""/""#),
            ("~/notes.txt", r#""~/notes.txt""#),
            ("~/../x", "unknown"),
            ("..\\x", "unknown"),
            ("C:/x", "unknown"),
            ("file:///etc/passwd", "unknown"),
            ("a\0b", "unknown"),
            ("", "unknown"),
        ],
    );
    all(
        "escapes",
        &[
            ("a/b", "false"),
            ("a/../b", "false"),
            ("a/../../b", "true"),
            ("..", "true"),
            ("...", "false"),
            ("/work/a", "true"),
            ("~/a", "unknown"),
            ("~a/../../b", "unknown"),
            ("a\\..\\..", "unknown"),
        ],
    );
    assert_eq!(came("path", r#"["a/./b", "/c"]"#), r#"["a/b","/c"]"#);
    assert_eq!(came("path", "{}"), "unknown");
}

#[test]
fn amounts() {
    all(
        "decimal",
        &[
            ("12", "12"),
            (" 12.50 ", "12.5"),
            ("-12.3456", "-12.3456"),
            ("12.00", "12"),
            ("0.1", "0.1"),
            ("0.125", "0.125"),
            ("1,234.567", "1234.567"),
            ("$1,234.50", "1234.5"),
            ("12.50 EUR", "12.5"),
            ("USD 1,234,567.00", "1234567"),
            ("€5", "5"),
            // Read in two ways, or by some only.
            ("1,234", "unknown"),
            ("€1.500", "unknown"),
            ("1.500 EUR", "unknown"),
            ("1.234,50", "unknown"),
            ("12,50", "unknown"),
            ("1,23.50", "unknown"),
            ("0123", "unknown"),
            ("1e3", "unknown"),
            ("0x10", "unknown"),
            ("+5", "unknown"),
            ("--5", "unknown"),
            ("5-", "unknown"),
            ("5 10", "unknown"),
            ("$5 EUR", "unknown"),
            ("5 apples", "unknown"),
            (".5", "unknown"),
            ("5.", "unknown"),
            ("٥", "unknown"),
            ("", "unknown"),
            // More than Cedar or a double holds.
            ("1.00001", "unknown"),
            ("1.00000000000000000001", "unknown"),
            ("123456789012345.67", "unknown"),
            ("99999999999999999999", "unknown"),
        ],
    );
    assert_eq!(came("decimal", "12.5"), "12.5");
    assert_eq!(came("decimal", "7"), "7");
    assert_eq!(came("decimal", "true"), "unknown");
    assert_eq!(came("decimal", r#"["1", 2.5]"#), "[1,2.5]");
}

#[test]
fn domains_of_addresses() {
    all(
        "email_domain",
        &[
            ("a@Example.com", r#""example.com""#),
            (" Ann Lee <ann.lee+x@example.com> ", r#""example.com""#),
            ("a@bücher.example.", r#""xn--bcher-kva.example""#),
            ("a@b@example.com", "unknown"),
            ("a@example.com, b@evil.example", "unknown"),
            ("a@example.com;b", "unknown"),
            ("evil@evil.example <a@example.com>", "unknown"),
            ("\"a@b\"@example.com", "unknown"),
            ("a@[127.0.0.1]", "unknown"),
            ("a@127.0.0.1", "unknown"),
            ("a@%65vil.example", "unknown"),
            ("a b@example.com", "unknown"),
            ("@example.com", "unknown"),
            ("a@", "unknown"),
            ("example.com", "unknown"),
            ("", "unknown"),
        ],
    );
    assert_eq!(
        came("email_domain", r#"["a@x.example", "b@y.example"]"#),
        r#"["x.example","y.example"]"#
    );
}

#[test]
fn sizes_and_json() {
    for (given, expected) in [
        ("[]", "0"),
        (r#"["a", "b", "a"]"#, "2"),
        (r#"[1, "1", true]"#, "3"),
        ("[1, 1.5]", "unknown"),
        ("[{}]", "unknown"),
        (r#"[{"$unknown": "x"}]"#, "unknown"),
        ("[null]", "unknown"),
        (r#""abc""#, "unknown"),
        ("{}", "unknown"),
    ] {
        assert_eq!(came("size", given), expected, "{given}");
    }
    all(
        "json",
        &[
            (r#"{"a": [1, 2.5]}"#, r#"{"a":[1,2.5]}"#),
            ("{'a': 1}", "unknown"),
            (
                r#"{"a": 1, "a": 2}"#,
                r#"{"a":{"$unknown":"repeated_key"}}"#,
            ),
            ("", "unknown"),
        ],
    );
    assert_eq!(came("json", r#"{"a": 1}"#), r#"{"a":1}"#);
    assert_eq!(came("json", "5"), "unknown");
    assert_eq!(came("json", &text(&"[".repeat(100_000))), "unknown");
}

/// Commands, words and whether it is dynamic.
fn script(script: &str) -> [String; 3] {
    ["commands", "words", "dynamic"].map(|step| came(step, &text(script)))
}

#[test]
fn scripts_that_say_what_they_run() {
    for (given, commands, words) in [
        ("", "[]", "[]"),
        ("# nothing", "[]", "[]"),
        ("rm -rf /tmp/x", r#"["rm"]"#, r#"["-rf","/tmp/x","rm"]"#),
        (
            "cd 'a b' && ls \"c d\"|wc -l; date & /bin/true || exit",
            r#"["/bin/true","cd","date","exit","ls","wc"]"#,
            r#"["-l","/bin/true","a b","c d","cd","date","exit","ls","wc"]"#,
        ),
        ("'r'\\m x", r#"["rm"]"#, r#"["rm","x"]"#),
        (
            "echo \"a\\\"b\" 'c\"'",
            r#"["echo"]"#,
            r#"["a\"b","c\"","echo"]"#,
        ),
        ("! time -p ls", r#"["time"]"#, r#"["-p","ls","time"]"#),
        ("time ls", r#"["ls"]"#, r#"["ls"]"#),
        ("(ls); { date; }", r#"["date","ls"]"#, r#"["date","ls"]"#),
        (
            "if test -f a; then ls; else pwd; fi",
            r#"["ls","pwd","test"]"#,
            r#"["-f","a","ls","pwd","test"]"#,
        ),
        (
            "while read x; do date; done < in > out",
            r#"["date","read"]"#,
            r#"["date","in","out","read","x"]"#,
        ),
        ("A=1 env", r#"["env"]"#, r#"["1","env"]"#),
        ("cat <<'X'\n$(rm x)\nX\n", r#"["cat"]"#, r#"["cat"]"#),
        ("ls\nrm x\n", r#"["ls","rm"]"#, r#"["ls","rm","x"]"#),
    ] {
        assert_eq!(script(given), [commands, words, "false"], "{given:?}");
    }
}

#[test]
fn scripts_that_do_not() {
    for (given, commands) in [
        ("ls *.txt", r#"["ls"]"#),
        ("ls ?", r#"["ls"]"#),
        ("ls [ab]", r#"["ls"]"#),
        ("ls {a,b}", r#"["ls"]"#),
        ("ls ~", r#"["ls"]"#),
        ("ls $HOME", r#"["ls"]"#),
        ("ls \"$HOME/x\"", r#"["ls"]"#),
        ("ls $'a\\x2f'", r#"["ls"]"#),
        ("echo $((1 + 2))", r#"["echo"]"#),
        ("echo $(rm -rf x)", r#"["echo","rm"]"#),
        ("echo \"`rm \\`pwd\\``\"", r#"["echo","pwd","rm"]"#),
        ("diff <(ls a) <(ls b)", r#"["diff","ls"]"#),
        ("f() { rm x; }; f", r#"["f","rm"]"#),
        ("eval 'rm x'", r#"["eval"]"#),
        (". ./x", r#"["."]"#),
        ("for x in a b; do echo $x; done", r#"["echo"]"#),
        ("case $1 in a*) ls;; *) pwd;; esac", r#"["ls","pwd"]"#),
        ("cat <<X\n$HOME\nX\n", r#"["cat"]"#),
        ("[[ -f $a ]] && ls", r#"["ls"]"#),
        // Which command runs is only known when it runs.
        ("$x y", "unknown"),
        ("r* x", "unknown"),
        ("{r\"m\",-rf,/}", "unknown"),
        ("{r\\m,-rf,/}", "unknown"),
        ("{fd}>x rm", "unknown"),
        ("echo ${x:-$(rm y)}", "unknown"),
        ("echo $(( $(rm y) ))", "unknown"),
        ("cat <<X\n$(rm y)\nX\n", "unknown"),
        ("[[ $(rm y) ]]", "unknown"),
        ("a[$(rm y)]=1", "unknown"),
        ("echo $($x)", "unknown"),
        ("echo $(a)$(b)$(c)$(d)$(e)$(f)$(g)", "unknown"),
    ] {
        assert_eq!(script(given), [commands, "unknown", "true"], "{given:?}");
    }
}

#[test]
fn what_is_no_script_is_unknown() {
    for given in [
        "ls 'a", "ls \"a", "ls (a", "if ls", "ls $(", "ls ;; ls", "| ls", "ls >", "a\0b",
    ] {
        let unknown = ["unknown"; 3];
        assert_eq!(script(given), unknown, "{given:?}");
    }
    for step in ["commands", "words", "dynamic"] {
        assert_eq!(came(step, r#"["ls", "-l"]"#), "unknown");
        assert_eq!(came(step, "5"), "unknown");
    }
}

/// The parser takes time and memory for what nests; what would take too much is not read.
#[test]
fn scripts_that_nest_are_bounded() {
    let start = std::time::Instant::now();
    for open in [
        "( ",
        "((",
        "{ ",
        "if ",
        "while ",
        "$(",
        "\"$(",
        "`",
        "${a:-",
        "case a in b) ",
        "[[ ( ",
        "f() ",
        "<(",
        "{a,",
        "! ",
        "a && ",
        "for x in ",
        "<<x ",
        "$((",
        "'",
        "\"",
        "\\",
        "a=(",
        "a[",
    ] {
        for times in [1, 7, 30, 60, 500, 20_000] {
            for closed in ["", "ls", "ls; ) } fi done esac ]]"] {
                let given = format!("{}{closed}", open.repeat(times));
                script(&given);
            }
        }
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn elements_and_keys() {
    for (step, json, expected) in [
        ("count", r#"[{"a": 1}, {"a": 1}, null]"#, "3"),
        ("count", r#"{"a": 1, "b": []}"#, "2"),
        ("count", "[]", "0"),
        ("count", r#""ab""#, "unknown"),
        ("keys", r#"{"b": 1, "a": 2}"#, r#"["a","b"]"#),
        ("keys", "{}", "[]"),
        ("keys", "[1]", "unknown"),
        ("first", "[1, 2]", "1"),
        ("last", r#"[1, {"a": 2}]"#, r#"{"a":2}"#),
        ("first", "[]", "absent"),
        ("last", "[1, null]", "absent"),
        ("first", r#"[{"$unknown": "x"}]"#, "unknown"),
        ("last", "7", "unknown"),
    ] {
        assert_eq!(came(step, json), expected, "{step} of {json}");
    }
}
