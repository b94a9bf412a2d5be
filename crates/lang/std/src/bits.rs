//! `math/bits`: the bits of integers of any size, negative ones in two's complement.

use cue_data::{Call, CallError, Function, Kinds as K, Package, Value};
use cue_num::{BigInt, BigUint};

use crate::args::{Answer, Arguments, DIGITS, fail, function, int, number_error, show};

pub(crate) const PACKAGE: Package = Package { path: "math/bits", functions: FUNCTIONS, constants: &[] };

const I: K = K::INT;

const FUNCTIONS: &[Function] = &[
    function("And", &[I, I], I, |_, args| Ok(int(args.bigint(0)? & args.bigint(1)?))),
    function("At", &[I, I], I, |_, args| {
        let index = count(args, 1)?;
        if index > u64::from(i32::MAX.unsigned_abs()) {
            return fail("bit index too large");
        }
        Ok(int(i32::from(cue_num::bit(&args.bigint(0)?, usize::try_from(index).unwrap_or(usize::MAX)))))
    }),
    function("Clear", &[I, I], I, |_, args| Ok(int(args.bigint(0)? & !args.bigint(1)?))),
    function("Len", &[I], I, |_, args| Ok(int(cue_num::bit_length(&args.bigint(0)?)))),
    function("Lsh", &[I, I], I, |_, args| {
        let (number, shift) = (args.bigint(0)?, count(args, 1)?);
        let shift = checked(cue_num::bit_length(&number), shift)?;
        Ok(int(number << shift))
    }),
    function("OnesCount", &[I], I, |_, args| {
        let magnitude: BigUint = args.bigint(0)?.into_parts().1;
        let ones: u32 = magnitude.to_le_bytes().iter().map(|byte| byte.count_ones()).sum();
        Ok(int(ones))
    }),
    function("Or", &[I, I], I, |_, args| Ok(int(args.bigint(0)? | args.bigint(1)?))),
    function("Rsh", &[I, I], I, |_, args| {
        let number = args.bigint(0)?;
        let most = cue_num::bit_length(&number) + 1;
        let shift = usize::try_from(count(args, 1)?).unwrap_or(usize::MAX).min(most);
        Ok(int(number >> shift))
    }),
    function("Set", &[I, I, I], I, set),
    function("Xor", &[I, I], I, |_, args| Ok(int(args.bigint(0)? ^ args.bigint(1)?))),
];

/// A number of bits: never negative.
fn count(args: &[Value], index: usize) -> Result<u64, CallError> {
    match args.number(index)?.as_u64() {
        Some(count) => Ok(count),
        None if args.number(index)?.is_negative() => {
            let (shown, kind) = (show(args.value(index)), args.value(index).kind());
            fail(format!("cannot use {shown} (type {kind}) as uint64 in argument {index}"))
        }
        None => fail(format!("int {} overflows uint64 in argument {index}", args.number(index)?)),
    }
}

/// The shift, if what is shifted does not become too long.
fn checked(bits: usize, shift: u64) -> Result<usize, CallError> {
    let shift = usize::try_from(shift).unwrap_or(usize::MAX);
    DIGITS.check_bits(bits.saturating_add(shift)).map_err(|error| number_error(&error))?;
    Ok(shift)
}

fn set(_: &mut Call<'_>, args: &[Value]) -> Answer {
    let (number, index, bit) = (args.bigint(0)?, args.i64(1)?, count(args, 2)?);
    let Ok(index) = u64::try_from(index) else { return fail("negative bit index") };
    let mask = BigInt::from(1) << checked(1, index)?;
    match bit {
        0 => Ok(int(number & !mask)),
        1 => Ok(int(number | mask)),
        _ => fail("set bit is not 0 or 1"),
    }
}
