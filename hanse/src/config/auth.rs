//! How those who work for the shop show who they are.

use hanse_auth::StaffFactor as Needed;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    /// Whether staff have to have a second factor. Left out: `required` in a league and wherever others can reach the shop,
    /// `when_enrolled` for a shop on this machine alone.
    pub staff_factor: Option<StaffFactor>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffFactor {
    /// Without one they do nothing but enrol it.
    Required,
    /// Whoever has enrolled one shows it.
    WhenEnrolled,
}

impl Auth {
    /// For a shop that others can reach, or cannot.
    pub fn settle(&mut self, reachable: bool) {
        let usual = if reachable { StaffFactor::Required } else { StaffFactor::WhenEnrolled };
        self.staff_factor.get_or_insert(usual);
    }

    pub fn needed(&self) -> Needed {
        match self.staff_factor {
            Some(StaffFactor::WhenEnrolled) => Needed::WhenEnrolled,
            // Where nobody settled it, the stricter one.
            Some(StaffFactor::Required) | None => Needed::Required,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_need_a_factor_where_others_can_reach_the_shop_unless_said_otherwise() {
        let settled = |said, reachable| {
            let mut auth = Auth { staff_factor: said };
            auth.settle(reachable);
            auth.needed()
        };
        assert_eq!(settled(None, true), Needed::Required);
        assert_eq!(settled(None, false), Needed::WhenEnrolled);
        assert_eq!(settled(Some(StaffFactor::WhenEnrolled), true), Needed::WhenEnrolled);
        assert_eq!(settled(Some(StaffFactor::Required), false), Needed::Required);
        assert_eq!(Auth::default().needed(), Needed::Required);
    }
}
