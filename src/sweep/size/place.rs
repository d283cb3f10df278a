//! Which direction of which link, and how the queue before it is set.

use super::sizing::Grain;
use crate::id::LinkId;
use crate::link;
use crate::observe::results::Summary;
use crate::queue::QueueSpec;
use crate::scenario::Scenario;
use crate::scenario::words;
use crate::sim::Plan;
use crate::units::Limit;

/// One direction of a link.
#[derive(Debug, Clone)]
pub struct Place {
    /// Which link.
    pub link: LinkId,
    /// From its first end to its second; otherwise back.
    pub is_forward: bool,
    /// The name of the link.
    pub name: String,
    /// The direction as results call it: `A->B`.
    pub direction: String,
    /// The settings of the scenario.
    pub config: link::Config,
}

impl Place {
    /// One direction of the link called `name`: the one that is asked for, or none.
    ///
    /// # Errors
    /// If there is no such link or direction, with what there is.
    pub fn find(plan: &Plan, name: &str, direction: Option<&str>) -> Result<Option<Self>, String> {
        let link = link_named(plan, name)?;
        let Some(direction) = direction else { return Ok(None) };
        let both = [true, false].map(|is_forward| Self::of(plan, link, is_forward));
        let names = both.each_ref().map(|place| place.direction.clone());
        let plain = |text: &str| text.replace(' ', "");
        let found = both.into_iter().find(|place| plain(&place.direction) == plain(direction));
        found.map(Some).ok_or_else(|| {
            format!(
                "link `{name}` has no direction `{direction}`: there are {}",
                names.join(" and ")
            )
        })
    }

    /// The direction of the link called `name` that sent the most bytes.
    ///
    /// # Errors
    /// If there is no such link, or nothing was sent.
    pub fn busiest(plan: &Plan, name: &str, summary: &Summary) -> Result<Self, String> {
        let link = link_named(plan, name)?;
        let [forward, backward] = [true, false].map(|is_forward| Self::of(plan, link, is_forward));
        let bytes = |place: &Self| {
            let channel = summary.links.get(&place.name).and_then(|it| it.get(&place.direction));
            channel.map_or(0, |channel| channel.bytes)
        };
        if bytes(&forward) == 0 && bytes(&backward) == 0 {
            return Err(format!(
                "nothing crosses link `{name}` after the warm-up: its queue may have any size"
            ));
        }
        Ok(if bytes(&backward) > bytes(&forward) { backward } else { forward })
    }

    fn of(plan: &Plan, link: LinkId, is_forward: bool) -> Self {
        let found = &plan.links[link.index()];
        let [a, b] = found.ends.map(|end| plan.nodes[end.index()].name.as_str());
        let direction = if is_forward { format!("{a}->{b}") } else { format!("{b}->{a}") };
        let config = found.directions[usize::from(!is_forward)].clone();
        Self { link, is_forward, name: found.name.clone(), direction, config }
    }

    /// The same direction in another plan of the same network.
    #[must_use]
    pub fn queue_in<'a>(&self, plan: &'a Plan) -> &'a QueueSpec {
        &plan.links[self.link.index()].directions[usize::from(!self.is_forward)].queue
    }

    /// Its results, as an expression over those of a run.
    #[must_use]
    pub fn expression(&self) -> String {
        format!("links['{}']['{}']", self.name, self.direction)
    }

    /// A full frame \[bytes\].
    #[must_use]
    pub fn full_frame(&self) -> u64 {
        self.config.framing.on_wire(u64::from(self.config.mtu)).max(1)
    }

    /// A size that the queue can have, if its limit can be set: one more than it is, so that whatever else
    /// depends on the limit still fits.
    #[must_use]
    pub fn size(&self, grain: Grain) -> usize {
        let own = self.config.queue.config().limit().and_then(|limit| grain.size(limit));
        own.unwrap_or(1000).saturating_add(1)
    }

    /// How the limit of its queue is set, the discipline with all else left as it is. `load` loads the
    /// scenario with one more setting.
    ///
    /// # Errors
    /// If the discipline has no limit that can be set in this way.
    pub fn setting(
        &self,
        grain: Grain,
        load: &dyn Fn(String) -> Option<Scenario>,
    ) -> Result<Setting, String> {
        let sets = |setting: &Setting, grain: Grain| {
            let limit = grain.limit(self.size(grain));
            load(setting.text(limit)).is_some_and(|scenario| {
                let queue = self.queue_in(&scenario.plan);
                queue.kind() == self.config.queue.kind() && queue.config().limit() == Some(limit)
            })
        };
        let find = |grain| self.candidates().into_iter().find(|setting| sets(setting, grain));
        find(grain).ok_or_else(|| {
            let (direction, kind) = (&self.direction, self.config.queue.kind());
            let other = match grain {
                Grain::Packets => Grain::Frames(self.full_frame()),
                Grain::Frames(_) => Grain::Packets,
            };
            match (find(other), grain) {
                (Some(_), Grain::Packets) => {
                    format!("the queue before {direction} (`{kind}`) is counted in bytes: add --bytes")
                }
                (Some(_), Grain::Frames(_)) => format!(
                    "the queue before {direction} (`{kind}`) is counted in packets: leave --bytes out"
                ),
                (None, _) => format!(
                    "the queue before {direction} (`{kind}`) has no limit of its own that could be \
                     searched for; try a plain one: --set 'links.{}.queue=\"100p\"'",
                    self.name
                ),
            }
        })
    }

    /// Ways to write the limit, the first one that works is the best.
    fn candidates(&self) -> Vec<Setting> {
        let link = format!("links.\"{}\"", self.name);
        let direction = if self.is_forward { "forward" } else { "backward" };
        let setting = |path: String, is_count| Setting { path, is_count };
        let mut all = Vec::new();
        if self.config.queue.config().limit().map(QueueSpec::fifo).as_ref()
            == Some(&self.config.queue)
        {
            all.push(setting(format!("{link}.{direction}.queue"), false));
        }
        for is_count in [false, true] {
            all.push(setting(format!("{link}.{direction}.queue.limit"), is_count));
            // The discipline is written for both directions: so is its limit.
            all.push(setting(format!("{link}.queue.limit"), is_count));
        }
        all
    }
}

/// How the limit of a queue is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    path: String,
    /// As a whole number; otherwise with its unit.
    is_count: bool,
}

impl Setting {
    /// In the form of `--set`.
    #[must_use]
    pub fn text(&self, limit: Limit) -> String {
        match (self.is_count, limit) {
            (true, Limit::Packets(packets)) => format!("{}={packets}", self.path),
            _ => format!("{}=\"{limit}\"", self.path),
        }
    }
}

fn link_named(plan: &Plan, name: &str) -> Result<LinkId, String> {
    let known = || plan.links.iter().map(|link| link.name.as_str());
    if let Some(place) = known().position(|link| link == name) {
        return Ok(LinkId::from_index(place));
    }
    let help = words::suggestion(name, "links", known());
    Err(format!("no link is called `{name}`; {help}"))
}
