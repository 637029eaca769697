# Completion of hotfix for bash. Put this line into ~/.bashrc:
#     source <(hotfix completions bash)
# or, for everybody: hotfix completions bash > /usr/share/bash-completion/completions/hotfix

_hotfix() {
    # COMP_WORDBREAKS takes words apart at = and :, so they are put together again as they stand on the line.
    local first=${1:-0} rest=${COMP_LINE:0:$COMP_POINT} words=() head='' part line i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]}
        if [[ $i == 0 || $rest == [[:blank:]]* ]]; then
            rest=${rest#"${rest%%[![:blank:]]*}"}
            head=''
            words+=('')
        else
            head=${words[${#words[@]} - 1]}
        fi
        # The line ends at the cursor, which may stand within the last word.
        [[ $i == "$COMP_CWORD" ]] && part=$rest
        # Right behind a = or : the shell has nothing of the word yet.
        [[ $part == [=:] ]] && head+=$part
        words[${#words[@]} - 1]+=$part
        rest=${rest#"$part"}
    done
    words=("${words[@]:$first}")
    words[0]=hotfix
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line#"$head"}")
    done < <(_CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) HOTFIX_COMPLETE=bash \
        command hotfix -- "${words[@]}" 2>/dev/null; echo)
    # What is not finished gets no blank behind it.
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o nosort -F _hotfix hotfix git-hotfix 2>/dev/null || complete -F _hotfix hotfix git-hotfix

# git's own completion calls this for `git hotfix`.
_git_hotfix() {
    _hotfix "${__git_cmd_idx:-1}"
}
