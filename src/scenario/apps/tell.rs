//! What processes are told of each other before they run: who listens on their node, and who will
//! call them.

use crate::app::conversation::Script;
use crate::id::NodeId;
use crate::sim::{AppPlan, Plan};

/// Tells all processes what they want to know.
pub(super) fn all(plan: &mut Plan) {
    declare_listeners(plan);
    hand_out_scripts(plan);
}

/// Tells those who want to know what the others on their node listen on.
fn declare_listeners(plan: &mut Plan) {
    let listens = |app: &AppPlan| Some((app.on, app.spec.config().listens()?));
    let all: Vec<_> = plan.apps.iter().filter_map(listens).collect();
    for app in &mut plan.apps {
        if let Some(declared) = app.spec.config_mut().declared() {
            declared.extend(all.iter().filter(|(on, _)| *on == app.on).map(|(_, door)| *door));
        }
    }
}

/// Tells the servers of conversations who will call them and what will be said.
fn hand_out_scripts(plan: &mut Plan) {
    let addresses = |node: NodeId| {
        plan.nodes[node.index()].addresses.iter().map(|(_, address)| address.addr()).collect()
    };
    let script =
        |app: &AppPlan| Some(Script { from: addresses(app.on), ..app.spec.config().script()? });
    let scripts: Vec<Script> = plan.apps.iter().filter_map(script).collect();
    for app in &mut plan.apps {
        let own = &plan.nodes[app.on.index()].addresses;
        let config = app.spec.config_mut();
        let Some((protocol, port)) = config.listens() else { continue };
        let Some(wanted) = config.scripts() else { continue };
        let calls_here = |script: &&Script| {
            script.to.port() == port
                && script.over.protocol() == protocol
                && own.iter().any(|(_, address)| address.addr() == *script.to.ip())
        };
        wanted.extend(scripts.iter().filter(calls_here).cloned());
    }
}
