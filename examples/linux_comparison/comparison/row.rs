//! One line of a table.

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// \[Mbit/s\]
    Goodput,
    /// Packets.
    Drops,
    /// Packets that wait, mean over time.
    MeanQueue,
    /// \[s\]
    Seconds,
    /// \[ms\]
    Milliseconds,
    /// Exact.
    Count,
}

impl Quantity {
    /// Decimals and unit as printed.
    const fn form(self) -> (usize, &'static str) {
        match self {
            Self::Goodput => (3, " Mbit/s"),
            Self::Drops => (0, " drops"),
            Self::MeanQueue => (2, " packets waiting"),
            Self::Seconds => (3, " s"),
            Self::Milliseconds => (1, " ms"),
            Self::Count => (0, ""),
        }
    }

    /// A clock tick in this unit.
    const fn tick(self) -> f64 {
        match self {
            Self::Seconds => 0.004,
            Self::Milliseconds => 4.0,
            _ => 0.0,
        }
    }
}

/// What was measured and what is simulated, in words.
pub(crate) struct Words {
    pub(crate) what: String,
    pub(crate) real: String,
    pub(crate) simulated: String,
}

pub(crate) const WORDS_HEAD: &str = "| what | real | simulated |\n| --- | --- | --- |\n";

impl Words {
    pub(crate) fn new(what: String, real: &str, simulated: String) -> Self {
        Self { what, real: real.to_owned(), simulated }
    }

    pub(crate) fn markdown(&self) -> String {
        // A bar would begin the next column.
        let cell = |text: &str| text.replace('|', "\\|");
        format!("| {} | {} | {} |\n", self.what, cell(&self.real), cell(&self.simulated))
    }
}

/// A measured value and the simulated one.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) quantity: Quantity,
    pub(crate) real: f64,
    pub(crate) simulated: f64,
    /// Why they differ, if they do.
    pub(crate) reason: Option<String>,
}

pub(crate) const HEAD: &str =
    "| what | real | simulated | difference | why |\n| --- | --- | --- | --- | --- |\n";

impl Row {
    pub(crate) fn new(what: String, quantity: Quantity, real: f64, simulated: f64) -> Self {
        Self { what, quantity, real, simulated, reason: None }
    }

    /// Whether the two are apart by no more than this share or one clock tick.
    pub(crate) fn is_within(&self, share: f64) -> bool {
        let off = (self.simulated - self.real).abs();
        off <= share * self.real.abs() || off <= self.quantity.tick()
    }

    pub(crate) fn markdown(&self) -> String {
        let (decimals, unit) = self.quantity.form();
        let difference = if self.simulated == self.real {
            "0".to_owned()
        } else if self.real == 0.0 {
            format!("{:+.decimals$}", self.simulated)
        } else {
            format!("{:+.1} %", (self.simulated / self.real - 1.0) * 100.0)
        };
        let why = self.reason.as_deref().filter(|_| !self.is_within(0.05)).unwrap_or_default();
        format!(
            "| {} | {:.decimals$}{unit} | {:.decimals$}{unit} | {difference} | {why} |\n",
            self.what, self.real, self.simulated
        )
    }
}
