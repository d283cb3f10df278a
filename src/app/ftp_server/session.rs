//! One client of an FTP server: its commands, the replies (RFC 959 section 5.4), its files.

use std::net::SocketAddrV4;

use super::super::Os;
use super::super::dialogue::{Dialogue, Heard, command};
use super::super::ftp_data::{DataConnection, Job, Progress, host_port, parse_host_port};
use super::Config;
use crate::id::SocketId;
use crate::socket::Errno;
use crate::units::Bytes;

/// What all sessions share.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) config: Config,
    /// Transfers begun so far; each has its number as the token of its timer.
    pub(super) transfers: u32,
}

/// How the client wants its next data connection.
#[derive(Debug)]
enum DataPort {
    /// The server connects, to here.
    Active(SocketAddrV4),
    /// The server listens.
    Passive(DataConnection),
}

#[derive(Debug)]
struct Transfer {
    number: u32,
    connection: DataConnection,
    /// The name of a file that the client stores.
    stores: Option<String>,
}

/// A client that has connected.
#[derive(Debug)]
pub(super) struct Session {
    dialogue: Dialogue,
    is_logged_in: bool,
    data_port: Option<DataPort>,
    transfer: Option<Transfer>,
    quits: bool,
}

impl Session {
    /// A new client, greeted.
    pub(super) fn greet(os: &mut dyn Os, control: SocketId) -> Self {
        let mut dialogue = Dialogue::new(control);
        dialogue.say(os, "220 FTP server ready.");
        Self { dialogue, is_logged_in: false, data_port: None, transfer: None, quits: false }
    }

    /// Obeys the commands that have come. Says whether this was the end.
    pub(super) fn converse(&mut self, os: &mut dyn Os, service: &mut Service) -> bool {
        while !self.quits {
            match self.dialogue.hear(os) {
                Heard::Line(line, _) => self.obey(os, service, &line),
                Heard::Nothing => break,
                Heard::End | Heard::Lost(_) => return true,
            }
        }
        self.dialogue.flush(os) && self.quits
    }

    /// The connections of a client that goes are closed.
    pub(super) fn end(self, os: &mut dyn Os) {
        if let Some(transfer) = self.transfer {
            transfer.connection.abort(os);
        }
        if let Some(DataPort::Passive(connection)) = self.data_port {
            connection.abort(os);
        }
        os.close(self.dialogue.socket);
    }

    fn obey(&mut self, os: &mut dyn Os, service: &mut Service, line: &str) {
        let (word, argument) = command(line);
        match (&*word, self.is_logged_in) {
            ("USER", _) => self.dialogue.say(os, "331 Please specify the password."),
            ("PASS", _) => {
                self.is_logged_in = true;
                self.dialogue.say(os, "230 Login successful.");
            }
            ("QUIT", _) => {
                self.quits = true;
                self.dialogue.say(os, "221 Goodbye.");
            }
            ("NOOP", _) => self.dialogue.say(os, "200 NOOP ok."),
            (_, false) => self.dialogue.say(os, "530 Please login with USER and PASS."),
            ("TYPE", _) => self.dialogue.say(os, "200 Switching to binary mode."),
            ("PORT", _) => self.port(os, argument),
            ("PASV", _) => self.passive(os, service),
            ("RETR", _) => match service.config.files.get(argument).copied() {
                None => self.dialogue.say(os, format!("550 {argument}: no such file.")),
                Some(size) => self.begin(os, service, Job::Send(size.get()), argument),
            },
            ("STOR", _) => self.begin(os, service, Job::Receive, argument),
            _ => self.dialogue.say(os, "502 Command not implemented."),
        }
    }

    fn port(&mut self, os: &mut dyn Os, argument: &str) {
        match parse_host_port(argument) {
            None => self.dialogue.say(os, "501 Illegal PORT command."),
            Some(address) => {
                self.set_data_port(os, DataPort::Active(address));
                self.dialogue.say(os, "200 PORT command successful.");
            }
        }
    }

    fn passive(&mut self, os: &mut dyn Os, service: &Service) {
        let own = os.local_address(self.dialogue.socket).ok_or(Errno::EBADF);
        let listening =
            own.and_then(|own| DataConnection::listen(os, *own.ip(), &service.config.tcp));
        match listening {
            Err(_) => self.dialogue.say(os, "425 Cannot open data connection."),
            Ok((connection, address)) => {
                self.set_data_port(os, DataPort::Passive(connection));
                let address = host_port(address);
                self.dialogue.say(os, format!("227 Entering Passive Mode ({address})."));
            }
        }
    }

    fn set_data_port(&mut self, os: &mut dyn Os, wanted: DataPort) {
        if let Some(DataPort::Passive(unused)) = self.data_port.replace(wanted) {
            unused.abort(os);
        }
    }

    /// Begins to move a file.
    fn begin(&mut self, os: &mut dyn Os, service: &mut Service, job: Job, name: &str) {
        if self.transfer.is_some() {
            return self.dialogue.say(os, "450 Another transfer is under way.");
        }
        let Some(data_port) = self.data_port.take() else {
            return self.dialogue.say(os, "425 Use PORT or PASV first.");
        };
        self.dialogue.say(os, format!("150 Opening binary data connection for {name}."));
        let opened = match data_port {
            DataPort::Passive(connection) => Ok(connection),
            DataPort::Active(to) => self.connect(os, service, to),
        };
        let Ok(mut connection) = opened else {
            return self.dialogue.say(os, "425 Cannot open data connection.");
        };
        connection.begin(job);
        service.transfers = service.transfers.wrapping_add(1);
        let number = service.transfers;
        let stores = (job == Job::Receive).then(|| name.to_owned());
        self.transfer = Some(Transfer { number, connection, stores });
        os.set_timer(service.config.data_timeout, number);
        self.transfer(os, service);
    }

    /// An active data connection comes from the port before that of the control connection.
    fn connect(
        &self,
        os: &mut dyn Os,
        service: &Service,
        to: SocketAddrV4,
    ) -> Result<DataConnection, Errno> {
        let own = os.local_address(self.dialogue.socket).ok_or(Errno::EBADF)?;
        let from = SocketAddrV4::new(*own.ip(), own.port().saturating_sub(1));
        DataConnection::connect(os, Some(from), to, &service.config.tcp)
    }

    /// Whether the file that is being moved goes by this socket.
    pub(super) fn moves_by(&self, socket: SocketId) -> bool {
        self.transfer.as_ref().is_some_and(|transfer| transfer.connection.is(socket))
    }

    /// Whether the data connection of this transfer still has to come.
    pub(super) fn waits_for(&self, number: u32) -> bool {
        let current = self.transfer.as_ref().filter(|transfer| transfer.number == number);
        current.is_some_and(|transfer| !transfer.connection.is_open())
    }

    /// Moves what can be moved now.
    pub(super) fn transfer(&mut self, os: &mut dyn Os, service: &mut Service) {
        let Some(transfer) = &mut self.transfer else { return };
        let reply = match transfer.connection.work(os) {
            Progress::Going => return,
            Progress::Done => "226 Transfer complete.",
            Progress::NotOpened(_) => "425 Cannot open data connection.",
            Progress::Broken(_) => "426 Connection closed; transfer aborted.",
        };
        if reply.starts_with("226")
            && let Some(name) = transfer.stores.take()
        {
            service.config.files.insert(name, Bytes::new(transfer.connection.moved));
        }
        self.transfer = None;
        self.dialogue.say(os, reply);
    }

    /// The data connection has not come in time.
    pub(super) fn give_up(&mut self, os: &mut dyn Os) {
        if let Some(transfer) = self.transfer.take() {
            transfer.connection.abort(os);
            self.dialogue.say(os, "425 Cannot open data connection.");
        }
    }
}
