//! How a product takes in content: what is recognised keeps its id, what is gone is removed.

use super::*;

fn content(variants: &[(&str, Option<&str>)]) -> Content {
    Content {
        title: "Enamel mug".into(),
        subtitle: None,
        description_html: "<p>Warm.</p>".into(),
        vendor: None,
        kind: None,
        tags: vec![],
        category: None,
        options: vec!["Colour".into()],
        variants: variants
            .iter()
            .map(|(value, sku)| VariantContent {
                id: None,
                values: vec![(*value).into()],
                sku: sku.map(Into::into),
                barcode: None,
                weight_grams: None,
                tax_class: TaxClass::Standard,
                requires_shipping: true,
                image: None,
                metadata: "{}".into(),
            })
            .collect(),
        images: vec![ImageContent { src: "https://example.org/a.png".into(), alt: None, stored: None }],
    }
}

struct World {
    own: Locale,
    next: u128,
    product: Product,
}

impl World {
    fn new() -> Self {
        let mut product = Product::draft(ProductId::new(Uuid::from_u128(1)), Timestamp::from_micros(5));
        product.texts.set(&Locale::new("en"), Field::Slug, Some("enamel-mug"));
        Self { own: Locale::new("en"), next: 100, product }
    }
    fn fill(&mut self, content: &Content) -> Filled {
        let next = &mut self.next;
        self.product.fill(content, &self.own, &mut || {
            *next += 1;
            Uuid::from_u128(*next)
        })
    }
    fn skus(&self) -> Vec<&str> {
        self.product.variants.iter().map(|v| v.sku.as_str()).collect()
    }
}

#[test]
fn the_same_content_again_changes_nothing() {
    let mut world = World::new();
    let mug = content(&[("Green", Some("MUG-G")), ("Ink", None)]);
    let first = world.fill(&mug);
    assert_eq!(first.created.len(), 2);
    assert_eq!(world.skus(), ["MUG-G", "ENAMEL-MUG-INK"]);
    let before = world.product.clone();
    let second = world.fill(&mug);
    assert_eq!((second.variants, second.created.len(), second.removed.len()), (first.variants, 0, 0));
    assert_eq!(world.product, before);
    let own = world.own.clone();
    world.fill(&before.content(&own));
    assert_eq!(world.product, before, "what it says of itself changes nothing either");
}

#[test]
fn a_variant_is_recognised_by_its_sku_before_its_values() {
    let mut world = World::new();
    let first = world.fill(&content(&[("Green", Some("A")), ("Ink", Some("B"))]));
    // The colours have changed places: the SKUs say who is who.
    let second = world.fill(&content(&[("Ink", Some("A")), ("Green", Some("B"))]));
    assert_eq!(second.variants, first.variants);
    // Without SKUs the values do.
    let third = world.fill(&content(&[("GREEN", None), ("Ink", None)]));
    assert_eq!(third.variants, [first.variants[1], first.variants[0]]);
    assert_eq!(world.skus(), ["B", "A"], "an SKU that is not given stays");
}

#[test]
fn what_the_content_no_longer_names_is_removed() {
    let mut world = World::new();
    let first = world.fill(&content(&[("Green", None), ("Ink", None)]));
    let picture = world.product.images[0].id;
    let second = world.fill(&content(&[("Ink", None), ("Clay", None)]));
    assert_eq!(second.variants[0], first.variants[1]);
    assert_eq!(second.removed, [first.variants[0]]);
    assert_eq!(second.created.len(), 1);
    assert_eq!(world.product.images[0].id, picture, "a picture is recognised by its address");
}

#[test]
fn it_is_published_once_and_its_first_time_stays() {
    let mut world = World::new();
    let channel = ChannelId::default();
    assert!(world.product.publish(&channel, Timestamp::from_micros(10)));
    assert!(!world.product.publish(&channel, Timestamp::from_micros(20)));
    assert!(world.product.withdraw());
    assert_eq!(world.product.status(), Status::Draft);
    assert!(world.product.publish(&channel, Timestamp::from_micros(30)));
    assert_eq!(world.product.published_at, Some(Timestamp::from_micros(10)));
    world.product.delete();
    assert_eq!(world.product.status(), Status::Deleted);
    assert!(world.product.variants.is_empty());
}

#[test]
fn only_secure_pictures_are_shown() {
    let mut world = World::new();
    world.fill(&content(&[("Green", None)]));
    let image = &mut world.product.images[0];
    assert_eq!(image.url().as_deref(), Some("https://example.org/a.png"));
    image.src = "http://example.org/a.png".into();
    assert_eq!(image.url(), None);
    image.media = Some("ab.svg".into());
    assert_eq!(image.url().as_deref(), Some("/media/ab.svg"));
}

#[test]
fn a_made_sku_can_be_told_from_another() {
    let id = VariantId::new(Uuid::from_u128(0xABCDEF));
    assert_eq!(distinct_sku("MUG", id), "MUG-ABCDEF");
    assert_eq!(distinct_sku("", id), "ABCDEF");
    assert_eq!(made_sku("日本", &["青".into()]), "");
}
