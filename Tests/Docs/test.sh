#!/usr/bin/env bash
# Runs what the documents tell people to type. A document's comments say which of its blocks are run, and what stands around them:
#
#   <!-- test -->            the commands of the next block, which begin with "$ " or "# "
#   <!-- test: COMMAND -->   this one, which readers don't see: what they have already, or what must be true now
#   <!-- file: NAME -->      the next block is this file
#
# `eventually COMMAND` waits a minute for a command to succeed; `listen ADDRESS FILE` writes the flows that come to an address, by process $listener.
#
# All of a document is one session of bash that ends with the first command that fails: in an empty folder, with `weir` in the PATH and the captures in
# $captures, in a network of its own (loopback, and the addresses of the examples: 192.0.2.10 and eth0), so that the default ports are free and nothing
# leaves this machine; and with processes of its own, which end with it.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD
weir=${WEIR:-$(swift build -c release --show-bin-path)/weir}
captures=
for place in "$repository/.." "$repository/../.." "$repository/../../.."; do
    [ -n "$captures" ] || [ ! -d "$place/shared/captures" ] || captures=$(realpath "$place/shared/captures")
done
[ -n "$captures" ] || { echo "Tests/Docs: needs the folder shared/captures beside the repository" >&2; exit 1; }

# What a document's session is run with.
isolate=(unshare --map-root-user --net --pid --fork --kill-child --mount-proc)
if ! "${isolate[@]}" ip link set lo up >/dev/null; then
    echo "Tests/Docs: needs namespaces of its own (user, network, process, mount; unshare, ip), which this machine refuses: in a container, run it with" \
        "--privileged; else see the sysctls kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns" >&2
    exit 1
fi

# The script that a document is.
session() {
    awk '
        function say(command) { text = command; gsub(/\047/, "\047\\\047\047", text); print "line=" NR "; shown=\047" text "\047; " command }
        /^<!-- test: .* -->$/ { command = $0; sub(/^<!-- test: /, "", command); sub(/ -->$/, "", command); say(command); next }
        /^<!-- test -->$/ { wanted = "run"; next }
        /^<!-- file: .* -->$/ { wanted = "file"; name = $3; next }
        /^```/ && inside == "" && wanted != "" {
            inside = wanted; wanted = ""
            if (inside == "file") print "mkdir -p \"$(dirname " name ")\"; cat >" name " <<\047END OF THE FILE\047"
            next
        }
        /^```/ && inside != "" { if (inside == "file") print "END OF THE FILE"; inside = ""; continued = 0; next }
        inside == "file" { print; next }
        inside == "run" && continued { print; continued = /\\$/; next }
        inside == "run" && /^[$#] / { command = substr($0, 3); sub(/ +# .*$/, "", command); if (command ~ /\\$/) { print command; continued = 1 } else say(command); next }
    ' "$1"
}

run() {
    local document=$1 folder
    folder=$(mktemp -d)
    mkdir "$folder/bin" "$folder/home"
    ln -s "$weir" "$folder/bin/weir"
    {
        echo 'set -Eeuo pipefail; trap '\''echo "$document:$line: $shown" >&2'\'' ERR'
        echo 'eventually() { for _ in $(seq 600); do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.1; done; "$@"; }'
        echo 'listen() { weir decode --listen "$1" >"$2" 2>"$2.log" & listener=$!; eventually grep -q listening "$2.log"; }'
        echo 'ip link set lo up; ip address add 192.0.2.10/32 dev lo'
        echo 'ip link add eth0 type veth peer name eth1 && ip address add 192.0.2.20/32 dev eth0 && ip link set eth0 up && ip link set eth1 up'
        session "$document"
    } >"$folder/session"
    mkdir "$folder/work"
    local status=0
    (
        cd "$folder/work"
        env -i PATH="$folder/bin:$PATH:/usr/sbin:/sbin" HOME="$folder/home" repository="$repository" captures="$captures" document="$document" \
            timeout 300 "${isolate[@]}" bash "$folder/session" >"$folder/output" 2>&1
    ) || status=$?
    if [ "$status" = 0 ]; then
        echo "$document: $(grep -c '^line=' "$folder/session") commands"
    else
        tail -30 "$folder/output" >&2
        echo "Tests/Docs: $document failed with $status" >&2
    fi
    rm -rf "$folder"
    return "$status"
}

# Links to files and headings lead somewhere.
links() {
    local broken=0 document target file heading
    for document in README.md docs/*.md grafana/*.md helm/weir/README.md; do
        [ -e "$document" ] || continue
        while read -r target; do
            case $target in http://* | https://* | mailto:*) continue ;; esac
            file=${target%%#*} heading=
            [ "$file" = "$target" ] || heading=${target#*#}
            if [ -z "$file" ]; then file=$document; else file=$(dirname "$document")/$file; fi
            if [ ! -e "$file" ]; then
                echo "$document: $target: there is no such file" >&2
                broken=1
            elif [ -n "$heading" ] && ! sed -n 's/^#\+ //p' "$file" | tr '[:upper:]' '[:lower:]' | sed "s/[^a-z0-9 _-]//g; s/ /-/g" | grep -qx -- "$heading"; then
                echo "$document: $target: there is no such heading" >&2
                broken=1
            fi
        done < <(sed '/^```/,/^```/d' "$document" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//')
    done
    return "$broken"
}

failures=0
links || failures=1
if [ "$#" -gt 0 ]; then documents=("$@"); else mapfile -t documents < <(grep -lE '^<!-- (test|file)' README.md docs/*.md); fi
for document in "${documents[@]}"; do run "$document" || failures=1; done
exit "$failures"
