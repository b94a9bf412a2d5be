//! What `docker cp` hands over: an archive, of which a single file is wanted.

/// A header of the archive is one block, and content fills whole ones.
const BLOCK: usize = 512;

/// The text of the only file of an archive.
pub(crate) fn only_file(archive: &str) -> Option<String> {
    let header = archive.as_bytes().get(..BLOCK)?;
    let size = std::str::from_utf8(header.get(124..136)?).ok()?;
    let size = usize::from_str_radix(size.trim_matches(|char: char| char == '\0' || char == ' '), 8).ok()?;
    let is_file = matches!(header.get(156)?, b'0' | 0);
    let text = archive.get(BLOCK..BLOCK.checked_add(size)?)?;
    is_file.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::only_file;

    fn archive(kind: char, size: usize, text: &str) -> String {
        let mut header = format!("{:\0<100}{:\0<24}{size:011o}\0", "password", "");
        header += &format!("{:\0<20}{kind}", "");
        format!("{header:\0<512}{text:\0<512}")
    }

    #[test]
    fn a_file_is_taken_out() {
        assert_eq!(only_file(&archive('0', 6, "secret")).as_deref(), Some("secret"));
        assert_eq!(only_file(&archive('5', 0, "")), None);
        assert_eq!(only_file(&archive('0', 9999, "short")), None);
        assert_eq!(only_file("no archive"), None);
    }
}
