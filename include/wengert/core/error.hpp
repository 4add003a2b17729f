// The exceptions of the library.
#pragma once

#include <cstddef>
#include <exception>
#include <string_view>
#include <type_traits>
#include <utility>

#if defined(__GNUC__)
#define WENGERT_COLD __attribute__((noinline, cold))
#else
#define WENGERT_COLD
#endif

namespace wengert {

// What an exception says: a string_view that owns its characters, a 0 after them, and becomes a std::string by itself. <string>
// takes a compiler as long as a small program with active scalars.
class owned_text : public std::string_view {
 public:
  owned_text(const char* s = "") : owned_text(s, std::string_view(s).size()) {}
  template <class S>
  requires std::is_convertible_v<const S&, std::string_view> owned_text(const S& s)
      : owned_text(std::string_view(s).data(), std::string_view(s).size()) {}
  owned_text(const owned_text& o) : owned_text(o.data(), o.size()) {}
  owned_text(owned_text&& o) noexcept : std::string_view(o) { o.view() = {}; }
  owned_text& operator=(owned_text o) noexcept {
    swap(o);
    return *this;
  }
  ~owned_text() { delete[] data(); }

  const char* c_str() const { return data() == nullptr ? "" : data(); }
  template <class S>
  requires requires(S s) { s.append("", 0); }
  operator S() const { return S(data(), size()); }
  template <class S>
  requires requires(S s) { s.append("", 0); }
  friend S operator+(S s, const owned_text& t) { return static_cast<S&&>(s.append(t.data(), t.size())); }

 private:
  WENGERT_COLD owned_text(const char* s, std::size_t length) {
    char* own = new char[length + 1];
    for (std::size_t i = 0; i < length; ++i) own[i] = s[i];
    own[length] = 0;
    view() = {own, length};
  }
  std::string_view& view() { return *this; }
};

// Thrown for every input or usage that the library refuses. `code` is one of the documented codes ("P03", "S01", ...); `what()`
// says what is wrong, `hint` what to do. Where the error lies in a text, `source` is that text and `column`/`length` count code
// points from 1; column 0 means that no place is known.
class error : public std::exception {
 public:
  error(owned_text code_, owned_text message, owned_text hint_ = {}, std::size_t column_ = 0, std::size_t length_ = 1)
      : code(std::move(code_)), hint(std::move(hint_)), column(column_), length(length_), message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

  owned_text code;
  owned_text hint;
  owned_text source;
  std::size_t column = 0;
  std::size_t length = 1;

 private:
  owned_text message_;
};

// Short where it is called.
[[noreturn]] WENGERT_COLD inline void throw_error(const char* code, const char* message, const char* hint = "") {
  throw error(code, message, hint);
}

// A broken promise of our own code, never the user's fault; the command line exits with 3.
class defect : public std::exception {
 public:
  explicit defect(owned_text message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  owned_text message_;
};

}  // namespace wengert
