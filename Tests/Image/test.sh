#!/usr/bin/env bash
# No image can be built in CI, so this reads the Dockerfile and holds it against what is here: its steps are those of `make test`, its packages are those of
# the libraries that the program needs, and its program runs with its files, its user and nothing else, and is found well by its HEALTHCHECK.
set -euo pipefail
cd "$(dirname "$0")/../.."
failures=0
fail() { echo "Tests/Image: $*" >&2; failures=$((failures + 1)); }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# One instruction a line, without comments.
sed -e '/^#/d' Dockerfile | sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba' -e '}' | grep . >"$folder/instructions"
instructions() { sed -n "s/^$1 //p" "$folder/instructions"; }
builds() { sed '/^FROM/{x;s/^/x/;x}; G; /\nxx$/Q; s/\n.*//' "$folder/instructions"; }

# The first stage runs targets of the Makefile, and nothing else but for make's own installation.
builds | sed -n 's/^RUN //p' >"$folder/steps"
sed -n '1p' "$folder/steps" | grep -qx 'apt-get update -q && apt-get install -qy --no-install-recommends make' || fail "the first step does not install make"
sed '1d' "$folder/steps" | grep -v '^make [a-z-]*$' && fail "a step is no target of the Makefile"
targets=$(sed -n 's/^make //p' "$folder/steps")
[ -n "$targets" ] || fail "no step builds anything"
# What they run is what `make test` runs, in its order.
make --dry-run --no-print-directory test >"$folder/tested"
# shellcheck disable=SC2086
make --dry-run --no-print-directory $targets >"$folder/built"
line=0
while IFS= read -r command; do
    next=$(awk -v after="$line" -v command="$command" 'NR > after && $0 == command { print NR; exit }' "$folder/tested")
    [ -n "$next" ] || { fail "make test does not run, or not in this order: $command"; break; }
    line=$next
done <"$folder/built"

# What is copied is there, and reaches the builder.
instructions COPY | grep -v -- '--from' | while read -r from _; do
    [ -e "$from" ] || { echo "Tests/Image: COPY $from: there is no such file" >&2; exit 1; }
    [ "$from" = . ] || ! grep -qx "${from%%/*}" .dockerignore || { echo "Tests/Image: COPY $from: .dockerignore leaves it out" >&2; exit 1; }
done || failures=$((failures + 1))
for needed in Makefile Package.swift Package.resolved Sources Tests image; do
    ! grep -qx "$needed" .dockerignore || fail ".dockerignore leaves $needed out"
done

# Debian's packages in the image are those whose libraries the program and Swift's libraries ask for by name, and the authorities' certificates.
files=.build/image
declare -A path owner
while read -r name _ file _; do [ -z "${file:-}" ] || path[$name]=$file; done < <(ldd "$files/weir")
# dpkg knows a file under the path that it had before /lib became a link to /usr/lib, or after.
while IFS=: read -r package _ file; do owner[${file# }]=$package owner[${file# /usr}]=$package; done < <(dpkg -S "${path[@]}" "${path[@]/#//usr}" 2>/dev/null)
{
    echo ca-certificates
    for name in $(readelf -d "$files"/* | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u); do
        [ -e "$files/$name" ] || [ "${name#ld-linux}" != "$name" ] || echo "${owner[${path[$name]:-$name}]:-unknown:$name}"
    done
} | sort -u >"$folder/needed"
instructions RUN | sed -n 's/.*apt-get install -qy --no-install-recommends \(ca-certificates.*\) && rm .*/\1/p' | tr -s ' ' '\n' | sort -u >"$folder/installed"
diff "$folder/needed" "$folder/installed" >&2 || fail "the image's packages (>) are not those that are needed (<)"
# Whatever else is loaded comes with these packages.
# shellcheck disable=SC2046
apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances $(cat "$folder/installed") |
    grep '^[a-z]' | cut -d: -f1 | sort -u >"$folder/closure"
for file in "${path[@]}"; do
    case $file in *"/swift/"*) continue ;; esac
    grep -qx "${owner[$file]:-unknown}" "$folder/closure" || fail "$file comes with no package of the image"
done

# A root of these files only: the program runs there as the image's user, with the image's configuration, and its health check finds it well.
root=$folder/root
copy() { while read -r file; do mkdir -p "$root$(dirname "$file")" && cp -L "$file" "$root$file"; done; }
mkdir -p "$root/opt/weir" "$root/usr/local/bin" "$root/var/lib/weir" "$root/proc"
for file in "${path[@]}"; do case $file in *"/swift/"*) ;; *) echo "$file" ;; esac; done | copy
ldd /bin/bash | grep -o '/[^ ]*' | copy
echo /bin/bash | copy
cp -L "$files"/* "$root/opt/weir/"
instructions COPY | grep -v -- '--from' | while read -r from to; do [ "$from" = . ] || { echo "$root$to" "$from"; }; done | while read -r to from; do
    mkdir -p "$(dirname "$to")" && cp -p "$from" "$to"
done
ln -s /opt/weir/weir "$root/usr/local/bin/weir"
user=$(instructions USER)
case $user in "" | 0* | root*) fail "USER is $user" ;; esac
start=$(instructions ENTRYPOINT | tr -d '[],"')$(instructions CMD | tr -d '[],"' | sed 's/^/ /')
health=$(instructions HEALTHCHECK | sed -n 's/.*CMD \["\(.*\)"\]$/\1/p')
[ -x "$root$health" ] || fail "HEALTHCHECK runs $health, which is not there"
[ "$(id -u)" = 0 ] || { echo "Tests/Image: not root, so nothing is run in a root of its own" >&2; exit "$((failures > 0))"; }
unshare --mount true || {
    echo "Tests/Image: root needs a mount namespace of its own, which this machine refuses: in a container, run it with --privileged" >&2
    exit 1
}
chown "$user" "$root/var/lib/weir"
chmod 755 "$folder" "$root"
# Ports that somebody else on this machine has are no reason to fail: the kernel chooses, the log says which.
sed 's/":9479"/"127.0.0.1:0"/; s/^state/listen: ["127.0.0.1:0"]\nlisten_tcp: []\nstate/; s/^web: {/web: { listen: "127.0.0.1:0",/' image/weir.yaml >"$root/etc/weir/weir.yaml"
# A mount of its own for /proc, which goes with the process.
inside='mount --bind /proc "$0/proc" && exec chroot --userspec="$1" "$0" "${@:2}"'
# shellcheck disable=SC2086
env -i PATH="$PATH" unshare --mount bash -c "$inside" "$root" "$user" $start 2>"$folder/log" >&2 &
weir=$!
trap 'kill "$weir" 2>/dev/null || true; wait "$weir" 2>/dev/null || true; rm -rf "$folder"' EXIT
port=
for _ in $(seq 300); do
    port=$(sed -n 's/.*serving probes address=.*:\([0-9]*\).*/\1/p' "$folder/log")
    [ -z "$port" ] || break
    kill -0 "$weir" 2>/dev/null || break
    sleep 0.2
done
healthy() { env -i PATH="$PATH" WEIR_PROBE_PORT="$1" chroot --userspec="$user" "$root" "$health"; }
if [ -z "$port" ]; then
    fail "it does not start as $user: $(tail -5 "$folder/log")"
else
    healthy "$port" || fail "the health check does not find a Weir that lives"
    ! healthy 1 2>/dev/null || fail "the health check finds a Weir where there is none"
    kill "$weir"
    wait "$weir" || fail "it does not end cleanly"
    ! healthy "$port" 2>/dev/null || fail "the health check finds a Weir that has ended"
    [ -n "$(ls "$root/var/lib/weir")" ] || fail "it has not written its state"
fi
[ "$failures" = 0 ] && echo "Tests/Image: the Dockerfile's steps are those of make test, and its $(wc -l <"$folder/installed") packages are those that are needed"
exit "$((failures > 0))"
