//! One condition of a query: a field, an operator and what the field is compared with.

use std::cmp::Ordering;

use jiff::Timestamp;

/// What of a manifest can be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Size,
    ImageSize,
    CreatedAt,
    Architecture,
    Os,
    MediaType,
    ArtifactType,
    Repository,
    Digest,
    Subject,
}

impl Field {
    const ALL: [(&'static str, Self); 10] = [
        ("size", Self::Size),
        ("imageSize", Self::ImageSize),
        ("createdAt", Self::CreatedAt),
        ("architecture", Self::Architecture),
        ("os", Self::Os),
        ("mediaType", Self::MediaType),
        ("artifactType", Self::ArtifactType),
        ("repository", Self::Repository),
        ("digest", Self::Digest),
        ("subject", Self::Subject),
    ];

    pub(super) fn parse(name: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, field)| field)
    }
}

/// What can be asked of a manifest. A field that it does not have is empty.
pub(crate) trait Record {
    fn number(&self, field: Field) -> i64;
    fn time(&self, field: Field) -> Timestamp;
    fn text(&self, field: Field) -> &str;
}

/// How a field is compared. But for [`Comparison::Is`], KQL's comparisons of text ignore case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Is,
    Less,
    LessOrIs,
    More,
    MoreOrIs,
    IsInAnyCase,
    Contains,
    Has,
    StartsWith,
    EndsWith,
}

/// A comparison, or its opposite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    comparison: Comparison,
    negated: bool,
}

impl Operator {
    pub(super) fn parse(text: &str) -> Option<Self> {
        use Comparison as C;
        let (comparison, negated) = match text {
            "==" => (C::Is, false),
            "!=" => (C::Is, true),
            "<" => (C::Less, false),
            "<=" => (C::LessOrIs, false),
            ">" => (C::More, false),
            ">=" => (C::MoreOrIs, false),
            "=~" => (C::IsInAnyCase, false),
            "!~" => (C::IsInAnyCase, true),
            "contains" => (C::Contains, false),
            "!contains" => (C::Contains, true),
            "has" => (C::Has, false),
            "!has" => (C::Has, true),
            "startswith" => (C::StartsWith, false),
            "!startswith" => (C::StartsWith, true),
            "endswith" => (C::EndsWith, false),
            "!endswith" => (C::EndsWith, true),
            _ => return None,
        };
        Some(Self {
            comparison,
            negated,
        })
    }
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Number(i64),
    Time(Timestamp),
    Text(String),
}

/// A field, an operator and an operand that fit each other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    field: Field,
    operator: Operator,
    operand: Operand,
}

impl Condition {
    /// Nothing where a number is to begin with something, or a text to be less than a date.
    pub(super) fn new(field: Field, operator: Operator, operand: Operand) -> Option<Self> {
        use Comparison::{Is, Less, LessOrIs, More, MoreOrIs};
        let ordered = matches!(operator.comparison, Is | Less | LessOrIs | More | MoreOrIs);
        let fits = match (field, &operand) {
            (Field::Size | Field::ImageSize, Operand::Number(_))
            | (Field::CreatedAt, Operand::Time(_)) => ordered,
            (Field::Size | Field::ImageSize | Field::CreatedAt, _) => false,
            (_, Operand::Text(_)) => !ordered || operator.comparison == Is,
            _ => false,
        };
        fits.then_some(Self {
            field,
            operator,
            operand,
        })
    }

    pub(super) fn is_met_by(&self, record: &impl Record) -> bool {
        let holds = match &self.operand {
            Operand::Number(number) => self.orders(record.number(self.field).cmp(number)),
            Operand::Time(time) => self.orders(record.time(self.field).cmp(time)),
            Operand::Text(text) => self.reads(record.text(self.field), text),
        };
        holds != self.operator.negated
    }

    fn orders(&self, order: Ordering) -> bool {
        match self.operator.comparison {
            Comparison::Less => order.is_lt(),
            Comparison::LessOrIs => order.is_le(),
            Comparison::More => order.is_gt(),
            Comparison::MoreOrIs => order.is_ge(),
            _ => order.is_eq(),
        }
    }

    fn reads(&self, text: &str, wanted: &str) -> bool {
        if self.operator.comparison == Comparison::Is {
            return text == wanted;
        }
        let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
        match self.operator.comparison {
            Comparison::Contains => text.contains(&wanted),
            Comparison::Has => has_term(&text, &wanted),
            Comparison::StartsWith => text.starts_with(&wanted),
            Comparison::EndsWith => text.ends_with(&wanted),
            _ => text == wanted,
        }
    }
}

/// Whether a text holds another between characters that are neither letters nor digits.
fn has_term(text: &str, term: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric();
    text.match_indices(term).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + term.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}
