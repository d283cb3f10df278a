//! Tests of numbers and samples; events are compared in the integration tests.

use serde_json::json;

use super::numbers::{Difference, compare, table};
use super::samples::{self, Parting};

#[test]
fn every_leaf_is_compared() {
    let a = json!({
        "seed": 1, "same": 2.5, "gone": { "deep": 1, "other": 2 },
        "list": [1, 2], "state": "open", "none": null,
    });
    let b = json!({
        "seed": 2, "same": 2.5, "list": [1, 3, 4], "state": "done", "none": 0.5, "new": 7,
    });
    let (differences, compared) = compare(&a, &b);
    let paths: Vec<&str> = differences.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["seed", "gone", "list[1]", "list[2]", "state", "none", "new"]);
    assert_eq!(compared, 9);
    insta::assert_snapshot!(table(&differences, compared), @r"
    7 of 9 values of the results differ
                                                           A             B    change
    seed                                                   1             2
    gone                                             (there)             - only in A
    list[1]                                                2             3    +50.0%
    list[2]                                                -             4 only in B
    state                                               open          done
    none                                                none           0.5
    new                                                    -             7 only in B
    ");
}

#[test]
fn what_expectations_quote_is_left_out() {
    let expectation =
        |actual: &str| json!({ "expectations": [{ "holds": true, "actual": actual }] });
    assert_eq!(compare(&expectation("a = 1"), &expectation("a = 2")), (Vec::new(), 1));
}

#[test]
fn numbers_that_differ_look_different_and_fit() {
    let difference = |path: &str, a: serde_json::Value, b: serde_json::Value| Difference {
        path: path.into(),
        values: [Some(a), Some(b)],
    };
    let long = "links.frankfurt--amsterdam.frankfurt->amsterdam.queue.mean_wait_seconds";
    let text = table(
        &[
            difference("a", json!(0.123_456_78), json!(0.123_456_79)),
            difference("b", json!(1e-9), json!(2e15)),
            difference("c", json!(0), json!(3)),
            difference(long, json!(0.001), json!(0.000_999)),
            difference("d", json!(100), json!(-50)),
            difference("text", json!("a text that is too long"), json!("short")),
        ],
        100,
    );
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text, @r"
    6 of 100 values of the results differ
                                                           A             B    change
    a                                             0.12345678    0.12345679     +8e-8
    b                                             1.00000e-9    2.00000e15    x 2e24
    c                                                      0             3
    links.frankfurt--amsterdam.frankfurt->amsterdam.queue.mean_wait_seconds
                                                       0.001      0.000999    -0.10%
    d                                                    100           -50   -150.0%
    text
        A a text that is too long
        B short
    ");
}

#[test]
fn series_part_at_the_first_sample_that_differs() {
    let told = |a: &str, b: &str| samples::compare(a.as_bytes(), b.as_bytes()).expect("CSV");
    let start = "time_s,path,value\n0,q,1\n";
    assert_eq!(told(start, start), Parting::Nowhere(1));
    let [a, b] = ["0.1,q,2\n", "0.1,q,3\n"].map(|row| format!("{start}{row}"));
    let value =
        Parting::Value { time: "0.1".into(), path: "q".into(), values: ["2".into(), "3".into()] };
    assert_eq!(told(&a, &b), value);
    assert_eq!(told(&a, start), Parting::Row([Some("0.1,q,2".into()), None]));
    let later = format!("{start}0.2,q,2\n");
    assert_eq!(told(&a, &later), Parting::Row([Some("0.1,q,2".into()), Some("0.2,q,2".into())]));
    assert!(samples::words(&told(&a, start)).contains("B (the end)"));
    assert!(samples::compare("time_s,path,value\n1\n".as_bytes(), start.as_bytes()).is_err());
}
