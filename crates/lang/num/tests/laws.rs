//! What holds for all numbers.

use cue_num::{DigitLimit, Number};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const LIMIT: DigitLimit = DigitLimit::DEFAULT;

fn integer() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<i128>().prop_map(Number::from),
        "-?[1-9][0-9]{0,80}".prop_map(|text| Number::parse_literal(&text).unwrap()),
    ]
}

fn float() -> impl Strategy<Value = Number> {
    ("-?[0-9]{1,30}\\.[0-9]{1,10}", -60_i32..60)
        .prop_map(|(digits, exponent)| Number::parse_literal(&format!("{digits}e{exponent}")).unwrap())
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![integer(), float()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn integers_are_a_ring(a in integer(), b in integer(), c in integer()) {
        let add = |a: &Number, b: &Number| a.add(b, LIMIT).unwrap();
        let mul = |a: &Number, b: &Number| a.mul(b, LIMIT).unwrap();
        prop_assert_eq!(add(&a, &b), add(&b, &a));
        prop_assert_eq!(add(&add(&a, &b), &c), add(&a, &add(&b, &c)));
        prop_assert_eq!(mul(&a, &b), mul(&b, &a));
        prop_assert_eq!(mul(&mul(&a, &b), &c), mul(&a, &mul(&b, &c)));
        prop_assert_eq!(mul(&a, &add(&b, &c)), add(&mul(&a, &b), &mul(&a, &c)));
        prop_assert_eq!(add(&a, &a.neg()), Number::ZERO);
        prop_assert_eq!(a.sub(&b, LIMIT).unwrap(), add(&a, &b.neg()));
    }

    #[test]
    fn quotient_and_remainder_give_back_the_dividend(a in integer(), b in integer()) {
        prop_assume!(!b.is_zero());
        for (quotient, remainder) in [(a.int_div(&b), a.int_mod(&b)), (a.int_quo(&b), a.int_rem(&b))] {
            let product = quotient.unwrap().mul(&b, LIMIT).unwrap();
            prop_assert_eq!(product.add(&remainder.unwrap(), LIMIT).unwrap(), a.clone());
        }
        prop_assert!(!a.int_mod(&b).unwrap().is_negative());
    }

    #[test]
    fn text_reads_back_as_it_was_written(number in number()) {
        for text in [number.to_cue_string(), number.to_json_string()] {
            let back = Number::parse_literal(&text).unwrap();
            prop_assert!(back.same_value(&number), "{}", text);
            prop_assert_eq!(back.to_json_string().replace(".0", ""), number.to_json_string().replace(".0", ""));
        }
        let back = Number::parse_literal(&number.to_cue_string()).unwrap();
        prop_assert_eq!(back.to_cue_string(), number.to_cue_string());
        prop_assert_eq!(&back, &number);
    }

    #[test]
    fn order_is_total_and_agrees_with_subtraction(a in number(), b in number(), c in number()) {
        prop_assert_eq!(a.compare(&b), b.compare(&a).reverse());
        if a.compare(&b).is_le() && b.compare(&c).is_le() {
            prop_assert!(a.compare(&c).is_le());
        }
        let difference = a.sub(&b, LIMIT).unwrap();
        if a.compare(&b).is_lt() {
            prop_assert!(difference.is_negative());
        }
    }

    #[test]
    fn commutative_with_decimals(a in number(), b in number()) {
        let text = |result: Result<Number, _>| result.map(|number: Number| number.to_cue_string());
        prop_assert_eq!(text(a.add(&b, LIMIT)), text(b.add(&a, LIMIT)));
        prop_assert_eq!(text(a.mul(&b, LIMIT)), text(b.mul(&a, LIMIT)));
        prop_assert_eq!(a.neg().neg().to_cue_string(), a.to_cue_string());
    }

    #[test]
    fn binary_floats_survive(value in any::<f64>()) {
        match Number::from_f64(value) {
            Some(number) => prop_assert_eq!(number.to_f64(), value),
            None => prop_assert!(!value.is_finite()),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-+0-9xXbo_.eEKMGTPi]{0,12}") {
        if let Ok(number) = Number::parse_literal(&text) {
            prop_assert_eq!(Number::parse_literal(&number.to_cue_string()).unwrap(), number);
        }
    }
}
