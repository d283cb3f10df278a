//! Names for things inside a run: small numbers, one type for each kind of thing.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($repr:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $repr);

        impl $name {
            /// The place of this thing in the table of its kind.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
            /// The id of the thing at `index` of its table.
            ///
            /// # Panics
            /// If the table is larger than ids can number.
            #[must_use]
            pub fn from_index(index: usize) -> Self {
                Self(<$repr>::try_from(index).expect("more things than ids of this kind can number"))
            }
        }
    )*};
}

ids! {
    /// A host, router, switch or hub.
    NodeId(u32);
    /// An interface of one node: the hardware port that a cable goes into. `eth0` is 0.
    InterfaceId(u16);
    /// A cable between two interfaces.
    LinkId(u32);
    /// One direction of a link.
    ChannelId(u32);
    /// A packet that exists at this moment (its place in the packet store).
    PacketId(u32);
    /// A conversation that results are kept for; one for each sending application.
    FlowId(u32);
    /// An application: one process on one node.
    AppId(u32);
    /// A socket of one node: a process's descriptor.
    SocketId(u32);
}

impl ChannelId {
    /// The direction of `link` from its first end to its second (`forward`), or back.
    #[must_use]
    pub const fn of(link: LinkId, forward: bool) -> Self {
        Self(link.0 * 2 + !forward as u32)
    }
    /// The link that this is a direction of.
    #[must_use]
    pub const fn link(self) -> LinkId {
        LinkId(self.0 / 2)
    }
    /// Whether this is the direction from the link's first end to its second.
    #[must_use]
    pub const fn is_forward(self) -> bool {
        self.0.is_multiple_of(2)
    }
    /// The other direction of the same link.
    #[must_use]
    pub const fn reverse(self) -> Self {
        Self(self.0 ^ 1)
    }
}
