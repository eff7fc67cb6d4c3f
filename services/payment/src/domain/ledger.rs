//! The books: every movement of money is a transaction whose entries add up to zero.

use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// Set aside at a provider for us.
    Authorised,
    /// What shoppers have promised: the other side of what is set aside.
    Promised,
    /// Money the provider holds for us until it pays out.
    ProviderClearing,
    /// What shoppers have paid for.
    Sales,
    /// What went back to them.
    Refunds,
}

impl Account {
    pub const ALL: [Self; 5] =
        [Self::Authorised, Self::Promised, Self::ProviderClearing, Self::Sales, Self::Refunds];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authorised => "authorized",
            Self::Promised => "promised",
            Self::ProviderClearing => "provider_clearing",
            Self::Sales => "sales",
            Self::Refunds => "refunds",
        }
    }
}

impl FromStr for Account {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|a| a.as_str() == text).ok_or_else(|| format!("`{text}` is no account"))
    }
}

/// Debit is positive, credit negative, in minor units of the payment's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub account: Account,
    pub amount: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    pub what: &'static str,
    pub entries: Vec<Entry>,
}

fn pair(to: Account, from: Account, amount: i64) -> [Entry; 2] {
    [Entry { account: to, amount }, Entry { account: from, amount: -amount }]
}

impl Transaction {
    pub fn authorised(amount: i64) -> Self {
        Self { what: "authorized", entries: pair(Account::Authorised, Account::Promised, amount).into() }
    }
    /// What was set aside becomes money.
    pub fn captured(amount: i64) -> Self {
        let mut entries = pair(Account::Promised, Account::Authorised, amount).to_vec();
        entries.extend(pair(Account::ProviderClearing, Account::Sales, amount));
        Self { what: "captured", entries }
    }
    pub fn voided(amount: i64) -> Self {
        Self { what: "voided", entries: pair(Account::Promised, Account::Authorised, amount).into() }
    }
    pub fn refunded(amount: i64) -> Self {
        Self { what: "refunded", entries: pair(Account::Refunds, Account::ProviderClearing, amount).into() }
    }
    pub fn balanced(&self) -> bool {
        self.entries.iter().map(|e| i128::from(e.amount)).sum::<i128>() == 0
    }
}
