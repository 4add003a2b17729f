#include <wengert/calculus/composites.hpp>

#include <algorithm>
#include <array>

namespace wengert {

namespace {

constexpr std::array table{
    composite{"besseli0", "x", "r", "besseli(0, x)"},
    composite{"besseli1", "x", "r", "besseli(1, x)"},
    composite{"besselj0", "x", "r", "besselj(0, x)"},
    composite{"besselj1", "x", "r", "besselj(1, x)"},
    composite{"besselk0", "x", "r", "besselk(0, x)"},
    composite{"besselk1", "x", "r", "besselk(1, x)"},
    composite{"bessely0", "x", "r", "bessely(0, x)"},
    composite{"bessely1", "x", "r", "bessely(1, x)"},
    composite{"binary_cross_entropy", "p, y", "rr", "-(y .* log(p) + (1 - y) .* log(1 - p))"},
    composite{"cross_entropy", "a, y", "vv", "-sum(y .* log(a))"},  // prediction first
    composite{"dot", "x, y", "vv", "sum(x .* y)"},
    composite{"elu", "x", "r", "if(x > 0, x, exp(x) - 1)"},
    composite{"focal_loss", "p, y, g", "rrr", "-(y .* (1 - p).^g .* log(p) + (1 - y) .* p.^g .* log(1 - p))"},
    composite{"gelu", "x", "r", "x .* (1 + erf(x/sqrt(2)))/2"},
    composite{"hinge", "s, y", "rr", "max(1 - y .* s, 0)"},
    composite{"huber", "r, d", "rr", "if(abs(r) <= d, r.^2/2, d .* (abs(r) - d/2))"},
    composite{"kl_divergence", "p, q", "vv", "sum(xlogy(p, p ./ q))"},
    composite{"layer_norm", "x, eps", "vr", "(x - mean(x)) / sqrt(mean((x - mean(x)).^2) + eps)"},
    composite{"lbeta", "x, y", "rr", "lgamma(x) + lgamma(y) - lgamma(x + y)"},
    composite{"leaky_relu", "x, s", "rr", "if(x > 0, x, s .* x)"},
    composite{"log_cosh", "x", "r", "log(cosh(x))"},
    composite{"log_sigmoid", "x", "r", "-log(1 + exp(-x))"},
    composite{"log_softmax", "z", "v", "log(softmax(z))"},
    composite{"logdet", "A", "s", "log(det(A))"},
    composite{"logit", "p", "r", "log(p ./ (1 - p))"},
    composite{"logsumexp", "z", "v", "log(sum(exp(z)))"},
    composite{"mae", "x, y", "vv", "mean(abs(x - y))"},
    composite{"mish", "x", "r", "x .* tanh(softplus(x))"},
    composite{"mse", "x, y", "vv", "mean((x - y).^2)"},
    composite{"nll", "l, y", "vv", "-sum(y .* l)"},
    composite{"norm1", "v", "v", "sum(abs(v))"},
    composite{"norm2", "v", "v", "sqrt(sum(v.^2))"},
    composite{"normF", "A", "m", "sqrt(sum(A.^2))"},
    composite{"normal_cdf", "x", "r", "(1 + erf(x/sqrt(2)))/2"},
    composite{"normal_pdf", "x", "r", "exp(-x.^2/2)/sqrt(2*pi)"},
    composite{"outer", "x, y", "vv", "x[i]*y[j]"},
    composite{"relu", "x", "r", "max(x, 0)"},
    composite{"sigmoid", "x", "r", "1 ./ (1 + exp(-x))"},
    composite{"silu", "x", "r", "x .* sigmoid(x)"},
    composite{"sinc", "x", "r", "if(x = 0, 1, sin(x) ./ x)"},
    composite{"softmax", "z", "v", "exp(z)/sum(exp(z))"},
    composite{"softplus", "x", "r", "log(1 + exp(x))"},
    composite{"softsign", "x", "r", "x ./ (1 + abs(x))"},
    composite{"solve", "A, b", "sr", "inv(A)*b"},
    composite{"swish", "x", "r", "x .* sigmoid(x)"},
    composite{"tr", "A", "s", "sum(k, A[k, k])"},
    composite{"trigamma", "x", "r", "polygamma(1, x)"},
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
    case 's': return parameter_kind::square;
    default: return parameter_kind::real;
  }
}

}  // namespace wengert
