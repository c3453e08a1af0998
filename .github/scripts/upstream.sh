#!/usr/bin/env bash
# Fetches the published description, compares it with ours, and opens an issue for each thing that
# is not as it was: the description, its place, or its version. Needs `gh` with a token.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

repository=Azure/azure-rest-api-specs
folder=specification/containerregistry/data-plane/Azure.ContainerRegistry/stable
version=2021-07-01
file=$folder/$version/containerregistry.json
issue=.github/scripts/open-issue.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if curl --fail --silent --show-error --location --retry 3 --max-time 60 \
    --output "$work/published.json" \
    "https://raw.githubusercontent.com/$repository/main/$file" 2> "$work/report"; then
    if ! cargo xtask upstream "$work/published.json" > "$work/report" 2>&1; then
        "$issue" "The published description has changed" "$work/report"
    fi
else
    printf '%s could not be fetched. If it has moved, correct .github/scripts/upstream.sh.\n' \
        "$file" >> "$work/report"
    "$issue" "The published description cannot be fetched" "$work/report"
fi
cat "$work/report"

# A new version comes in a folder of its own, beside a file that does not change.
if gh api "repos/$repository/contents/$folder" --jq '.[].name' > "$work/versions"; then
    newest=$(grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' "$work/versions" | sort | tail -n 1 || true)
    if [[ -n $newest && $newest > $version ]]; then
        "$issue" "Version $newest of the service's API was published" "$work/versions"
    fi
else
    echo "cannot list $folder: whether there is a newer version is not known" >&2
fi
