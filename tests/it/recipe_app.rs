//! Stands for `src/app/mod.rs` around the recipe in CONTRIBUTING.md, so that it compiles.

pub use portolan::app::{App, AppSpec, Configuration, Os, Target, Wake};

#[path = "../../docs/recipes/heartbeat.rs"]
pub mod heartbeat;

#[test]
fn says_which_setting_makes_no_sense() {
    let faulty = |text: &str| -> Vec<&'static str> {
        let config: heartbeat::Config = serde_json::from_str(text).expect(text);
        config.check().into_iter().map(|fault| fault.field).collect()
    };
    assert_eq!(faulty(r#"{ "to": "bob" }"#), [""; 0]);
    assert_eq!(
        faulty(r#"{ "to": "bob", "interval": "0s", "patience": 0 }"#),
        ["interval", "patience"]
    );
}
