// Numbers that read better with a point: 0.044715 for 8943/200000, 1e-5 for 1/100000.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include <wengert/core/rational.hpp>

namespace wengert {

// The decimal of |q| where its digits end and it is shorter than the fraction, which is long or over at least 1000.
inline std::optional<std::string> as_decimal(const rational& q) {
  if (denominator(q) == 1) return std::nullopt;
  big_integer rest = denominator(q);
  std::size_t twos = 0, fives = 0;
  for (; rest % 2 == 0; rest /= 2) ++twos;
  for (; rest % 5 == 0; rest /= 5) ++fives;
  const rational size = abs(q);
  const std::string fraction = size.str();
  if (denominator(q) < 1000 && fraction.size() < 8) return std::nullopt;
  const std::size_t places = std::max(twos, fives);
  if (rest != 1 || places > fraction.size() + 8) return std::nullopt;
  const std::string digits =
      big_integer(numerator(rational(size * rational(pow(big_integer(10), static_cast<unsigned>(places)))))).str();
  std::string plain = digits.size() > places ? digits : std::string(places + 1 - digits.size(), '0') + digits;
  plain.insert(plain.size() - places, ".");
  std::string exponent = digits.substr(0, 1) + (digits.size() > 1 ? "." + digits.substr(1) : "");
  exponent += "e-" + std::to_string(places + 1 - std::min(digits.size(), places + 1));
  std::string& shorter = digits.size() <= places && exponent.size() < plain.size() ? exponent : plain;
  return shorter.size() < fraction.size() ? std::optional(std::move(shorter)) : std::nullopt;
}

}  // namespace wengert
