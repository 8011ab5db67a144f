//! What the JavaScript frontend makes of whole texts: recovery, limits, components. The shapes of the tree are fixtures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::syntax::dump::dump;
use crate::syntax::{ExprKind, StmtKind};

fn parse(path: &str, text: &str) -> (Tree, Vec<Problem>) {
    let language = JavaScript.language_of(path).unwrap_or(Language::JavaScript);
    JavaScript.parse(&SourceFile::new(path, text), language)
}

/// Runs on the stack that the frontend asks for.
fn on_large_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap();
}

/// The names of the functions and classes that were read, in order of position.
fn names(tree: &Tree) -> Vec<String> {
    let functions = tree.functions().filter_map(|(_, function)| Some((function.span, function.name?)));
    let classes = tree.classes().filter_map(|(_, class)| Some((class.span, class.name?)));
    let mut all: Vec<_> = functions.chain(classes).collect();
    all.sort_unstable();
    all.into_iter().map(|(_, name)| tree.text(name).to_owned()).collect()
}

fn only_problem(problems: &[Problem], kind: ProblemKind) -> &Problem {
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].kind, kind, "{problems:?}");
    assert!(problems[0].incomplete);
    &problems[0]
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/syntax/javascript");
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// A case is a folder with `input.<extension>` and `tree.txt`: the tree, and a line for each problem.
fn check(case: &Path) {
    let files = std::fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    let input = files.into_iter().find(|path| path.file_stem().is_some_and(|stem| stem == "input")).unwrap();
    let text = std::fs::read_to_string(&input).unwrap();
    let name = input.file_name().unwrap().to_str().unwrap();
    let (tree, problems) = parse(name, &text);
    let mut found = dump(&tree, &SourceFile::new(name, text));
    for problem in problems {
        let location = problem.location.unwrap();
        let _ = writeln!(found, "problem {}:{} {}", location.line, location.column, problem.message);
    }
    let expected = case.join("tree.txt");
    if std::env::var_os("STAGECLEAR_BLESS").is_some() {
        std::fs::write(&expected, &found).unwrap();
    }
    let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
    assert!(found == wanted, "{} differs; STAGECLEAR_BLESS=1 rewrites it. Found:\n{found}", expected.display());
}

#[test]
fn every_fixture_gives_its_tree() {
    let cases = fixtures();
    assert!(cases.len() >= 8);
    for case in &cases {
        check(case);
    }
}

#[test]
fn claims_its_extensions() {
    for (path, language) in [
        ("a.js", Some(Language::JavaScript)),
        ("src/b.MJS", Some(Language::JavaScript)),
        ("App.vue", Some(Language::JavaScript)),
        ("a.d.ts", Some(Language::TypeScript)),
        ("x.cts", Some(Language::TypeScript)),
        ("ts", None),
        ("dir.js/readme", None),
        ("a.json", None),
    ] {
        assert_eq!(JavaScript.language_of(path), language, "{path}");
    }
}

#[test]
fn a_broken_statement_is_cut_out_and_reported() {
    let text = "function one() { return 1 }\nfunction two( { return }\nconst x = { three() {} };\n";
    let (tree, problems) = parse("a.js", text);
    assert_eq!(names(&tree), ["one", "three"]);
    let problem = only_problem(&problems, ProblemKind::Syntax);
    assert!(problem.message.ends_with("not checked: line 2"), "{}", problem.message);
    assert_eq!(problem.location.as_ref().unwrap().line, 2);
}

#[test]
fn only_the_innermost_broken_part_is_lost() {
    let text = "module.exports = function (app) {\n  app.get('/', one);\n  let = = 3;\n  app.get('/', function two() {});\n}\n";
    let (tree, problems) = parse("a.js", text);
    assert_eq!(names(&tree), ["two"]);
    assert!(tree.symbol("one").is_some());
    assert!(only_problem(&problems, ProblemKind::Syntax).message.ends_with("not checked: line 3"));
}

#[test]
fn a_missing_brace_costs_nothing() {
    let text =
        "function one() {}\nfunction two() {\n  if (x) {\n    three();\n}\nfunction four() {}\nexport class Five {}\n";
    let (tree, problems) = parse("a.ts", text);
    assert_eq!(names(&tree), ["one", "two", "four", "Five"]);
    assert_eq!(tree.root.len(), 5, "nothing is nested in what was left open");
    let message = &only_problem(&problems, ProblemKind::Syntax).message;
    assert!(message.ends_with("read as if its brackets were closed"), "{message}");
}

#[test]
fn text_that_is_cut_off_is_read_to_its_end() {
    let text = "export function one() {\n  return (req) => {\n    models.query(`SELECT ${req.a}`, [1, {";
    let (tree, problems) = parse("a.ts", text);
    only_problem(&problems, ProblemKind::Syntax);
    assert!(tree.exprs().any(|(_, expr)| matches!(expr.kind, ExprKind::Template { .. })));
    let end = u32::try_from(text.len()).unwrap();
    assert!(tree.exprs().all(|(_, expr)| expr.span.end <= end));
}

#[test]
fn members_of_a_class_are_read() {
    let text = "one () { return this.a }\n\nprivate async two (x: string) {}\n";
    let (tree, problems) = parse("a.ts", text);
    assert_eq!(names(&tree), ["one", "two"]);
    assert!(only_problem(&problems, ProblemKind::Syntax).message.ends_with("read as members of a class"));
    let file = SourceFile::new("a.ts", text);
    let spans: Vec<_> = tree.functions().map(|(_, function)| file.slice(function.name_span)).collect();
    assert_eq!(spans, ["one", "two"]);
}

#[test]
fn a_brace_too_many_costs_little() {
    let (tree, problems) = parse("a.js", "function one() {} }\nfunction two() {}\n");
    only_problem(&problems, ProblemKind::Syntax);
    assert!(names(&tree).contains(&"two".to_owned()));
}

#[test]
fn several_broken_statements_make_one_problem() {
    let text = "f(;\nfunction one() {}\ng(];\nfunction two() {}\nh{;\nfunction three() {}\n";
    let (tree, problems) = parse("a.js", text);
    only_problem(&problems, ProblemKind::Syntax);
    assert_eq!(names(&tree), ["one", "two", "three"]);
}

#[test]
fn many_errors_leave_the_statements_that_parse() {
    let text = "function f() {}\nlet = = 1;\n".repeat(40);
    let (tree, problems) = parse("a.js", &text);
    only_problem(&problems, ProblemKind::Syntax);
    assert_eq!(names(&tree).len(), 40);
    let (tree, problems) = parse("a.js", "import { a } fro?m 'a';\nimport { b } from 'b';\n");
    only_problem(&problems, ProblemKind::Syntax);
    assert_eq!(tree.root.len(), 1);
}

#[test]
fn what_runs_somewhere_is_no_problem() {
    for (path, text) in [
        ("cli.js", "#!/usr/bin/env node\nmain()"),
        ("old.js", "<!-- hidden\nvar await = 1; with (a) b = 010;\n--> end"),
        ("top.js", "return 1"),
        ("app.js", "const a = <div>don't</div>"),
        ("typed.js", "const a: string = b as any"),
        ("old.ts", "const a = <string>b; const f = <T>(x: T) => x;"),
        ("a.mjs", "const x = await import('y'); export { x }"),
        ("a.cjs", "const x = require('y'); module.exports = { x }"),
        ("a.js", ""),
        ("a.d.ts", "declare module 'x' { export function f(): void }\nexport declare const a: number;"),
    ] {
        assert_eq!(parse(path, text).1, [], "{path}: {text}");
    }
}

#[test]
fn flow_is_named() {
    let (_, problems) = parse("a.js", "/** @flow */\ntype A = {| a: number |};\nopaque type B: string = string;");
    assert_eq!(only_problem(&problems, ProblemKind::Syntax).hint.as_deref(), Some("Flow types are not supported"));
}

#[test]
fn scripts_of_components_keep_their_positions() {
    let text = "<template>\n <p v-html=\"é\">don't {</p>\n</template>\n<!-- <script>no()</script> -->\n\
                <script lang=\"ts\">\nexport default { name: 'x' as string }\n</script>\n\
                <script setup lang='ts' data-a=\">\">\nconst a: string = 1</script><style>a { b: c }</style>";
    let (tree, problems) = parse("a.vue", text);
    assert_eq!(problems, []);
    let file = SourceFile::new("a.vue", text);
    // Before the scripts stands the import of the outputs, behind them the function of the markup.
    assert_eq!(tree.root.len(), 4);
    assert_eq!(file.slice(tree.stmt(tree.root[1]).span), "export default { name: 'x' as string }");
    assert_eq!(file.slice(tree.stmt(tree.root[2]).span), "a: string = 1");
    assert!(tree.exprs().any(|(_, expr)| file.slice(expr.span) == "é"));
    assert!(tree.symbol("no").is_none());
}

#[test]
fn an_unclosed_script_and_one_without_scripts() {
    assert_eq!(parse("a.svelte", "<script>\nlet a = 1").0.root.len(), 1);
    assert_eq!(parse("a.svelte", "<script").0.root.len(), 0);
    assert_eq!(parse("a.svelte", "<p>{a}</p>").1, []);
    assert_eq!(parse("a.vue", "<script type=\"application/ld+json\">{\"a\": 1}</script>").0.root.len(), 0);
}

fn labels(depth: usize) -> String {
    (0..depth).fold(String::new(), |text, at| text + "l" + &at.to_string() + ": ") + "a"
}

/// Code that nests `depth` levels, in every way the grammar lets it.
fn nested(depth: usize) -> Vec<(&'static str, String)> {
    let wrap = |open: &str, middle: &str, close: &str| open.repeat(depth) + middle + &close.repeat(depth);
    vec![
        ("a.js", wrap("(", "a", ")")),
        ("a.js", wrap("[", "a", "]")),
        ("a.js", wrap("{", "a", "}")),
        ("a.js", format!("x = {}", wrap("{a:", "1", "}"))),
        ("a.js", wrap("function f() {", "", "}")),
        ("a.js", wrap("(function () {", "", "})()")),
        ("a.js", wrap("(() => {", "", "})()")),
        ("a.js", wrap("f(", "a", ")")),
        ("a.js", wrap("class A { m() {", "", "}}")),
        ("a.js", wrap("!", "a", "")),
        ("a.js", wrap("- ", "a", "")),
        ("a.js", wrap("typeof ", "a", "")),
        ("a.js", wrap("await ", "a", "")),
        ("a.js", wrap("new ", "a", "")),
        ("a.js", wrap("a => ", "a", "")),
        ("a.js", wrap("a = ", "a", "")),
        ("a.js", wrap("a ** ", "a", "")),
        ("a.js", wrap("a ? b : ", "c", "")),
        ("a.js", wrap("a ? ", "b", " : c")),
        ("a.js", wrap("if (a) ", "b", "")),
        ("a.js", wrap("if (a)\n", "b", "")),
        ("a.js", wrap("if (a) b; else ", "c", "")),
        ("a.js", wrap("if (a) { b } else ", "c", "")),
        ("a.js", wrap("for (;;) ", "b", "")),
        ("a.js", wrap("for (;;)\n", "b", "")),
        ("a.js", wrap("while (a) ", "b", "")),
        ("a.js", wrap("do ", "b;", " while (c);")),
        ("a.js", labels(depth)),
        ("a.js", wrap("`${", "a", "}`")),
        ("a.js", wrap("<a>", "b", "</a>")),
        ("a.jsx", wrap("<a>don't", "b", "</a>")),
        ("a.jsx", wrap("<a b={", "c", "}/>")),
        ("a.jsx", wrap("<a>{", "c", "}</a>")),
        ("a.js", format!("let {} = b", wrap("[", "a", "]"))),
        ("a.js", format!("let {} = b", wrap("{a:", "a", "}"))),
        ("a.js", wrap("class extends ", "a", "{}")),
        ("a.js", wrap("switch (a) { case 1: ", "b", "}")),
        ("a.js", wrap("try {", "b", "} catch {}")),
        ("a.ts", format!("let a: {}", wrap("A<", "b", ">"))),
        ("a.ts", format!("let a: {}", wrap("A<b, ", "b", ">"))),
        ("a.ts", format!("type A = {}", wrap("keyof ", "b", ""))),
        ("a.ts", format!("type A = {}", wrap("B extends C ? D : ", "b", ""))),
        ("a.ts", format!("type A = {}", wrap("() => ", "b", ""))),
        ("a.ts", wrap("namespace A {", "b", "}")),
        ("a.ts", wrap("<T>", "b", "")),
        ("a.ts", wrap("<T>!", "b", "")),
        ("a.ts", wrap("<T>-", "b", "")),
        ("a.js", wrap("a++ / (b / ", "c", ")")),
        ("a.js", wrap("(/[)]/, ", "c", ")")),
        ("a.js", wrap("(')', `)`, ", "c", ")")),
        ("a.js", wrap("( // )\n", "c", ")")),
        ("a.js", wrap("( /* ) */", "c", ")")),
        ("a.jsx", wrap("<a b=')'>) ", "c", "</a>")),
        ("a.tsx", wrap("<A>(", "c", ")</A>")),
        ("a.jsx", wrap("<a.b c:d='e'>'", "c", "</a.b>")),
        ("a.jsx", wrap("<>", "c", "</>")),
        ("a.jsx", wrap("<a b=<c>", "d", "</c>/>")),
    ]
}

#[test]
fn depth_beyond_the_limit_is_refused_and_below_it_survived() {
    on_large_stack(|| {
        for depth in [300, 590, 1_100, 1_500, 100_000] {
            for (path, text) in nested(depth) {
                let (tree, problems) = parse(path, &text);
                let start: String = text.chars().take(30).collect();
                if depth <= 300 {
                    assert_eq!(problems, [], "{start}");
                    assert!(tree.node_count() > 0 || text.starts_with("type"), "{start}");
                } else if depth > 1_200 {
                    assert!(problems.len() == 1 && problems[0].kind == ProblemKind::Limit, "{start}: {problems:?}");
                }
            }
        }
    });
}

#[test]
fn long_chains_are_cut_where_they_get_too_deep() {
    on_large_stack(|| {
        for (text, most) in [
            (format!("x = {}1", "a + ".repeat(50_000)), 5_000),
            (format!("a{}", ".b()".repeat(50_000)), 9_000),
            (format!("x = {}1", "a && ".repeat(50_000)), 5_000),
            (format!("type A = {}", "B | ".repeat(50_000) + "C"), 10),
        ] {
            let (tree, problems) = parse("a.ts", &text);
            assert!(tree.node_count() < most, "{}", tree.node_count());
            if most > 10 {
                only_problem(&problems, ProblemKind::Limit);
                assert!(tree.exprs().any(|(_, expr)| matches!(expr.kind, ExprKind::Missing)));
            }
        }
        let (_, problems) = parse("a.js", &format!("x = {}1", "a + ".repeat(1_500)));
        assert_eq!(problems, []);
    });
}

#[test]
fn slashes_without_an_end_take_no_quadratic_time() {
    on_large_stack(|| {
        // Quadratic work would not end while somebody waits for this test.
        let (tree, _) = parse("a.js", &"let [/this default:".repeat(40_000));
        assert!(tree.node_count() < 400_000, "{}", tree.node_count());
    });
}

#[test]
fn long_is_not_deep() {
    for text in [
        "if (a) { b = c ? d : e }\n".repeat(3_000),
        "a = b\n".repeat(3_000),
        "if (a) b(c => d);".repeat(3_000),
        "var x = /[(]/, y = a / b / c, z = `${a}(`;\n".repeat(3_000),
        format!("switch (a) {{ {} }}", "case 1: case x:".repeat(3_000)),
        format!("f({})", "a ? b : c, x => -y, !z, ".repeat(3_000)),
        format!("x = {{ {} }}", "a: { b() { return 1 } }, ".repeat(3_000)),
        format!("class A {{ {} }}", "a: B<C> = 1\n b() { if (c) d }\n readonly e?: F[]\n".repeat(3_000)),
        "let a: A<B>\nlet b = c < d\nlet e = <F,>(g: H<I>) => g\n".repeat(3_000),
        "const A = () => <a b={c} d='e'>don't ( {f} <g.h/> </a>\n".repeat(3_000),
    ] {
        let (tree, problems) = parse("a.tsx", &text);
        let start: String = text.chars().take(40).collect();
        assert_eq!(problems, [], "{start}");
        assert!(tree.node_count() > 3_000, "{start}");
    }
}

#[test]
fn parameter_properties_are_assigned_first() {
    let (tree, _) = parse("a.ts", "class A { constructor(private a: B, c) { d() } }");
    let (_, constructor) = tree.functions().next().unwrap();
    assert_eq!(constructor.body.len(), 2);
    assert!(matches!(tree.stmt(constructor.body[0]).kind, StmtKind::Assign { .. }));
}

const SAMPLE: &str = include_str!("../../../fixtures/syntax/javascript/everything/input.tsx");

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn cut_and_flipped_input_never_panics(cut in 0..SAMPLE.len(), flips in prop::collection::vec((0..SAMPLE.len(), any::<u8>()), 0..6)) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (at, byte) in flips {
            bytes[at] = byte;
        }
        for part in [&bytes[..cut], &bytes[cut..], &bytes[..]] {
            let text = String::from_utf8_lossy(part).into_owned();
            for path in ["a.tsx", "a.vue"] {
                let (tree, problems) = parse(path, &text);
                let end = u32::try_from(text.len()).unwrap();
                prop_assert!(problems.len() <= 2);
                for (_, expr) in tree.exprs() {
                    prop_assert!(expr.span.start <= expr.span.end && expr.span.end <= end);
                }
            }
        }
    }
}
