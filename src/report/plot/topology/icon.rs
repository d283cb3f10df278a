//! Icons of nodes: shapes that differ even without colour.

use super::super::canvas::{Canvas, Colour, Point, Stroke};
use super::super::style::WHITE;
use super::Shape;

const HOST: Colour = Colour(0xd6, 0xe8, 0xf5);
const HOST_EDGE: Colour = Colour(0x00, 0x5a, 0x8c);
const ROUTER: Colour = Colour(0x00, 0x72, 0xb2);
const SWITCH: Colour = Colour(0x00, 0x84, 0x60);
const HUB: Colour = Colour(0xb3, 0x74, 0x00);

/// Below this size details would be specks [px].
const DETAILED: f64 = 11.0;

/// Draws the icon of a node.
pub(super) fn draw(canvas: &Canvas<'_>, shape: Shape, (x, y): Point, radius: f64) {
    let r = radius;
    let border = Stroke::solid(WHITE, (r * 0.12).max(1.0));
    match shape {
        Shape::Host => host(canvas, (x, y), r),
        Shape::Router => canvas.ring((x, y), r * 0.96, ROUTER, border),
        Shape::Switch => canvas.shape(&boxed((x, y), r * 1.1, r * 0.7), SWITCH, border),
        Shape::Hub => {
            let (w, h) = (r * 1.1, r * 0.8);
            let corners = [
                (x - w, y),
                (x - w * 0.55, y - h),
                (x + w * 0.55, y - h),
                (x + w, y),
                (x + w * 0.55, y + h),
                (x - w * 0.55, y + h),
            ];
            canvas.shape(&corners, HUB, border);
        }
    }
    if r >= DETAILED {
        arrows(canvas, shape, (x, y), r);
    }
}

fn boxed((x, y): Point, w: f64, h: f64) -> [Point; 4] {
    [(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)]
}

/// A screen on its foot.
fn host(canvas: &Canvas<'_>, (x, y): Point, r: f64) {
    let edge = Stroke::solid(HOST_EDGE, (r * 0.11).max(1.5));
    if r < DETAILED {
        canvas.shape(&boxed((x, y), r * 0.8, r * 0.8), HOST, edge);
        return;
    }
    let foot = [
        (x - r * 0.18, y + r * 0.4),
        (x + r * 0.18, y + r * 0.4),
        (x + r * 0.5, y + r * 0.88),
        (x - r * 0.5, y + r * 0.88),
    ];
    canvas.area(&foot, HOST_EDGE);
    canvas.shape(&boxed((x, y - r * 0.2), r * 0.95, r * 0.66), HOST, edge);
}

/// What the node does with packets.
fn arrows(canvas: &Canvas<'_>, shape: Shape, (x, y): Point, r: f64) {
    let (near, far) = (r * 0.2, r * 0.72);
    match shape {
        Shape::Host => {}
        Shape::Router => {
            // In from the sides, out at top and bottom.
            arrow(canvas, (x - far, y), (x - near, y), r);
            arrow(canvas, (x + far, y), (x + near, y), r);
            arrow(canvas, (x, y - near), (x, y - far), r);
            arrow(canvas, (x, y + near), (x, y + far), r);
        }
        Shape::Switch => {
            let (w, h) = (r * 0.8, r * 0.28);
            arrow(canvas, (x - w, y - h), (x + w, y - h), r);
            arrow(canvas, (x + w, y + h), (x - w, y + h), r);
        }
        Shape::Hub => {
            arrow(canvas, (x, y), (x + r * 0.75, y), r);
            arrow(canvas, (x, y), (x - r * 0.75, y), r);
        }
    }
}

/// An arrow along one axis.
fn arrow(canvas: &Canvas<'_>, from: Point, to: Point, r: f64) {
    let sign = |a: f64, b: f64| {
        if b > a {
            1.0
        } else if b < a {
            -1.0
        } else {
            0.0
        }
    };
    let (dx, dy) = (sign(from.0, to.0), sign(from.1, to.1));
    let (long, wide) = (r * 0.26, r * 0.19);
    let neck = (to.0 - dx * long, to.1 - dy * long);
    canvas.line(&[from, neck], Stroke::solid(WHITE, r * 0.11));
    let head =
        [to, (neck.0 - dy * wide, neck.1 - dx * wide), (neck.0 + dy * wide, neck.1 + dx * wide)];
    canvas.area(&head, WHITE);
}
