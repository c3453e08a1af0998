#!/usr/bin/env bash
# open-issue.sh TITLE FILE: opens an issue with the text of the file, unless one with this title is
# open already.
set -euo pipefail
title=$1
file=$2

# Kept first: a list that cannot be had must not look like one without the title.
open=$(gh issue list --state open --limit 1000 --json title --jq '.[].title')
if grep --fixed-strings --line-regexp --quiet -- "$title" <<< "$open"; then
    echo "an issue is open already: $title"
    exit 0
fi

{
    printf 'CONTRIBUTING.md says what to do.\n\n~~~text\n'
    # An issue holds 65,536 characters.
    head -c 60000 "$file"
    printf '\n~~~\n'
} | gh issue create --title "$title" --body-file -
