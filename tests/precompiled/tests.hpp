// Headers that nearly every test includes, compiled once.
#ifndef WENGERT_PRECOMPILED_TESTS_HPP  // a header that is compiled by itself must not say #pragma once
#define WENGERT_PRECOMPILED_TESTS_HPP

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/multiprecision/cpp_int.hpp>

#endif
