//! "Did you mean …": the known word that is nearest to an unknown one.

/// The candidate that the writer of `word` most likely meant; the first one where several are as near. `None` where
/// nothing is near enough to be worth saying.
///
/// Near means at most one slip (a letter too many, too few, wrong, or two swapped) for each three letters. Case does not
/// count.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let limit = word.len().div_ceil(3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(word.len()) <= limit)
        .map(|candidate| (slips(&word, &candidate.to_lowercase().chars().collect::<Vec<_>>()), candidate))
        .filter(|&(slips, candidate)| slips <= limit && slips < candidate.chars().count())
        .min_by_key(|&(slips, _)| slips)
        .map(|(_, candidate)| candidate)
}

/// The same for a name of a list that is all there is, where one may also be the beginning of the other: `env` is meant to be
/// `environment`.
pub fn meant<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    const BEGINNING: usize = 3;
    let lower = word.to_lowercase();
    let begins = |candidate: &&&str| {
        let candidate = candidate.to_lowercase();
        let least = lower.len().min(candidate.len());
        least >= BEGINNING && (candidate.starts_with(&lower) || lower.starts_with(&candidate))
    };
    nearest(word, known.iter().copied()).or_else(|| known.iter().find(begins).copied())
}

/// How many slips lead from one word to the other, with each pair of letters swapped at most once.
fn slips(a: &[char], b: &[char]) -> usize {
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for i in 1..=a.len() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i);
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{meant, nearest};

    #[test]
    fn slips_of_the_finger_are_mended() {
        let known = ["config", "completion", "version", "plan", "apply"];
        for (typed, meant) in
            [("confg", "config"), ("paln", "plan"), ("VERSION", "version"), ("aply", "apply"), ("versoins", "version")]
        {
            assert_eq!(nearest(typed, known), Some(meant), "{typed}");
        }
    }

    #[test]
    fn what_is_far_from_everything_gets_no_suggestion() {
        assert_eq!(nearest("destroy", ["config", "plan"]), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }

    #[test]
    fn a_beginning_is_understood_where_nothing_is_nearer() {
        let known = ["org", "environment", "provider"];
        assert_eq!(meant("env", &known), Some("environment"));
        assert_eq!(meant("providers_of_it", &known), Some("provider"));
        assert_eq!(meant("en", &known), None);
        assert_eq!(meant("environment", &["env", "enviroment"]), Some("enviroment"));
    }

    #[test]
    fn the_nearer_one_wins_and_then_the_first() {
        assert_eq!(nearest("cot", ["cat", "cot", "cut"]), Some("cot"));
        assert_eq!(nearest("cit", ["cat", "cut"]), Some("cat"));
    }
}
