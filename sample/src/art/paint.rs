//! Colours of the sample shop and the tones that a picture is painted with.

/// Hue in degrees, saturation and lightness in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hsl(pub i32, pub i32, pub i32);

impl Hsl {
    /// As CSS writes it; values outside their range are bent back into it.
    pub fn css(self) -> String {
        format!("hsl({} {}% {}%)", self.0.rem_euclid(360), self.1.clamp(0, 100), self.2.clamp(0, 100))
    }
    pub const fn lighter(self, by: i32) -> Self {
        Self(self.0, self.1, self.2 + by)
    }
}

/// Name, as a shopper reads it, and colour.
pub const COLOURS: [(&str, Hsl); 20] = [
    ("Ink", Hsl(222, 30, 24)),
    ("Charcoal", Hsl(220, 6, 28)),
    ("Slate", Hsl(213, 16, 48)),
    ("Stone", Hsl(36, 8, 64)),
    ("Cream", Hsl(42, 40, 86)),
    ("Snow", Hsl(210, 14, 93)),
    ("Sand", Hsl(37, 42, 70)),
    ("Mustard", Hsl(43, 76, 54)),
    ("Apricot", Hsl(26, 80, 68)),
    ("Clay", Hsl(15, 54, 52)),
    ("Brick", Hsl(8, 52, 42)),
    ("Rose", Hsl(350, 52, 72)),
    ("Plum", Hsl(316, 26, 40)),
    ("Lavender", Hsl(258, 32, 72)),
    ("Ocean", Hsl(203, 52, 44)),
    ("Mist", Hsl(196, 28, 74)),
    ("Sage", Hsl(134, 16, 54)),
    ("Forest", Hsl(152, 34, 27)),
    ("Oak", Hsl(32, 46, 62)),
    ("Walnut", Hsl(22, 34, 34)),
];

/// The colour of a name, in any case.
pub fn colour(name: &str) -> Option<Hsl> {
    COLOURS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, colour)| *colour)
}

/// The tones of one thing, ready to be written into a picture.
pub struct Paint {
    /// Light, middle, dark and darkest.
    pub l: String,
    pub m: String,
    pub d: String,
    pub x: String,
    /// A colour beside it, light and dark: glazes, straps, labels.
    pub a: String,
    pub b: String,
}

impl Paint {
    pub fn of(base: Hsl, beside: Hsl) -> Self {
        let Hsl(h, s, l) = base;
        Self {
            l: Hsl(h, s - 4, (l + 13).min(97)).css(),
            m: base.css(),
            d: Hsl(h, s, (l - 13).max(9)).css(),
            x: Hsl(h, s, (l - 24).max(5)).css(),
            a: beside.css(),
            b: beside.lighter(-16).css(),
        }
    }
}

/// Woods, metals and paper, the same in every picture.
pub const WOOD: &str = "#b98a5c";
pub const WOOD_DARK: &str = "#8d6440";
pub const WOOD_LIGHT: &str = "#d3aa7e";
pub const BRASS: &str = "#c9a04e";
pub const STEEL: &str = "#a9b0b8";
pub const STEEL_DARK: &str = "#6d747d";
pub const PAPER: &str = "#fbf8f1";
pub const GLOW: &str = "#ffe7b0";
