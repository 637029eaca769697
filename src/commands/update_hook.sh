#!/bin/sh
# Protects the ledger of hotfix: it only grows. For the server: hooks/update in the bare repository, executable.
# Git runs it once for each ref that is pushed, with the ref's name, what it is and what it is to become.
ref=$1 old=$2 new=$3

refuse() {
    echo "hotfix: $1" >&2
    echo "hotfix: run 'hotfix sync', which joins what went apart and forces nothing" >&2
    exit 1
}

# Forty or sixty-four zeros stand for no object.
exists() {
    case $1 in *[!0]*) return 0 ;; *) return 1 ;; esac
}

begins() {
    GIT_NO_REPLACE_OBJECTS=1 git rev-list --first-parent --max-parents=0 "$1"
}

case $ref in
'@LEDGER@')
    exists "$new" || refuse "the ledger is never deleted"
    exists "$old" || exit 0
    # A replace ref on this server must not make another history out of it.
    GIT_NO_REPLACE_OBJECTS=1 git merge-base --is-ancestor "$old" "$new" ||
        refuse "the ledger only grows: what it is to become does not hold what it is"
    # The beginning says whom to trust: one that is put before it makes another ledger of it.
    [ "$(begins "$old")" = "$(begins "$new")" ] ||
        refuse "what the ledger is to become begins elsewhere: another one was put before it"
    ;;
'@TEXT@')
    # It may be replaced, for people have a right to erasure; never deleted.
    exists "$new" || refuse "the texts of the ledger are never deleted, only redacted"
    ;;
esac
@THEN@
