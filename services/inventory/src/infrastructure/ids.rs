//! Lists of ids as parameters of an `in` clause.

use hanse_database::sql::{Bind, list};
/// The places and parameters of `in (…)`, filled up to a power of two by repeating the last, so that few different
/// texts are prepared.
pub(super) fn any_of<T: Bind>(first: usize, ids: &[T]) -> (String, Vec<&(dyn Bind + '_)>) {
    let count = if ids.is_empty() { 0 } else { ids.len().next_power_of_two() };
    let params = (0..count).filter_map(|i| ids.get(i).or(ids.last())).map(|id| id as &dyn Bind).collect();
    (list(first, count), params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::VariantId;
    use uuid::Uuid;

    #[test]
    fn the_list_is_filled_up_with_the_last() {
        let ids: Vec<VariantId> = (1..=3).map(|n| VariantId::new(Uuid::from_u128(n))).collect();
        let (places, params) = any_of(1, &ids);
        assert_eq!(places, "($1, $2, $3, $4)");
        assert_eq!(params[3].value(), ids[2].value());
        assert_eq!(any_of::<VariantId>(1, &[]).0, "(null)");
    }
}
