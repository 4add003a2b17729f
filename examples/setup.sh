# Sourced by quickstart.sh and tests/run.sh, which set $root: what the build needs, and the build.

packages='build-essential meson ninja-build pkg-config libfmt-dev libboost-dev libhwy-dev libedit-dev nlohmann-json3-dev doctest-dev libeigen3-dev'

say() { printf '== %s\n' "$*"; }

# The headers are asked of the compiler, so that they may come from anywhere.
everything_is_there() {
  for tool in g++ meson ninja pkg-config; do
    command -v "$tool" >/dev/null 2>&1 || return 1
  done
  pkg-config --exists fmt nlohmann_json libhwy || return 1
  printf '#include <boost/version.hpp>\n#include <doctest/doctest.h>\n' | g++ -x c++ -E - >/dev/null 2>&1
}

install_what_is_missing() {
  if everything_is_there; then
    say 'all that the build needs is installed'
    return
  fi
  as_root=
  if ! command -v apt-get >/dev/null 2>&1; then
    say "please install the equivalent of these Debian packages, then run this again: $packages"
    exit 1
  elif [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      say "please install these packages as root, then run this again: apt-get install $packages"
      exit 1
    fi
    as_root=sudo
  fi
  say "installing $packages"
  $as_root apt-get update -q
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages
}

# configure FOLDER [OPTION...]: sets the build folder up, or changes its options.
configure() {
  folder=$1
  shift
  say "configuring $folder"
  if [ -f "$folder/build.ninja" ]; then
    [ $# -eq 0 ] || meson configure "$folder" "$@"
  else
    meson setup "$folder" "$root" "$@"
  fi
}
