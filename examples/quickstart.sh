#!/bin/sh
# Builds wengert in ./build of the source tree and derives the gradient of softmax with cross-entropy. On Debian it first installs
# what is missing, with apt-get.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/examples/setup.sh"

install_what_is_missing
configure "$root/build"
say 'building the wengert command'
ninja -C "$root/build" src/cli/wengert
say "running: wengert derive 'cross_entropy(softmax(z), y)' --wrt z --given 'one_hot(y)'"
"$root/build/src/cli/wengert" derive 'cross_entropy(softmax(z), y)' --wrt z --given 'one_hot(y)'
