// Headers that nearly every test includes, compiled once.
#pragma once

#include <string>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
