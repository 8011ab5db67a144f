//! Routes that are told by the places of files.

/// The path of a function that answers all requests to its file: `supabase/functions/hello/index.ts` is `/hello`'s.
pub(super) fn of_file(path: &str) -> String {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let stem = stem.strip_suffix("/index").unwrap_or(stem);
    match stem.rfind("functions/") {
        Some(at) if at == 0 || stem[..at].ends_with('/') => format!("/{}", &stem[at..]),
        _ => "/*".to_owned(),
    }
}
