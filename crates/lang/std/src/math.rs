//! `math`: rounding, powers and logarithms on decimals; the rest on binary floating-point numbers.

use cue_data::{Call, CallError, Constant, Function, Kinds as K, Package, Value};
use cue_num::{BigInt, Decimal, NumError, Number, Rounding};

use crate::args::{Answer, Arguments, DIGITS, decimal, fail, function, int, number_error};
use crate::special;

pub(crate) const PACKAGE: Package = Package { path: "math", functions: FUNCTIONS, constants: CONSTANTS };

const N: K = K::NUMBER;
const I: K = K::INT;

const CONSTANTS: &[(&str, Constant)] = &[
    ("Above", Constant::Int(1)),
    ("AwayFromZero", Constant::Int(3)),
    ("Below", Constant::Int(-1)),
    ("E", Constant::Number("2.71828182845904523536028747135266249775724709369995957496696763")),
    ("Exact", Constant::Int(0)),
    ("Ln10", Constant::Number("2.3025850929940456840179914546843642076011014886287729760333278")),
    ("Ln2", Constant::Number("0.693147180559945309417232121458176568075500134360255254120680009")),
    ("Log10E", Constant::Number("0.43429448190325182765112891891660508229439700580366656611445378")),
    ("Log2E", Constant::Number("1.442695040888963407359924681001892137426645954152985934135449408")),
    ("MaxBase", Constant::Int(62)),
    ("MaxExp", Constant::Int(2_147_483_647)),
    ("MaxPrec", Constant::Int(4_294_967_295)),
    ("MinExp", Constant::Int(-2_147_483_648)),
    ("Phi", Constant::Number("1.61803398874989484820458683436563811772030917980576286213544861")),
    ("Pi", Constant::Number("3.14159265358979323846264338327950288419716939937510582097494459")),
    ("Sqrt2", Constant::Number("1.41421356237309504880168872420969807856967187537694807317667974")),
    ("SqrtE", Constant::Number("1.64872127070012814684865078781416357165377610071014801157507931")),
    ("SqrtPhi", Constant::Number("1.27201964951406896425242246173749149171560804184009624861664038")),
    ("SqrtPi", Constant::Number("1.77245385090551602729816748334114518279754945612238712821380779")),
    ("ToNearestAway", Constant::Int(1)),
    ("ToNearestEven", Constant::Int(0)),
    ("ToNegativeInf", Constant::Int(4)),
    ("ToPositiveInf", Constant::Int(5)),
    ("ToZero", Constant::Int(2)),
];

const FUNCTIONS: &[Function] = &[
    function("Abs", &[N], N, |_, args| decimal(&args.number(0)?.abs())),
    function("Acos", &[N], N, |_, args| on_float(args, libm::acos)),
    function("Acosh", &[N], N, |_, args| on_float(args, libm::acosh)),
    function("Asin", &[N], N, |_, args| on_float(args, libm::asin)),
    function("Asinh", &[N], N, |_, args| on_float(args, libm::asinh)),
    function("Atan", &[N], N, |_, args| on_float(args, libm::atan)),
    function("Atan2", &[N, N], N, |_, args| on_floats(args, libm::atan2)),
    function("Atanh", &[N], N, |_, args| on_float(args, libm::atanh)),
    function("Cbrt", &[N], N, |_, args| computed(args.number(0)?.cbrt())),
    function("Ceil", &[N], I, |_, args| rounded(args, Rounding::Ceiling)),
    function("Copysign", &[N, N], N, |_, args| {
        let magnitude = args.number(0)?.abs();
        decimal(&if args.number(1)?.is_negative() { magnitude.neg() } else { magnitude })
    }),
    function("Cos", &[N], N, |_, args| on_float(args, libm::cos)),
    function("Cosh", &[N], N, |_, args| on_float(args, libm::cosh)),
    function("Dim", &[N, N], N, |_, args| {
        let difference = args.number(0)?.sub(args.number(1)?, DIGITS).map_err(|error| number_error(&error))?;
        if difference.is_negative() { Ok(int(0)) } else { decimal(&difference) }
    }),
    function("Erf", &[N], N, |_, args| on_float(args, libm::erf)),
    function("Erfc", &[N], N, |_, args| on_float(args, libm::erfc)),
    function("Erfcinv", &[N], N, |_, args| on_float(args, |x| special::erf_inverse(1.0 - x))),
    function("Erfinv", &[N], N, |_, args| on_float(args, special::erf_inverse)),
    function("Exp", &[N], N, |_, args| computed(args.number(0)?.exp())),
    function("Exp2", &[N], N, |_, args| computed(Number::from(2).pow(args.number(0)?))),
    function("Expm1", &[N], N, |_, args| on_float(args, libm::expm1)),
    function("Floor", &[N], I, |_, args| rounded(args, Rounding::Floor)),
    function("Gamma", &[N], N, |_, args| on_float(args, libm::tgamma)),
    function("Hypot", &[N, N], N, |_, args| on_floats(args, libm::hypot)),
    function("Ilogb", &[N], I, |_, args| Ok(int(libm::ilogb(args.number(0)?.to_f64())))),
    function("J0", &[N], N, |_, args| on_float(args, libm::j0)),
    function("J1", &[N], N, |_, args| on_float(args, libm::j1)),
    function("Jacobi", &[I, I], I, jacobi),
    function("Jn", &[I, N], N, |_, args| float(libm::jn(i32(args, 0)?, args.number(1)?.to_f64()))),
    function("Ldexp", &[N, I], N, |_, args| {
        let exponent = args.i64(1)?.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
        float(libm::ldexp(args.number(0)?.to_f64(), i32::try_from(exponent).unwrap_or(0)))
    }),
    function("Log", &[N], N, |_, args| computed(args.number(0)?.ln())),
    function("Log10", &[N], N, |_, args| computed(args.number(0)?.log10())),
    function("Log1p", &[N], N, |_, args| on_float(args, libm::log1p)),
    function("Log2", &[N], N, |_, args| computed(args.number(0)?.log2())),
    function("Logb", &[N], N, |_, args| match args.number(0)?.to_f64() {
        0.0 => float(f64::NEG_INFINITY),
        value => float(f64::from(libm::ilogb(value))),
    }),
    function("Mod", &[N, N], N, |_, args| on_floats(args, libm::fmod)),
    function("MultipleOf", &[N, N], K::BOOL, |_, args| {
        let (number, divisor) = (args.number(0)?, args.number(1)?);
        number.is_multiple_of(divisor).map(Value::from).map_err(|error| number_error(&error))
    }),
    function("Pow", &[N, N], N, |_, args| computed(args.number(0)?.pow(args.number(1)?))),
    function("Pow10", &[I], N, |_, args| {
        let power = Number::power_of_ten(i32(args, 0)?).map_err(|error| number_error(&error))?;
        decimal(&power)
    }),
    function("Remainder", &[N, N], N, |_, args| on_floats(args, libm::remainder)),
    function("Round", &[N], I, |_, args| rounded(args, Rounding::HalfUp)),
    function("RoundToEven", &[N], I, |_, args| rounded(args, Rounding::HalfEven)),
    function("Signbit", &[N], K::BOOL, |_, args| Ok(args.number(0)?.is_negative().into())),
    function("Sin", &[N], N, |_, args| on_float(args, libm::sin)),
    function("Sinh", &[N], N, |_, args| on_float(args, libm::sinh)),
    function("Sqrt", &[N], N, |_, args| on_float(args, libm::sqrt)),
    function("Tan", &[N], N, |_, args| on_float(args, libm::tan)),
    function("Tanh", &[N], N, |_, args| on_float(args, libm::tanh)),
    function("Trunc", &[N], I, |_, args| rounded(args, Rounding::Down)),
    function("Y0", &[N], N, |_, args| on_float(args, libm::y0)),
    function("Y1", &[N], N, |_, args| on_float(args, libm::y1)),
    function("Yn", &[I, N], N, |_, args| float(libm::yn(i32(args, 0)?, args.number(1)?.to_f64()))),
];

fn float(value: f64) -> Answer {
    match Number::from_f64(value) {
        Some(number) => Ok(Value::Number(number)),
        None if value.is_nan() => fail("result is not a number"),
        None => fail("result is infinite"),
    }
}

fn on_float(args: &[Value], apply: impl Fn(f64) -> f64) -> Answer {
    float(apply(args.number(0)?.to_f64()))
}

fn on_floats(args: &[Value], apply: impl Fn(f64, f64) -> f64) -> Answer {
    float(apply(args.number(0)?.to_f64(), args.number(1)?.to_f64()))
}

fn computed(result: Result<Decimal, NumError>) -> Answer {
    decimal(&result.map(Number::from).map_err(|error| number_error(&error))?)
}

fn rounded(args: &[Value], rounding: Rounding) -> Answer {
    args.number(0)?.to_int(rounding, DIGITS).map(Value::Number).map_err(|error| number_error(&error))
}

fn i32(args: &[Value], index: usize) -> Result<i32, CallError> {
    let number = args.i64(index)?;
    i32::try_from(number).or_else(|_| fail(format!("int {number} overflows int32 in argument {index}")))
}

/// The Jacobi symbol by quadratic reciprocity.
fn jacobi(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let (mut a, mut n) = (args.bigint(0)?, args.bigint(1)?);
    if !cue_num::bit(&n, 0) {
        return fail(format!("big: invalid 2nd argument to Int.Jacobi: need odd integer but got {n}"));
    }
    let mut symbol = 1;
    if n < BigInt::ZERO {
        if a < BigInt::ZERO {
            symbol = -1;
        }
        n = -n;
    }
    // Residues modulo 8 and 4 are the last bits.
    let low = |number: &BigInt| {
        u8::from(cue_num::bit(number, 0))
            | u8::from(cue_num::bit(number, 1)) << 1
            | u8::from(cue_num::bit(number, 2)) << 2
    };
    loop {
        call.spend(cue_num::bit_length(&n) / 64 + 1)?;
        if n == BigInt::from(1) {
            return Ok(int(symbol));
        }
        let remainder = Number::from(a).int_mod(&Number::from(n.clone())).map_err(|error| number_error(&error))?;
        a = remainder.to_bigint().unwrap_or_default();
        if a == BigInt::ZERO {
            return Ok(int(0));
        }
        let twos = cue_num::trailing_zeros(&a);
        a >>= twos;
        if twos % 2 == 1 && matches!(low(&n), 3 | 5) {
            symbol = -symbol;
        }
        if low(&a) & 3 == 3 && low(&n) & 3 == 3 {
            symbol = -symbol;
        }
        std::mem::swap(&mut a, &mut n);
    }
}
