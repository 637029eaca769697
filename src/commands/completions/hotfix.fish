# Completion of hotfix for fish. Write it where fish looks for it:
#     hotfix completions fish > ~/.config/fish/completions/hotfix.fish

function __hotfix_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    # `git hotfix` is asked as `hotfix`.
    test "$words[1]" = git; and set -e words[1]
    set words[1] hotfix
    HOTFIX_COMPLETE=fish command hotfix -- $words (commandline --current-token --cut-at-cursor) 2>/dev/null
end

complete --command hotfix --keep-order --no-files --arguments '(__hotfix_complete)'
complete --command git-hotfix --keep-order --no-files --arguments '(__hotfix_complete)'
complete --command git --keep-order --no-files --condition '__fish_seen_subcommand_from hotfix' --arguments '(__hotfix_complete)'
