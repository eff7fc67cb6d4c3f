//! What can be drawn, and on which shelf of the shop it stands.

use super::paint::Paint;
use super::random::Random;
use super::shapes;

/// Draws one thing in front of nothing, about 800 × 800, standing on y = 690.
type Draw = fn(&Paint, &mut Random) -> String;

macro_rules! kinds {
    ($($kind:ident $name:literal $draw:path;)*) => {
        /// A silhouette.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($kind),* }

        impl Kind {
            pub const ALL: &[Self] = &[$(Self::$kind),*];
            /// As it stands in the address of a picture.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),* }
            }
            pub(super) fn draw(self) -> Draw {
                match self { $(Self::$kind => $draw),* }
            }
        }
    };
}

kinds! {
    Mug "mug" shapes::kitchen::mug;
    Bowl "bowl" shapes::kitchen::bowl;
    Teapot "teapot" shapes::kitchen::teapot;
    Board "board" shapes::kitchen::board;
    Pan "pan" shapes::kitchen::pan;
    TableLamp "table-lamp" shapes::lighting::table_lamp;
    Pendant "pendant" shapes::lighting::pendant;
    Candle "candle" shapes::lighting::candle;
    Chair "chair" shapes::furniture::chair;
    Stool "stool" shapes::furniture::stool;
    Table "table" shapes::furniture::table;
    Shelf "shelf" shapes::furniture::shelf;
    Cushion "cushion" shapes::textiles::cushion;
    Blanket "blanket" shapes::textiles::blanket;
    Towel "towel" shapes::textiles::towel;
    Backpack "backpack" shapes::bags::backpack;
    Tote "tote" shapes::bags::tote;
    Pouch "pouch" shapes::bags::pouch;
    Tee "tee" shapes::apparel::tee;
    Sweater "sweater" shapes::apparel::sweater;
    Beanie "beanie" shapes::apparel::beanie;
    Sneaker "sneaker" shapes::apparel::sneaker;
    Notebook "notebook" shapes::desk::notebook;
    Pencils "pencils" shapes::desk::pencils;
    Clock "clock" shapes::desk::clock;
    Bottle "bottle" shapes::outdoor::bottle;
    Tent "tent" shapes::outdoor::tent;
    Plant "plant" shapes::outdoor::plant;
    Can "can" shapes::outdoor::can;
    Basket "basket" shapes::outdoor::basket;
}

impl Kind {
    /// From the name in an address.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}
