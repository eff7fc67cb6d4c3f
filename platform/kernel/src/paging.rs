//! Lists are cut into pages by an opaque cursor: `{"items": […], "next_cursor": …}`.

use serde::{Deserialize, Serialize};

/// How many items a page may hold: 1 to 100, 20 unless asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    pub const DEFAULT: Self = Self(20);
    pub const MAX: u16 = 100;
    pub fn new(n: u16) -> Option<Self> {
        (1..=Self::MAX).contains(&n).then_some(Self(n))
    }
    pub fn get(self) -> i64 {
        i64::from(self.0)
    }
    /// One more than asked: whether it comes back tells if there is a next page.
    pub fn with_peek(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The place in a sorted list, opaque to clients: hexadecimal of a small JSON value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this list; take `next_cursor` from the page before as it is")]
pub struct CursorError;

impl Cursor {
    pub fn encode<T: Serialize>(place: &T) -> Self {
        let json = serde_json::to_vec(place).unwrap_or_default();
        Self(json.iter().map(|b| format!("{b:02x}")).collect())
    }
    pub fn decode<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, CursorError> {
        if text.len() > 1024 || !text.is_ascii() || !text.len().is_multiple_of(2) {
            return Err(CursorError);
        }
        let bytes = (0..text.len() / 2)
            .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| CursorError))
            .collect::<Result<Vec<_>, _>>()?;
        serde_json::from_slice(&bytes).map_err(|_| CursorError)
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One page and where the next begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Cuts a result that was read with [`Limit::with_peek`]; `place` tells the cursor of the last item kept.
    pub fn cut<P: Serialize>(mut items: Vec<T>, limit: Limit, place: impl Fn(&T) -> P) -> Self {
        let full = usize::from(limit.0);
        let more = items.len() > full;
        items.truncate(full);
        let next = if more { items.last().map(|last| Cursor::encode(&place(last))) } else { None };
        Self { items, next }
    }
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_where_the_next_begins_only_when_there_is_one() {
        let limit = Limit::new(2).unwrap();
        let page = Page::cut(vec![1, 2, 3], limit, |n| *n);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(Cursor::decode::<i32>(page.next.unwrap().as_str()).unwrap(), 2);
        assert!(Page::cut(vec![1, 2], limit, |n| *n).next.is_none());
        assert!(Cursor::decode::<i32>("zz").is_err());
        assert!(Limit::new(0).is_none() && Limit::new(101).is_none());
    }
}
