// Whether the address sanitizer is on, under which everything takes more than ten times as long.
#pragma once

namespace wengert {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

// How many of n examples at random a test takes.
constexpr unsigned examples(unsigned n) { return sanitized ? (n + 3) / 4 : n; }

}  // namespace wengert
