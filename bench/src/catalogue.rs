//! The catalogue to import: products as a merchant's file has them, three variants each, the same on every run.

/// How many different categories (`Type`) there are.
pub const CATEGORIES: usize = 10;
pub const VARIANTS: usize = 3;
/// Plenty, so that no scenario but the scarce one runs out.
const STOCK: u32 = 900_000;

const NOUNS: [&str; CATEGORIES] =
    ["Mug", "Lamp", "Chair", "Shirt", "Bag", "Bowl", "Clock", "Blanket", "Knife", "Rug"];
const MATERIALS: [&str; 12] =
    ["Enamel", "Oak", "Linen", "Brass", "Wool", "Glass", "Steel", "Clay", "Cotton", "Birch", "Cork", "Slate"];
const PLACES: [&str; 9] =
    ["Lübeck", "Visby", "Bergen", "Riga", "Danzig", "Stralsund", "Tallinn", "Bruges", "Hamburg"];
const SIZES: [&str; VARIANTS] = ["S", "M", "L"];

/// Slugs as the file gives them.
pub fn slug(product: usize) -> String {
    format!("bench-{}-{product}", NOUNS[product % CATEGORIES].to_lowercase())
}

pub fn sku(product: usize, variant: usize) -> String {
    format!("B{product:05}-{}", SIZES[variant])
}

/// Words that a shopper may search for: some find dozens of products, some a hundred.
pub fn searches() -> Vec<String> {
    let materials = MATERIALS.iter().map(|word| word.to_lowercase());
    let pairs =
        MATERIALS.iter().zip(NOUNS).map(|(material, noun)| format!("{material}+{noun}").to_lowercase());
    materials.chain(NOUNS.iter().map(|word| word.to_lowercase())).chain(pairs).collect()
}

/// The whole file, one row per variant.
pub fn csv(products: usize) -> String {
    let mut file = String::from(
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,\
         Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price\n",
    );
    for product in 0..products {
        let material = MATERIALS[product % MATERIALS.len()];
        let (noun, place) = (NOUNS[product % CATEGORIES], PLACES[product % PLACES.len()]);
        let handle = slug(product);
        for (variant, size) in SIZES.iter().enumerate() {
            let about = if variant == 0 {
                format!(
                    "{material} {noun} no. {product},\"<p>A {noun} of {material}, made near {place}. It is plain, it \
                     lasts, and it can be mended; number {product} of its series.</p>\",{place} Works,{noun},\"{}, \
                     {}\",TRUE,Size",
                    material.to_lowercase(),
                    place.to_lowercase()
                )
            } else {
                ",,,,,,".to_string()
            };
            let price = 990 + (product * 37 % 9000) + variant * 100;
            file.push_str(&format!(
                "{handle},{about},{size},{},shopify,{STOCK},deny,{}.{:02}\n",
                sku(product, variant),
                price / 100,
                price % 100
            ));
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_every_column() {
        let file = csv(25);
        assert_eq!(file.lines().count(), 1 + 25 * VARIANTS);
        let columns = |line: &str| {
            let mut quoted = false;
            1 + line
                .chars()
                .filter(|c| {
                    quoted ^= *c == '"';
                    *c == ',' && !quoted
                })
                .count()
        };
        assert!(file.lines().all(|line| columns(line) == 14), "{file}");
    }
}
