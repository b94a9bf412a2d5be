use std::io::Read as _;
fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let mut sources = strata_base::Sources::new();
    let id = sources.add("t", text.as_str());
    let options = cue_encode::ReadOptions::default();
    let show = |data: &cue_data::Data| {
        println!(
            "{}",
            cue_encode::json::to_string(
                data,
                data.root(),
                cue_encode::json::Layout::EXPORT,
                cue_encode::Limit::default()
            )
            .unwrap()
        )
    };
    let result = match std::env::args().nth(1).as_deref() {
        Some("json" | "json2yaml") => cue_encode::json::read(id, &text, &options).map(|d| vec![d]),
        _ => cue_encode::yaml::read(id, &text, &options),
    };
    match result {
        Ok(docs) if std::env::args().nth(1).as_deref().is_some_and(|a| a.ends_with("2yaml")) => docs
            .iter()
            .for_each(|d| print!("{}", cue_encode::yaml::to_string(d, d.root(), cue_encode::Limit::NONE).unwrap())),
        Ok(docs) => docs.iter().for_each(show),
        Err(problems) => {
            for p in problems {
                println!("{} {} {}", sources.position(p.span()), p.code.0, p.message)
            }
        }
    }
}
