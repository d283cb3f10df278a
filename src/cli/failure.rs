//! How a command ends when it does not end well, and with which exit code.

use std::process::ExitCode;

use crate::report::file::WriteError;
use crate::scenario::LoadError;

/// Why a command ended without doing all it should.
#[derive(Debug)]
pub enum Failure {
    /// It ran, and an expectation of the scenario failed. Everything has been said.
    Expectation,
    /// What the user gave cannot be used.
    BadInput(String),
    /// The scenario cannot be used: all its faults.
    Scenario(Box<LoadError>),
    /// It could not finish: disk full, interrupted.
    Unfinished(String),
}

impl Failure {
    /// The exit code; the table is in the manual.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Expectation => 1,
            Self::BadInput(_) | Self::Scenario(_) => 2,
            Self::Unfinished(_) => 3,
        })
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Scenario(Box::new(error))
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::Unfinished(error.to_string())
    }
}
