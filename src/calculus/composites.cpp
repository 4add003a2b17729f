#include <wengert/calculus/composites.hpp>

#include <algorithm>
#include <array>

namespace wengert {

namespace {

constexpr std::array table{
    composite{"binary_cross_entropy", "p, y", "rr", "-(y .* log(p) + (1 - y) .* log(1 - p))"},
    composite{"cross_entropy", "a, y", "vv", "-sum(y .* log(a))"},  // prediction first
    composite{"dot", "x, y", "vv", "sum(x .* y)"},
    composite{"huber", "r, d", "rr", "if(abs(r) <= d, r.^2/2, d .* (abs(r) - d/2))"},
    composite{"kl_divergence", "p, q", "vv", "sum(xlogy(p, p ./ q))"},
    composite{"layer_norm", "x, eps", "vr", "(x - mean(x)) / sqrt(mean((x - mean(x)).^2) + eps)"},
    composite{"log_softmax", "z", "v", "log(softmax(z))"},
    composite{"logsumexp", "z", "v", "log(sum(exp(z)))"},
    composite{"mse", "x, y", "vv", "mean((x - y).^2)"},
    composite{"nll", "l, y", "vv", "-sum(y .* l)"},
    composite{"norm1", "v", "v", "sum(abs(v))"},
    composite{"norm2", "v", "v", "sqrt(sum(v.^2))"},
    composite{"normF", "A", "m", "sqrt(sum(A.^2))"},
    composite{"outer", "x, y", "vv", "x[i]*y[j]"},
    composite{"relu", "x", "r", "max(x, 0)"},
    composite{"sigmoid", "x", "r", "1 ./ (1 + exp(-x))"},
    composite{"softmax", "z", "v", "exp(z)/sum(exp(z))"},
    composite{"softplus", "x", "r", "log(1 + exp(x))"},
    composite{"tr", "A", "m", "sum(k, A[k, k])"},
};
static_assert(std::ranges::is_sorted(table, {}, &composite::name));

}  // namespace

std::span<const composite> composites() { return table; }

const composite* find_composite(std::string_view name) {
  const auto* it = std::ranges::lower_bound(table, name, {}, &composite::name);
  return it != table.end() && it->name == name ? it : nullptr;
}

parameter_kind kind_of(const composite& c, std::size_t parameter) {
  switch (c.kinds[parameter]) {
    case 'v': return parameter_kind::vector;
    case 'm': return parameter_kind::matrix;
    default: return parameter_kind::real;
  }
}

}  // namespace wengert
