//! How long policies take over one large audit, and over many stored ones.
//!
//! `cargo bench --bench policy` prints the milliseconds of judging and gating a document of 5,000 packages and 1,000
//! findings, on two threads and on one, and of judging small stored documents again on one thread.

use std::time::Instant;

use serde_json::{Value, json};
use stageclear::document::Document;
use stageclear::policy::PolicySet;

fn place(path: &str, line: usize) -> Value {
    json!({"path": path, "line": line, "column": 1, "end_line": line, "end_column": 9})
}

fn document(packages: usize, findings: usize, facts: usize) -> Document {
    let package = |n: usize| {
        json!({"ecosystem": "npm", "name": format!("package-{n}"), "version": format!("1.{}.0", n % 40),
            "purl": format!("pkg:npm/package-{n}@1.{}.0", n % 40), "location": place("package-lock.json", n * 8 + 1),
            "direct": n.is_multiple_of(50), "scope": if n.is_multiple_of(3) { "dev" } else { "runtime" }, "source": {"kind": "registry"}})
    };
    let rules =
        ["taint/python-sql-injection", "secret/aws-access-key", "dependency/vulnerable-package", "misuse/weak-hash"];
    let severities = ["critical", "high", "medium", "low", "info"];
    let finding = |n: usize| {
        let rule = rules[n % rules.len()];
        let at =
            if n % 4 == 2 { place("package-lock.json", n * 8 + 1) } else { place(&format!("src/m{}.py", n % 97), n) };
        json!({"rule": rule, "title": "A weakness", "message": format!("weakness {n}"), "location": at,
            "severity": severities[n % 5], "confidence": "high", "fingerprint": format!("{n:016x}"), "context": "production"})
    };
    let setting = |n: usize| {
        json!({"dialect": "django", "key": format!("SETTING_{n}"), "value": {"kind": "literal", "value": n.is_multiple_of(2)},
            "location": place("app/settings.py", n + 1), "context": "production"})
    };
    let endpoint = |n: usize| {
        json!({"framework": "flask", "methods": ["POST"], "path": format!("/items/{n}"), "handler": format!("item_{n}"),
            "location": place(&format!("app/views{}.py", n % 9), n + 1), "context": "production", "middleware": [], "session": "token",
            "guards": if n.is_multiple_of(3) { json!([]) } else { json!([{"kind": "authentication", "name": "login_required", "location": place("app/views.py", n + 1)}]) },
            "effects": [{"kind": "write", "name": "db.add", "location": place(&format!("app/views{}.py", n % 9), n + 2)}]})
    };
    let vulnerability = |n: usize| {
        json!({"id": format!("GHSA-{n:04}-aaaa-bbbb"), "aliases": [], "package": format!("package-{}", n * 17), "ecosystem": "npm",
            "version": "1.0.0", "purl": format!("pkg:npm/package-{}@1.{}.0", n * 17, n * 17 % 40), "severity": "high",
            "summary": "bad", "fixed": ["2.0.0"], "location": place("package-lock.json", n * 136 + 1)})
    };
    let list = |count: usize, make: &dyn Fn(usize) -> Value| (0..count).map(make).collect::<Vec<Value>>();
    let mut base = serde_json::to_value(Document::default()).unwrap();
    for (key, value) in [
        ("packages", list(packages, &package)),
        ("findings", list(findings, &finding)),
        ("settings", list(facts, &setting)),
        ("endpoints", list(facts, &endpoint)),
    ] {
        base[key] = Value::Array(value);
    }
    base["vulnerabilities"] = Value::Array(list(packages / 25, &vulnerability));
    serde_json::from_value(base).unwrap()
}

#[allow(clippy::print_stdout)] // numbers are what a benchmark is for
fn main() {
    let begin = Instant::now();
    let set = PolicySet::built_in().unwrap();
    println!("load                {:8.1} ms", begin.elapsed().as_secs_f64() * 1e3);
    let large = document(5_000, 1_000, 200);
    println!("vulnerabilities     {:8}", large.vulnerabilities.len());
    let mut best = [f64::MAX; 4];
    for _ in 0..5 {
        let begin = Instant::now();
        set.judge(&large).unwrap();
        let alone = begin.elapsed().as_secs_f64() * 1e3;
        let begin = Instant::now();
        set.judge_about(&large, |_| true, 2).unwrap();
        let judged = begin.elapsed().as_secs_f64() * 1e3;
        set.gate(&large).unwrap();
        let gated = begin.elapsed().as_secs_f64() * 1e3 - judged;
        set.checklist(&large).unwrap();
        let listed = begin.elapsed().as_secs_f64() * 1e3 - judged - gated;
        for (best, value) in best.iter_mut().zip([judged, gated, listed, alone]) {
            *best = best.min(value);
        }
    }
    println!("judge 5,000/1,000   {:8.1} ms", best[0]);
    println!("  on one thread     {:8.1} ms", best[3]);
    println!("gate                {:8.1} ms", best[1]);
    println!("checklist           {:8.1} ms", best[2]);
    if std::env::var_os("STAGECLEAR_BENCH_RULES").is_some() {
        let input = stageclear::policy::engine::Input::new(&large).unwrap();
        let mut rules: Vec<(f64, String)> = Vec::new();
        for rule in set.policies().iter().flat_map(|policy| &policy.rules) {
            let begin = Instant::now();
            set.query(&input, &rule.query).unwrap();
            rules.push((begin.elapsed().as_secs_f64() * 1e3, rule.query.clone()));
        }
        rules.sort_by(|a, b| b.0.total_cmp(&a.0));
        rules.iter().take(25).for_each(|(time, rule)| println!("{time:8.2} ms  {rule}"));
        println!("{:8.2} ms  the least", rules.last().map_or(0.0, |(time, _)| *time));
    }
    let small = document(120, 20, 12);
    let begin = Instant::now();
    let count = 200;
    for _ in 0..count {
        set.rejudge(small.clone(), 1).unwrap();
    }
    println!("judge again, small  {:8.2} ms", begin.elapsed().as_secs_f64() * 1e3 / f64::from(count));
}
