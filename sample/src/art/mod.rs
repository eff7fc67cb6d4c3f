//! Pictures of the sample shop, drawn rather than photographed: the same kind, seed, colour and view always give the
//! same SVG, so that a shop looks whole without a download and a test can compare bytes.

mod address;
mod kind;
mod paint;
mod random;
mod scene;
mod shapes;

pub use address::Address;
pub use kind::Kind;
pub use paint::COLOURS;
pub use random::Random;

use paint::{Hsl, Paint, colour as colour_of};

/// Width and height of every picture, in pixels.
pub const SIZE: u32 = 800;

/// Views of each thing: as it stands, from the other side, close, and in motion. Further numbers begin again.
pub const VIEWS: u8 = 4;

/// The picture of a thing as a whole SVG document of less than 6 kB, without scripts, links or fonts.
///
/// `seed` varies pattern and backdrop; `colour` is a name of [`COLOURS`] in any case. Without one, or with an unknown
/// one, the seed chooses.
pub fn svg(kind: Kind, seed: u32, colour: Option<&str>, view: u8) -> String {
    let mut random = Random::of(&format!("{}:{seed}", kind.name()));
    let chosen = random.pick(&COLOURS).map_or(Hsl(210, 20, 50), |(_, colour)| *colour);
    let beside = random.pick(&BESIDE).copied().unwrap_or(Hsl(42, 40, 88));
    let base = colour.and_then(colour_of).unwrap_or(chosen);
    // Too close in lightness, the second colour would not be seen on the first.
    let beside = if (beside.2 - base.2).abs() < 14 {
        beside.lighter(if base.2 > 50 { -34 } else { 34 })
    } else {
        beside
    };
    let paint = Paint::of(base, beside);
    let backdrop = scene::Backdrop::of(base, view % VIEWS, &mut random);
    let thing = kind.draw()(&paint, &mut random);
    scene::document(&paint, &backdrop, &thing)
}

/// Second colours: quiet ones that go with all.
const BESIDE: [Hsl; 6] =
    [Hsl(42, 44, 90), Hsl(36, 30, 78), Hsl(215, 20, 32), Hsl(12, 46, 58), Hsl(150, 18, 44), Hsl(44, 70, 62)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_small_whole_and_repeatable() {
        for kind in Kind::ALL {
            for view in 0..VIEWS {
                for (colour, _) in COLOURS {
                    let picture = svg(*kind, 7, Some(colour), view);
                    assert!(picture.len() < 6_000, "{kind:?} has {} bytes", picture.len());
                    assert_eq!(picture, svg(*kind, 7, Some(colour), view));
                    assert!(picture.starts_with("<svg xmlns=") && picture.ends_with("</svg>"));
                    for left in ["<script", "href", "NaN", "{}", "@import"] {
                        assert!(!picture.contains(left), "{kind:?} contains {left}");
                    }
                }
            }
        }
    }

    #[test]
    fn markup_is_balanced() {
        for kind in Kind::ALL {
            let picture = svg(*kind, 3, None, 1);
            let mut open: Vec<&str> = vec![];
            for tag in picture.split('<').skip(1) {
                let (inside, _) = tag.split_once('>').expect("a closed tag");
                if let Some(name) = inside.strip_prefix('/') {
                    assert_eq!(open.pop(), Some(name), "{kind:?}");
                } else if !inside.ends_with('/') {
                    open.push(inside.split(' ').next().expect("a name"));
                }
            }
            assert!(open.is_empty(), "{kind:?} leaves {open:?} open");
        }
    }

    #[test]
    fn kind_seed_colour_and_view_all_count() {
        let all: std::collections::BTreeSet<String> = Kind::ALL
            .iter()
            .flat_map(|kind| {
                (0..3_u32).flat_map(move |seed| (0..VIEWS).map(move |view| svg(*kind, seed, None, view)))
            })
            .collect();
        assert_eq!(all.len(), Kind::ALL.len() * 3 * usize::from(VIEWS));
        assert_ne!(svg(Kind::Mug, 1, Some("Ink"), 0), svg(Kind::Mug, 1, Some("Clay"), 0));
        assert_eq!(svg(Kind::Mug, 1, Some("ink"), 0), svg(Kind::Mug, 1, Some("Ink"), 4));
        assert_eq!(svg(Kind::Mug, 1, Some("no such colour"), 0), svg(Kind::Mug, 1, None, 0));
    }
}
