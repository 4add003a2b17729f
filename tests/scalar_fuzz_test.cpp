// A thousand random programs: reuse, copies, swaps, expressions kept in auto, sums in place, loops, branches, containers that
// reallocate. The active scalar, the forward type, differences in long double and the recorded path, compiled, must agree.
#include "scalar_gradients.hpp"

#include <algorithm>
#include <random>

#include <wengert/calculus/reverse.hpp>
#include <wengert/embed/expr.hpp>
#include <wengert/numeric/program.hpp>

using namespace wengert;

namespace {

constexpr std::size_t variables_used = 6, inputs_used = 4;

// One program. The choices come from `random` alone, but for branches, which follow the values.
template <class T> class machine {
 public:
  machine(unsigned seed, std::vector<T> start) : random_(seed), x_(std::move(start)) {}

  T run(int steps) {
    for (int k = 0; k < steps; k++) step();
    T y = 0;
    for (std::size_t i = 0; i < x_.size(); i++) y += x_[i] * (1 + 0.1 * static_cast<double>(i));
    for (const T& t : stack_) y += t * 0.05;
    return y;
  }

 private:
  std::size_t pick(std::size_t n) { return random_() % n; }

  // So that values stay where functions are tame.
  static auto tame(const T& t) {
    using std::tanh;
    return tanh(t);
  }

  void step() {
    T &a = x_[pick(variables_used)], &b = x_[pick(variables_used)], &c = x_[pick(variables_used)];
    switch (pick(8)) {
      case 0: arithmetic(a, b, c); break;
      case 1: functions(a, b, c); break;
      case 2: sums(a, b, c); break;
      case 3: kept_expressions(a, b, c); break;
      case 4: copies(a, b, c); break;
      case 5: loops(a, b, c); break;
      case 6: branches(a, b, c); break;
      case 7: containers(a, b, c); break;
    }
  }

  void arithmetic(T& a, T& b, T& c) {
    switch (pick(7)) {
      case 0: a = tame(b * c); break;
      case 1:
        a = a * a;
        a = tame(a);
        break;
      case 2: a = b - 0.5; break;
      case 3: a = tame(a / (2 + b * b) - c); break;
      case 4:
        a = 1.5 / (c + 3) + 2 * b;
        a = tame(a);
        break;
      case 5: a = tame((a - b) * (b - c) * (c - a) + a * b * c - a * a * b + c * c * c); break;
      case 6: a = T(0.3); break;
    }
  }

  void functions(T& a, T& b, T& c) {
    using std::atan2, std::cos, std::exp, std::hypot, std::log, std::pow, std::sin, std::sqrt, std::tanh;
    switch (pick(6)) {
      case 0: a = sin(b) * cos(c); break;
      case 1: a = log(2 + b * b) - tame(c); break;
      case 2: a = sqrt(1 + a * a) - 1; break;
      case 3: a = tanh(exp(tame(b)) * c); break;
      case 4: a = pow(1.5 + tame(b), tame(c)) - 1; break;
      case 5: a = tame(atan2(a, 2 + tame(b)) + hypot(b, c + 4) - 4); break;
    }
  }

  void sums(T& a, T& b, T& c) {
    using std::sin;
    switch (pick(9)) {
      case 0: a += sin(b); break;
      case 1:
        a += sin(a) * b;
        a = tame(a);
        break;
      case 2: a = a + b * 0.5; break;
      case 3:
        a -= b * c;
        a = sin(a);
        break;
      case 4:
        a += a;
        a = sin(a);
        break;
      case 5: {
        const T& same = a;
        a -= same;
        a += b * 0.2;
        break;
      }
      case 6: a = a + b * 0.1 - sin(a); break;
      case 7:
        a = (a + b * 0.1) + a * c;
        a += sin(b);
        a = tame(a);
        break;
      case 8:
        a += b;
        a *= c;
        a += 0.25;
        a /= 1.5;
        a -= c;
        a = tame(a);
        break;
    }
  }

  void kept_expressions(T& a, T& b, T& c) {
    using std::sin;
    switch (pick(6)) {
      case 0: {
        auto e = a * 0.5;
        a += b * 0.3;
        c = e;
        break;
      }
      case 1: {
        auto e = a * b;
        a = sin(c);
        b += c * 0.1;
        c = tame(e);
        break;
      }
      case 2: {
        auto e = a + b * 0.1;
        auto f = a * 0.3;
        a = e;
        c = f;
        c += sin(e);
        break;
      }
      case 3: {
        a += sin(c);
        auto e = a + sin(b);
        auto f = e;
        a = a - b * 0.1 + c * 0.2;
        c = tame(e) * sin(f);
        break;
      }
      case 4: {
        a += sin(b);
        auto e = a + b;
        auto before = a * 0.5;
        a = std::move(e);
        a += c;
        b = tame(before + a);
        a = tame(a);
        break;
      }
      case 5: {
        auto e = a * b;
        e += c;
        e = e * 0.5;
        e -= a;
        c = tame(e);
        break;
      }
    }
  }

  void copies(T& a, T& b, T& c) {
    using std::sin;
    switch (pick(6)) {
      case 0: a = b; break;
      case 1: std::swap(a, b); break;
      case 2: {
        T t = a;
        a += sin(b);
        c = t * a;
        c = sin(c);
        break;
      }
      case 3: {
        T t(std::move(a));
        a = t * 0.9;
        b = std::move(t);
        break;
      }
      case 4: {
        T& same = a;
        a = same;
        break;
      }
      case 5: {
        a += sin(c);
        const T& view = a;
        T t = view;
        a += b;
        c = tame(t * view);
        a = tame(a);
        break;
      }
    }
  }

  void loops(T& a, T& b, T& c) {
    using std::sin;
    const std::size_t rounds = 1 + pick(9);
    switch (pick(4)) {
      case 0: {
        T s = 0;
        for (std::size_t i = 0; i < rounds; i++) s += x_[i % variables_used] * (0.1 + 0.01 * static_cast<double>(i));
        a = tame(s);
        break;
      }
      case 1:
        for (std::size_t i = 0; i < rounds; i++) a += b * c * 0.05;
        a = tame(a);
        break;
      case 2:
        for (std::size_t i = 0; i < rounds; i++) a = sin(a * 1.1) + 0.1 * b;
        break;
      case 3: {
        T s = b;
        T t[3] = {a, b, c};
        for (std::size_t i = 0; i < rounds; i++) {
          t[i % 3] += t[(i + 1) % 3] * s;
          s = tame(s + t[i % 3]);
        }
        a = s;
        b = tame(t[0]);
        break;
      }
    }
  }

  void branches(T& a, T& b, T& c) {
    using std::abs, std::max, std::min;
    switch (pick(6)) {
      case 0: a = b < c ? b * a : tame(c); break;
      case 1:
        if (a > b)
          a -= b * 0.5;
        else
          b -= a * 0.5;
        break;
      case 2:
        a = max(b, c) + min(T(a * b), c) * 0.5;
        a = tame(a);
        break;
      case 3: a = abs(b - 0.123) * 0.7; break;
      case 4: a = *std::max_element(x_.begin(), x_.end()); break;
      case 5: {
        T best = 1e300;
        for (const T& t : x_)
          if ((t - 0.4) * (t - 0.4) < best) best = (t - 0.4) * (t - 0.4);
        c = tame(best + a);
        break;
      }
    }
  }

  void containers(T& a, T& b, T& c) {
    switch (pick(5)) {
      case 0: stack_.push_back(a); break;
      case 1:
        if (!stack_.empty()) {
          a += stack_.back();
          a = tame(a);
          stack_.pop_back();
        }
        break;
      case 2:
        for (T& t : stack_) t += b * 0.1;
        break;
      case 3:
        stack_.insert(stack_.begin(), b * c);
        for (T& t : stack_) t = tame(t);
        break;
      case 4: {
        std::vector<T> sorted = x_;
        std::sort(sorted.begin(), sorted.end());
        a = sorted[2] * sorted[3];
        break;
      }
    }
  }

  std::mt19937 random_;
  std::vector<T> x_, stack_;
};

// A recorded number beside its value, which decides the branches: the recording is of the path that was taken.
class followed {
 public:
  followed(double v = 0) : value_(v), recorded_(v) {}
  followed(double v, const expr& e) : value_(v), recorded_(e) {}
  double value() const { return value_; }
  const expr& recorded() const { return recorded_; }

#define BOTH(op)                                                      \
  friend followed operator op(const followed& x, const followed& y) { \
    return {x.value_ op y.value_, x.recorded_ op y.recorded_};        \
  }                                                                   \
  followed& operator op##=(const followed& y) { return *this = *this op y; }
  BOTH(+)
  BOTH(-)
  BOTH(*)
  BOTH(/)
#undef BOTH
  friend bool operator<(const followed& x, const followed& y) { return x.value_ < y.value_; }
  friend bool operator>(const followed& x, const followed& y) { return x.value_ > y.value_; }

#define BOTH(f) \
  friend followed f(const followed& x) { return {std::f(x.value_), f(x.recorded_)}; }
  BOTH(sin)
  BOTH(cos)
  BOTH(exp)
  BOTH(log)
  BOTH(sqrt)
  BOTH(tanh)
  BOTH(abs)
#undef BOTH
#define BOTH(f) \
  friend followed f(const followed& x, const followed& y) { return {std::f(x.value_, y.value_), f(x.recorded_, y.recorded_)}; }
  BOTH(pow)
  BOTH(atan2)
  BOTH(hypot)
  BOTH(max)
  BOTH(min)
#undef BOTH

 private:
  double value_;
  expr recorded_;
};

template <class T> T run(unsigned seed, const std::vector<T>& inputs) {
  std::vector<T> x = inputs;
  for (std::size_t i = x.size(); i < variables_used; i++) x.push_back(T(0.2 + 0.15 * static_cast<double>(i)));
  return machine<T>(seed, x).run(static_cast<int>(1 + seed % 40));
}

TEST_CASE("a thousand random programs") {
  const std::vector<double> at{0.21, 0.34, 0.52, 0.67};
  int kinks = 0;
  for (unsigned seed = 1; seed <= 1000; seed++) {
    INFO("program ", seed);
    const auto program = [&](const auto& x) { return run(seed, x); };
    const std::vector<double> reverse = scalar_gradients::reverse(program, at);
    scalar_gradients::require_close(reverse, scalar_gradients::forward<inputs_used>(program, at), 1e-10);
    const std::vector<double> slopes = scalar_gradients::differences(program, at);
    for (std::size_t i = 0; i < inputs_used; i++) {
      if (scalar_gradients::apart(reverse[i], slopes[i]) < 1e-6) continue;
      // A steep or branching program: closer differences decide, or the point is too near to a kink.
      const auto moved = [&](long double t) {
        std::vector<long double> x(at.begin(), at.end());
        x[i] = t;
        return run(seed, x);
      };
      const long double h = 1e-7L, left = (moved(at[i]) - moved(at[i] - h)) / h, right = (moved(at[i] + h) - moved(at[i])) / h;
      if (scalar_gradients::apart(static_cast<double>(left), static_cast<double>(right)) > 1e-4)
        kinks++;
      else
        CHECK(scalar_gradients::apart(reverse[i], static_cast<double>((left + right) / 2)) < 1e-4);
    }
  }
  CHECK(kinks < 10);
}

TEST_CASE("the paths of random programs, recorded, differentiated and compiled") {
  const std::vector<double> at{0.21, 0.34, 0.52, 0.67};
  for (unsigned seed = 1; seed <= 1000; seed++) {
    INFO("program ", seed);
    tape t;
    std::vector<symbol_id> inputs;
    std::vector<followed> x;
    for (std::size_t i = 0; i < inputs_used; i++) {
      const node_id n = t.symbol("x" + std::to_string(i), {});
      inputs.push_back(t.symbol_of(n));
      x.emplace_back(at[i], expr(t, n));
    }
    const followed y = run(seed, x);
    std::vector<node_id> outputs{y.recorded().on(t)};
    for (node_id n : reverse(t, outputs[0], inputs)) outputs.push_back(n);
    const program compiled(t, outputs, inputs);
    std::vector<double> found(outputs.size());
    std::vector<const double*> in;
    std::vector<double*> out;
    for (const double& v : at) in.push_back(&v);
    for (double& v : found) out.push_back(&v);
    compiled.run(in, out);
    CHECK(scalar_gradients::apart(found[0], y.value()) < 1e-12);
    found.erase(found.begin());
    scalar_gradients::require_close(found, scalar_gradients::reverse([&](const auto& z) { return run(seed, z); }, at), 1e-10);
    // In float what is rounded grows by the condition of the program: as much as between two vector units, and a little more.
    const std::vector<float> narrow(at.begin(), at.end());
    for (const std::string& target : program_targets()) {
      CAPTURE(target);
      const basic_program<float> p(t, outputs, inputs, {}, target);
      std::vector<float> rounded(outputs.size());
      std::vector<const float*> from;
      std::vector<float*> to;
      for (const float& v : narrow) from.push_back(&v);
      for (float& v : rounded) to.push_back(&v);
      p.run(from, to);
      for (std::size_t k = 1; k < outputs.size(); ++k) CHECK(scalar_gradients::apart(rounded[k], found[k - 1]) < 2e-4);
    }
  }
}

TEST_CASE("second derivatives of a hundred random programs") {
  const std::vector<double> at{0.21, 0.34, 0.52, 0.67};
  for (unsigned seed = 1; seed <= 100; seed++) {
    INFO("program ", seed);
    const auto rows = scalar_gradients::hessian([&](const auto& x) { return run(seed, x); }, at);
    for (std::size_t i = 0; i < inputs_used; i++)
      for (std::size_t j = 0; j < inputs_used; j++) {
        std::vector<dual<dual<>>> x(at.begin(), at.end());
        x[i] = dual<dual<>>(dual<>(at[i], i == j ? 1.0 : 0.0), dual<>(1.0));
        if (i != j) x[j] = dual<dual<>>(dual<>(at[j], 1.0));
        CHECK(scalar_gradients::apart(rows[i][j], run(seed, x).tangent().tangent()) < 1e-8);
      }
  }
}

}  // namespace
