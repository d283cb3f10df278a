//! A host or router: an IPv4 stack and the processes that run on it.

use super::cx::Cx;
use super::kernel::Kernel;
use super::stack::Stack;
use crate::app::{App, AppSpec, Wake};
use crate::id::AppId;
use crate::rng::Stream;

/// A host or router.
#[derive(Debug)]
pub struct IpNode {
    /// Its protocols.
    pub stack: Stack,
    processes: Vec<Process>,
}

#[derive(Debug)]
struct Process {
    id: AppId,
    app: Box<dyn App>,
    dice: Stream,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Installed,
    Running,
    Killed,
}

impl IpNode {
    /// A node without processes.
    #[must_use]
    pub const fn new(stack: Stack) -> Self {
        Self { stack, processes: Vec::new() }
    }

    /// Installs a process that will start later. Returns its place on this node.
    pub fn install(&mut self, id: AppId, app: Box<dyn App>, dice: Stream) -> usize {
        self.processes.push(Process { id, app, dice, state: State::Installed });
        self.processes.len() - 1
    }

    /// Starts a process.
    pub fn start(&mut self, cx: &mut Cx, place: usize) {
        self.processes[place].state = State::Running;
        self.run(cx, place, |app, os| app.start(os));
    }

    /// Wakes a process, if it runs.
    #[inline]
    pub fn wake(&mut self, cx: &mut Cx, place: usize, wake: Wake) {
        self.run(cx, place, |app, os| app.wake(os, wake));
    }

    /// Gives a process new settings. One that has not started yet will start with them.
    pub fn reconfigure(&mut self, cx: &mut Cx, place: usize, spec: &AppSpec) {
        if self.processes[place].state == State::Installed {
            self.processes[place].app = spec.config().build();
        }
        self.run(cx, place, |app, os| app.reconfigure(os, spec));
    }

    /// Kills a process: its sockets are closed, its timers come to nothing.
    pub fn kill(&mut self, cx: &mut Cx, place: usize) {
        let process = &mut self.processes[place];
        process.state = State::Killed;
        cx.flows[process.id.index()].killed = Some(cx.now);
        self.stack.close_all(cx, process.id);
    }

    /// What a process has found out, see [`App::details`].
    #[must_use]
    pub fn details(&self, place: usize) -> Vec<String> {
        self.processes.get(place).map_or_else(Vec::new, |process| process.app.details())
    }

    #[inline]
    fn run(&mut self, cx: &mut Cx, place: usize, what: impl FnOnce(&mut dyn App, &mut Kernel<'_>)) {
        let Process { id, app, dice, state } = &mut self.processes[place];
        if *state == State::Running {
            what(app.as_mut(), &mut Kernel { stack: &mut self.stack, cx, app: *id, dice });
        }
    }
}
