//! Fixtures, limits and laws of the Python frontend.

#![allow(clippy::format_collect, reason = "inputs of tests are short")]

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::{MAX_DEPTH, Python};
use crate::base::{Language, Problem, ProblemKind, SourceFile};
use crate::frontend::Frontend;
use crate::syntax::{ExprKind, Node, StmtKind, Tree, Walk, dump};

fn parse(text: &str) -> (Tree, Vec<Problem>) {
    Python.parse(&SourceFile::new("input.py", text), Language::Python)
}

fn check(case: &Path) {
    let text = std::fs::read_to_string(case.join("input.py")).unwrap();
    let file = SourceFile::new("input.py", text);
    let (tree, problems) = Python.parse(&file, Language::Python);
    let mut found = dump(&tree, &file);
    for problem in &problems {
        let place = problem.location.as_ref().map(|at| format!("{}:{}", at.line, at.column)).unwrap_or_default();
        let _ = writeln!(found, "problem {place} {}", problem.message);
        if let Some(hint) = &problem.hint {
            let _ = writeln!(found, "hint: {hint}");
        }
    }
    let expected = case.join("tree.txt");
    if std::env::var_os("STAGECLEAR_BLESS").is_some() {
        std::fs::write(&expected, &found).unwrap();
    }
    let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
    assert!(found == wanted, "{} differs; STAGECLEAR_BLESS=1 rewrites it. Found:\n{found}", expected.display());
}

fn fixtures() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/syntax/python");
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

#[test]
fn every_fixture_gives_its_tree() {
    let cases = fixtures();
    assert!(cases.len() >= 8);
    for case in &cases {
        check(case);
    }
}

/// As the caller promises: 64 MiB of stack.
fn on_a_large_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn what_passes_the_guard_does_not_overflow() {
    on_a_large_stack(|| {
        let blocks: String = (0..190).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect();
        let functions: String = (0..190).map(|depth| format!("{}def f():\n", " ".repeat(depth))).collect();
        let deep = [
            format!("x = {}1{}", "(".repeat(390), ")".repeat(390)),
            format!("x = {}1{}", "[".repeat(390), "]".repeat(390)),
            format!("x = {}1{}", "f(a={1: [".repeat(130), "]})".repeat(130)),
            "(".repeat(390),
            "f'''{".repeat(390),
            "f(lambda: [".repeat(190),
            format!("match x:\n  case {}", "[".repeat(390)),
            format!("x = {}1", "not ".repeat(990)),
            format!("x = {}1", "-".repeat(990)),
            format!("x = {}1", "lambda: ".repeat(990)),
            format!("x = {}1", "lambda x=".repeat(490)),
            format!("x = {}1", "a if b else ".repeat(990)),
            format!("x = {}1", "2 ** ".repeat(990)),
            format!("x = {}1", "await ".repeat(990)),
            format!("x = a{}", ".b".repeat(9_900)),
            format!("x = a{}", "()".repeat(4_900)),
            format!("x = a{}", "[0]".repeat(4_900)),
            format!("x = a{}", " + b".repeat(9_900)),
            format!("x: a{}", " | b".repeat(9_900)),
            format!("if a: pass\n{}", "elif b: pass\n".repeat(50_000)),
            format!("x = {}b", "a or ".repeat(9_900)),
            format!("x = {}b", "a < ".repeat(9_900)),
            format!("{blocks}{}pass", " ".repeat(190)),
            format!("{functions}{}pass", " ".repeat(190)),
            "if a: ".repeat(5_000),
            "class A: ".repeat(5_000),
            "async ".repeat(5_000),
            "match ".repeat(5_000),
            "@".repeat(5_000),
            "x = *".repeat(900),
            "yield ".repeat(900),
        ];
        for text in deep {
            let file = SourceFile::new("input.py", text);
            let (tree, _) = Python.parse(&file, Language::Python);
            let _ = dump(&tree, &file);
            assert!(Walk::module(&tree).count() > 0, "{:.30}… was refused", file.text());
        }
    });
}

#[test]
fn too_deep_a_chain_is_cut_and_reported() {
    on_a_large_stack(|| {
        let (tree, problems) = parse(&format!("x = a{}", ".b".repeat(5_000)));
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].kind, ProblemKind::Limit);
        assert!(problems[0].incomplete);
        let missing = tree.exprs().filter(|(_, expr)| matches!(expr.kind, ExprKind::Missing)).count();
        assert_eq!(missing, 1);
        assert!(tree.node_count() < MAX_DEPTH as usize + 10);
    });
}

#[test]
fn too_deep_brackets_are_refused_and_reported() {
    let (tree, problems) = parse(&format!("x = {}", "(".repeat(100_000)));
    assert_eq!(tree.node_count(), 0);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "brackets are nested more than 400 deep, the file was not parsed");
}

#[test]
fn many_operands_are_balanced_and_long_elif_chains_stay_shallow() {
    on_a_large_stack(|| {
        let (tree, problems) = parse(&format!("x = {}z\n", "y or ".repeat(5_000)));
        assert!(problems.is_empty());
        let names = tree.exprs().filter(|(_, expr)| matches!(expr.kind, ExprKind::Name(_))).count();
        assert_eq!(names, 5_001);
        let (tree, problems) = parse(&format!("if a: b()\n{}else: c()\n", "elif a: b()\n".repeat(2_000)));
        assert!(problems.is_empty());
        let calls = tree.exprs().filter(|(_, expr)| matches!(expr.kind, ExprKind::Call { .. })).count();
        assert_eq!(calls, 2_002);
        let mut depth = 0;
        let mut block = &tree.root;
        while let Some(StmtKind::If { otherwise, .. }) = block.first().map(|stmt| &tree.stmt(*stmt).kind) {
            depth += 1;
            block = otherwise;
        }
        assert!(depth <= 502, "{depth}");
    });
}

#[test]
fn one_problem_a_file_with_place_and_count() {
    let (_, problems) = parse("x = 1\ny = (\nz = ]\n");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].kind, ProblemKind::Syntax);
    assert_eq!(problems[0].location.as_ref().map(|at| at.line), Some(3));
    assert!(problems[0].message.contains("more error"), "{}", problems[0].message);
    assert!(parse("").1.is_empty());
}

#[test]
fn paths_are_claimed_by_extension() {
    for (path, wanted) in
        [("a.py", true), ("d/b.pyi", true), ("c.PYW", true), ("d.pyc", false), (".py", false), ("py", false)]
    {
        assert_eq!(Python.language_of(path).is_some(), wanted, "{path}");
    }
}

/// Every node lies in the file, and walking finds each node once (a comparison's middle operand twice).
fn sound(text: &str) {
    let (tree, _) = parse(text);
    let end = u32::try_from(text.len()).unwrap();
    for node in Walk::module(&tree) {
        let span = match node {
            Node::Stmt(id) => tree.stmt(id).span,
            Node::Expr(id) => tree.expr(id).span,
            Node::Pattern(id) => tree.pattern(id).span,
            Node::Function(id) => tree.function(id).span,
            Node::Class(id) => tree.class(id).span,
        };
        assert!(span.start <= span.end && span.end <= end, "{span:?} of {end}");
        assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cut_and_flipped_fixtures_never_panic(case in 0usize..8, at in 0usize..2_000, what in any::<char>(), cut in any::<bool>()) {
        let text = std::fs::read_to_string(fixtures()[case].join("input.py")).unwrap();
        let mut letters: Vec<char> = text.chars().collect();
        let at = at % letters.len();
        if cut { letters.truncate(at) } else { letters[at] = what }
        sound(&letters.into_iter().collect::<String>());
    }

    #[test]
    fn token_soup_never_panics(words in prop::collection::vec(prop::sample::select(vec![
        "(", ")", "[", "]", "{", "}", "f'", "'", "\"\"\"", "{{", "}}", ":", "=", ":=", "def f", "class A", "if", "else", "lambda",
        "match x", "case", "\n", "\n    ", "\n        ", "*", "**", "-", "not", "x", "1", ".", ",", ";", "async", "await", "yield",
        "from", "import", "@", "\\", "#", "t\"", "!r", "$", "?", "%", "é", "with", "as", "for", "in", "try", "except", "type", "is",
    ]), 0..60)) {
        sound(&words.join(" "));
        sound(&words.concat());
    }
}
