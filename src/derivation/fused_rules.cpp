#include <wengert/derivation/fused_rules.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/core/error.hpp>
#include <wengert/derivation/commands.hpp>

namespace wengert {

namespace {

constexpr std::string_view vectors = "z, y, u, w: vector[K]";
constexpr std::string_view batch = "Z, Y: matrix[K,N]";
constexpr std::string_view rows = "Z, Y: matrix[N,K]";
constexpr std::string_view layer = "W: matrix[m,n]; x: vector[n]; b, y: vector[m]";

constexpr std::array table{
    // classification
    fused_source{"softmax-cross-entropy", "cross_entropy(softmax(z), y)", "z"},
    fused_source{"softmax-cross-entropy-sum-1", "cross_entropy(softmax(z), y)", "z", {}, "sum(y) = 1"},
    fused_source{"softmax-cross-entropy-temperature", "cross_entropy(softmax(z/T), y)", "z", vectors},
    fused_source{"softmax-cross-entropy-temperature-sum-1", "cross_entropy(softmax(z/T), y)", "z", vectors, "sum(y) = 1"},
    fused_source{"softmax-cross-entropy-smoothing", "cross_entropy(softmax(z), (1 - s)*y + s/K)", "z", vectors},
    fused_source{"softmax-cross-entropy-smoothing-sum-1", "cross_entropy(softmax(z), (1 - s)*y + s/K)", "z", vectors,
                 "sum(y) = 1"},
    fused_source{"softmax-cross-entropy-distillation", "T^2*cross_entropy(softmax(z/T), softmax(y/T))", "z", vectors},
    fused_source{"softmax-cross-entropy-weights", "cross_entropy(softmax(z), w.*y)", "z", vectors},
    fused_source{"softmax-cross-entropy-weights-one-hot", "dot(w, y)*cross_entropy(softmax(z), y)", "z", vectors, "one_hot(y)"},
    fused_source{"softmax-cross-entropy-columns", "mean(cross_entropy(softmax(Z, axis=1), Y, axis=1))", "Z", batch,
                 "one_hot(Y, axis=1)"},
    fused_source{"softmax-cross-entropy-rows", "mean(cross_entropy(softmax(Z, axis=2), Y, axis=2))", "Z", rows,
                 "one_hot(Y, axis=2)"},
    fused_source{"log-softmax-nll", "nll(log_softmax(z), y)", "z"},
    fused_source{"log-softmax-nll-sum-1", "nll(log_softmax(z), y)", "z", {}, "sum(y) = 1"},
    fused_source{"sigmoid-cross-entropy", "binary_cross_entropy(sigmoid(x), y)", "x"},
    fused_source{"sigmoid-cross-entropy-logits", "softplus(x) - x*y", "x"},
    fused_source{"focal-loss", "focal_loss(p, y, g)", "p"},
    fused_source{"focal-loss-logits", "focal_loss(sigmoid(x), y, g)", "x"},
    // softmax and its relatives
    fused_source{"logsumexp", "logsumexp(z)", "z"},
    fused_source{"softplus", "softplus(x)", "x"},
    fused_source{"sigmoid", "sigmoid(x)", "x"},
    fused_source{"softmax-vector-jacobian", "dot(u, softmax(z))", "z"},
    fused_source{"softmax-jacobian-vector", "softmax(z + t*u)", "t", vectors},
    fused_source{"log-softmax-vector-jacobian", "dot(u, log_softmax(z))", "z"},
    fused_source{"logsumexp-hessian-vector", "dot(u, D(logsumexp(z), z))", "z"},
    fused_source{"softmax-cross-entropy-hessian-vector", "dot(u, D(cross_entropy(softmax(z), y), z))", "z", vectors,
                 "sum(y) = 1"},
    // divergences
    fused_source{"kl-divergence-of-softmax", "kl_divergence(softmax(z), q)", "z"},
    fused_source{"kl-divergence-to-softmax", "kl_divergence(p, softmax(z))", "z"},
    fused_source{"kl-divergence-to-softmax-sum-1", "kl_divergence(p, softmax(z))", "z", {}, "sum(p) = 1"},
    // a linear layer
    fused_source{"mse-linear-weights", "mse(W*x + b, y)", "W", layer},
    fused_source{"mse-linear-bias", "mse(W*x + b, y)", "b", layer},
    fused_source{"mse-linear-input", "mse(W*x + b, y)", "x", layer},
    // negative log-likelihoods by the natural parameter h
    fused_source{"glm-gaussian", "(y - h)^2/(2*v) + log(2*pi*v)/2", "h", {}, "v > 0"},
    fused_source{"glm-poisson", "exp(h) - y*h + lgamma(y + 1)", "h", {}, "y >= 0"},
    fused_source{"glm-bernoulli", "log(1 + exp(h)) - y*h", "h"},
    fused_source{"glm-multinomial", "n*logsumexp(h) - dot(y, h)", "h"},
    fused_source{"glm-gamma", "-(y*h + log(-h))/v", "h", {}, "h < 0; v > 0"},
    fused_source{"glm-exponential", "-(y*h + log(-h))", "h", {}, "h < 0"},
    // layers, norms, robust losses
    fused_source{"tanh", "tanh(x)", "x"},
    fused_source{"gelu", "gelu(x)", "x"},
    fused_source{"layer-norm", "dot(u, layer_norm(x, eps))", "x", {}, "eps > 0"},
    fused_source{"norm2", "norm2(x)", "x"},
    fused_source{"cosine-similarity", "dot(x, y)/(norm2(x)*norm2(y))", "x"},
    fused_source{"huber", "huber(r, d)", "r", {}, "d > 0"},
    fused_source{"log-cosh", "log_cosh(x)", "x"},
};

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + separator.size()));
  }
  return parts;
}

}  // namespace

std::span<const fused_source> fused_sources() { return table; }

const fused_source& find_fused_source(std::string_view name) {
  for (const fused_source& s : table)
    if (s.name == name) return s;
  throw error("U12", fmt::format("there is no fused rule '{}'", name), "wengert rules --fused lists them");
}

problem_text problem_of(const fused_source& source) {
  problem_text text;
  text.expressions = {std::string(source.expression)};
  text.wrt = {std::string(source.variable)};
  text.vars = split(source.declarations, "; ");
  text.givens = split(source.givens, "; ");
  return text;
}

fused_rule derive_rule(const fused_source& source, bool with_coq) {
  problem p(problem_of(source));
  const node_id raw = derivative(p.on(), p.expressions()[0].node, p.targets()[0].variable);
  result_form form;
  form.certificate = true;
  form.coq = with_coq;
  const diff_result found = diff(p, 1, notation::shortest, form).results[0];
  fused_rule r;
  r.name = source.name;
  r.statement = fmt::format("{} == {}", found.claim, found.derivative);
  r.conditions = found.conditions;
  r.hypotheses = found.hypotheses_used;
  r.established = found.proof.checked ? fmt::format("proved in {} kernel steps", found.proof.steps) : "not proved";
  r.nodes_before = p.on().reachable(raw).size();
  r.nodes_after = p.on().reachable(found.node).size();
  r.sentence = fmt::format("The derivative of {} by {}: {} nodes, from {} as the sweep makes it.", found.expression, found.wrt,
                           r.nodes_after, r.nodes_before);
  r.certificate = found.certificate;
  r.coq = found.coq;
  return r;
}

std::vector<fused_rule> derive_fused_rules() {
  std::vector<fused_rule> all;
  for (const fused_source& s : table) all.push_back(derive_rule(s));
  return all;
}

}  // namespace wengert
