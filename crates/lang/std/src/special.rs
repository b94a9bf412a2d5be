//! The inverse of the error function, by the rational approximations of Wichura's algorithm AS 241.

#![expect(clippy::excessive_precision, reason = "the figures are those that were published")]

type Coefficients = [f64; 8];

/// Numerator and denominator near zero, farther out, and near one; lowest powers first.
const CENTRAL: (Coefficients, Coefficients) = (
    [
        1.197_532_311_567_091_256_457_8e0,
        4.707_268_811_238_397_801_228_5e1,
        6.970_626_653_438_959_823_846_5e2,
        4.854_886_889_384_388_679_464_8e3,
        1.623_586_251_516_757_538_425_2e4,
        2.378_204_138_211_438_573_125_2e4,
        1.181_949_334_706_229_440_427_8e4,
        8.870_940_696_254_551_483_02e2,
    ],
    [
        1.0,
        4.231_333_070_160_091_125_2e1,
        6.871_870_074_920_579_083e2,
        5.394_196_021_424_751_107_7e3,
        2.121_379_430_158_659_586_7e4,
        3.930_789_580_009_271_061e4,
        2.872_908_573_572_194_267_4e4,
        5.226_495_278_852_854_561e3,
    ],
);
const MIDDLE: (Coefficients, Coefficients) = (
    [
        1.423_437_110_749_683_577_34e0,
        4.630_337_846_156_545_295_9e0,
        5.769_497_221_460_691_405_5e0,
        3.647_848_324_763_204_605_04e0,
        1.270_458_252_452_368_382_58e0,
        2.417_807_251_774_506_117_7e-1,
        2.272_384_498_926_918_458_33e-2,
        7.745_450_142_783_414_076_4e-4,
    ],
    [
        std::f64::consts::SQRT_2,
        2.903_651_444_541_994_617_313_329_5e0,
        2.370_766_162_602_453_236_597_122_5e0,
        9.754_783_200_178_742_718_689_483_7e-1,
        2.094_506_521_051_274_912_828_844_2e-1,
        2.149_416_038_425_287_677_709_729_7e-2,
        7.744_145_906_515_770_916_557_721_8e-4,
        1.485_985_001_984_035_590_549_787_6e-9,
    ],
);
const TAIL: (Coefficients, Coefficients) = (
    [
        6.657_904_643_501_103_777_2e0,
        5.463_784_911_164_114_369_9e0,
        1.784_826_539_917_291_335_8e0,
        2.965_605_718_285_048_912_3e-1,
        2.653_218_952_657_612_309_3e-2,
        1.242_660_947_388_078_438_6e-3,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    [
        std::f64::consts::SQRT_2,
        8.482_908_416_595_164_588_112_026e-1,
        1.936_480_946_950_659_106_176_712e-1,
        2.103_693_768_272_068_968_719_679e-2,
        1.112_800_997_078_859_844_711_555e-3,
        2.611_088_405_080_593_625_138_02e-5,
        2.010_321_207_683_943_062_279_931e-7,
        2.891_024_605_872_965_461_538_222e-15,
    ],
);

pub(crate) fn erf_inverse(x: f64) -> f64 {
    if x.is_nan() || x.abs() > 1.0 {
        return f64::NAN;
    }
    if x.abs() == 1.0 {
        return x * f64::INFINITY;
    }
    let magnitude = x.abs();
    let result = if magnitude <= 0.85 {
        let r = 0.180_625 - 0.25 * magnitude * magnitude;
        (magnitude * polynomial(&CENTRAL.0, r)) / polynomial(&CENTRAL.1, r)
    } else {
        let r = libm::sqrt(std::f64::consts::LN_2 - libm::log(1.0 - magnitude));
        let (ratio, shift) = if r <= 5.0 { (&MIDDLE, 1.6) } else { (&TAIL, 5.0) };
        polynomial(&ratio.0, r - shift) / polynomial(&ratio.1, r - shift)
    };
    result.copysign(x)
}

fn polynomial(coefficients: &Coefficients, x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, &coefficient| sum * x + coefficient)
}
