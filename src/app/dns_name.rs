//! Names of the Domain Name System (RFC 1035), as far as applications need them.

use crate::kinds::Fault;

use super::check::fault;

/// Length of a message's header \[bytes\] (RFC 1035 4.1.1).
const HEADER: u16 = 12;
/// Type and class of a question \[bytes\] (4.1.2).
const QUESTION_TAIL: u16 = 4;
/// An answer of type A whose name points at the question's: pointer, type, class, TTL, length,
/// address \[bytes\] (4.1.3, 4.1.4).
pub(super) const ANSWER_LENGTH: u16 = 2 + 2 + 2 + 4 + 2 + 4;

/// The most octets of a label, and of a name as messages carry it (2.3.4).
const LONGEST_LABEL: usize = 63;
const LONGEST_NAME: usize = 255;

/// The form in which names are compared: small letters (2.3.3), no dot at the end.
pub(super) fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Length of a question for this name \[bytes\]: each label has a length octet, the root is one more.
pub(super) fn question_length(name: &str) -> u16 {
    let octets = canonical(name).len() + 2;
    HEADER + octets.min(LONGEST_NAME) as u16 + QUESTION_TAIL
}

/// What is wrong with a name in the setting called `field`, if anything.
pub(super) fn check(field: &'static str, name: &str) -> Option<Fault> {
    let canonical = canonical(name);
    let message = if canonical.split('.').any(str::is_empty) {
        format!("`{name}` has an empty label")
    } else if let Some(label) = canonical.split('.').find(|label| label.len() > LONGEST_LABEL) {
        format!("`{label}` is longer than {LONGEST_LABEL} octets")
    } else if canonical.len() + 2 > LONGEST_NAME {
        format!("`{name}` is longer than {LONGEST_NAME} octets")
    } else {
        return None;
    };
    Some(fault(field, message, "write a name such as \"www.example.org\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_as_long_as_a_real_one() {
        // dig www.example.org, without EDNS: 33 bytes of DNS.
        assert_eq!(question_length("www.example.org"), 33);
        assert_eq!(question_length("www.example.org."), 33);
        assert_eq!(question_length(&"a.".repeat(200)), 12 + 255 + 4);
    }

    #[test]
    fn names_are_checked() {
        for good in ["a", "www.Example.org", "www.example.org.", &"a".repeat(63)] {
            assert_eq!(check("names", good), None);
        }
        let (label, name) = ("a".repeat(64), "a.".repeat(126) + "bb");
        for (bad, told) in [
            ("", "empty label"),
            (".", "empty label"),
            ("a..b", "empty label"),
            (label.as_str(), "longer than 63 octets"),
            (name.as_str(), "longer than 255 octets"),
        ] {
            let fault = check("names", bad).expect(bad);
            assert!(fault.field == "names" && fault.message.contains(told), "{fault:?}");
        }
        // One octet less is the longest name there can be.
        assert_eq!(check("names", &name[..name.len() - 1]), None);
    }
}
