//! `crypto/…`: digests of bytes, codes with a key, signatures. They are six packages, but all of one kind.

use cue_data::{Constant, Function, Kinds as K, Package, Value};
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use crate::args::{Answer, Arguments, TEXT, fail, function};

pub(crate) const HMAC: Package = Package {
    path: "crypto/hmac",
    functions: &[function("Sign", &[K::STRING, TEXT, TEXT], TEXT, |call, args| {
        let (key, data) = (args.bytes(1)?, args.bytes(2)?);
        call.spend((key.len() + data.len()) / 16)?;
        match args.string(0)? {
            "MD5" => sign::<Hmac<Md5>>(key, data),
            "SHA1" => sign::<Hmac<Sha1>>(key, data),
            "SHA224" => sign::<Hmac<Sha224>>(key, data),
            "SHA256" => sign::<Hmac<Sha256>>(key, data),
            "SHA384" => sign::<Hmac<Sha384>>(key, data),
            "SHA512" => sign::<Hmac<Sha512>>(key, data),
            "SHA512_224" => sign::<Hmac<Sha512_224>>(key, data),
            "SHA512_256" => sign::<Hmac<Sha512_256>>(key, data),
            _ => fail("unsupported hash function"),
        }
    })],
    constants: &[
        ("MD5", Constant::String("MD5")),
        ("SHA1", Constant::String("SHA1")),
        ("SHA224", Constant::String("SHA224")),
        ("SHA256", Constant::String("SHA256")),
        ("SHA384", Constant::String("SHA384")),
        ("SHA512", Constant::String("SHA512")),
        ("SHA512_224", Constant::String("SHA512_224")),
        ("SHA512_256", Constant::String("SHA512_256")),
    ],
};

pub(crate) const MD5: Package = Package {
    path: "crypto/md5",
    functions: &[digest("Sum", sum::<Md5>)],
    constants: &[("BlockSize", Constant::Int(64)), ("Size", Constant::Int(16))],
};

pub(crate) const SHA1: Package = Package {
    path: "crypto/sha1",
    functions: &[digest("Sum", sum::<Sha1>)],
    constants: &[("BlockSize", Constant::Int(64)), ("Size", Constant::Int(20))],
};

pub(crate) const SHA256: Package = Package {
    path: "crypto/sha256",
    functions: &[digest("Sum224", sum::<Sha224>), digest("Sum256", sum::<Sha256>)],
    constants: &[("BlockSize", Constant::Int(64)), ("Size", Constant::Int(32)), ("Size224", Constant::Int(28))],
};

pub(crate) const SHA512: Package = Package {
    path: "crypto/sha512",
    functions: &[
        digest("Sum384", sum::<Sha384>),
        digest("Sum512", sum::<Sha512>),
        digest("Sum512_224", sum::<Sha512_224>),
        digest("Sum512_256", sum::<Sha512_256>),
    ],
    constants: &[
        ("BlockSize", Constant::Int(128)),
        ("Size", Constant::Int(64)),
        ("Size224", Constant::Int(28)),
        ("Size256", Constant::Int(32)),
        ("Size384", Constant::Int(48)),
    ],
};

type Call = fn(&mut cue_data::Call<'_>, &[Value]) -> Answer;

const fn digest(name: &'static str, call: Call) -> Function {
    function(name, &[TEXT], TEXT, call)
}

fn sum<D: Digest>(call: &mut cue_data::Call<'_>, args: &[Value]) -> Answer {
    let data = args.bytes(0)?;
    call.spend(data.len() / 16)?;
    Ok(D::digest(data).to_vec().into())
}

fn sign<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Answer {
    let Ok(mut code) = <M as KeyInit>::new_from_slice(key) else { return fail("hmac: invalid key") };
    code.update(data);
    Ok(code.finalize().into_bytes().to_vec().into())
}

pub(crate) const ED25519: Package = Package {
    path: "crypto/ed25519",
    functions: &[function("Valid", &[TEXT, TEXT, TEXT], K::BOOL, |call, args| {
        let (key, message, signature) = (args.bytes(0)?, args.bytes(1)?, args.bytes(2)?);
        call.spend(message.len() / 16 + 10_000)?;
        let Ok(key) = <[u8; 32]>::try_from(key) else { return fail("ed25519: publicKey must be 32 bytes") };
        let signature = <[u8; 64]>::try_from(signature).map(|bytes| Signature::from_bytes(&bytes));
        let (Ok(key), Ok(signature)) = (VerifyingKey::from_bytes(&key), signature) else { return Ok(false.into()) };
        Ok(key.verify(message, &signature).is_ok().into())
    })],
    constants: &[("PublicKeySize", Constant::Int(32))],
};
