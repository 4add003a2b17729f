// The exceptions of the library.
#pragma once

#include <cstddef>
#include <cstring>
#include <exception>
#include <type_traits>
#include <utility>

#if defined(__GNUC__)
#define WENGERT_COLD __attribute__((noinline, cold))
#else
#define WENGERT_COLD
#endif

namespace wengert {

// What an exception says: characters, a 0 after them, that become a std::string or std::string_view by themselves. <string>
// takes a compiler as long as a small program with active scalars, and <string_view> a quarter of that.
class owned_text {
 public:
  owned_text(const char* s = "") : owned_text(s, std::strlen(s)) {}
  template <class S>
  requires std::is_convertible_v<decltype(std::declval<const S&>().data()), const char*> owned_text(const S& s)
      : owned_text(s.data(), s.size()) {}
  owned_text(const owned_text& o) : owned_text(o.data(), o.size()) {}
  owned_text(owned_text&& o) noexcept : data_(std::exchange(o.data_, nullptr)), size_(std::exchange(o.size_, 0)) {}
  owned_text& operator=(owned_text o) noexcept {
    std::swap(data_, o.data_);
    std::swap(size_, o.size_);
    return *this;
  }
  ~owned_text() { delete[] data_; }

  const char* data() const { return c_str(); }
  const char* c_str() const { return data_ == nullptr ? "" : data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  template <class S>
  requires requires { S("", 0).substr(0); }
  operator S() const { return S(data(), size()); }
  template <class S>
  requires requires(S s) { s.append("", 0); }
  friend S operator+(S s, const owned_text& t) { return static_cast<S&&>(s.append(t.data(), t.size())); }
  friend bool operator==(const owned_text& a, const owned_text& b) {
    return a.size_ == b.size_ && std::memcmp(a.data(), b.data(), a.size_) == 0;
  }

 private:
  WENGERT_COLD owned_text(const char* s, std::size_t length) : data_(new char[length + 1]), size_(length) {
    if (length != 0) std::memcpy(data_, s, length);
    data_[length] = 0;
  }

  char* data_;
  std::size_t size_;
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
