// A large range of addresses, whose pages are taken from the system as they are first written.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include <wengert/core/error.hpp>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#define WENGERT_RESERVES_ADDRESSES 1
#endif

namespace wengert {

// The thread sanitizer ends programs that map more than some terabytes.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WENGERT_FEW_ADDRESSES 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(WENGERT_FEW_ADDRESSES)
inline constexpr std::size_t most_reserved = std::size_t{1} << 32;
#undef WENGERT_FEW_ADDRESSES
#else
inline constexpr std::size_t most_reserved = ~std::size_t{0};
#endif

class reserved_memory {
 public:
  reserved_memory() = default;
  // Where the system grants less (a limit on addresses, a strict policy, or no way to reserve), so does this: half, a quarter,
  // ... Throws std::bad_alloc where it grants nothing.
  WENGERT_COLD explicit reserved_memory(std::size_t wanted) {
#if defined(WENGERT_RESERVES_ADDRESSES)
    constexpr std::size_t least = std::size_t{1} << 12;
    bool refused = false;
    if (wanted > most_reserved) wanted = most_reserved;
    for (size_ = wanted > least ? wanted : least; size_ >= least; size_ /= 2) {
      begin_ = map(size_);
      if (begin_ == nullptr) {
        refused = true;
        continue;
      }
      if (!refused || size_ < 2 * least) return;
      // Not all that is left: others need some.
      munmap(begin_, size_);
      refused = false;
    }
    throw std::bad_alloc();
#else
    constexpr std::size_t most = std::size_t{1} << 28;
    size_ = wanted < most ? wanted : most;
    begin_ = ::operator new(size_);
#endif
  }
  ~reserved_memory() {
#if defined(WENGERT_RESERVES_ADDRESSES)
    if (begin_ != nullptr) munmap(begin_, size_);
#else
    ::operator delete(begin_);
#endif
  }
  reserved_memory(reserved_memory&& o) noexcept : begin_(std::exchange(o.begin_, nullptr)), size_(std::exchange(o.size_, 0)) {}
  reserved_memory& operator=(reserved_memory&& o) noexcept {
    std::swap(begin_, o.begin_);
    std::swap(size_, o.size_);
    return *this;
  }

  void* begin() const { return begin_; }
  std::size_t size() const { return size_; }

 private:
#if defined(WENGERT_RESERVES_ADDRESSES)
  static void* map(std::size_t size) {
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return nullptr;
#if defined(MADV_HUGEPAGE)
    // Where much is written, in large pages: there are fewer to wait for.
    constexpr std::size_t few = std::size_t{1} << 21;
    if (size > few) madvise(static_cast<std::byte*>(p) + few, size - few, MADV_HUGEPAGE);
#endif
    return p;
  }
#endif

  void* begin_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace wengert
