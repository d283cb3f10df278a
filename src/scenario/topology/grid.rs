//! `grid`: routers in rows and columns, `n0` to `n{width*height-1}`, row by row; each is linked
//! to the next in its row and to the one below it (`n0--n1`, `n0--n4` in a grid four wide).

use schemars::JsonSchema;
use serde::Deserialize;

use super::Generator;
use super::sketch::{Class, Sketch, with_hosts};
use crate::kinds::Fault;

/// Parameters of `grid`: either `side`, or `width` and `height`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Width and height of a square grid.
    #[serde(default)]
    pub side: Option<u32>,
    /// Routers in a row.
    #[serde(default)]
    pub width: Option<u32>,
    /// Rows.
    #[serde(default)]
    pub height: Option<u32>,
    /// Hosts at each router: h0, h1, ...
    #[serde(default)]
    pub hosts: u32,
}

impl Config {
    fn width(&self) -> u32 {
        self.width.or(self.side).unwrap_or(0)
    }
    fn height(&self) -> u32 {
        self.height.or(self.side).unwrap_or(0)
    }
}

impl Generator for Config {
    fn size(&self) -> (u64, u64) {
        let (width, height) = (u64::from(self.width()), u64::from(self.height()));
        let nodes = width.saturating_mul(height);
        with_hosts(
            nodes,
            nodes.saturating_mul(2).saturating_sub(width).saturating_sub(height),
            self.hosts,
        )
    }
    fn draw(&self, sketch: &mut Sketch) {
        let (width, height) = (self.width(), self.height());
        sketch.routers(width * height);
        for row in 0..height {
            for column in 0..width {
                let node = row * width + column;
                if column + 1 < width {
                    sketch.link(node, node + 1, Class::Link);
                }
                if row + 1 < height {
                    sketch.link(node, node + width, Class::Link);
                }
            }
        }
        sketch.hosts(self.hosts);
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.side.is_some() && (self.width.is_some() || self.height.is_some()) {
            faults.push(Fault {
                field: "side",
                message: "a grid has a side, or a width and a height, not both".into(),
                help: "write side = 8, or width = 8 and height = 4".into(),
            });
        }
        for (field, said) in [("width", self.width), ("height", self.height), ("side", self.side)] {
            let needed = self.side.is_none() && field != "side";
            if said == Some(0) || (needed && said.is_none()) {
                faults.push(Fault {
                    field,
                    message: "a grid has at least one row and one column".into(),
                    help: "write side = 8, or width = 8 and height = 4".into(),
                });
            }
        }
        faults
    }
}
