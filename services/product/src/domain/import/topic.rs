//! What a file may have nothing to say about: of a product that exists it then stays as it is.

use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    Description,
    Vendor,
    Kind,
    Tags,
    Images,
    Options,
    Stock,
    Weight,
    Barcode,
    VariantImage,
    Taxable,
    RequiresShipping,
}

impl Topic {
    pub const ALL: [Self; 12] = [
        Self::Description,
        Self::Vendor,
        Self::Kind,
        Self::Tags,
        Self::Images,
        Self::Options,
        Self::Stock,
        Self::Weight,
        Self::Barcode,
        Self::VariantImage,
        Self::Taxable,
        Self::RequiresShipping,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::Vendor => "vendor",
            Self::Kind => "type",
            Self::Tags => "tags",
            Self::Images => "images",
            Self::Options => "options",
            Self::Stock => "stock",
            Self::Weight => "weight",
            Self::Barcode => "barcode",
            Self::VariantImage => "variant image",
            Self::Taxable => "taxable",
            Self::RequiresShipping => "requires shipping",
        }
    }
}

/// The topics that have no column in the file, or no key in the item. A blank cell says something: that there is none.
pub type Silent = BTreeSet<Topic>;
