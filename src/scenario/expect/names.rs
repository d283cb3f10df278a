//! Names in expressions: those that the results of this scenario will not have are found before it
//! runs, as far as the expression itself says which they are.

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use serde_json::Value as Json;

use super::super::context::Context;
use super::super::fault::{Fault, Span};
use super::super::layers::Family;
use super::super::nodes::no_such;
use super::super::words;
use super::VARIABLES;
use super::{mistakes, ports};
use crate::observe::results::{Channel, Engine, Flow, Host, Listen, Port};
use crate::sim::{NodeKind, Plan};

/// What a name in an expression may refer to.
pub(in super::super) struct Known<'a> {
    pub(in super::super) links: &'a Family,
    pub(in super::super) nodes: &'a Family,
    pub(in super::super) apps: &'a Family,
    /// With all processes and changes.
    pub(in super::super) plan: &'a Plan,
}

/// CEL's own names of types, which expressions may compare with.
const TYPES: &[&str] =
    &["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type"];

/// Operators that compare.
const COMPARISONS: &[&str] = &[
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
];

/// What a part of an expression stands for in the results.
enum Shape {
    Links,
    /// One of the links: this one if the expression says which.
    Link(Option<usize>),
    Ports,
    Hosts,
    Flows,
    /// A table with these keys, and what it is.
    Table(Json, &'static str),
    /// A number, a text or nothing.
    Value,
    /// Whatever else.
    Unknown,
}

impl Shape {
    fn of(results: impl serde::Serialize, what: &'static str) -> Self {
        serde_json::to_value(results).map_or(Self::Unknown, |keys| Self::Table(keys, what))
    }
    /// A port, which has listen queues only if it is one of TCP.
    fn port(tcp: bool) -> Self {
        Self::of(Port { listen: tcp.then(Listen::default), ..Port::default() }, "a port")
    }
    fn root(name: &str) -> Self {
        match name {
            "links" => Self::Links,
            "ports" => Self::Ports,
            "hosts" => Self::Hosts,
            "flows" => Self::Flows,
            "engine" => Self::of(Engine::default(), "the engine"),
            "scenario" | "title" | "seed" | "simulated_seconds" => Self::Value,
            _ => Self::Unknown,
        }
    }
    /// Any of its members: the expression computes which.
    fn member(self) -> Self {
        match self {
            Self::Links => Self::Link(None),
            Self::Link(_) => Self::of(Channel::default(), "a direction of a link"),
            Self::Ports => Self::port(true),
            Self::Hosts => Self::of(Host::default(), "a host"),
            Self::Flows => Self::of(Flow::default(), "a flow"),
            Self::Table(..) | Self::Value | Self::Unknown => Self::Unknown,
        }
    }
}

/// Records the names in an expression that the results will not have.
pub(super) fn check(cx: &mut Context<'_>, node: &IdedExpr, span: Span, known: &Known<'_>) {
    let complete = cx.faults.is_empty();
    Check { cx, span, known, complete, bound: Vec::new() }.visit(node);
}

/// A walk through an expression.
struct Check<'c, 'x, 'k> {
    cx: &'c mut Context<'x>,
    span: Span,
    known: &'c Known<'k>,
    /// Whether all processes are known.
    complete: bool,
    /// Variables of the macros (`all`, `exists`) around.
    bound: Vec<String>,
}

impl Check<'_, '_, '_> {
    /// Looks at a part of the expression and all that it is made of.
    fn visit(&mut self, node: &IdedExpr) -> Shape {
        if let Some((of, key)) = access(node) {
            let shape = self.visit(of);
            return match self.child(&shape, &key) {
                Ok(child) => child,
                Err(fault) => {
                    self.cx.lacking(fault);
                    Shape::Unknown
                }
            };
        }
        match &node.expr {
            Expr::Ident(name) => self.variable(name),
            Expr::Call(call) if call.func_name == operators::INDEX && call.args.len() == 2 => {
                let shape = self.visit(&call.args[0]);
                self.visit(&call.args[1]);
                shape.member()
            }
            Expr::Call(call) if COMPARISONS.contains(&call.func_name.as_str()) => {
                let shapes: Vec<Shape> = call.args.iter().map(|arg| self.visit(arg)).collect();
                let others = call.args.iter().zip(&shapes).rev();
                for (arg, (other, shape)) in call.args.iter().zip(others) {
                    let is_text = |name: &str| matches!(name, "scenario" | "title");
                    if !matches!(&other.expr, Expr::Ident(name) if is_text(name)) {
                        self.number_in_quotes(arg, shape);
                    }
                }
                Shape::Unknown
            }
            Expr::Comprehension(loops) => {
                self.visit(&loops.iter_range);
                self.visit(&loops.accu_init);
                let depth = self.bound.len();
                self.bound.push(loops.iter_var.clone());
                self.bound.extend(loops.iter_var2.clone());
                self.bound.push(loops.accu_var.clone());
                for part in [&loops.loop_cond, &loops.loop_step, &loops.result] {
                    self.visit(part);
                }
                self.bound.truncate(depth);
                Shape::Unknown
            }
            _ => {
                for part in parts(node) {
                    self.visit(part);
                }
                Shape::Unknown
            }
        }
    }

    /// Whether a value is compared with a number that is written as a text.
    fn number_in_quotes(&mut self, arg: &IdedExpr, other: &Shape) {
        let Expr::Literal(LiteralValue::String(text)) = &arg.expr else { return };
        let text = text.inner();
        let number = text.trim().parse::<f64>().is_ok().then(|| text.trim().to_owned());
        let number = number.or_else(|| mistakes::plain(text).map(|(number, _)| number));
        let (Shape::Value, Some(number)) = (other, number) else { return };
        let place = self.cx.within(self.span, text);
        let message = format!("a text, `{}`, where a number is wanted", words::short(text));
        let help = format!("write {number}, without quotes");
        self.cx.faults.push(Fault::new(place, message).help(help));
    }

    fn variable(&mut self, name: &str) -> Shape {
        if name.starts_with('@') || self.bound.iter().any(|bound| bound == name) {
            return Shape::Unknown;
        }
        if !VARIABLES.contains(&name) && !TYPES.contains(&name) {
            let place = self.cx.within(self.span, name);
            let Known { links, nodes, apps, .. } = self.known;
            let help = match [links, nodes, apps].iter().any(|it| it.members.contains_key(name)) {
                true => format!("names stand in quotes and brackets: ['{name}']"),
                false => words::suggestion(name, "results", VARIABLES.iter().copied()),
            };
            let message = format!("the results have no `{}`", words::short(name));
            self.cx.faults.push(Fault::new(place, message).help(help));
        }
        Shape::root(name)
    }

    /// What `key` leads to.
    fn child(&self, shape: &Shape, key: &str) -> Result<Shape, Fault> {
        let place = self.cx.within(self.span, key);
        let lacks = |what: &str| format!("{what} has no `{}`", words::short(key));
        let Known { links, nodes, apps, plan } = self.known;
        match shape {
            Shape::Links => match links.members.get_index_of(key) {
                Some(index) => Ok(Shape::Link(Some(index))),
                None => Err(no_such("link", key, place, links)),
            },
            Shape::Link(Some(index)) if *index < plan.links.len() => {
                let link = &plan.links[*index];
                let [a, b] = link.ends.map(|end| &plan.nodes[end.index()].name);
                let ways = [format!("{a}->{b}"), format!("{b}->{a}")];
                match ways.iter().any(|way| way == key) {
                    true => Ok(Shape::of(Channel::default(), "a direction of a link")),
                    false => {
                        let known = ways.iter().map(String::as_str);
                        let help = words::suggestion(key, "directions", known);
                        Err(Fault::new(place, lacks(&format!("link `{}`", link.name))).help(help))
                    }
                }
            }
            Shape::Link(_) => Ok(Shape::of(Channel::default(), "a direction of a link")),
            Shape::Ports => match ports::fault(key, place, self.known, self.complete) {
                Some(fault) => Err(fault),
                None => Ok(Shape::port(key.ends_with("/tcp"))),
            },
            Shape::Hosts => match nodes.members.get_index_of(key).map(|at| &plan.nodes[at].kind) {
                None => Err(no_such("host", key, place, nodes)),
                Some(NodeKind::Switch(_) | NodeKind::Hub) => {
                    Err(Fault::new(place, format!("`{}` is no host or router", words::short(key)))
                        .help("switches and hubs have no counters; look at their links"))
                }
                Some(_) => Ok(Shape::of(Host::default(), "a host")),
            },
            Shape::Flows if apps.members.contains_key(key) => {
                Ok(Shape::of(Flow::default(), "a flow"))
            }
            Shape::Flows => Err(no_such("flow", key, place, apps)),
            Shape::Table(keys, what) => match keys.get(key) {
                Some(Json::Object(inner)) => {
                    let what = match key {
                        "drops" => "drops",
                        "listen" => "listen",
                        _ => "queue",
                    };
                    Ok(Shape::Table(Json::Object(inner.clone()), what))
                }
                // A text may be compared with one that looks like a number.
                Some(Json::String(_)) => Ok(Shape::Unknown),
                Some(_) => Ok(Shape::Value),
                None => {
                    let known = keys.as_object().into_iter().flat_map(serde_json::Map::keys);
                    let known: Vec<&str> = known.map(String::as_str).collect();
                    let help = words::suggestion(key, "there is", known);
                    Err(Fault::new(place, lacks(what)).help(help))
                }
            },
            Shape::Value => Err(Fault::new(place, lacks("a single value"))
                .help("compare the value itself, without this part")),
            Shape::Unknown => Ok(Shape::Unknown),
        }
    }
}

/// `of.key` or `of['key']`, taken apart.
pub(super) fn access(node: &IdedExpr) -> Option<(&IdedExpr, String)> {
    match &node.expr {
        Expr::Select(select) if !select.test => Some((&select.operand, select.field.clone())),
        Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
            [of, IdedExpr { expr: Expr::Literal(LiteralValue::String(key)), .. }] => {
                Some((of, key.inner().to_owned()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The expressions that an expression is made of.
pub(super) fn parts(node: &IdedExpr) -> Vec<&IdedExpr> {
    match &node.expr {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(loops) => vec![
            &loops.iter_range,
            &loops.accu_init,
            &loops.loop_cond,
            &loops.loop_step,
            &loops.result,
        ],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Map(map) => map
            .entries
            .iter()
            .flat_map(|entry| match &entry.expr {
                EntryExpr::StructField(field) => vec![&field.value],
                EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
            })
            .collect(),
        _ => Vec::new(),
    }
}
