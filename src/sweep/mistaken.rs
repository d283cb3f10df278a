//! A scenario that is given in place of a sweep file.

use super::file::TOP;
use crate::scenario::fault::Fault;
use crate::scenario::value::Table;

/// Keys that scenarios have and sweeps have not.
const OF_SCENARIOS: &[&str] = &["nodes", "topology", "links", "apps"];
/// Keys that a sweep can hardly do without, and scenarios have not.
const OF_SWEEPS: &[&str] = &["scenario", "vary", "measure"];

/// Says so if the text of `file` is a scenario, and how to vary it.
pub(super) fn scenario(root: &Table, file: &str) -> Option<Fault> {
    let key = OF_SCENARIOS.iter().find(|key| root.get(key).is_some() && !TOP.contains(key))?;
    if OF_SWEEPS.iter().any(|key| root.get(key).is_some()) {
        return None;
    }
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    // Its own names, so that the lines can be copied.
    let first = |table: &str| {
        let names = root.get(table)?.node.as_table()?.0.keys();
        let is_plain = |name: &&String| {
            name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        };
        names.into_iter().find(is_plain).cloned()
    };
    let link = first("links").unwrap_or_else(|| "a--b".into());
    let app = first("apps").filter(|app| !app.contains('-')).unwrap_or_else(|| "download".into());
    Some(
        Fault::new(root.get(key)?.key, "this is a scenario, not a sweep file")
            .label(format!("only a scenario has `{key}`"))
            .help(format!(
                "write a sweep file beside it that names it:\n  scenario = \"{name}\"\n  [vary]\n  \
                 \"links.{link}.queue\" = [\"10p\", \"100p\"]\n  [measure]\n  \
                 goodput = \"flows.{app}.goodput_bps\"\nor run it once: portolan run {file}"
            )),
    )
}
