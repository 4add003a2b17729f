#include <wengert/embed/expr.hpp>

#include <array>
#include <cmath>
#include <stdexcept>

#include <wengert/core/registry.hpp>
#include <wengert/numeric/arithmetic.hpp>

namespace wengert {

namespace {

edge leaf(node_id n) { return {n, {}}; }

}  // namespace

node_id expr::on(tape& t) const {
  if (tape_ == &t) return node_;
  if (tape_ != nullptr) throw std::invalid_argument("an expression was recorded on another tape");
  if (!std::isfinite(value_)) throw std::invalid_argument("a constant that is recorded must be finite");
  return t.constant(rational(value_));
}

tape* expr::common(const expr& x, const expr& y) {
  if (x.tape_ != nullptr && y.tape_ != nullptr && x.tape_ != y.tape_)
    throw std::invalid_argument("expressions of two tapes were combined");
  return x.tape_ != nullptr ? x.tape_ : y.tape_;
}

expr operator+(const expr& x, const expr& y) {
  tape* const t = expr::common(x, y);
  if (t == nullptr) return x.value_ + y.value_;
  if (x.is_number() && x.value_ == 0) return y;
  if (y.is_number() && y.value_ == 0) return x;
  return {*t, t->add({}, std::array{leaf(x.on(*t)), leaf(y.on(*t))})};
}

expr operator-(const expr& x) {
  if (x.is_number()) return -x.value_;
  return {*x.tape_, x.tape_->mul({}, std::array{leaf(x.tape_->constant(-1)), leaf(x.node_)})};
}

expr operator-(const expr& x, const expr& y) { return x + -y; }

expr operator*(const expr& x, const expr& y) {
  tape* const t = expr::common(x, y);
  if (t == nullptr) return x.value_ * y.value_;
  if (x.is_number() && x.value_ == 1) return y;
  if (y.is_number() && y.value_ == 1) return x;
  return {*t, t->mul({}, std::array{leaf(x.on(*t)), leaf(y.on(*t))})};
}

expr expr::power(const expr& x, const rational& exponent) {
  if (x.is_number()) return arithmetic<double>::power(exponent)(x.value_);
  return {*x.tape_, x.tape_->power({}, leaf(x.node_), exponent)};
}

expr operator/(const expr& x, const expr& y) {
  if (y.is_number() && !x.is_number()) {
    if (y.value_ == 0) throw std::invalid_argument("a recorded number is divided by 0");
    return {*x.tape_, x.tape_->mul({}, std::array{leaf(x.node_), leaf(x.tape_->constant(1 / rational(y.value_)))})};
  }
  return x.is_number() && y.is_number() ? expr(x.value_ / y.value_) : x * expr::power(y, -1);
}

expr sqrt(const expr& x) { return expr::power(x, rational(1, 2)); }

expr pow(const expr& x, const expr& y) {
  if (y.is_number() && std::isfinite(y.value_)) return expr::power(x, rational(y.value_));
  return apply(opcode::pow, x, y);
}

expr select(comparison c, const expr& x, const expr& y, const expr& yes, const expr& no) {
  tape* const t = expr::common(x, y);
  if (t == nullptr) return arithmetic<double>::holds(c, x.value_, y.value_) ? yes : no;
  return {*t, t->select({}, c, leaf(x.on(*t)), leaf(y.on(*t)), leaf(yes.on(*t)), leaf(no.on(*t)))};
}

expr apply(opcode function, const expr& x) {
  if (x.is_number()) return find_function(function)->value(&x.value_);
  return {*x.tape_, x.tape_->apply(function, {}, std::array{leaf(x.node_)})};
}

expr apply(opcode function, const expr& x, const expr& y) {
  tape* const t = expr::common(x, y);
  if (t == nullptr) return find_function(function)->value(std::array{x.value_, y.value_}.data());
  return {*t, t->apply(function, {}, std::array{leaf(x.on(*t)), leaf(y.on(*t))})};
}

}  // namespace wengert
