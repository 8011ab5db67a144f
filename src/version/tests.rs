//! Comparisons with the ecosystems' own implementations, and the laws of an order.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

const SCHEMES: [Scheme; 7] = [
    Scheme::SemVer,
    Scheme::Pep440,
    Scheme::RubyGems,
    Scheme::NuGet,
    Scheme::Packagist,
    Scheme::Numbers,
    Scheme::Conan,
];

fn lines(file: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/version").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<String> =
        text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect();
    assert!(lines.len() >= 1_500, "{file} has only {} lines", lines.len());
    lines
}

fn check_order(scheme: Scheme, file: &str) {
    compare(scheme, file, lines(file));
}

fn compare(scheme: Scheme, file: &str, lines: Vec<String>) {
    let mut wrong = Vec::new();
    for line in lines {
        let [a, sign, b] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{file}: {line}") };
        let wanted = match sign {
            "<" => Ordering::Less,
            "=" => Ordering::Equal,
            _ => Ordering::Greater,
        };
        if scheme.compare(a, b) != wanted || scheme.compare(b, a) != wanted.reverse() {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{file}: {} wrong\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

/// 10,000 pairs that `fixtures/version/differential.py` had the ecosystem's own implementation compare (of NuGet, another one).
fn check_pairs(scheme: Scheme, file: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/version").join(file);
    let text = zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().count(), 10_000, "{file}");
    compare(scheme, file, text.lines().map(str::to_owned).collect());
}

fn check_requirements(ecosystem: Ecosystem, file: &str) {
    let mut wrong = Vec::new();
    for line in lines(file) {
        let (version, rest) = line.split_once(" | ").unwrap();
        let (requirement, answer) = rest.rsplit_once(" | ").unwrap();
        let parsed = Requirement::parse(ecosystem, requirement);
        let got = match parsed.map(|parsed| parsed.matches(version)) {
            None => "invalid",
            Some(true) => "yes",
            Some(false) => "no",
        };
        if got != answer {
            wrong.push(format!("{line} (got {got})"));
        }
    }
    assert!(wrong.is_empty(), "{file}: {} wrong\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn ten_thousand_pairs_an_order() {
    check_pairs(Scheme::SemVer, "semver.pairs.zst");
    check_pairs(Scheme::Pep440, "pep440.pairs.zst");
    check_pairs(Scheme::RubyGems, "rubygems.pairs.zst");
    check_pairs(Scheme::Maven, "maven.pairs.zst");
    check_pairs(Scheme::Packagist, "packagist.pairs.zst");
    check_pairs(Scheme::NuGet, "nuget.pairs.zst");
    check_pairs(Scheme::Numbers, "hackage.pairs.zst");
    check_pairs(Scheme::Numbers, "cran.pairs.zst");
    check_pairs(Scheme::Conan, "conan.pairs.zst");
}

#[test]
fn semver_orders_as_npm_does() {
    check_order(Scheme::SemVer, "semver.txt");
}

#[test]
fn pep440_orders_as_packaging_does() {
    check_order(Scheme::Pep440, "pep440.txt");
}

#[test]
fn gems_order_as_rubygems_does() {
    check_order(Scheme::RubyGems, "rubygems.txt");
}

#[test]
fn maven_orders_as_its_own_class_does() {
    check_order(Scheme::Maven, "maven.txt");
}

#[test]
fn orders_by_their_documentation() {
    for (scheme, ascending) in [
        (Scheme::NuGet, &["1.0.0-alpha", "1.0.0-Beta", "1.0.0", "1.0.0.1", "1.0.1"][..]),
        (
            Scheme::Packagist,
            &[
                "dev-main",
                "1.0.0-dev",
                "1.0.0-alpha1",
                "1.0.0-beta2",
                "1.0.0-RC1",
                "1.0.0",
                "1.0.0-p1",
                "v1.0.1",
                "1.10",
            ],
        ),
        (Scheme::Numbers, &["0.9", "1", "1.0", "1.0-1", "1.2.0", "1.10"]),
    ] {
        for pair in ascending.windows(2) {
            assert_eq!(scheme.compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
    }
    assert_eq!(Scheme::NuGet.compare("1.0", "1.0.0.0"), Ordering::Equal);
    assert_eq!(Scheme::NuGet.compare("1.0.0-RC", "1.0.0-rc"), Ordering::Equal);
    assert_eq!(Scheme::Packagist.compare("v1.0", "1.0.0.0"), Ordering::Equal);
    assert!(Scheme::Packagist.is_prerelease("2.0.0-beta1") && !Scheme::Packagist.is_prerelease("2.0.0-p1"));
    assert!(Scheme::Maven.is_prerelease("1.0-SNAPSHOT") && !Scheme::Maven.is_prerelease("1.0-sp1"));
}

#[test]
fn npm_ranges_match_as_npm_does() {
    check_requirements(Ecosystem::Npm, "npm-range.txt");
}

#[test]
fn specifiers_match_as_packaging_does() {
    check_requirements(Ecosystem::PyPI, "pep440-specifier.txt");
}

#[test]
fn gem_requirements_match_as_rubygems_does() {
    check_requirements(Ecosystem::RubyGems, "rubygems-requirement.txt");
}

#[test]
fn what_is_no_version_sorts_below_and_is_told() {
    for (scheme, good, bad) in [
        (Scheme::SemVer, "0.0.0-0", "latest"),
        (Scheme::Pep440, "0.dev0", "dog"),
        (Scheme::Pep440, "0.dev0", "2004d"),
        (Scheme::Pep440, "0.dev0", "1.0+"),
        (Scheme::RubyGems, "0.a", "1..0"),
    ] {
        assert!(scheme.is_valid(good) && !scheme.is_valid(bad), "{good} {bad}");
        assert_eq!(scheme.compare(bad, good), Ordering::Less);
    }
    assert!(Scheme::Pep440.is_prerelease("1.0.dev1") && !Scheme::Pep440.is_prerelease("1.0.post1"));
    assert!(Scheme::SemVer.is_prerelease("1.0.0-rc") && !Scheme::SemVer.is_prerelease("1.0+x"));
}

#[test]
fn exact_requirements() {
    let exact = |ecosystem, text| Requirement::parse(ecosystem, text).and_then(|parsed: Requirement| parsed.exact());
    assert_eq!(exact(Ecosystem::PyPI, "==1.2.3").as_deref(), Some("1.2.3"));
    assert_eq!(exact(Ecosystem::PyPI, "==1.2.*"), None);
    assert_eq!(exact(Ecosystem::PyPI, "===1.2.3").as_deref(), Some("1.2.3"));
    assert_eq!(exact(Ecosystem::PyPI, ">=1.2.3"), None);
    assert_eq!(exact(Ecosystem::Npm, "1.2.3").as_deref(), Some("1.2.3"));
    assert_eq!(exact(Ecosystem::Npm, "^1.2.3"), None);
    assert_eq!(exact(Ecosystem::Npm, "1.2"), None);
    assert_eq!(exact(Ecosystem::CratesIo, "=1.2.3").as_deref(), Some("1.2.3"));
    assert_eq!(exact(Ecosystem::CratesIo, "1.2.3"), None);
    assert_eq!(exact(Ecosystem::RubyGems, "= 1.2.3").as_deref(), Some("1.2.3"));
}

fn introduced(version: &str) -> Event {
    Event::Introduced(version.into())
}

fn fixed(version: &str) -> Event {
    Event::Fixed(version.into())
}

#[test]
fn events_make_intervals_whatever_their_order() {
    let events = [fixed("2.1.0"), introduced("2.0.0"), fixed("1.5.0"), introduced("0")];
    for (version, inside) in [
        ("0.0.0-0", true),
        ("1.4.9", true),
        ("1.5.0-rc.1", true),
        ("1.5.0", false),
        ("2.0.0-rc.1", false),
        ("2.0.0", true),
        ("2.1.0", false),
    ] {
        assert_eq!(affected(Scheme::SemVer, &events, version), inside, "{version}");
    }
    assert!(affected(Scheme::Pep440, &[introduced("0")], "0.dev0"));
    assert!(!affected(Scheme::SemVer, &[], "1.0.0"));
    assert!(!affected(Scheme::SemVer, &[fixed("1.0.0")], "0.1.0"), "nothing was introduced");
}

#[test]
fn events_of_one_version_and_limits() {
    let last = Event::LastAffected("1.0".into());
    assert!(affected(Scheme::SemVer, &[last.clone(), introduced("1.0")], "1.0.0"));
    assert!(!affected(Scheme::SemVer, &[last, introduced("1.0")], "1.0.1"));
    assert!(!affected(Scheme::SemVer, &[introduced("1.0"), fixed("1.0")], "1.0.0"));
    let adjoining = [introduced("0"), fixed("1.0"), introduced("1.0"), fixed("2.0")];
    assert!(affected(Scheme::SemVer, &adjoining, "1.5.0"));
    let limit = |limit: &str| [introduced("1.0"), Event::Limit(limit.into())];
    assert!(affected(Scheme::SemVer, &limit("2.0"), "1.9.0"));
    assert!(!affected(Scheme::SemVer, &limit("2.0"), "2.0.0"));
    assert!(affected(Scheme::SemVer, &limit("*"), "2.0.0"));
}

#[test]
fn the_fix_leaves_every_range() {
    let ranges =
        [vec![introduced("0"), fixed("1.2.0")], vec![introduced("1.1.0"), fixed("1.3.0"), introduced("2.0.0")]];
    assert_eq!(fixed_after(Scheme::SemVer, "1.0.0", &ranges).as_deref(), Some("1.3.0"));
    assert_eq!(fixes_after(Scheme::SemVer, "1.3.0", &ranges), Vec::<String>::new());
    assert_eq!(fixed_after(Scheme::SemVer, "2.0.0", &ranges), None);
    assert!(listed(Scheme::Pep440, &["1.0.0".into()], "1.0"));
    assert!(!listed(Scheme::Pep440, &["1.0.0".into()], "1.0.1"));
}

/// Mostly versions, some of them broken.
fn version() -> impl Strategy<Value = String> {
    prop_oneof![
        "v?[0-3]{1,2}(\\.[0-2]){0,3}((-|\\.|)(a|rc|post|dev|b\\.)[0-2]?){0,2}(\\+[a1]{1,2})?",
        "[0-9a-z.+!-]{0,8}",
        ".{0,6}"
    ]
}

/// Numbers, and one qualifier with its number.
fn maven() -> impl Strategy<Value = String> {
    "[0-3](\\.[0-3]){0,3}(-(alpha|beta|milestone|rc|SNAPSHOT|sp|final|jre|x)(-[0-3])?)?"
}

proptest! {
    #[test]
    fn orders_are_total(a in version(), b in version(), c in version()) {
        for scheme in SCHEMES {
            prop_assert_eq!(scheme.compare(&a, &a), Ordering::Equal);
            prop_assert_eq!(scheme.compare(&a, &b), scheme.compare(&b, &a).reverse());
            let mut sorted = [&a, &b, &c];
            sorted.sort_by(|x, y| scheme.compare(x, y));
            prop_assert!(scheme.compare(sorted[0], sorted[2]).is_le());
            if scheme.compare(&a, &b).is_eq() {
                prop_assert_eq!(scheme.compare(&a, &c), scheme.compare(&b, &c));
            }
        }
    }

    // Of texts without any form Maven's own order is not transitive: `1.SNAPSHOT`, `1` and `1.pre-1` go in a circle.
    #[test]
    fn mavens_order_is_total_over_documented_forms(
        a in maven(), b in maven(), c in maven(),
    ) {
        let compare = |a: &str, b: &str| Scheme::Maven.compare(a, b);
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
        if compare(&a, &b).is_eq() {
            prop_assert_eq!(compare(&a, &c), compare(&b, &c));
        }
    }

    #[test]
    fn ranges_agree_with_the_order(low in version(), high in version(), asked in version()) {
        for scheme in SCHEMES {
            let events = [Event::Introduced(low.clone()), Event::Fixed(high.clone())];
            if low == "0" || scheme.compare(&low, &high).is_ge() {
                continue;
            }
            let inside = scheme.compare(&asked, &low).is_ge() && scheme.compare(&asked, &high).is_lt();
            prop_assert_eq!(affected(scheme, &events, &asked), inside);
            let fix = fixed_after(scheme, &asked, &[events]);
            prop_assert_eq!(fix.is_some(), scheme.compare(&high, &asked).is_gt());
        }
    }

    #[test]
    fn requirements_never_panic(text in ".{0,24}", range in "[0-9.x*^~<>=|, a-]{0,16}", asked in version()) {
        for ecosystem in Ecosystem::ALL {
            for text in [&text, &range] {
                if let Some(requirement) = Requirement::parse(ecosystem, text) {
                    let _ = (requirement.matches(&asked), requirement.exact());
                }
            }
        }
    }

    #[test]
    fn an_exact_requirement_matches_its_version(text in "(==|=|)[0-9]\\.[0-9]\\.[0-9](a1|-rc\\.1)?") {
        for ecosystem in Ecosystem::ALL {
            if let Some(requirement) = Requirement::parse(ecosystem, &text)
                && let Some(version) = requirement.exact()
            {
                prop_assert!(requirement.matches(&version), "{ecosystem} {text} {version}");
            }
        }
    }
}
