//! Shapes together: both at once (`&`), or one of several (`|`).

use super::{Bound, Fields, Kind, Limits, Literal, Presence, Shape};

/// What satisfies both.
pub(super) fn meet(a: Shape, b: Shape) -> Shape {
    let mut also = a.also;
    also.extend(b.also);
    let kind = match kinds(a.kind, b.kind) {
        Ok(kind) => kind,
        Err(kind) => {
            also.push("a condition that is told only when it fails".into());
            kind
        }
    };
    let mut words = a.words;
    words.extend(b.words);
    Shape {
        kind,
        limits: limits(a.limits, b.limits),
        default: a.default.or(b.default),
        measure: a.measure.or(b.measure),
        words,
        sensitive: a.sensitive || b.sensitive,
        also,
    }
}

/// An error where both together have no form; it is one of them.
fn kinds(a: Kind, b: Kind) -> Result<Kind, Kind> {
    Ok(match (a, b) {
        (Kind::Any, kind) | (kind, Kind::Any) => kind,
        (Kind::Int, Kind::Number) | (Kind::Number, Kind::Int) => Kind::Int,
        (Kind::OneOf(mut left), Kind::OneOf(right)) => {
            left.retain(|literal| right.contains(literal));
            Kind::OneOf(left)
        }
        (Kind::OneOf(mut literals), kind) | (kind, Kind::OneOf(mut literals)) if is_scalar(&kind) => {
            literals.retain(|literal| covers(&kind, literal));
            Kind::OneOf(literals)
        }
        (Kind::Value, kind) | (kind, Kind::Value) if is_scalar(&kind) => kind,
        (Kind::List(left), Kind::List(right)) => Kind::List(Box::new(meet(*left, *right))),
        (Kind::Struct(left), Kind::Struct(right)) => Kind::Struct(fields(left, right)),
        (Kind::Either(shapes), kind) | (kind, Kind::Either(shapes)) => {
            let other = Shape::of(kind);
            Kind::Either(shapes.into_iter().map(|shape| meet(shape, other.clone())).collect())
        }
        (left, right) if left == right => left,
        (left, _) => return Err(left),
    })
}

fn is_scalar(kind: &Kind) -> bool {
    matches!(kind, Kind::Bool | Kind::Int | Kind::Number | Kind::Text | Kind::Value)
}

/// Whether a literal is of a kind.
pub(super) fn covers(kind: &Kind, literal: &Literal) -> bool {
    match (kind, literal) {
        (Kind::Any, _)
        | (Kind::Bool, Literal::Bool(_))
        | (Kind::Number, Literal::Number(_))
        | (Kind::Text, Literal::Text(_)) => true,
        (Kind::Int, Literal::Number(number)) => number.is_int(),
        (Kind::Value, literal) => *literal != Literal::Null,
        (Kind::Name, Literal::Text(text)) => !text.is_empty(),
        (Kind::OneOf(literals), literal) => literals.contains(literal),
        _ => false,
    }
}

fn limits(mut a: Limits, b: Limits) -> Limits {
    let tighter =
        |left: Option<Bound>, right: Option<Bound>, is_tighter: fn(&Bound, &Bound) -> bool| match (left, right) {
            (Some(left), Some(right)) => Some(if is_tighter(&right, &left) { right } else { left }),
            (left, right) => left.or(right),
        };
    a.least = tighter(a.least, b.least, |new, old| new.value.compare(&old.value).is_gt());
    a.most = tighter(a.most, b.most, |new, old| new.value.compare(&old.value).is_lt());
    a.matches.extend(b.matches);
    a.matches_not.extend(b.matches_not);
    a.not.extend(b.not);
    a
}

/// The fields of both; one that both have is both at once.
pub(super) fn fields(mut a: Fields, b: Fields) -> Fields {
    for field in b.fields {
        add(&mut a, field);
    }
    a.patterns.extend(b.patterns);
    a.rules.extend(b.rules);
    a.also.extend(b.also);
    a.open = a.open && b.open;
    a
}

pub(super) fn add(fields: &mut Fields, field: super::Field) {
    let Some(known) = fields.fields.iter_mut().find(|known| known.name == field.name) else {
        fields.fields.push(field);
        return;
    };
    known.shape = meet(std::mem::take(&mut known.shape), field.shape);
    known.aliases.extend(field.aliases);
    if known.about.is_empty() {
        known.about = field.about;
    }
    known.presence = match (known.presence, field.presence) {
        (Presence::Required, _) | (_, Presence::Required) => Presence::Required,
        (Presence::Always, _) | (_, Presence::Always) => Presence::Always,
        _ => Presence::Optional,
    };
}

/// What satisfies one of them. A literal that another alternative covers says nothing new.
pub(super) fn either(shapes: Vec<Shape>) -> Shape {
    if shapes.iter().any(|shape| *shape == Shape::default()) {
        return Shape::default();
    }
    let is_literal = |shape: &Shape| matches!(shape.kind, Kind::OneOf(_));
    let (literals, mut rest): (Vec<Shape>, Vec<Shape>) = shapes.into_iter().partition(is_literal);
    let mut words: Vec<Literal> = Vec::new();
    for literal in literals.into_iter().flat_map(|shape| match shape.kind {
        Kind::OneOf(literals) => literals,
        _ => Vec::new(),
    }) {
        if !words.contains(&literal) && !rest.iter().any(|shape| covers(&shape.kind, &literal)) {
            words.push(literal);
        }
    }
    if !words.is_empty() {
        rest.insert(0, Shape::of(Kind::OneOf(words)));
    }
    match rest.len() {
        1 => rest.remove(0),
        _ => Shape::of(Kind::Either(rest)),
    }
}
