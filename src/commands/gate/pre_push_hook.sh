#!/bin/sh
# The gate of hotfix, for a clone: .git/hooks/pre-push, executable. It tells before the push what the server would refuse.
# It is a courtesy: git push --no-verify goes past it, and not past the server's own.
command -v hotfix >/dev/null || {
    echo "hotfix is not installed, so nobody can tell what the server will say: git push --no-verify asks it" >&2
    exit 1
}
exec hotfix gate --hook pre-push "$@"
