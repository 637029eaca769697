#!/usr/bin/env bash
# Makes the shop of the README: two releases, the second of them broken. In it lie the fix (fix.patch) and its analysis (rca.md).
set -euo pipefail
git init --quiet --initial-branch=main "${1:?name a directory}"
cd "$1"
git config user.name Ada
git config user.email ada@example.com
printf 'fix.patch\nrca.md\n' > .git/info/exclude

cat > shop.rs <<'END'
fn total(prices: &[u64]) -> u64 {
    prices.iter().sum()
}
END
git add shop.rs
git commit --quiet --message "The shop"
git tag v1.4.0

mkdir -p db/migrate
echo "ALTER TABLE orders DROP COLUMN old_total;" > db/migrate/7_totals.sql
git add db
git commit --quiet --message "Drop what nobody reads"
cat > shop.rs <<'END'
fn total(prices: &[u64]) -> u64 {
    prices.iter().skip(1).sum()
}
END
git commit --quiet --all --message "Sum faster"
git tag v1.5.0
git branch release/1.5

cat > fix.patch <<'END'
--- a/shop.rs
+++ b/shop.rs
@@ -1,3 +1,3 @@
 fn total(prices: &[u64]) -> u64 {
-    prices.iter().skip(1).sum()
+    prices.iter().sum()
 }
END

cat > rca.md <<'END'
---
code_cause: true
trigger: HEAD
detected: 2026-01-01T03:05:00Z
detected_by: a customer's call
escaped_gate: tests
check: cargo test totals
contributing: [the sum had no test, the reviewer saw 900 lines]
timeline:
  - { at: 2026-01-01T03:00:00Z, what: deployed, source: the deployment's log }
actions:
  - { what: a test that sums three prices, for: tests, kind: prevent, owner: Ada, due: 2199-01-01, verified_by: it fails on the old code }
  - { what: keep what the old release reads, for: roll-back, kind: mitigate, owner: Grace, due: 2199-02-01, verified_by: a drill }
  - { what: a flag around the sums, for: flag-off, kind: mitigate, owner: Grace, due: 2199-02-01, verified_by: a drill }
---
## Summary
The sum of an order left its first item out, so every order was too cheap.
## Impact
All orders of forty minutes, about a thousand of them.
## Root cause
A loop that skipped the heading of a price list was moved to where there is no heading.
## The gate that should have caught it
The unit tests: none of them sums more than one price.
## Why rolling back was no way
A column had been dropped that the old release reads.
## Why switching off was no way
No flag guards the sums, and there is no shop without them.
END
