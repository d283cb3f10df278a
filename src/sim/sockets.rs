//! The sockets of a node, with the names of their processes.

use super::Simulation;
use crate::id::NodeId;
use crate::observe::SocketRow;

impl Simulation {
    /// The TCP and UDP sockets of a host or router that have a port: those that take what comes from
    /// anybody first, then by local port and peer. None of a switch or hub.
    #[must_use]
    pub fn sockets(&self, node: NodeId) -> Vec<SocketRow> {
        let name = |app: crate::id::AppId| self.plan.apps[app.index()].name.clone();
        self.ip_node(node).map_or_else(Vec::new, |ip| ip.stack.socket_rows(name))
    }
}
