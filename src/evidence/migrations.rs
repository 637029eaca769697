//! Paths that are known by convention: schema migrations and lockfiles.

use crate::domain::identity::RepositoryPath;
use crate::domain::test_code::is_test_code;

/// What kind of schema migration a path is by the conventions of common tools; none if it looks like none.
///
/// Directories: Rails, Laravel, Knex and others (`migrate`, `migrations`), Alembic (`versions`), Liquibase (`changelog`),
/// Flyway (`V1__name.sql`), golang-migrate and sqlx (`*.up.sql`), Prisma and Rails schema files.
pub fn migration(path: &str) -> Option<&'static str> {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = file.to_ascii_lowercase();
    let (stem, extension) = lower.rsplit_once('.')?;
    let directories: Vec<String> = directory.split('/').map(str::to_ascii_lowercase).collect();
    let within = |name: &str| directories.iter().any(|directory| directory == name);
    let in_turn = |first: &str, second: &str| directories.windows(2).any(|pair| pair[0] == first && pair[1] == second);
    if is_test_code(&RepositoryPath::new(path)) || stem.starts_with("test_") || stem == "__init__" || stem == "readme" {
        return None;
    }
    if lower == "schema.prisma" {
        return Some("the Prisma schema");
    }
    if in_turn("", "db") || within("db") {
        match lower.as_str() {
            "schema.rb" | "structure.sql" => return Some("the Rails schema"),
            _ => {}
        }
    }
    if matches!(extension, "sql" | "java" | "kt") && is_flyway(file) {
        return Some("a Flyway migration");
    }
    if lower.ends_with(".up.sql") || lower.ends_with(".down.sql") {
        return Some("a migration with an up and a down side");
    }
    let is_code = matches!(
        extension,
        "sql" | "rb" | "py" | "exs" | "ex" | "cs" | "php" | "js" | "mjs" | "cjs" | "ts" | "go" | "java" | "kt" | "rs"
    );
    if is_code && in_turn("db", "migrate") {
        return Some("a Rails migration");
    }
    if is_code && (in_turn("alembic", "versions") || in_turn("migrations", "versions")) {
        return Some("an Alembic migration");
    }
    if is_code && (within("migrations") || in_turn("db", "migration")) {
        return Some("a schema migration");
    }
    let is_changelog = matches!(extension, "xml" | "yaml" | "yml" | "json" | "sql");
    if is_changelog && (in_turn("db", "changelog") || within("liquibase") || stem.contains("databasechangelog")) {
        return Some("a Liquibase change log");
    }
    None
}

/// `V1_2__name.sql`, `U1__name.sql`, `R__name.sql`: <https://documentation.red-gate.com/flyway>, "Migrations".
fn is_flyway(file: &str) -> bool {
    let Some((prefix, name)) = file.split_once("__") else { return false };
    let version = match prefix.as_bytes() {
        [b'R'] => return !name.starts_with('.'),
        [b'V' | b'U' | b'B', version @ ..] => version,
        _ => return false,
    };
    let is_number = |byte: &u8| byte.is_ascii_digit() || b"._".contains(byte);
    version.first().is_some_and(u8::is_ascii_digit) && version.iter().all(is_number)
}

/// Whether an SQL file only runs when going back, so that its destroying words stand in nobody's way.
pub fn runs_backwards(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    file == "down.sql" || file.ends_with(".down.sql") || (file.starts_with('U') && is_flyway(file))
}

/// Whether a file is SQL.
pub fn is_sql(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| matches!(extension.as_str(), "sql" | "ddl" | "psql" | "pgsql" | "mysql" | "tsql"))
}

/// Whether a file pins the versions of dependencies.
pub fn is_lockfile(path: &str) -> bool {
    const LOCKFILES: &[&str] = &[
        "Cargo.lock",
        "Gemfile.lock",
        "Package.resolved",
        "Pipfile.lock",
        "Podfile.lock",
        "bun.lock",
        "bun.lockb",
        "composer.lock",
        "conan.lock",
        "deno.lock",
        "flake.lock",
        "go.sum",
        "gradle.lockfile",
        "mix.lock",
        "npm-shrinkwrap.json",
        "package-lock.json",
        "packages.lock.json",
        "pdm.lock",
        "pnpm-lock.yaml",
        "poetry.lock",
        "pubspec.lock",
        "uv.lock",
        "yarn.lock",
    ];
    LOCKFILES.binary_search(&path.rsplit('/').next().unwrap_or(path)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_migrations_by_their_place() {
        for path in [
            "db/migrate/20260101_add.rb",
            "api/db/schema.rb",
            "db/structure.sql",
            "shop/migrations/0002_more.py",
            "src/main/resources/db/migration/V1_2__more.sql",
            "sql/R__views.sql",
            "sql/V2.1__x.sql",
            "alembic/versions/ab12_x.py",
            "migrations/versions/ab12_x.py",
            "prisma/migrations/2026_x/migration.sql",
            "prisma/schema.prisma",
            "store/000003_x.up.sql",
            "priv/repo/migrations/2026_x.exs",
            "Data/Migrations/2026_X.cs",
            "migrations/2026-01-01-000000_x/up.sql",
            "database/migrations/2026_x.php",
            "db/changelog/changes.xml",
        ] {
            assert!(migration(path).is_some(), "{path}");
        }
        for path in [
            "docs/migrations/v2.md",
            "shop/migrations/__init__.py",
            "tests/migrations/test_0002.py",
            "CHANGELOG.md",
            "src/migrate.rs",
            "V1__x.txt",
            "Value__x.sql",
            "migrations",
            "migrations/.gitkeep",
            "",
        ] {
            assert_eq!(migration(path), None, "{path}");
        }
    }

    #[test]
    fn knows_what_only_runs_when_going_back() {
        for path in ["a/down.sql", "a/1_x.down.sql", "sql/U1__x.sql"] {
            assert!(runs_backwards(path), "{path}");
        }
        for path in ["a/up.sql", "a/1_x.up.sql", "sql/V1__x.sql", "Users.sql", "countdown.sql"] {
            assert!(!runs_backwards(path), "{path}");
        }
    }

    #[test]
    fn knows_lockfiles() {
        for path in ["Cargo.lock", "web/package-lock.json", "go.sum", "yarn.lock", "bun.lock", "uv.lock"] {
            assert!(is_lockfile(path), "{path}");
        }
        assert!(!is_lockfile("my-Cargo.lock") && !is_lockfile("Cargo.lock/x"));
    }
}
