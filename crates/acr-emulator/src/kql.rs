//! The language of the metadata query: of KQL, `Manifests | where FIELD OP VALUE and …` alone.

mod condition;

use jiff::{Timestamp, civil, tz::TimeZone};
use winnow::{
    ModalResult, Parser,
    ascii::{dec_int, multispace0, multispace1},
    combinator::{alt, cut_err, delimited, eof, opt, preceded, repeat, separated},
    error::{ContextError, ErrMode, StrContext},
    token::{literal, none_of, one_of, take_while},
};

use condition::{Condition, Operand, Operator};
pub(crate) use condition::{Field, Record};

/// The longest query that is read; the only one that was ever seen has 33 bytes.
const MAX_QUERY: usize = 4096;

/// Which manifests are looked for: those that meet every condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter(Vec<Condition>);

impl Filter {
    /// Reads a query.
    ///
    /// # Errors
    /// Where it stops being one, in words for people.
    pub(crate) fn parse(query: &str) -> Result<Self, String> {
        if query.len() > MAX_QUERY {
            return Err(format!("a query has at most {MAX_QUERY} bytes"));
        }
        filter
            .parse(query)
            .map_err(|fault| match fault.inner().context().next() {
                Some(StrContext::Expected(expected)) => {
                    format!("at {}: {expected} was expected", fault.offset())
                }
                _ => format!("at {}: the query cannot be read", fault.offset()),
            })
    }

    /// Whether a manifest is one of those.
    pub(crate) fn finds(&self, record: &impl Record) -> bool {
        self.0.iter().all(|condition| condition.is_met_by(record))
    }
}

fn filter(input: &mut &str) -> ModalResult<Filter> {
    let head = (
        multispace0,
        literal("Manifests"),
        multispace0,
        literal("|"),
        multispace0,
        literal("where"),
        multispace1,
    );
    let and = (multispace1, literal("and"), multispace1);
    let conditions = separated(1.., condition, and);
    delimited(
        head.context(expected("`Manifests | where`")),
        conditions,
        (multispace0, eof).context(expected("`and` or the end")),
    )
    .map(Filter)
    .parse_next(input)
}

fn condition(input: &mut &str) -> ModalResult<Condition> {
    let field = word
        .verify_map(Field::parse)
        .context(expected("a field that can be searched"));
    let operator = delimited(multispace0, operator, multispace0);
    let (field, operator, operand) = (
        field,
        cut_err(operator.context(expected("an operator"))),
        cut_err(operand.context(expected("a string, number or datetime"))),
    )
        .parse_next(input)?;
    Condition::new(field, operator, operand).ok_or_else(|| {
        let mut context = ContextError::new();
        context.push(expected("an operator and a value that fit the field"));
        ErrMode::Cut(context)
    })
}

fn word<'i>(input: &mut &'i str) -> ModalResult<&'i str> {
    take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_').parse_next(input)
}

/// An operator, up to the end of its word: `hasten` is not `has` and something.
fn operator(input: &mut &str) -> ModalResult<Operator> {
    let symbol = take_while(1..=2, ['=', '!', '<', '>', '~']).verify_map(Operator::parse);
    let named = (opt('!'), word).take().verify_map(Operator::parse);
    alt((named, symbol)).parse_next(input)
}

fn operand(input: &mut &str) -> ModalResult<Operand> {
    alt((
        datetime.map(Operand::Time),
        string.map(Operand::Text),
        dec_int.map(Operand::Number),
    ))
    .parse_next(input)
}

/// Text between quotes of either kind, with backslashes before what would end it.
fn string(input: &mut &str) -> ModalResult<String> {
    let quoted = |quote: char| {
        let escaped = preceded('\\', one_of(['\\', '"', '\'']));
        let plain = none_of([quote, '\\', '\n', '\r']);
        delimited(quote, repeat(0.., alt((plain, escaped))), quote)
    };
    alt((quoted('"'), quoted('\''))).parse_next(input)
}

/// `datetime(2023-04-12)`, `datetime(2023-04-12 20:44:45)`, `datetime(2023-04-12T20:44:45.2Z)`.
fn datetime(input: &mut &str) -> ModalResult<Timestamp> {
    let text = take_while(1..=40, |c: char| c != ')').verify_map(timestamp);
    delimited(
        (literal("datetime("), multispace0),
        cut_err(text),
        (multispace0, literal(")")),
    )
    .parse_next(input)
}

fn timestamp(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let utc = |at: civil::DateTime| at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
    let zoned = text.parse().ok();
    zoned.or_else(|| utc(text.parse().ok()?))
}

fn expected(what: &'static str) -> StrContext {
    StrContext::Expected(winnow::error::StrContextValue::Description(what))
}

#[cfg(test)]
mod tests;
