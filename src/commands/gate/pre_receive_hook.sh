#!/bin/sh
# The gate of hotfix, for the server: hooks/pre-receive in the bare repository, executable, with hotfix on the path.
# Git runs it once for a whole push, before anything of it is taken in. The ledger only grows; what comes to a release line
# belongs to an incident; a release from main holds every fix. Whatever concerns no release passes at once.
# Another hook of yours can call the last line: it reads what git gives on standard input.
exec hotfix gate --hook pre-receive
