//! Where a thing stands: wall and floor, light and shadow, and how it is turned for a view.

use super::paint::{GLOW, Hsl, Paint};
use super::random::Random;

/// The room of one view.
pub struct Backdrop {
    wall: Hsl,
    behind: String,
    turn: &'static str,
    /// Whether the thing stands on the floor, with a shadow below it.
    stands: bool,
}

impl Backdrop {
    pub fn of(thing: Hsl, view: u8, random: &mut Random) -> Self {
        // Quiet, and on the other side of the wheel where the thing is colourful.
        let around =
            if thing.1 > 24 { thing.0 + 168 + random.between(-24, 24) } else { random.between(0, 360) };
        let wall =
            Hsl(around + [0, 0, 8, 150][usize::from(view % 4)], 18, if thing.2 > 80 { 84 } else { 92 });
        let shade = wall.lighter(-5).css();
        let light = wall.lighter(4).css();
        let (x, y) = (random.between(180, 620), random.between(200, 330));
        let behind = match view % 4 {
            0 => {
                format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\" fill=\"{light}\"/>", random.between(170, 240))
            }
            1 => format!("<path d=\"M190 606V330a210 210 0 0 1 420 0v276z\" fill=\"{shade}\"/>"),
            2 => format!("<circle cx=\"{}\" cy=\"{y}\" r=\"330\" fill=\"{light}\"/>", 800 - x),
            _ => format!("<path d=\"M0 800L800 {}V800z\" fill=\"{shade}\"/>", random.between(120, 360)),
        };
        let turn = [
            "",
            "translate(800 0) scale(-1 1)",
            "translate(-300 -330) scale(1.72)",
            "rotate(-8 400 430) translate(28 24) scale(.93)",
        ][usize::from(view % 4)];
        Self { wall, behind, turn, stands: view % 4 != 3 }
    }
}

/// Puts everything together.
pub fn document(paint: &Paint, room: &Backdrop, thing: &str) -> String {
    let (top, bottom) = (room.wall.css(), room.wall.lighter(-7).css());
    let floor = if room.stands {
        format!("<path d=\"M0 606h800v194H0z\" fill=\"{}\"/>", room.wall.lighter(-9).css())
    } else {
        String::new()
    };
    let shadow = if room.stands {
        "<ellipse cx=\"400\" cy=\"696\" rx=\"270\" ry=\"30\" fill=\"url(#s)\"/>"
    } else {
        "<ellipse cx=\"400\" cy=\"716\" rx=\"230\" ry=\"20\" fill=\"url(#s)\"/>"
    };
    let Paint { l, m, d, .. } = paint;
    let defs = format!(
        "<linearGradient id=\"w\" x2=\"0\" y2=\"1\"><stop stop-color=\"{top}\"/><stop offset=\"1\" stop-color=\"{bottom}\"/></linearGradient>\
         <linearGradient id=\"g\"><stop stop-color=\"{l}\"/><stop offset=\".5\" stop-color=\"{m}\"/><stop offset=\"1\" stop-color=\"{d}\"/></linearGradient>\
         <linearGradient id=\"v\" x2=\"0\" y2=\"1\"><stop stop-color=\"{l}\"/><stop offset=\"1\" stop-color=\"{d}\"/></linearGradient>\
         <linearGradient id=\"o\" x2=\"0\" y2=\"1\"><stop stop-color=\"{GLOW}\" stop-opacity=\".8\"/><stop offset=\"1\" stop-color=\"{GLOW}\" stop-opacity=\"0\"/></linearGradient>\
         <radialGradient id=\"s\"><stop stop-color=\"#1b1512\" stop-opacity=\".34\"/><stop offset=\"1\" stop-color=\"#1b1512\" stop-opacity=\"0\"/></radialGradient>"
    );
    let turn = if room.turn.is_empty() { String::new() } else { format!(" transform=\"{}\"", room.turn) };
    let size = super::SIZE;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 800\" width=\"{size}\" height=\"{size}\"><defs>{defs}</defs>\
         <rect width=\"800\" height=\"800\" fill=\"url(#w)\"/>{}{floor}<g{turn}>{shadow}{thing}</g></svg>",
        room.behind
    )
}
