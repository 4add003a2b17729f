// Where an answer is written.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <wengert/core/error.hpp>

namespace wengert::cli {

// Throws error U07.
inline void write_all(std::FILE* file, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fflush(file) != 0)
    throw error("U07", "the answer cannot be written");
}

// Standard output, or the file of --output. Throws error U07 where the file cannot be opened.
class destination {
 public:
  explicit destination(const std::string& name) : file_(stdout) {
    if (name.empty()) return;
    opened_.reset(std::fopen(name.c_str(), "wb"));
    file_ = opened_.get();
    if (file_ == nullptr) throw error("U07", fmt::format("'{}' cannot be written", name));
  }
  std::FILE* file() const { return file_; }

 private:
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  std::unique_ptr<std::FILE, closer> opened_;
  std::FILE* file_;
};

}  // namespace wengert::cli
