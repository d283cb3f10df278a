//! Any diagram can be drawn, and stays on its page.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::model::{Arrow, Diagram, End, Fold, Label, Lifeline, Remark, StateMark, TimerMark};
use super::{svg, terminal};
use crate::units::Time;

fn diagram() -> impl Strategy<Value = Diagram> {
    (1usize..6).prop_flat_map(|count| {
        let lifeline = ("\\PC{0,40}", ".{0,30}", option::of("[A-Z-]{0,20}"));
        let lifelines = vec(lifeline, count).prop_map(|list| {
            let named = |(name, address, state)| Lifeline { name, address, state };
            list.into_iter().map(named).collect::<Vec<_>>()
        });
        let mark = || (0..count, time(), "\\PC{0,30}");
        let arrows = if count > 1 { 0..40 } else { 0..1 };
        let rest = (vec(mark(), 0..9), vec(mark(), 0..4), vec((0..count, time(), time()), 0..4));
        (
            lifelines,
            vec(arrow(count), arrows),
            rest,
            vec((time(), 0u64..9, 0u64..9), 0..4),
            "[\\x00-\\x7fä→]{0,99}",
        )
            .prop_map(|(lifelines, arrows, (states, remarks, timers), folds, title)| {
                Diagram {
                    notes: vec![title.clone()],
                    title,
                    lifelines,
                    arrows,
                    states: states
                        .into_iter()
                        .map(|(lifeline, at, state)| StateMark { lifeline, at, state })
                        .collect(),
                    timers: timers
                        .into_iter()
                        .map(|(lifeline, armed, expired)| TimerMark { lifeline, armed, expired })
                        .collect(),
                    remarks: remarks
                        .into_iter()
                        .map(|(lifeline, at, text)| Remark { lifeline, at, text })
                        .collect(),
                    folds: folds
                        .into_iter()
                        .map(|(at, rightward, leftward)| Fold { at, rightward, leftward })
                        .collect(),
                }
            })
    })
}

/// Times that often fall together, and the last one there is.
fn time() -> impl Strategy<Value = Time> {
    prop_oneof![
        8 => (0u64..30).prop_map(Time::from_ms),
        1 => any::<u64>().prop_map(Time::from_ps),
        1 => Just(Time::MAX),
    ]
}

fn arrow(count: usize) -> impl Strategy<Value = Arrow> {
    let end = prop_oneof![
        6 => time().prop_map(End::Arrived),
        1 => (time(), ".{0,30}").prop_map(|(at, why)| End::Lost { at, why }),
        1 => (time(), ".{0,30}").prop_map(|(at, why)| End::Refused { at, why }),
        1 => Just(End::Underway),
    ];
    let label = vec((0u8..9, "\\PC{0,20}"), 0..4);
    (0..count, 1..count.max(2), time(), end, label, option::of("[a-z ]{0,30}")).prop_map(
        move |(from, step, sent, end, parts, purpose)| {
            let mut label = Label::default();
            for (matters, part) in parts {
                label.push(matters, part);
            }
            Arrow { from, to: (from + step) % count, sent, end, label, purpose }
        },
    )
}

proptest! {
    #[test]
    fn any_diagram_stays_on_its_page(diagram in diagram(), width in 1usize..300) {
        let text = terminal::print(&diagram, terminal::Look { width, colour: false });
        let room = width.max(terminal::NARROWEST);
        for line in text.lines() {
            prop_assert!(line.chars().count() <= room, "{line}");
        }
        let coloured = text.contains('\u{1b}');
        prop_assert!(!coloured);
    }

    #[test]
    fn any_diagram_is_a_picture(diagram in diagram()) {
        let text = svg::draw(&diagram);
        let parsed = roxmltree::Document::parse(&text);
        prop_assert!(parsed.is_ok(), "{:?}\n{text}", parsed.err());
        prop_assert!(!text.contains("NaN") && !text.contains("inf\""), "{text}");
    }
}

fn exchange() -> Diagram {
    let lifeline = |name: &str| Lifeline { name: name.into(), ..Lifeline::default() };
    let arrow = |from: usize, sent, end, text: &str| {
        let mut label = Label::default();
        label.push(9, text);
        Arrow { from, to: 1 - from, sent: Time::from_ms(sent), end, label, purpose: None }
    };
    let arrived = |at| End::Arrived(Time::from_ms(at));
    let lost = End::Lost { at: Time::from_ms(35), why: "queue full, r1->bob".into() };
    Diagram {
        title: "An exchange".into(),
        lifelines: vec![lifeline("alice"), lifeline("bob")],
        arrows: vec![
            arrow(0, 0, arrived(20), "one"),
            arrow(0, 10, arrived(30), "two"),
            arrow(1, 20, arrived(40), "one too"),
            arrow(0, 25, lost, "three"),
            Arrow { purpose: Some("again".into()), ..arrow(0, 900, arrived(920), "three") },
        ],
        timers: vec![TimerMark {
            lifeline: 0,
            armed: Time::from_ms(25),
            expired: Time::from_ms(900),
        }],
        ..Diagram::default()
    }
}

#[test]
fn an_exchange_reads_from_top_to_bottom() {
    let text = terminal::print(&exchange(), terminal::Look { width: 60, colour: false });
    insta::assert_snapshot!(text);
}

#[test]
fn colours_are_all_that_a_terminal_adds() {
    let plain = terminal::print(&exchange(), terminal::Look { width: 60, colour: false });
    let coloured = terminal::print(&exchange(), terminal::Look { width: 60, colour: true });
    let mut rest = coloured.as_str();
    let mut bare = String::new();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').expect("a colour ends").1;
    }
    bare.push_str(rest);
    assert!(coloured.contains("\u{1b}[31m"), "what is lost is red");
    assert_eq!(bare, plain);
}
