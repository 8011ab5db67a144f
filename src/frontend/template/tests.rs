//! Fixtures and laws of the template frontend: trees by format, cut and flipped texts, positions.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::Template;
use crate::base::{Language, SourceFile};
use crate::frontend::{self, Frontend};
use crate::syntax::{ExprKind, StmtKind, Tree, dump};

fn parse(path: &str, text: &str) -> (Tree, Vec<crate::base::Problem>) {
    let frontend = frontend::of(path).unwrap();
    frontend.parse(&SourceFile::new(path, text), frontend.language_of(path).unwrap())
}

/// A case is a folder with `input.<extension>` (whose extension tells the format) and `tree.txt`.
fn check(case: &Path) {
    let files = std::fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    let input = files.into_iter().find(|path| path.file_stem().is_some_and(|stem| stem == "input")).unwrap();
    let text = std::fs::read_to_string(&input).unwrap();
    let name = format!("templates/{}", input.file_name().unwrap().to_str().unwrap());
    let (tree, problems) = parse(&name, &text);
    let mut found = dump(&tree, &SourceFile::new(name.as_str(), text));
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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/syntax/template");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 8);
    for case in &cases {
        check(case);
    }
}

/// The output functions that a template calls, with the text of what they are given.
fn outputs(path: &str, text: &str) -> Vec<String> {
    let (tree, _) = parse(path, text);
    let mut found = Vec::new();
    for (_, expr) in tree.exprs() {
        let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
        let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { continue };
        let ExprKind::Name(module) = tree.expr(object).kind else { continue };
        if tree.text(module) == super::builder::LOCAL
            && tree.text(name) != "include"
            && let Some(arg) = args.first()
        {
            let span = tree.expr(arg.value).span;
            found.push(format!("{} {}", tree.text(name), &text[span.range()]));
        }
    }
    found
}

#[test]
fn outputs_are_told_by_place_with_exact_positions() {
    for (path, text, wanted) in [
        ("a.jinja", "<p>{{ a|safe }}</p>", vec!["raw a|safe"]),
        ("a.jinja", "<p>{{ a }}</p><i id={{ b.c }}></i>", vec!["attribute b.c"]),
        ("a.jinja", "<script>f({{ a|tojson }}, {{ b }})</script>", vec!["script b"]),
        ("a.jinja", "<p>{{ _('x')|safe }}</p>", vec!["part _('x')|safe"]),
        ("a.jinja", "<a href=\"{{ user.home }}\"></a>", vec!["url user.home"]),
        ("a.jinja", "<a href=\"{{ url_for('x') }}\"></a>", vec![]),
        ("a.jinja", "{# {{ a|safe }} #}<!-- {{ a|safe }} --></p>", vec![]),
        ("a.njk", "<p>ä {{ a | safe }}</p>", vec!["raw a | safe"]),
        ("a.ejs", "<p>ä <%- a.b %> <%= c %></p>", vec!["raw a.b"]),
        ("a.ejs", "<%- body -%><p id=<%= x %>>", vec!["part body", "attribute x"]),
        ("a.hbs", "{{{a.b}}} {{&c}} {{d}} {{{{raw}}}}{{{e}}}{{{{/raw}}}}", vec!["raw a.b", "raw c", "raw e"]),
        ("a.pug", "p!= a.b\np= c\np Hi !{d} and #{e}\na(href=f)", vec!["raw a.b", "raw d", "url f"]),
        ("a.svelte", "<script>let a;</script><p>{@html a}</p>", vec!["raw a"]),
        ("a.vue", "<template><p v-html=\"a.b\"></p></template>", vec!["v_html a.b"]),
    ] {
        assert_eq!(outputs(path, text), wanted, "{text}");
    }
}

#[test]
fn names_alone_do_not_make_templates() {
    let claims = |path: &str, text: &str| Template.claims(&SourceFile::new(path, text));
    assert!(claims("templates/a.html", "<p>{{ x }}</p>"));
    assert!(claims("web/a.html", "{% if x %}{% endif %}"));
    assert!(claims("web/a.html", "<script>f()</script>"));
    assert!(!claims("web/a.html", "<p>text</p>"));
    assert!(!claims("web/a.html", "<p>{{ angular }}</p>"));
    assert!(!claims("web/a.html", "<script src=\"a.js\"></script>"));
    assert!(!claims("deploy/nginx.conf.j2", "listen {{ port }};"));
    assert!(claims("mail/a.html.j2", "<p>{{ x }}</p>"));
}

#[test]
fn what_is_broken_is_told_and_the_rest_is_read() {
    for (path, text) in [
        ("a.jinja", "{% if a %}<p>{{ b|safe }}</p>"),
        ("a.jinja", "<p>{{ b|safe }}</p>{{ ("),
        ("a.jinja", "<p>{{ b|safe }}</p>{{ a b }}"),
        ("a.ejs", "<p><%- b %></p><% if ("),
        ("a.hbs", "{{#if a}}<p>{{{b}}}</p>"),
    ] {
        let (tree, problems) = parse(path, text);
        assert_eq!(problems.len(), 1, "{text}");
        assert!(problems[0].incomplete);
        assert!(tree.template.is_some() && outputs(path, text).iter().any(|one| one.starts_with("raw b")), "{text}");
    }
}

#[test]
fn deep_and_long_templates_are_bounded() {
    let work = || {
        for (path, text) in [
            ("a.jinja", format!("</p>{}", "{% if a %}".repeat(20_000))),
            ("a.jinja", format!("</p>{{% if a %}}{}", "{% elif b %}".repeat(20_000))),
            ("a.jinja", format!("</p>{{{{ {}a }}}}", "(".repeat(50_000))),
            ("a.jinja", format!("</p>{{{{ a{} }}}}", "|f".repeat(50_000))),
            ("a.jinja", format!("</p>{{{{ {} }}}}", "not ".repeat(50_000))),
            ("a.jinja", format!("</p>{}", "{{ ".repeat(50_000))),
            ("a.ejs", "<%".repeat(50_000)),
            ("a.ejs", format!("<%= {}a %>", "(".repeat(50_000))),
            ("a.hbs", "{{#each a}}".repeat(20_000)),
            ("a.hbs", format!("{{{{ {}a }}}}", "(a ".repeat(50_000))),
            ("a.pug", (0..2_000).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "if a\n")),
            ("a.pug", format!("p(a={}", "(".repeat(50_000))),
            ("a.svelte", format!("{{@html a}}{}", "{".repeat(50_000))),
            ("a.vue", format!("<p v-html=a>{}", "<p v-for=\"a in b\">".repeat(20_000))),
        ] {
            let (tree, _) = parse(path, &text);
            let _ = dump(&tree, &SourceFile::new(path, text));
        }
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn a_template_is_one_function_with_its_name() {
    let (tree, _) = parse("templates/shop/list.html", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b) }}");
    assert_eq!(tree.language, Language::Python);
    let function = tree.function(tree.template.unwrap());
    assert_eq!(function.name.map(|name| tree.text(name)), Some("list.html"));
    let functions = tree.root.iter().filter(|stmt| matches!(tree.stmt(**stmt).kind, StmtKind::Function(_)));
    assert_eq!(functions.count(), 2);
}

const SAMPLES: &[(&str, &str)] = &[
    ("templates/a.html", include_str!("../../../fixtures/syntax/template/jinja/input.html")),
    ("templates/b.html", include_str!("../../../fixtures/syntax/template/django/input.html")),
    ("a.ejs", include_str!("../../../fixtures/syntax/template/ejs/input.ejs")),
    ("a.hbs", include_str!("../../../fixtures/syntax/template/handlebars/input.hbs")),
    ("a.pug", include_str!("../../../fixtures/syntax/template/pug/input.pug")),
    ("a.vue", include_str!("../../../fixtures/syntax/template/vue/input.vue")),
    ("a.svelte", include_str!("../../../fixtures/syntax/template/svelte/input.svelte")),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is cut off, flipped or put in: no panic, and every span lies in the text.
    #[test]
    fn broken_templates_never_panic(
        sample in 0..SAMPLES.len(), cut in 0usize..2_000, flips in prop::collection::vec((0usize..2_000, "[{}%<>='\"#()!|&@/. a\n-]{1,3}"), 0..6),
    ) {
        let (path, text) = SAMPLES[sample];
        let mut text = text.to_owned();
        for (at, put) in flips {
            let at = text.floor_char_boundary(at % (text.len() + 1));
            let end = text.ceil_char_boundary((at + put.len() / 2).min(text.len()));
            text.replace_range(at..end, &put);
        }
        text.truncate(text.floor_char_boundary(cut.max(text.len() / 2)));
        let (tree, _) = parse(path, &text);
        for (_, expr) in tree.exprs() {
            prop_assert!(expr.span.start <= expr.span.end && expr.span.end as usize <= text.len());
            prop_assert!(text.get(expr.span.range()).is_some());
        }
    }
}

#[test]
fn templates_give_their_inline_scripts_apart() {
    let scripts = |path: &str, text: &str| Template.scripts(&SourceFile::new(path, text));
    let page =
        "{% if a %}<p>{{ a }}</p>{% endif %}<script>const id = {{ id }};\nbox.innerHTML = `${row.name}`;</script>";
    let tree = scripts("templates/a.html", page).unwrap();
    assert!(tree.symbol("innerHTML").is_some() && tree.symbol("a").is_none());
    let (_, assigned) = tree.exprs().find(|(_, expr)| matches!(expr.kind, ExprKind::Template { .. })).unwrap();
    assert_eq!(&page[assigned.span.range()], "`${row.name}`");
    assert!(scripts("templates/a.html", "{% if a %}<p>{{ a }}</p>{% endif %}").is_none());
    // What has no tags is JavaScript as a whole.
    assert!(scripts("web/a.html", "<script>f()</script>").is_none());
    assert!(scripts("a.ejs", "<p><%= a %></p><script>f(<%- a %>)</script>").unwrap().symbol("f").is_some());
}
