//! A product while its rows are still being gathered.

use crate::domain::import::{Lines, Problem, Severity, Silent, StockPolicy};
use hanse_kernel::Money;

#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// As the file writes it; may be empty.
    pub handle: String,
    /// As the file writes it; may be empty.
    pub title: String,
    /// Of its first row, before it was spread over options.
    pub sku: Option<String>,
    pub body: String,
    pub vendor: Option<String>,
    pub kind: Option<String>,
    pub category: Vec<String>,
    pub tags: Vec<String>,
    pub published: bool,
    pub option_names: [Option<String>; 3],
    pub variants: Vec<DraftVariant>,
    pub images: Vec<DraftImage>,
    pub silent: Silent,
    pub lines: Lines,
    pub rows: u64,
    /// Another row is this very product: mended, there will be one of them.
    pub repeated: bool,
    /// Everything there is to say about the product; one of severity error keeps it out.
    pub faults: Vec<Problem>,
}

impl Draft {
    pub fn at(line: u64) -> Self {
        Self {
            handle: String::new(),
            title: String::new(),
            sku: None,
            body: String::new(),
            vendor: None,
            kind: None,
            category: vec![],
            tags: vec![],
            published: true,
            option_names: [None, None, None],
            variants: vec![],
            images: vec![],
            silent: Silent::new(),
            lines: Lines { first: line, last: line },
            rows: 0,
            repeated: false,
            faults: vec![],
        }
    }

    pub fn has_errors(&self) -> bool {
        self.faults.iter().any(|fault| fault.severity == Severity::Error)
    }

    /// Notes one more row of the file.
    pub fn count_row(&mut self, line: u64) {
        self.rows += 1;
        self.lines.first = self.lines.first.min(line);
        self.lines.last = self.lines.last.max(line);
    }
}

#[derive(Debug, Clone)]
pub(super) struct DraftVariant {
    pub line: u64,
    /// By the file's three option columns; blank where there is none.
    pub values: [String; 3],
    pub sku: Option<String>,
    pub price: Price,
    pub compare_at: Option<Money>,
    pub stock: Stock,
    pub weight: Weight,
    pub barcode: Option<String>,
    pub image: Option<String>,
    pub taxable: bool,
    pub requires_shipping: bool,
    pub silent: Silent,
    /// The first row of a product may say nothing of a variant; it stands for one only if no other row does.
    pub placeholder: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Price {
    Asked(Money),
    /// The cell is blank.
    Blank,
    /// The file has no such column.
    NoColumn,
    /// Told already as a problem.
    Faulty,
}

impl Price {
    pub const fn asked(self) -> Option<Money> {
        match self {
            Self::Asked(money) => Some(money),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stock {
    pub units: Option<i64>,
    pub policy: StockPolicy,
    /// What the file leaves open.
    pub gap: Option<StockGap>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StockGap {
    /// The file has nothing about stock.
    NoColumn,
    /// The file says that there is some, but not how much.
    NoQuantity,
    /// There is a quantity, but the tracker says that stock is not counted.
    NotTracked,
    /// Stock is tracked but the file has no column for the quantity.
    NoQuantityColumn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Grams(i64),
    Unknown,
    /// A number whose unit nobody knows.
    WithoutUnit,
}

#[derive(Debug, Clone)]
pub(super) struct DraftImage {
    pub src: String,
    pub alt: Option<String>,
    pub position: Option<u32>,
}
