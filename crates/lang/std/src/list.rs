//! `list`: sequences. Sorting by a comparer and matching by a schema need an evaluator and are not here.

use std::cmp::Ordering;

use cue_data::{Call, CallError, Function, Kinds as K, Package, Tree, Value};
use cue_num::{DigitLimit, NumError, Number};

use crate::args::{Answer, Arguments, DIGITS, MAX_REPEAT, as_list, decimal, fail, function, number_error, show, size};

pub(crate) const PACKAGE: Package = Package { path: "list", functions: FUNCTIONS, constants: &[] };

const L: K = K::LIST;

const FUNCTIONS: &[Function] = &[
    function("Avg", &[L], K::NUMBER, |_, args| {
        let numbers = args.numbers(0)?;
        let sum = not_empty(&numbers)?.iter().try_fold(Number::ZERO, |sum, number| sum.add(number, DIGITS));
        let average =
            sum.and_then(|sum| sum.div(&Number::from(numbers.len()))).map_err(|error| number_error(&error))?;
        decimal(&average)
    })
    .of(K::NUMBER),
    function("Concat", &[L], L, concat),
    function("Contains", &[L, K::TOP], K::BOOL, |call, args| {
        let list = args.list(0)?;
        call.spend(list.len())?;
        Ok(list.elements().any(|element| element == *args.value(1)).into())
    }),
    function("Drop", &[L, K::INT], L, |_, args| {
        let list = args.list(0)?;
        Ok(part(list, count(args.i64(1)?)?.min(list.len()), list.len()))
    }),
    function("FlattenN", &[K::TOP, K::INT], L, flatten),
    function("IsSortedStrings", &[L], K::BOOL, |_, args| Ok(args.strings(0)?.is_sorted().into())).of(K::STRING),
    function("Max", &[L], K::NUMBER, |_, args| extreme(&args.numbers(0)?, Ordering::Greater)).of(K::NUMBER),
    function("MaxItems", &[L, K::INT], K::BOOL, |_, args| {
        let (length, most) = (args.list(0)?.len(), args.i64(1)?);
        match i64::try_from(length).is_ok_and(|length| length <= most) {
            true => Ok(true.into()),
            false => unsatisfied(format!("len(list) > MaxItems({most}) ({length} > {most})")),
        }
    }),
    function("Min", &[L], K::NUMBER, |_, args| extreme(&args.numbers(0)?, Ordering::Less)).of(K::NUMBER),
    function("MinItems", &[L, K::INT], K::BOOL, |_, args| {
        let (length, least) = (args.list(0)?.len(), args.i64(1)?);
        match i64::try_from(length).is_ok_and(|length| length >= least) {
            true => Ok(true.into()),
            false => unsatisfied(format!("len(list) < MinItems({least}) ({length} < {least})")),
        }
    }),
    function("Product", &[L], K::NUMBER, |call, args| {
        decimal(&fold(call, &args.numbers(0)?, Number::from(1), Number::mul)?)
    })
    .of(K::NUMBER),
    function("Range", &[K::NUMBER, K::NUMBER, K::NUMBER], L, range),
    function("Repeat", &[L, K::INT], L, |call, args| {
        let (list, count) = (args.list(0)?, args.i64(1)?);
        let times = usize::try_from(count).or_else(|_| fail("negative count"))?;
        if count > MAX_REPEAT {
            return fail(format!("count {count} exceeds limit of {MAX_REPEAT}"));
        }
        let length = list.len().saturating_mul(times);
        call.check_list(length)?;
        call.spend(length)?;
        let elements: Vec<Value> = list.elements().collect();
        Ok(Value::list(std::iter::repeat_n(&elements, times).flatten()))
    }),
    function("Reverse", &[L], L, |_, args| {
        let elements: Vec<Value> = args.list(0)?.elements().rev().collect();
        Ok(Value::list(&elements))
    }),
    function("Slice", &[L, K::INT, K::INT], L, |_, args| {
        let (list, from, to) = (args.list(0)?, args.i64(1)?, args.i64(2)?);
        let start = count(from)?;
        if from > to {
            return fail(format!("invalid index: {from} > {to}"));
        }
        match usize::try_from(to) {
            Ok(end) if end <= list.len() => Ok(part(list, start, end)),
            _ => fail("slice bounds out of range"),
        }
    }),
    function("SortStrings", &[L], L, |call, args| {
        let mut strings = args.strings(0)?;
        call.spend(strings.len())?;
        strings.sort();
        Ok(Value::strings(strings))
    })
    .of(K::STRING),
    function("Sum", &[L], K::NUMBER, |call, args| decimal(&fold(call, &args.numbers(0)?, Number::ZERO, Number::add)?))
        .of(K::NUMBER),
    function("Take", &[L, K::INT], L, |_, args| {
        let list = args.list(0)?;
        Ok(part(list, 0, count(args.i64(1)?)?.min(list.len())))
    }),
    function("UniqueItems", &[L], K::BOOL, unique),
];

fn unsatisfied(reason: String) -> Answer {
    Err(CallError::Unsatisfied(reason))
}

fn count(number: i64) -> Result<usize, CallError> {
    usize::try_from(number).or_else(|_| fail("negative index"))
}

fn part(list: &Tree, start: usize, end: usize) -> Value {
    let elements: Vec<Value> = list.elements().skip(start).take(end - start).collect();
    Value::list(&elements)
}

fn not_empty(numbers: &[Number]) -> Result<&[Number], CallError> {
    if numbers.is_empty() { fail("empty list") } else { Ok(numbers) }
}

type Operation = fn(&Number, &Number, DigitLimit) -> Result<Number, NumError>;

/// The numbers from left to right, each put to what there is so far.
fn fold(call: &mut Call<'_>, numbers: &[Number], start: Number, operation: Operation) -> Result<Number, CallError> {
    numbers.iter().try_fold(start, |result, number| {
        call.spend(size(&result) + size(number))?;
        operation(number, &result, DIGITS).map_err(|error| number_error(&error))
    })
}

/// The first of the greatest or least numbers.
fn extreme(numbers: &[Number], wanted: Ordering) -> Answer {
    let first = &not_empty(numbers)?[0];
    decimal(numbers.iter().fold(first, |best, number| if number.compare(best) == wanted { number } else { best }))
}

fn concat(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let mut all = Vec::new();
    for element in args.list(0)?.elements() {
        let list = as_list(&element)?;
        call.check_list(all.len() + list.len())?;
        call.spend(list.len())?;
        all.extend(list.elements());
    }
    Ok(Value::list(&all))
}

/// Puts the elements of lists in the place of the lists, so many levels deep; all of them for a negative number.
fn flatten(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let root = as_list(args.value(0))?;
    let levels = usize::try_from(args.i64(1)?).unwrap_or(usize::MAX);
    let mut all = Vec::new();
    // The elements still to come of each list that is open, the innermost last.
    let mut open = vec![root.elements().collect::<Vec<_>>().into_iter()];
    while let Some(elements) = open.last_mut() {
        match elements.next() {
            None => {
                open.pop();
            }
            Some(element) if open.len() <= levels && element.kind() == K::LIST => {
                open.push(as_list(&element)?.elements().collect::<Vec<_>>().into_iter());
            }
            Some(element) => {
                all.push(element);
                call.check_list(all.len())?;
            }
        }
        call.spend(1)?;
    }
    Ok(Value::list(&all))
}

fn range(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let (start, end, step) = (args.number(0)?, args.number(1)?, args.number(2)?);
    if step.is_zero() {
        return fail("step must be non zero");
    }
    let (past, direction) = match step.is_negative() {
        false => (Ordering::Greater, "greater than start when step is positive"),
        true => (Ordering::Less, "less than start when step is negative"),
    };
    if start.compare(end) == past {
        return fail(format!("end must be {direction}"));
    }
    let mut all = Vec::new();
    let mut next = start.clone();
    while next.compare(end) == past.reverse() {
        let element = decimal(&next)?;
        if let Value::Number(number) = &element {
            call.spend(size(number))?;
        }
        all.push(element);
        call.check_list(all.len())?;
        next = step.add(&next, DIGITS).map_err(|error| number_error(&error))?;
    }
    Ok(Value::list(&all))
}

/// Whether no two elements are equal.
fn unique(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let elements: Vec<Value> = args.list(0)?.elements().collect();
    for (at, element) in elements.iter().enumerate() {
        call.spend(elements.len() - at)?;
        let Some(distance) = elements[at + 1..].iter().position(|other| other == element) else { continue };
        let other = at + 1 + distance;
        return unsatisfied(match element {
            Value::Tree(_) => format!("equal values at position {at} and {other}"),
            _ => format!("equal value ({}) at position {at} and {other}", show(element)),
        });
    }
    Ok(true.into())
}
