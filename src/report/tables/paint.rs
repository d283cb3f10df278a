//! Colours of the terminal, or none.

/// Whether to colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    fn wrap(self, text: &str, code: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }
    /// A heading.
    pub(super) fn bold(self, text: &str) -> String {
        self.wrap(text, "1")
    }
    /// Something good.
    pub(super) fn green(self, text: &str) -> String {
        self.wrap(text, "32")
    }
    /// Something bad.
    pub(super) fn red(self, text: &str) -> String {
        self.wrap(text, "31")
    }
    /// Something beside the point.
    pub(super) fn dim(self, text: &str) -> String {
        self.wrap(text, "2")
    }
}
