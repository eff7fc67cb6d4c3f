//! Fields of requests that may be left out, given, or taken away with null.

use serde::{Deserialize, Deserializer};

/// For `Option<Option<T>>` with `#[serde(default, deserialize_with = "given")]`: absent is `None`, null `Some(None)`.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}
