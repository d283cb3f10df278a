//! The data connection of FTP (RFC 959 section 3.2): one for each file, opened by either end.
//!
//! The end that listens and the end that connects, the end that sends and the end that receives:
//! client and server may be either, so both are here.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{BindOptions, Os};
use crate::id::SocketId;
use crate::socket::Errno;
use crate::tcp::config::Settings;

/// One end of a data connection.
#[derive(Debug)]
pub(super) struct DataConnection {
    socket: SocketId,
    stage: Stage,
    job: Option<Job>,
    /// Data sent or received so far \[bytes\].
    pub(super) moved: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The other end is to connect.
    Listening,
    /// This end connects.
    Connecting,
    /// It is established.
    Open,
}

/// Which way the file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    /// So much is to be sent; the end of the connection is the end of the file.
    Send(u64),
    /// All that comes is to be read.
    Receive,
}

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It is not there yet.
    Going,
    /// All of it was sent or received.
    Done,
    /// There is no connection to send it by.
    NotOpened(Errno),
    /// The connection broke on the way.
    Broken(Errno),
}

impl DataConnection {
    /// Waits at a free port for the other end, which is told where.
    ///
    /// # Errors
    /// `EADDRINUSE`: no port is free.
    pub(super) fn listen(
        os: &mut dyn Os,
        own: Ipv4Addr,
        tcp: &Settings,
    ) -> Result<(Self, SocketAddrV4), Errno> {
        let socket = os.tcp_socket();
        os.set_tcp(socket, tcp);
        if let Err(errno) = os.bind(socket, Some(own), 0).and_then(|()| os.listen(socket, 1)) {
            os.close(socket);
            return Err(errno);
        }
        let local = os.local_address(socket).ok_or(Errno::EBADF)?;
        Ok((Self { socket, stage: Stage::Listening, job: None, moved: 0 }, local))
    }

    /// Connects to where the other end listens, from a certain address and port if one is given.
    ///
    /// # Errors
    /// Those of binding and connecting that show at once.
    pub(super) fn connect(
        os: &mut dyn Os,
        from: Option<SocketAddrV4>,
        to: SocketAddrV4,
        tcp: &Settings,
    ) -> Result<Self, Errno> {
        let socket = os.tcp_socket();
        os.set_tcp(socket, tcp);
        // All of a server's data connections come from the same port.
        os.set_bind_options(socket, BindOptions { reuse_address: true, reuse_port: false });
        let bound = from.map_or(Ok(()), |from| os.bind(socket, Some(*from.ip()), from.port()));
        match bound.and_then(|()| os.connect(socket, to)) {
            Ok(()) | Err(Errno::EINPROGRESS) => {
                Ok(Self { socket, stage: Stage::Connecting, job: None, moved: 0 })
            }
            Err(errno) => {
                os.close(socket);
                Err(errno)
            }
        }
    }

    /// Whether a wake-up for `socket` is about this connection.
    pub(super) fn is(&self, socket: SocketId) -> bool {
        self.socket == socket
    }

    /// Whether it is established.
    pub(super) fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Says which way the file goes.
    pub(super) const fn begin(&mut self, job: Job) {
        self.job = Some(job);
    }

    /// Opens the connection if it can now be opened.
    ///
    /// # Errors
    /// Why it cannot ever be.
    pub(super) fn open(&mut self, os: &mut dyn Os) -> Result<bool, Errno> {
        match self.stage {
            Stage::Open => {}
            Stage::Listening => match os.accept(self.socket) {
                Ok((socket, _)) => {
                    os.close(self.socket);
                    self.socket = socket;
                    self.stage = Stage::Open;
                }
                Err(Errno::EAGAIN) => {}
                Err(errno) => return Err(errno),
            },
            Stage::Connecting => {
                os.take_socket_error(self.socket)?;
                if os.poll(self.socket).writable {
                    self.stage = Stage::Open;
                }
            }
        }
        Ok(self.is_open())
    }

    /// Does what can be done now. Once it is not [`Progress::Going`] the connection is closed.
    pub(super) fn work(&mut self, os: &mut dyn Os) -> Progress {
        let Some(job) = self.job else { return Progress::Going };
        let progress = match self.open(os) {
            Err(errno) => Progress::NotOpened(errno),
            Ok(false) => Progress::Going,
            Ok(true) => match job {
                Job::Send(bytes) => self.send(os, bytes),
                Job::Receive => self.receive(os),
            },
        };
        if progress != Progress::Going {
            os.close(self.socket);
        }
        progress
    }

    fn send(&mut self, os: &mut dyn Os, bytes: u64) -> Progress {
        while self.moved < bytes {
            match os.send(self.socket, bytes - self.moved) {
                Ok(taken) => self.moved += taken,
                Err(Errno::EAGAIN) => return Progress::Going,
                Err(errno) => return Progress::Broken(errno),
            }
        }
        Progress::Done
    }

    fn receive(&mut self, os: &mut dyn Os) -> Progress {
        loop {
            match os.receive(self.socket, u64::MAX) {
                Ok(0) => return Progress::Done,
                Ok(bytes) => self.moved += bytes,
                Err(Errno::EAGAIN) => return Progress::Going,
                Err(errno) => return Progress::Broken(errno),
            }
        }
    }

    /// Gives it up.
    pub(super) fn abort(self, os: &mut dyn Os) {
        os.abort(self.socket);
    }
}

/// An address and port as PORT and the reply to PASV write them: `h1,h2,h3,h4,p1,p2`.
pub(super) fn host_port(address: SocketAddrV4) -> String {
    let [a, b, c, d] = address.ip().octets();
    let [high, low] = address.port().to_be_bytes();
    format!("{a},{b},{c},{d},{high},{low}")
}

/// Reads what [`host_port`] writes, in the midst of other text or alone.
pub(super) fn parse_host_port(text: &str) -> Option<SocketAddrV4> {
    let is_part = |c: char| c.is_ascii_digit() || c == ',';
    let numbers = text.split(|c| !is_part(c)).find(|word| word.contains(','))?;
    let mut bytes = [0; 6];
    let mut parts = numbers.split(',');
    for byte in &mut bytes {
        *byte = parts.next()?.parse().ok()?;
    }
    let [a, b, c, d, high, low] = bytes;
    let is_whole = parts.next().is_none();
    is_whole.then(|| SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_six_numbers() {
        let address = SocketAddrV4::new(Ipv4Addr::new(10, 0, 9, 2), 50_001);
        assert_eq!(host_port(address), "10,0,9,2,195,81");
        assert_eq!(parse_host_port("10,0,9,2,195,81"), Some(address));
        let reply = "227 Entering Passive Mode (10,0,9,2,195,81).";
        assert_eq!(parse_host_port(reply), Some(address));
        for wrong in ["", "10.0.9.2", "1,2,3,4,5", "1,2,3,4,5,6,7", "1,2,3,4,5,256", "1,,3,4,5,6"] {
            assert_eq!(parse_host_port(wrong), None, "{wrong}");
        }
    }
}
