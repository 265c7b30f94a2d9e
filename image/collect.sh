#!/usr/bin/env bash
# Puts into a folder what the image has of this build: the program without its symbols, and the libraries of the Swift toolchain that it needs,
# side by side, where it looks for them. The other libraries are Debian's, which the Dockerfile installs.
set -euo pipefail
program=$1 folder=$2
rm -rf "$folder"
mkdir -p "$folder"
strip -o "$folder/weir" "$program"
toolchain=$(dirname "$(ldd "$program" | awk '$1 == "libswiftCore.so" { print $3 }')")
ldd "$program" | awk -v folder="$toolchain/" 'index($3, folder) == 1 { print $3 }' | xargs cp -L -t "$folder"
