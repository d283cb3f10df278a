//! Sentences in lines for a terminal.

/// The longest line \[columns\].
pub const WIDTH: usize = 80;

/// Lines of a sentence, the first and the others after their indents, without a line feed at the end.
/// What has no space, such as a path, stays whole.
#[must_use]
pub fn filled(text: &str, first: &str, others: &str) -> String {
    let look = textwrap::Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(others)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, &look)
}
