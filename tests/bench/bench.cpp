// bench [--smoke] [--json FILE] [WORKLOAD...]: what a gradient costs, on a tape that is recorded afresh each time, by a program
// that was lowered once, and by hand, as a multiple of the same function for plain numbers.
//
// Times are of the thread's processor. Primal and gradient take turns; each figure is the median of the rounds, or, in the column
// "least", the ratio of the least times, which other load disturbs less. Every gradient is compared with the one by hand; the
// exit status says whether all agree. "scalars" is a program of what was recorded one number at a time; "2 threads" says how much
// sooner two are done than one; "lowering" is the making of a program, by node; "parts" are
// those of a gradient on a tape, each with those before it, and a "bare tape" writes the same edges by hand. Other libraries take
// part that this is linked with (see peers/). With --smoke, everything is small and done once.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <wengert/calculus/reverse.hpp>
#include <wengert/embed/compile.hpp>
#include <wengert/numeric/jacobian_tape.hpp>
#include <wengert/numeric/program.hpp>

#include "hand.hpp"
#include "peers/peer.hpp"
#include "workloads.hpp"

namespace {

using wengert::adouble;

double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

template <class T> void keep(T& x) { asm volatile("" : "+m"(x)::"memory"); }

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}
double least(const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); }

struct row {
  std::string workload, size, engine, dtype;
  double ratio, least_ratio, ns_per_op, first_ratio, bytes_per_op, difference;
};

// One way to a gradient, which it puts where it is told.
template <class T> struct contender {
  std::string engine;
  std::function<T(T*)> gradient;
  std::function<double()> bytes = nullptr;
  bool part = false;  // it does not come to a gradient
};

template <class T> struct plan {
  std::string name, size;
  double operations;
  std::size_t inputs;
  int rounds, repeats;
  std::function<T()> primal;
  std::vector<contender<T>> contenders;  // the last one by hand
  std::function<T(const peers::peer&, T*)> by_peer = nullptr;
};

template <class F> double seconds(int repeats, F f) {
  const double begin = now();
  for (int i = 0; i < repeats; ++i) f();
  return (now() - begin) / repeats;
}

template <class T> double apart(const std::vector<T>& a, const std::vector<T>& b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, static_cast<double>(std::fabs(a[i] - b[i])));
    size = std::max(size, static_cast<double>(std::fabs(b[i])));
  }
  return difference / size;
}

template <class T> std::vector<row> measure(plan<T> p) {
  if (p.by_peer)
    for (const peers::peer& peer : peers::all())
      if (p.inputs <= peer.most_inputs)
        p.contenders.insert(p.contenders.end() - 1, {peer.name, [&](T* g) { return p.by_peer(peer, g); }});
  const std::size_t n = p.contenders.size();
  std::vector<std::vector<T>> gradients(n, std::vector<T>(p.inputs));
  std::vector<std::vector<double>> times(n + 1);
  std::vector<double> first;
  T value = 0;
  const auto primal = [&] { keep(value = p.primal()); };
  primal();
  for (std::size_t k = 0; k < n; ++k)
    first.push_back(seconds(1, [&] { keep(value = p.contenders[k].gradient(gradients[k].data())); }));
  for (int round = 0; round < p.rounds; ++round) {
    times[n].push_back(seconds(p.repeats, primal));
    for (std::size_t k = 0; k < n; ++k)
      times[k].push_back(seconds(p.repeats, [&] { keep(value = p.contenders[k].gradient(gradients[k].data())); }));
  }
  std::vector<row> rows;
  const auto add = [&](const std::string& engine, const std::vector<double>& t, double first_time, double bytes,
                       double difference) {
    rows.push_back({p.name, p.size, engine, sizeof(T) == 8 ? "double" : "float", median(t) / median(times[n]),
                    least(t) / least(times[n]), least(t) / p.operations * 1e9, first_time / least(t), bytes / p.operations,
                    difference});
  };
  add("primal", times[n], least(times[n]), 0, 0);
  for (std::size_t k = 0; k < n; ++k)
    add(p.contenders[k].engine, times[k], first[k], p.contenders[k].bytes ? p.contenders[k].bytes() : 0.0,
        p.contenders[k].part ? 0.0 : apart(gradients[k], gradients[n - 1]));
  return rows;
}

// The gradient of f, which takes a pointer to its inputs, recorded afresh.
template <class F>
contender<double> by_tape(const std::vector<double>& at, F f,
                          const std::shared_ptr<wengert::jacobian_tape>& tape = std::make_shared<wengert::jacobian_tape>()) {
  return {"tape",
          [tape, x = std::vector<adouble>(at.size()), &at, f](double* gradient) mutable {
            tape->clear();
            const wengert::variables inputs = tape->inputs(x, at);
            const adouble y = f(x.data());
            const auto adjoints = tape->gradient(y, inputs);
            std::memcpy(gradient, adjoints.data(), adjoints.size() * sizeof(double));
            return y.value();
          },
          [tape] { return static_cast<double>(tape->bytes()); }};
}

// Its parts, each with those before it.
template <class F> std::vector<contender<double>> parts_of_tape(const std::vector<double>& at, F f) {
  const auto tape = std::make_shared<wengert::jacobian_tape>();
  const auto part = [&](const char* name, int last) {
    return contender<double>{name,
                             [tape, x = std::vector<adouble>(at.size()), &at, f, last](double*) mutable {
                               tape->clear();
                               const wengert::variables inputs = tape->inputs(x, at);
                               keep(x[0]);
                               if (last == 0) return 0.0;
                               const adouble y = f(x.data());
                               return last == 1 ? y.value() : tape->gradient(y, inputs)[0];
                             },
                             nullptr, true};
  };
  return {part("inputs", 0), part("recorded", 1), part("swept", 2), by_tape(at, f, tape)};
}

// --- programs

// The gradient of what is compiled, with room of its own.
template <class T> class compiled_gradient {
 public:
  explicit compiled_gradient(wengert::basic_compiled<T> c) : compiled_(std::move(c)), space_(compiled_.gradients()) {}
  const wengert::basic_program<T>& program() const { return compiled_.gradients(); }
  T operator()(const std::vector<const T*>& inputs, const std::vector<T*>& gradients) {
    T value = 0;
    std::vector<T*> outputs{&value};
    outputs.insert(outputs.end(), gradients.begin(), gradients.end());
    program().run(inputs, outputs, space_);
    return value;
  }

 private:
  wengert::basic_compiled<T> compiled_;
  typename wengert::basic_program<T>::workspace space_;
};

// A formula in the language of the command line, differentiated by some of its inputs; `as_written` if it rounds well.
template <class T> compiled_gradient<T> formula(const std::string& declarations, const std::string& text,
                                                const std::vector<std::string>& by, const std::vector<std::string>& inputs,
                                                const wengert::dim_sizes& sizes, bool as_written = true) {
  return compiled_gradient<T>(wengert::compile<T>(
      text, by, {.declare = {declarations}, .inputs = inputs, .sizes = sizes, .target = {}, .as_written = as_written}));
}

// f, which takes a pointer to n numbers, recorded.
template <class F> compiled_gradient<double> recorded(std::size_t n, F f) {
  return compiled_gradient<double>(
      wengert::compile([&](const std::vector<wengert::expr>& x) { return f(x.data()); }, n, {.as_written = true}));
}

// --- workloads

std::vector<double> labels(std::size_t k) {
  std::vector<double> y = workloads::normal_numbers(k, 8);
  double sum = 0;
  for (double& v : y) sum += v = std::fabs(v);
  for (double& v : y) v /= sum;
  return y;
}

const char* const cross_entropy_text = "log(sum(k, exp(z[k] - m))) - sum(k, y[k]*(z[k] - m))";

std::vector<row> cross_entropy(std::size_t k, bool smoke) {
  const std::vector<double> x = workloads::normal_numbers(k, 7, 3), y = labels(k);
  const double m = *std::max_element(x.begin(), x.end());
  auto program = formula<double>("z, y: vector[K]; m: real", cross_entropy_text, {"z"}, {"z", "y", "m"},
                                 {{"K", static_cast<std::int64_t>(k)}});
  auto scalars = recorded(k, [&](const wengert::expr* z) { return workloads::cross_entropy<wengert::expr>(z, y.data(), m, k); });
  return measure<double>({"W1",
                          std::to_string(k),
                          workloads::cross_entropy_operations(k),
                          k,
                          smoke ? 1 : 25,
                          smoke ? 1 : static_cast<int>(300000 / k + 1),
                          [&] { return workloads::cross_entropy<double>(x.data(), y.data(), m, k); },
                          {by_tape(x, [&](const adouble* a) { return workloads::cross_entropy<adouble>(a, y.data(), m, k); }),
                           {"program",
                            [&](double* g) {
                              return program({x.data(), y.data(), &m}, {g});
                            }},
                           {"scalars", [&](double* g) { return scalars({x.data()}, {g}); }},
                           {"hand simd", [&](double* g) { return by_hand::cross_entropy(x.data(), y.data(), m, k, g); }},
                           {"hand", [&](double* g) { return workloads::cross_entropy_by_hand(x.data(), y.data(), m, k, g); }}},
                          [&](const peers::peer& peer, double* g) { return peer.cross_entropy(x.data(), y.data(), m, k, g); }});
}

// The same of few logits, many times.
std::vector<row> cross_entropy_batch(bool smoke) {
  const std::size_t k = 10, count = smoke ? 40 : 4096;
  const std::vector<double> x = workloads::normal_numbers(k * count, 7, 3), y = labels(k * count);
  std::vector<double> m(count), values(count);
  for (std::size_t b = 0; b < count; ++b) m[b] = *std::max_element(x.data() + b * k, x.data() + (b + 1) * k);
  const auto one = formula<double>("z, y: vector[K]; m: real", cross_entropy_text, {"z"}, {"z", "y", "m"}, {{"K", 10}});
  const auto each = [&](auto f) {
    double sum = 0;
    for (std::size_t b = 0; b < count; ++b) sum += f(b);
    return sum;
  };
  const auto width = static_cast<std::ptrdiff_t>(k);
  return measure<double>({"W1 batch",
                          std::to_string(k),
                          workloads::cross_entropy_operations(k) * static_cast<double>(count),
                          k * count,
                          smoke ? 1 : 25,
                          smoke ? 1 : 5,
                          [&] {
                            return each([&](std::size_t b) {
                              return workloads::cross_entropy<double>(x.data() + b * k, y.data() + b * k, m[b], k);
                            });
                          },
                          {{"program",
                            [&](double* g) {
                              const wengert::batch_array<const double> in[]{{x.data(), width}, {y.data(), width}, {m.data(), 1}};
                              const wengert::batch_array<double> out[]{{values.data(), 1}, {g, width}};
                              one.program().run_batch(count, in, out);
                              return each([&](std::size_t b) { return values[b]; });
                            }},
                           {"hand", [&](double* g) {
                              return each([&](std::size_t b) {
                                return workloads::cross_entropy_by_hand(x.data() + b * k, y.data() + b * k, m[b], k, g + b * k);
                              });
                            }}}});
}

std::vector<row> log_sum_exp(bool smoke) {
  const std::size_t n = smoke ? 1000 : 1000000;
  const std::vector<double> x = workloads::normal_numbers(n, 7, 3);
  const double m = *std::max_element(x.begin(), x.end());
  auto program = formula<double>("z: vector[K]; m: real", "log(sum(k, exp(z[k] - m))) + m", {"z"}, {"z", "m"},
                                 {{"K", static_cast<std::int64_t>(n)}});
  return measure<double>({"W2",
                          std::to_string(n),
                          workloads::log_sum_exp_operations(n),
                          n,
                          smoke ? 1 : 25,
                          1,
                          [&] { return workloads::log_sum_exp<double>(x.data(), m, n); },
                          {by_tape(x, [&](const adouble* a) { return workloads::log_sum_exp<adouble>(a, m, n); }),
                           {"program",
                            [&](double* g) {
                              return program({x.data(), &m}, {g});
                            }},
                           {"hand simd", [&](double* g) { return by_hand::log_sum_exp(x.data(), m, n, g); }},
                           {"hand", [&](double* g) { return workloads::log_sum_exp_by_hand(x.data(), m, n, g); }}},
                          [&](const peers::peer& peer, double* g) { return peer.log_sum_exp(x.data(), m, n, g); }});
}

// Where the time of a tape goes, in W1 and W2.
template <bool Labels> std::vector<row> parts(std::size_t n, bool smoke) {
  const std::vector<double> x = workloads::normal_numbers(n, 7, 3), y = labels(n);
  const double m = *std::max_element(x.begin(), x.end());
  const auto f = [&](const auto* a) {
    using T = std::decay_t<decltype(*a)>;
    if constexpr (Labels)
      return workloads::cross_entropy<T>(a, y.data(), m, n);
    else
      return workloads::log_sum_exp<T>(a, m, n);
  };
  std::vector<contender<double>> all = parts_of_tape(x, f);
  const auto tape = std::make_shared<by_hand::bare_tape>(n);
  all.push_back({"bare tape", [&, tape](double* g) { return tape->gradient<Labels>(x.data(), y.data(), m, g); }});
  all.push_back({"hand", [&](double* g) {
                   return Labels ? workloads::cross_entropy_by_hand(x.data(), y.data(), m, n, g)
                                 : workloads::log_sum_exp_by_hand(x.data(), m, n, g);
                 }});
  return measure<double>({Labels ? "W1 parts" : "W2 parts", std::to_string(n),
                          Labels ? workloads::cross_entropy_operations(n) : workloads::log_sum_exp_operations(n), n,
                          smoke ? 1 : 25, smoke ? 1 : static_cast<int>(300000 / n + 1), [&] { return f(x.data()); },
                          std::move(all)});
}

// Many paths: the mean, and its gradient by the eight parameters.
struct many_paths {
  std::size_t steps = 100, count;
  std::vector<double> normals, p{std::begin(workloads::path_parameters), std::end(workloads::path_parameters)};
  explicit many_paths(std::size_t n) : count(n), normals(workloads::normal_numbers(2 * steps * n, 11)) {}

  double operations() const { return workloads::path_operations(steps) * static_cast<double>(count); }
  template <class One> double mean(const One& one, double* g) {
    double sum = 0, of_path[8];
    if (g) std::fill(g, g + 8, 0.0);
    for (std::size_t k = 0; k < count; ++k) {
      keep(p[0]);
      sum += one(normals.data() + 2 * steps * k, of_path);
      if (!g) continue;
      for (int j = 0; j < 8; ++j) g[j] += of_path[j] / static_cast<double>(count);
    }
    return sum / static_cast<double>(count);
  }
  double primal() {
    return mean([&](const double* z, double*) { return workloads::path<double>(p.data(), z, steps); }, nullptr);
  }
  double hand(double* g) {
    return mean([&](const double* z, double* h) { return workloads::path_by_hand(p.data(), z, steps, h); }, g);
  }
  double peer(const peers::peer& peer, double* g) {
    return mean([&](const double* z, double* h) { return peer.path(p.data(), z, steps, h); }, g);
  }
};

// Each path is recorded on a tape that is cleared for it.
std::vector<row> paths(bool smoke) {
  many_paths all(smoke ? 5 : 2000);
  const double* of_this_path = nullptr;
  const auto path = by_tape(all.p, [&](const adouble* a) { return workloads::path<adouble>(a, of_this_path, all.steps); });
  const auto recorded = [&](double* g) {
    return all.mean(
        [&](const double* z, double* of_path) {
          of_this_path = z;
          return path.gradient(of_path);
        },
        g);
  };
  return measure<double>({"W3a",
                          std::to_string(all.count),
                          all.operations(),
                          8,
                          smoke ? 1 : 25,
                          1,
                          [&] { return all.primal(); },
                          {{"tape", recorded, path.bytes}, {"hand", [&](double* g) { return all.hand(g); }}},
                          [&](const peers::peer& peer, double* g) { return all.peer(peer, g); }});
}

// One path is recorded once; its program runs on all.
std::vector<row> paths_again(bool smoke) {
  many_paths all(smoke ? 5 : 10000);
  wengert::tape t;
  wengert::program_arrays arrays{{{}, {}}, {}};
  std::vector<wengert::expr> p, z;
  const auto add = [&](std::vector<wengert::expr>& to, std::size_t array, std::size_t n) {
    for (std::size_t k = 0; k < n; ++k) {
      const wengert::node_id x = t.symbol((array == 0 ? "p" : "z") + std::to_string(k), {});
      arrays.inputs[array].push_back(t.symbol_of(x));
      to.emplace_back(t, x);
    }
  };
  add(p, 0, 8);
  add(z, 1, 2 * all.steps);
  const wengert::node_id y = workloads::path<wengert::expr, wengert::expr>(p.data(), z.data(), all.steps).on(t);
  arrays.outputs = {{y}, wengert::reverse(t, y, arrays.inputs[0])};
  const wengert::program program(t, arrays);
  // The numbers of a step side by side, path by path.
  std::vector<double> across(all.normals.size()), values(all.count), gradients(8 * all.count);
  const std::size_t width = 2 * all.steps;
  for (std::size_t k = 0; k < all.count; ++k)
    for (std::size_t i = 0; i < width; ++i) across[i * all.count + k] = all.normals[k * width + i];
  const auto n = static_cast<std::ptrdiff_t>(all.count);
  const auto on_lanes = [&](unsigned threads) {
    return [&, threads](double* g) {
      const wengert::batch_array<const double> in[]{{all.p.data(), 0}, {across.data(), 1, n}};
      const wengert::batch_array<double> out[]{{values.data(), 1}, {gradients.data(), 1, n}};
      program.run_batch(all.count, in, out, threads);
      for (std::size_t j = 0; j < 8; ++j) {
        g[j] = 0;
        for (std::size_t k = 0; k < all.count; ++k) g[j] += gradients[j * all.count + k];
        g[j] /= static_cast<double>(all.count);
      }
      double sum = 0;
      for (double v : values) sum += v;
      return sum / static_cast<double>(all.count);
    };
  };
  std::vector<row> rows = measure<double>({"W3b",
                                           std::to_string(all.count),
                                           all.operations(),
                                           8,
                                           smoke ? 1 : 15,
                                           1,
                                           [&] { return all.primal(); },
                                           {{"program", on_lanes(1)}, {"hand", [&](double* g) { return all.hand(g); }}}});
  // How much sooner two threads are done, by the clock on the wall.
  std::vector<double> one, two, g(8);
  const auto wall = [&](unsigned threads) {
    const auto begin = std::chrono::steady_clock::now();
    on_lanes(threads)(g.data());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  for (int round = 0; round < (smoke ? 1 : 15); ++round) one.push_back(wall(1)), two.push_back(wall(2));
  const double gain = least(one) / least(two);
  rows.push_back(
      {"W3b", std::to_string(all.count), "2 threads", "double", gain, gain, least(two) / all.operations() * 1e9, 0, 0, 0});
  return rows;
}

std::vector<row> network(bool smoke) {
  const workloads::network_size size = smoke ? workloads::network_size{20, 8, 3, 4} : workloads::network_size{784, 128, 10, 32};
  const std::vector<double> p = workloads::normal_numbers(size.parameters(), 5, 0.03),
                            x = workloads::normal_numbers(size.batch * size.inputs, 6);
  std::vector<int> labels(size.batch);
  std::vector<double> one_hot(size.batch * size.outputs);
  for (std::size_t n = 0; n < size.batch; ++n) {
    labels[n] = static_cast<int>(n * 7 % size.outputs);
    one_hot[n * size.outputs + static_cast<std::size_t>(labels[n])] = 1;
  }
  const auto dim = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  const std::string out = "(sum(j, tanh(sum(i, U[j,i]*X[n,i]) + b[j])*V[k,j]) + c[k])";
  auto program = formula<double>(
      "U: matrix[h,d]; b: vector[h]; V: matrix[q,h]; c: vector[q]; X: matrix[B,d]; Y: matrix[B,q]",
      "sum(n, log(sum(k, exp" + out + ")) - sum(k, Y[n,k]*" + out + "))/B", {"U", "b", "V", "c"}, {"U", "b", "V", "c", "X", "Y"},
      {{"h", dim(size.hidden)}, {"d", dim(size.inputs)}, {"q", dim(size.outputs)}, {"B", dim(size.batch)}});
  const auto part = [&](auto* from, std::size_t which) {
    const std::size_t sizes[]{size.hidden * size.inputs, size.hidden, size.outputs * size.hidden};
    for (std::size_t k = 0; k < which; ++k) from += sizes[k];
    return from;
  };
  return measure<double>(
      {"W4",
       std::to_string(size.batch),
       size.operations(),
       size.parameters(),
       smoke ? 1 : 25,
       1,
       [&] { return workloads::network<double>(p.data(), x.data(), labels.data(), size); },
       {by_tape(p, [&](const adouble* a) { return workloads::network<adouble>(a, x.data(), labels.data(), size); }),
        {"program",
         [&](double* g) {
           return program({part(p.data(), 0), part(p.data(), 1), part(p.data(), 2), part(p.data(), 3), x.data(), one_hot.data()},
                          {part(g, 0), part(g, 1), part(g, 2), part(g, 3)});
         }},
        {"hand", [&](double* g) { return workloads::network_by_hand(p.data(), x.data(), labels.data(), size, g); }}},
       [&](const peers::peer& peer, double* g) { return peer.network(p.data(), x.data(), labels.data(), size, g); }});
}

std::vector<row> chain_of_sines(std::size_t n, bool smoke, bool with_program) {
  std::vector<double> x{0.3};
  const double c = 1e-7;
  std::vector<contender<double>> all{by_tape(x, [&](const adouble* a) { return workloads::chain_of_sines<adouble>(*a, c, n); })};
  if (with_program) {
    const auto program = std::make_shared<compiled_gradient<double>>(
        recorded(1, [&](const wengert::expr* a) { return workloads::chain_of_sines<wengert::expr>(*a, c, n); }));
    all.push_back({"program", [&x, program](double* g) { return (*program)({x.data()}, {g}); }});
  }
  all.push_back({"hand", [&](double* g) { return workloads::chain_of_sines_by_hand(x[0], c, n, g); }});
  const auto primal = [&] {
    keep(x[0]);
    return workloads::chain_of_sines<double>(x[0], c, n);
  };
  return measure<double>({"W5", std::to_string(n), workloads::chain_of_sines_operations(n), 1, smoke ? 1 : 15, 1, primal,
                          std::move(all),
                          [&](const peers::peer& peer, double* g) { return peer.chain_of_sines(x[0], c, n, g); }});
}

// What it takes to make a program of a recording: nanoseconds for each of its nodes. The recordings do not repeat themselves.
std::vector<row> lowering(bool smoke) {
  std::vector<row> rows;
  for (std::size_t operations = 1000; operations <= (smoke ? 1000U : 1000000U); operations *= 10) {
    wengert::tape t;
    std::vector<wengert::symbol_id> inputs;
    std::vector<wengert::expr> p;
    for (int k = 0; k < 8; ++k) {
      const wengert::node_id x = t.symbol("p" + std::to_string(k), {});
      inputs.push_back(t.symbol_of(x));
      p.emplace_back(t, x);
    }
    const std::size_t steps = operations / 66;  // nodes of a step and its derivatives
    const std::vector<double> numbers = workloads::normal_numbers(2 * steps, 3);
    const wengert::node_id y = workloads::path<wengert::expr>(p.data(), numbers.data(), steps).on(t);
    wengert::program_arrays arrays{{inputs}, {{y}, wengert::reverse(t, y, inputs)}};
    std::vector<wengert::node_id> roots = arrays.outputs[1];
    roots.push_back(y);
    const auto nodes = static_cast<double>(t.reachable(roots).size());
    const double once = seconds(1, [&] { wengert::program made(t, arrays); });
    rows.push_back({"lowering", std::to_string(operations), "program", "double", 0, 0, 1e9 * once / nodes, 0, 0, 0});
  }
  return rows;
}

template <class T> auto batch_cross_entropy_of(const peers::peer& peer) {
  if constexpr (std::is_same_v<T, double>)
    return peer.batch_cross_entropy;
  else
    return peer.batch_cross_entropy_float;
}

template <class T> std::vector<row> batch_cross_entropy(std::size_t batch, std::size_t k, bool smoke) {
  const std::size_t all = batch * k;
  const std::vector<double> numbers = workloads::normal_numbers(all, 7, 3), targets = labels(all);
  const std::vector<T> z(numbers.begin(), numbers.end());
  std::vector<T> y(targets.begin(), targets.end());
  for (std::size_t b = 0; b < batch; ++b) {
    T sum = 0;
    for (std::size_t i = 0; i < k; ++i) sum += y[b * k + i];
    for (std::size_t i = 0; i < k; ++i) y[b * k + i] /= sum;
  }
  auto program = formula<T>("Z, Y: matrix[B,K]", "sum(n, log(sum(k, exp(Z[n,k]))) - sum(k, Y[n,k]*Z[n,k]))/B", {"Z"}, {"Z", "Y"},
                            {{"B", static_cast<std::int64_t>(batch)}, {"K", static_cast<std::int64_t>(k)}}, false);
  const std::size_t moved = 3 * all / 2;  // as many numbers read and written as are read and written here
  std::vector<T> from(moved, T(1)), to(moved);
  plan<T> p{"CE",
            std::to_string(batch) + "x" + std::to_string(k),
            workloads::batch_cross_entropy_operations(batch, k),
            all,
            smoke ? 1 : 15,
            smoke ? 1 : static_cast<int>(1000000 / all + 1),
            [&] { return workloads::batch_cross_entropy<T>(z.data(), y.data(), batch, k); },
            {{"program", [&](T* g) {
                return program({z.data(), y.data()}, {g});
              }}}};
  for (const peers::peer& peer : peers::all())
    if (const auto gradient = batch_cross_entropy_of<T>(peer))
      p.contenders.push_back({peer.name, [&, gradient](T* g) { return gradient(z.data(), y.data(), batch, k, g); }});
  p.contenders.push_back({"memcpy",
                          [&](T*) {
                            std::memcpy(to.data(), from.data(), moved * sizeof(T));
                            keep(to[0]);
                            return to[0];
                          },
                          nullptr, true});
  p.contenders.push_back({"hand", [&](T* g) { return by_hand::cross_entropy<T>(z.data(), y.data(), batch, k, g); }});
  return measure<T>(std::move(p));
}

std::vector<row> cross_entropy_grid(bool smoke) {
  std::vector<row> rows;
  const std::pair<std::size_t, std::size_t> sizes[]{{32, 10}, {128, 1000}, {64, 50257}, {4096, 10}};
  for (auto [batch, k] : sizes) {
    if (smoke) batch = std::min<std::size_t>(batch, 40), k = std::min<std::size_t>(k, 200);
    for (const auto& one : {batch_cross_entropy<double>(batch, k, smoke), batch_cross_entropy<float>(batch, k, smoke)})
      rows.insert(rows.end(), one.begin(), one.end());
  }
  return rows;
}

// Ten operations on a tape that exists: the latency of a small gradient.
std::vector<row> small(bool smoke) {
  std::vector<double> x{0.5, 1.5};
  const auto f = [](const auto* a) { return (a[0] * a[1] + 2.0) / (a[1] - a[0] * 0.5) + a[0] * a[0] * a[1] - 3.0; };
  return measure<double>({"small",
                          "2",
                          10,
                          2,
                          smoke ? 1 : 25,
                          smoke ? 1 : 20000,
                          [&] {
                            keep(x[0]);
                            return f(x.data());
                          },
                          {by_tape(x, [&](const adouble* a) -> adouble { return f(a); }), {"hand", [&](double* g) {
                                                                                             keep(x[0]);
                                                                                             const double a = x[0], b = x[1],
                                                                                                          q = b - a * 0.5,
                                                                                                          v = (a * b + 2.0) / q;
                                                                                             g[0] =
                                                                                                 b / q + 0.5 * v / q + 2 * a * b;
                                                                                             g[1] = a / q - v / q + a * a;
                                                                                             return v + a * a * b - 3.0;
                                                                                           }}}});
}

void print_json(std::FILE* out, const std::vector<row>& rows) {
  std::fprintf(out, "[\n");
  for (const row& r : rows)
    std::fprintf(out,
                 "  {\"workload\": \"%s\", \"size\": \"%s\", \"engine\": \"%s\", \"dtype\": \"%s\", \"ratio\": %.4g, "
                 "\"least_ratio\": %.4g, \"ns_per_op\": %.4g, "
                 "\"first_over_steady\": %.4g, \"bytes_per_op\": %.4g, \"relative_difference\": %.3g}%s\n",
                 r.workload.c_str(), r.size.c_str(), r.engine.c_str(), r.dtype.c_str(), r.ratio, r.least_ratio, r.ns_per_op,
                 r.first_ratio, r.bytes_per_op, r.difference, &r == &rows.back() ? "" : ",");
  std::fprintf(out, "]\n");
}

}  // namespace

int main(int argc, char** argv) {
  bool smoke = false;
  const char* json = nullptr;
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--smoke")
      smoke = true;
    else if (argument == "--json" && i + 1 < argc)
      json = argv[++i];
    else
      wanted.push_back(argument);
  }
  const std::vector<std::pair<std::string, std::function<std::vector<row>()>>> all{
      {"W1", [&] { return cross_entropy(10, smoke); }},
      {"W1", [&] { return cross_entropy(1000, smoke); }},
      {"W1", [&] { return cross_entropy(smoke ? 5000 : 100000, smoke); }},
      {"W1", [&] { return cross_entropy_batch(smoke); }},
      {"W2", [&] { return log_sum_exp(smoke); }},
      {"W3a", [&] { return paths(smoke); }},
      {"W3b", [&] { return paths_again(smoke); }},
      {"W4", [&] { return network(smoke); }},
      {"W5", [&] { return chain_of_sines(smoke ? 1000 : 3000000, smoke, false); }},
      {"W5", [&] { return chain_of_sines(smoke ? 1000 : 100000, smoke, true); }},
      {"CE", [&] { return cross_entropy_grid(smoke); }},
      {"small", [&] { return small(smoke); }},
      {"lowering", [&] { return lowering(smoke); }},
      {"parts", [&] { return parts<true>(10, smoke); }},
      {"parts", [&] { return parts<true>(1000, smoke); }},
      {"parts", [&] { return parts<true>(smoke ? 5000 : 100000, smoke); }},
      {"parts", [&] { return parts<false>(smoke ? 1000 : 1000000, smoke); }},
  };
  for (const std::string& name : wanted)
    if (std::none_of(all.begin(), all.end(), [&](const auto& w) { return w.first == name; })) {
      std::fprintf(stderr, "no workload %s: there are W1 W2 W3a W3b W4 W5 CE small lowering parts\n", name.c_str());
      return 2;
    }
  std::vector<row> rows;
  bool agree = true;
  std::printf("%-8s %-9s %-9s %-6s %8s %8s %9s %9s %9s %9s\n", "workload", "size", "engine", "dtype", "ratio", "least", "ns/op",
              "first", "bytes/op", "apart");
  for (const auto& [name, run] : all) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    for (const row& r : run()) {
      std::printf("%-8s %-9s %-9s %-6s %8.3f %8.3f %9.3f %9.2f %9.2f %9.1e\n", r.workload.c_str(), r.size.c_str(),
                  r.engine.c_str(), r.dtype.c_str(), r.ratio, r.least_ratio, r.ns_per_op, r.first_ratio, r.bytes_per_op,
                  r.difference);
      agree = agree && r.difference < (r.dtype == "double" ? 1e-9 : 1e-4);
      rows.push_back(r);
    }
    std::fflush(stdout);
  }
  if (json != nullptr) {
    std::FILE* out = std::fopen(json, "w");
    if (out == nullptr) {
      std::fprintf(stderr, "cannot write %s\n", json);
      return 2;
    }
    print_json(out, rows);
    std::fclose(out);
  }
  if (!agree) std::fprintf(stderr, "gradients differ from those by hand\n");
  return agree ? 0 : 1;
}
