//! What is still to be written into a connection.

use std::collections::VecDeque;

use crate::app::Os;
use crate::id::SocketId;
use crate::socket::Errno;

/// Texts and data that wait to be written, in order. A text and the data right after it are written
/// in one call where there is room, as a server writes a header and its body.
#[derive(Debug, Default)]
pub(in crate::app) struct Outgoing {
    messages: VecDeque<Message>,
}

#[derive(Debug, Default)]
struct Message {
    text: String,
    /// Data after the text \[bytes\].
    data: u64,
}

impl Outgoing {
    /// Adds a text.
    pub(in crate::app) fn text(&mut self, text: impl Into<String>) {
        self.messages.push_back(Message { text: text.into(), data: 0 });
    }

    /// Adds so many bytes.
    pub(in crate::app) fn data(&mut self, bytes: u64) {
        match self.messages.back_mut() {
            Some(last) => last.data += bytes,
            None => self.messages.push_back(Message { text: String::new(), data: bytes }),
        }
    }

    /// Whether all is written.
    pub(in crate::app) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Writes what there is room for; the socket becomes ready when there is more.
    ///
    /// # Errors
    /// The error that ended the connection.
    pub(in crate::app) fn write(&mut self, os: &mut dyn Os, socket: SocketId) -> Result<(), Errno> {
        while let Some(message) = self.messages.front_mut() {
            match message.write(os, socket) {
                Ok(()) if message.data == 0 => _ = self.messages.pop_front(),
                Ok(()) => {}
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }
}

impl Message {
    fn write(&mut self, os: &mut dyn Os, socket: SocketId) -> Result<(), Errno> {
        let taken = if self.text.is_empty() {
            os.send(socket, self.data)?
        } else {
            os.send_message(socket, &self.text, self.data)?
        };
        self.text.clear();
        self.data -= taken;
        Ok(())
    }
}
