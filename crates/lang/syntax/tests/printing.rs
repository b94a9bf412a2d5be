//! The canonical layout.

use cue_syntax::{ParseOptions, parse, parse_expr, print, print_expr};
use strata_base::{FileId, Span};

#[track_caller]
fn check(text: &str, expected: &str) {
    let parsed = parse(FileId(0), text, &ParseOptions::default());
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    assert_eq!(print(&parsed.file), expected);
    let again = parse(FileId(0), expected, &ParseOptions::default());
    assert_eq!(print(&again.file), expected, "printed twice");
}

#[test]
fn values_attributes_and_comments_stand_in_columns() {
    check(
        "a: 1 // one\nlonger: 2\nb?: 3 // three\n\nc: 4\nd: e: 5\nfg: h: 6\n",
        "a:      1 // one\nlonger: 2\nb?:     3 // three\n\nc: 4\nd: e:  5\nfg: h: 6\n",
    );
    check("a: 1 @x()\nbc: \"d\" @y() @z()\n", "a:  1   @x()\nbc: \"d\" @y() @z()\n");
}

#[test]
fn lines_of_the_author_stay() {
    check("a: {b: 1, c: 2}\n", "a: {b: 1, c: 2}\n");
    check("a: {b: 1\nc: 2}\n", "a: {\n\tb: 1\n\tc: 2\n}\n");
    check("a: [1,2,\n3]\n", "a: [1, 2,\n\t3]\n");
    check("a: [\n1,\n2]\n", "a: [\n\t1,\n\t2,\n]\n");
    check("a: [\n1\n2\n]\n", "a: [\n\t1\n\t2\n]\n");
    check("a: b: {\nc: 1\n}\n", "a: b: {\n\tc: 1\n}\n");
    check("a:\nb: 1\n", "a:\n\tb: 1\n");
    check("a: 1\n\n\n\nb: 2\n", "a: 1\n\nb: 2\n");
    check("a: \"x\" |\n\"y\" |\n\"z\"\n", "a: \"x\" |\n\t\"y\" |\n\t\"z\"\n");
    check("f(\na,\nb)\n", "f(\n\ta,\n\tb,\n)\n");
}

#[test]
fn packages_and_imports() {
    check(
        "@if(x)\npackage a\nimport \"b\"\nimport ( c \"d\"\n\"e\" )\nf: 1\n",
        "@if(x)\npackage a\n\nimport \"b\"\n\nimport (\n\tc \"d\"\n\t\"e\"\n)\n\nf: 1\n",
    );
}

#[test]
fn comments_stay_where_they_are() {
    let text = "// header\n\n// about a\npackage a // here\n\n// doc\nb: 1 // line\n\n// between\n\nc: { // opener\n\td: 1\n\t// \
                last\n}\n\ne: [\n\t// first\n\t1, // one\n\t2,\n\t// end\n]\nf: \"x\" | // x\n\t\"y\" // y\n\n// at the end\n";
    check(text, text);
    check("a: {\n// only\n}\n", "a: {\n\t// only\n}\n");
    check("// only\n", "// only\n");
    check("a: // why\n  1\n", "a: // why\n\t1\n");
    check("import (\n\t// doc\n\t\"b\" // line\n)\n", "import (\n\t// doc\n\t\"b\" // line\n)\n");
}

#[test]
fn spaces_show_precedence() {
    check("a: 1+2*3\n", "a: 1 + 2*3\n");
    check("a: b+c==d\n", "a: b+c == d\n");
    check("a: b*c\n", "a: b * c\n");
    check("a: b[c + 1]\n", "a: b[c+1]\n");
    check("a: *1|int&>=2\n", "a: *1 | int & >=2\n");
    check("a: < -1\nb: ! ==1\n", "a: < -1\nb: ! ==1\n");
    check("a: X= ==1\n", "a: X= ==1\n");
}

#[test]
fn comprehensions_and_aliases() {
    check("for k,v in a if k>1 {(k): v}\n", "for k, v in a if k > 1 {(k): v}\n");
    check("for k in a\nif k > 1 {\nb: k\n}\n", "for k in a\nif k > 1 {\n\tb: k\n}\n");
    check("X=a: Y=b: [Z=string]: 1\n", "X=a: Y=b: [Z=string]: 1\n");
    check("@experiment(aliasv2)\na~X: 1\nb~(K, V): 2\n", "@experiment(aliasv2)\na~(X):   1\nb~(K,V): 2\n");
}

#[test]
fn literals_keep_their_spelling() {
    check("a: 'x\\xED' + \"\\/\\u00e9\\n\"\n", "a: 'x\\xED' + \"\\/\\u00e9\\n\"\n");
    check("a: \"\"\"\n  b\n    c \\(d)\n\n  \"\"\"\n", "a: \"\"\"\n\tb\n\t  c \\(d)\n\n\t\"\"\"\n");
    check("a: #\"x\\#(y)\"z\"#\n", "a: #\"x\\#(y)\"z\"#\n");
}

#[test]
fn a_tree_without_a_text_has_a_declaration_a_line_where_there_are_several() {
    let text = "{a: 1 + 2, b: {c: [1, {d: \"x\\n\"}], e: {}}, f: 3}";
    let (mut file, root, _) = parse_expr(FileId(0), text);
    file.lines.clear();
    file.expr_spans.fill(Span::NONE);
    file.decl_spans.fill(Span::NONE);
    let expected = "{\n\ta: 1 + 2\n\tb: {\n\t\tc: [1, {d: \"x\\n\"}]\n\t\te: {}\n\t}\n\tf: 3\n}";
    assert_eq!(print_expr(&file, root), expected);
}
