//! One end of one conversation, as it goes through the list.

use super::{Does, End, Message, Messages, Name, Over};
use crate::app::{Os, check, stream};
use crate::packet::udp::Content;
use crate::socket::Errno;
use crate::units::Time;

/// What a player that is still needed waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// For its socket.
    Waits,
    /// For a time.
    Sleeps(Time),
    /// Nothing: it is through, and its socket is closed.
    Done,
}

/// The length of the pause that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    /// It has not begun.
    Before,
    /// A timer will end it.
    Under,
    /// It is over.
    Over,
}

/// One end of one conversation.
#[derive(Debug)]
pub(super) struct Player {
    /// The how manieth of its process it is.
    pub(super) number: u64,
    own: End,
    over: Over,
    messages: Messages,
    /// Whether the handshake goes on.
    pub(super) opening: bool,
    /// The place in the list of what is next.
    place: usize,
    pause: Pause,
    /// What is still to be written of the present message \[bytes\].
    owed: u64,
    /// What the other end does before `place`: data \[bytes\], or datagrams.
    awaited: u64,
    /// Whether its end is among that.
    awaits_end: bool,
    /// What has been read: data \[bytes\], or datagrams.
    heard: u64,
    /// Whether the other end has ended.
    ended: bool,
    /// Whether the process does not read now.
    deaf: bool,
    /// Whether this end has ended its direction.
    finished: bool,
    /// Datagrams sent.
    sent: u64,
}

impl Player {
    pub(super) const fn new(number: u64, own: End, messages: Messages, over: Over) -> Self {
        Self {
            number,
            own,
            over,
            messages,
            opening: false,
            place: 0,
            pause: Pause::Before,
            owed: 0,
            awaited: 0,
            awaits_end: false,
            heard: 0,
            ended: false,
            deaf: false,
            finished: false,
            sent: 0,
        }
    }

    /// So much more has been read.
    pub(super) const fn heard(&mut self, amount: u64) {
        self.heard += amount;
    }

    /// Does what can be done now: the socket is ready for something, or the pause is over.
    ///
    /// # Errors
    /// Why the connection is gone.
    pub(super) fn advance(
        &mut self,
        os: &mut dyn Os,
        name: Name,
        slept: bool,
    ) -> Result<Outcome, Errno> {
        if slept && self.pause == Pause::Under {
            self.pause = Pause::Over;
        }
        if self.opening {
            if !stream::is_established(os, name.0)? {
                return Ok(Outcome::Waits);
            }
            self.opening = false;
        }
        loop {
            self.read(os, name)?;
            if !self.write(os, name)? {
                return Ok(Outcome::Waits);
            }
            let Some(message) = self.next() else { return Ok(self.rest(os, name)) };
            if self.pause == Pause::Before {
                let is_behind = self.heard < self.awaited || (self.awaits_end && !self.ended);
                if message.waits && is_behind {
                    return Ok(Outcome::Waits);
                }
                if !message.after.is_zero() {
                    self.pause = Pause::Under;
                    return Ok(Outcome::Sleeps(message.after));
                }
            }
            if self.pause == Pause::Under {
                return Ok(Outcome::Waits);
            }
            self.place += 1;
            self.pause = Pause::Before;
            if self.act(os, name, message)? {
                return Ok(Outcome::Done);
            }
        }
    }

    /// What this end does next. Notes what the other end does before.
    fn next(&mut self) -> Option<Message> {
        loop {
            let message = *self.messages.get(self.place)?;
            if message.from == self.own {
                return Some(message);
            }
            self.place += 1;
            match message.does {
                Does::Write if self.over == Over::Tcp => self.awaited += message.size.get(),
                Does::Write => self.awaited += 1,
                Does::Fin | Does::Close => self.awaits_end = true,
                Does::Reset | Does::StopReading | Does::Read => {}
            }
        }
    }

    /// Reads what there is.
    fn read(&mut self, os: &mut dyn Os, (socket, _): Name) -> Result<(), Errno> {
        if self.over == Over::Udp || self.deaf || self.ended {
            return Ok(());
        }
        let read = stream::read_all(os, socket)?;
        self.heard += read.bytes;
        self.ended = read.ended;
        Ok(())
    }

    /// Writes what is owed. Says whether all is written.
    fn write(&mut self, os: &mut dyn Os, (socket, _): Name) -> Result<bool, Errno> {
        while self.owed > 0 {
            match os.send(socket, self.owed) {
                Ok(taken) => self.owed -= taken,
                Err(Errno::EAGAIN) => return Ok(false),
                Err(errno) => return Err(errno),
            }
        }
        Ok(true)
    }

    /// Does what the list says. Says whether this was the last thing that can be done.
    fn act(&mut self, os: &mut dyn Os, name: Name, message: Message) -> Result<bool, Errno> {
        let (socket, to) = name;
        match (message.does, to) {
            (Does::Write, None) => self.owed = message.size.get(),
            (Does::Write, Some(to)) => {
                let length = check::data_length(message.size);
                match os.send_to(socket, to, length, Content::Numbered(self.sent)) {
                    Ok(()) if self.own == End::Client => os.flow().packets_sent += 1,
                    Ok(()) => {}
                    Err(_) => os.flow().errors += 1,
                }
                self.sent += 1;
            }
            (Does::Fin, _) => {
                os.shutdown(socket)?;
                self.finished = true;
            }
            (Does::Close, _) => {
                os.close(socket);
                return Ok(true);
            }
            (Does::Reset, _) => {
                os.abort(socket);
                return Ok(true);
            }
            (Does::StopReading, _) => self.deaf = true,
            (Does::Read, _) => self.deaf = false,
        }
        Ok(false)
    }

    /// All is said. A connection that nobody has ended stays open, as it did.
    fn rest(&self, os: &mut dyn Os, (socket, _): Name) -> Outcome {
        if self.finished && self.ended {
            os.close(socket);
            return Outcome::Done;
        }
        Outcome::Waits
    }
}
