//! The things themselves, by the shelf of the shop where they stand. Each is drawn with the paints `g` (from the left),
//! `v` (from above) and `o` (a glow) of the scene.

pub mod apparel;
pub mod bags;
pub mod desk;
pub mod furniture;
pub mod kitchen;
pub mod lighting;
pub mod outdoor;
pub mod textiles;

/// A stroke of light along a form.
fn shine(path: &str, width: u32) -> String {
    format!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"#fff\" stroke-opacity=\".32\" stroke-width=\"{width}\" stroke-linecap=\"round\"/>"
    )
}

/// A filled form.
fn fill(path: &str, colour: &str) -> String {
    format!("<path d=\"{path}\" fill=\"{colour}\"/>")
}

/// An open line.
fn line(path: &str, colour: &str, width: u32) -> String {
    format!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"
    )
}

fn ellipse(cx: i32, cy: i32, rx: i32, ry: i32, colour: &str) -> String {
    format!("<ellipse cx=\"{cx}\" cy=\"{cy}\" rx=\"{rx}\" ry=\"{ry}\" fill=\"{colour}\"/>")
}

fn rect(x: i32, y: i32, width: i32, height: i32, radius: i32, colour: &str) -> String {
    format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\" fill=\"{colour}\"/>"
    )
}
