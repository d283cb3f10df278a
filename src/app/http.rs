//! The few lines of HTTP/1.1 (RFC 9112) that the client and the server speak.

/// A request, as text: `GET /3 HTTP/1.1` and its fields.
pub(super) fn request(path: &str, host: &str, keep_alive: bool) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{}\r\n", connection(keep_alive))
}

/// The head of an answer whose body has `length` bytes.
pub(super) fn answer(status: Status, length: u64, keep_alive: bool) -> String {
    let (code, reason) = match status {
        Status::Ok => (200, "OK"),
        Status::BadRequest => (400, "Bad Request"),
        Status::NotFound => (404, "Not Found"),
    };
    format!(
        "HTTP/1.1 {code} {reason}\r\nContent-Length: {length}\r\n{}\r\n",
        connection(keep_alive)
    )
}

const fn connection(keep_alive: bool) -> &'static str {
    if keep_alive { "" } else { "Connection: close\r\n" }
}

/// What a server says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    BadRequest,
    NotFound,
}

/// A request, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) keep_alive: bool,
}

impl Request {
    /// Reads a request. `None` if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (path, version) = text.lines().next()?.strip_prefix("GET ")?.split_once(' ')?;
        let is_known = version == "HTTP/1.1" && path.starts_with('/');
        is_known.then(|| Self { path: path.to_owned(), keep_alive: keeps_alive(text) })
    }
}

/// The head of an answer, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) code: u16,
    /// Length of the body \[bytes\].
    pub(super) length: u64,
    pub(super) keep_alive: bool,
}

impl Answer {
    /// Reads the head of an answer. `None` if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let code = text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let length = field(text, "Content-Length")?.parse().ok()?;
        Some(Self { code, length, keep_alive: keeps_alive(text) })
    }
}

/// The value of a field.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let fields = text.lines().skip(1).filter_map(|line| line.split_once(": "));
    fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn keeps_alive(text: &str) -> bool {
    field(text, "Connection").is_none_or(|value| !value.eq_ignore_ascii_case("close"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_what_browsers_send() {
        let text = request("/3", "bob", true);
        assert_eq!(text, "GET /3 HTTP/1.1\r\nHost: bob\r\n\r\n");
        for keep_alive in [true, false] {
            let expected = Request { path: "/3".into(), keep_alive };
            assert_eq!(Request::parse(&request("/3", "bob", keep_alive)), Some(expected));
        }
        for wrong in ["", "GET", "GET /", "PUT / HTTP/1.1\r\n\r\n", "GET x HTTP/1.1", "EHLO bob"] {
            assert_eq!(Request::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn answers_are_what_servers_send() {
        let text = answer(Status::Ok, 20_000, true);
        assert_eq!(text, "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n");
        for keep_alive in [true, false] {
            let expected = Answer { code: 404, length: 0, keep_alive };
            assert_eq!(Answer::parse(&answer(Status::NotFound, 0, keep_alive)), Some(expected));
        }
        for wrong in ["", "HTTP/1.1 ", "HTTP/1.1 200 OK\r\n\r\n", "220 bob ready\r\n"] {
            assert_eq!(Answer::parse(wrong), None, "{wrong}");
        }
    }
}
