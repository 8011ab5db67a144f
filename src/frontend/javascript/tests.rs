//! Tests.
use super::*;
use crate::syntax::StmtKind;

fn parse(path: &str, text: &str) -> (Tree, Vec<Problem>) {
    let language = JavaScript.language_of(path).unwrap();
    JavaScript.parse(&SourceFile::new(path, text), language)
}

#[test]
fn smoke() {
    let (tree, problems) = parse(
        "a.ts",
        "import a, {b as c, type D} from 'm'; const {x, y: [z = 1, ...w], ...r}: Request = a?.b?.[c](d, ...e); export default class extends A { #p = 1; constructor(private q: Q) { super(); } @Get('/') get(@Body() b: B): Promise<X> { return `a${b}` } }",
    );
    assert_eq!(problems, []);
    assert!(matches!(tree.stmt(tree.root[0]).kind, StmtKind::Import(_)));
    println!("{tree:#?}");
}
