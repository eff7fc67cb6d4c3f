//! The products of the sample shop: about two hundred, in eight categories, the same on every machine.

mod apparel;
mod bags;
mod csv_file;
mod desk;
mod furniture;
mod kitchen;
mod lighting;
mod outdoor;
mod shelf;
mod textiles;

pub use csv_file::shopify_csv;

use crate::art::{Address, Kind, Random, VIEWS};
use hanse_kernel::text::slug;
use hanse_kernel::{Currency, Money};
use shelf::{Choice, Item, Range};

/// Categories in the order of the shop's menu.
pub const CATEGORIES: [&str; 8] =
    ["Kitchen", "Lighting", "Furniture", "Textiles", "Bags", "Clothing", "Desk", "Garden & trail"];

const SHELVES: [(&str, &[Range]); 8] = [
    (CATEGORIES[0], kitchen::RANGES),
    (CATEGORIES[1], lighting::RANGES),
    (CATEGORIES[2], furniture::RANGES),
    (CATEGORIES[3], textiles::RANGES),
    (CATEGORIES[4], bags::RANGES),
    (CATEGORIES[5], apparel::RANGES),
    (CATEGORIES[6], desk::RANGES),
    (CATEGORIES[7], outdoor::RANGES),
];

/// One product, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleProduct {
    pub handle: String,
    pub title: String,
    pub description_html: String,
    pub vendor: String,
    /// Such as `Mug`.
    pub type_name: String,
    /// One of [`CATEGORIES`].
    pub category: String,
    pub tags: Vec<String>,
    /// Names: none, `Colour`, `Size`, or both in this order.
    pub options: Vec<String>,
    pub variants: Vec<SampleVariant>,
    pub images: Vec<SampleImage>,
}

/// One variant. Stock is always tracked and never sold below nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleVariant {
    /// One per option of the product.
    pub values: Vec<String>,
    pub sku: String,
    pub price: Money,
    pub compare_at: Option<Money>,
    pub stock: i64,
    pub grams: i64,
    pub image: Address,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleImage {
    pub address: Address,
    pub alt: String,
}

/// All products, shelf by shelf.
pub fn catalogue() -> Vec<SampleProduct> {
    let mut products = vec![];
    for (category, ranges) in SHELVES {
        for range in ranges {
            for (number, item) in (1..).zip(range.items) {
                products.push(product(category, range, number, item));
            }
        }
    }
    products
}

fn product(category: &str, range: &Range, number: u32, item: &Item) -> SampleProduct {
    let Item(title, vendor, cents, choice, text) = item;
    let mut random = Random::of(title);
    let (colours, sizes): (&[&str], &[(&str, i64)]) = match choice {
        Choice::One(colour) => (std::slice::from_ref(colour), &[]),
        Choice::Colours(colours) => (colours, &[]),
        Choice::Sizes(colour, sizes) => (std::slice::from_ref(colour), sizes),
        Choice::Both(colours, sizes) => (colours, sizes),
    };
    let colour_is_chosen = matches!(choice, Choice::Colours(_) | Choice::Both(..));
    let options = [(colour_is_chosen, "Colour"), (!sizes.is_empty(), "Size")];
    let reduced = random.between(0, 7) == 0;
    let supply = Supply::of(&mut random);
    let picture = |colour: &str, view| Address {
        kind: range.kind,
        seed: number,
        colour: Some(colour.to_lowercase()),
        view,
    };
    let mut variants = vec![];
    for colour in colours {
        for (step, (size, more)) in
            (0..).zip(sizes.iter().copied().chain(sizes.is_empty().then_some(("", 0))))
        {
            let asked = cents + more;
            variants.push(SampleVariant {
                values: [(colour_is_chosen, *colour), (!sizes.is_empty(), size)]
                    .into_iter()
                    .filter(|(chosen, _)| *chosen)
                    .map(|(_, value)| value.to_string())
                    .collect(),
                sku: sku(range.code, number, colour_is_chosen.then_some(*colour), size),
                price: eur(asked),
                compare_at: reduced.then(|| eur(before(asked))),
                stock: supply.units(&mut random),
                grams: range.grams + range.grams * step / 4,
                image: picture(colour, 0),
            });
        }
    }
    SampleProduct {
        handle: slug(title),
        title: (*title).to_string(),
        description_html: description(text, range.facts),
        vendor: (*vendor).to_string(),
        type_name: range.type_name.to_string(),
        category: category.to_string(),
        tags: range.tags.iter().copied().chain(reduced.then_some("sale")).map(str::to_string).collect(),
        options: options.iter().filter(|(there, _)| *there).map(|(_, name)| (*name).to_string()).collect(),
        images: images(title, colours, picture),
        variants,
    }
}

fn eur(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

/// What was asked before a reduction: about a quarter more, on a whole euro.
fn before(cents: i64) -> i64 {
    (cents * 5 / 4 + 99) / 100 * 100
}

/// `MUG-01-INK-M`.
fn sku(code: &str, number: u32, colour: Option<&str>, size: &str) -> String {
    let mut sku = format!("{code}-{number:02}");
    if let Some(colour) = colour {
        sku += &format!("-{}", colour[..3].to_uppercase());
    }
    if !size.is_empty() {
        sku += &format!("-{}", slug(size).to_uppercase());
    }
    sku
}

fn description(text: &str, facts: &[&str]) -> String {
    let facts: String = facts.iter().map(|fact| format!("<li>{fact}</li>")).collect();
    format!("<p>{text}</p><ul>{facts}</ul>")
}

/// Every colour as it stands, then the first one from its other sides.
fn images(title: &str, colours: &[&str], picture: impl Fn(&str, u8) -> Address) -> Vec<SampleImage> {
    let alone = colours.len() == 1;
    let front = colours.iter().map(|colour| SampleImage {
        address: picture(colour, 0),
        alt: if alone { title.to_string() } else { format!("{title}, {}", colour.to_lowercase()) },
    });
    let sides = ["", "from the other side", "close up", "tilted"];
    let others = colours.first().into_iter().flat_map(|colour| {
        (1..VIEWS).map(|view| SampleImage {
            address: picture(colour, view),
            alt: format!("{title}, {}", sides[usize::from(view)]),
        })
    });
    front.chain(others).collect()
}

/// How well a product is stocked: most well, some nearly sold out, a few not at all.
enum Supply {
    Plenty,
    Low,
    Gone,
}

impl Supply {
    fn of(random: &mut Random) -> Self {
        match random.between(0, 40) {
            0 => Self::Gone,
            1..=4 => Self::Low,
            _ => Self::Plenty,
        }
    }

    fn units(&self, random: &mut Random) -> i64 {
        i64::from(match self {
            Self::Gone => 0,
            Self::Low => random.between(1, 4),
            Self::Plenty if random.between(0, 25) == 0 => 0,
            Self::Plenty => random.between(8, 80),
        })
    }
}

/// Every kind of picture stands on a shelf.
pub fn kinds() -> Vec<Kind> {
    SHELVES.iter().flat_map(|(_, ranges)| ranges.iter().map(|range| range.kind)).collect()
}

#[cfg(test)]
mod tests;
