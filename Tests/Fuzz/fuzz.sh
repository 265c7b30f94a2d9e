#!/bin/sh
# Runs the fuzz targets, several at a time, and prints what came of it. Called by the Makefile at the root.
#
#   fuzz.sh each SECONDS      so long for each target
#   fuzz.sh all SECONDS       so long for all of them together
#   fuzz.sh mutations COUNT   so many real datagrams with changed octets, without looking for new ways
#
# FUZZ_TARGETS names some of the targets; FUZZ_JOBS says how many run at a time (as many as there are processors); CAPTURES names the folder whose captures
# are taken for seeds. Everything is in .build-fuzz: what the corpus has grown to, logs, and in findings/ the inputs that broke something.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../.build-fuzz
mode=$1
seconds=$2
jobs=${FUZZ_JOBS:-$(nproc)}
all="netflow5 netflow9 ipfix sflow packets captures state configuration objects"
targets=${FUZZ_TARGETS:-$all}

# A crash is libFuzzer's to report; the Swift runtime's own report would hang under AddressSanitizer.
export SWIFT_BACKTRACE=enable=no
# AddressSanitizer keeps freed memory back to see it used; 16 MiB of it are enough here.
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8

make --no-print-directory -j"$(nproc)" -f "$here/Makefile"
build=$(cd "$build" && pwd)

# The nearest shared/ beside or above the repository, as the tests look for it.
captures=${CAPTURES:-}
place=$here
while [ -z "$captures" ] && [ "$place" != / ]; do
    place=$(dirname "$place")
    if [ -d "$place/shared/captures" ]; then captures=$place/shared; fi
done
if [ -n "$captures" ] && [ ! -e "$build/seeds/.made" ]; then
    rm -rf "$build/seeds" && mkdir -p "$build/seeds"
    find "$captures" -name '*.pcap' -exec "$build/bin/seeds" "$build/seeds" 2048 {} +
    touch "$build/seeds/.made"
fi
[ -n "$captures" ] || echo "fuzz: there are no captures beside the repository; the seeds are those of Tests/Fuzz/Corpus" >&2

if [ "$mode" = mutations ]; then
    : "${FUZZ_SEED:=$(date +%s)}"
    echo "fuzz: $seconds mutated datagrams, FUZZ_SEED=$FUZZ_SEED"
    running=0
    for target in netflow5 netflow9 ipfix sflow; do
        mkdir -p "$build/seeds/$target" "$build/logs"
        "$build/bin/mutations" $((seconds / 4)) "$FUZZ_SEED" "$here/Corpus/$target" "$build/seeds/$target" \
            >"$build/logs/mutations-$target.log" 2>&1 && echo 0 >"$build/logs/mutations-$target.status" ||
            echo $? >"$build/logs/mutations-$target.status" &
        running=$((running + 1))
        if [ "$running" -ge "$jobs" ]; then
            wait
            running=0
        fi
    done
    wait
    failed=0
    for target in netflow5 netflow9 ipfix sflow; do
        if [ "$(cat "$build/logs/mutations-$target.status")" = 0 ]; then
            result=$(tail -1 "$build/logs/mutations-$target.log")
            echo "attack | real datagrams with changed octets, $target | ${result%% *} | no crash, ${result#*, } | within the bounds"
        else
            failed=1
            tail -n 20 "$build/logs/mutations-$target.log" >&2
        fi
    done
    exit "$failed"
fi

if [ "$mode" = all ]; then
    count=$(echo "$targets" | wc -w)
    [ "$jobs" -le "$count" ] || jobs=$count
    seconds=$((seconds * jobs / count))
    [ "$seconds" -ge 1 ] || seconds=1
fi

dictionary() {
    case $1 in
        netflow9 | ipfix) echo messages ;;
        netflow5) echo sflow ;;
        *) echo "$1" ;;
    esac
}

run() {
    # The threads on which YAML is read are on their way out when their result is there, and what they still hold looks lost.
    case $1 in configuration | objects) export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" ;; esac
    mkdir -p "$build/corpus/$1" "$build/findings/$1" "$build/seeds/$1" "$build/logs"
    # No input takes long, and none makes a target ask for much memory at once.
    "$build/bin/$1" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 -malloc_limit_mb=64 -max_len=4096 -print_final_stats=1 \
        -dict="$here/Dictionaries/$(dictionary "$1").dict" -artifact_prefix="$build/findings/$1/" \
        "$build/corpus/$1" "$here/Corpus/$1" "$build/seeds/$1" >"$build/logs/$1.log" 2>&1 && echo 0 >"$build/logs/$1.status" ||
        echo $? >"$build/logs/$1.status"
}

echo "fuzz: $(echo $targets | wc -w) targets, $seconds s each, $jobs at a time"
running=0
for target in $targets; do
    run "$target" &
    running=$((running + 1))
    if [ "$running" -ge "$jobs" ]; then
        wait
        running=0
    fi
done
wait

failed=
total=0
for target in $targets; do
    log=$build/logs/$target.log
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
    memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log" | tail -1)
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
    if [ "$(cat "$build/logs/$target.status")" = 0 ]; then
        outcome="no crash, ${edges:-0} edges"
    else
        outcome="FAILED"
        failed="$failed $target"
    fi
    total=$((total + ${executed:-0}))
    case $target in
        netflow* | ipfix | sflow) input=datagrams ;;
        packets) input=packets ;;
        *) input=files ;;
    esac
    echo "attack | mutated $input, $target | ${executed:-0} | $outcome | ${memory:-?} MB"
done
echo "attack | mutated inputs, all targets | $total | |"

for target in $failed; do
    log=$build/logs/$target.log
    finding=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    {
        echo
        echo "fuzz: $target found something:"
        grep -aE 'Fatal error|^==[0-9]+==.*ERROR|^SUMMARY' "$log" || tail -n 20 "$log"
        echo "fuzz: the whole report is $log; to see it again:"
        echo "    SWIFT_BACKTRACE=enable=no $build/bin/$target ${finding:-}"
    } >&2
done
[ -z "$failed" ]
