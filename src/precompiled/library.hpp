// Headers that nearly every source of the library includes, compiled once. Sources still include what they name.
#ifndef WENGERT_PRECOMPILED_LIBRARY_HPP  // a header that is compiled by itself must not say #pragma once
#define WENGERT_PRECOMPILED_LIBRARY_HPP

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>
#include <boost/multiprecision/cpp_int.hpp>

#endif
