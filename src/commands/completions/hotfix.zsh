#compdef hotfix git-hotfix
# Completion of hotfix for zsh. Put this line into ~/.zshrc, below compinit:
#     source <(hotfix completions zsh)
# or, into a directory of $fpath: hotfix completions zsh > DIRECTORY/_hotfix

_hotfix() {
    local -a finished unfinished
    local line
    local -a asked=("${words[@]}")
    asked[1]=hotfix
    for line in "${(@f)$(_CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((CURRENT - 1)) HOTFIX_COMPLETE=zsh \
        command hotfix -- "${(@)asked}" 2>/dev/null)}"; do
        case ${line%%:*} in
            ('') ;;
            # What is not finished gets no blank behind it.
            (*[=/]) unfinished+=("$line") ;;
            (*) finished+=("$line") ;;
        esac
    done
    (( $#finished )) && _describe -V hotfix finished
    (( $#unfinished )) && _describe -V hotfix unfinished -S ''
    (( $#finished + $#unfinished ))
}

# git's own completion calls this for `git hotfix`.
_git-hotfix() {
    _hotfix
}

if [[ $funcstack[1] == _hotfix ]]; then
    _hotfix
else
    compdef _hotfix hotfix git-hotfix
fi
