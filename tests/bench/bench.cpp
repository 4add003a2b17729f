// bench [--smoke] [--json FILE] [WORKLOAD...]: what a gradient costs, on a tape that is recorded afresh each time and by hand, as
// a multiple of the same function for double.
//
// Times are of the thread's processor. Primal and gradient take turns; each figure is the median of the rounds, or, in the column
// "least", the ratio of the least times, which other load disturbs less. Every gradient is compared with the one by hand; the
// exit status says whether all agree. With --smoke, everything is small and done once.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <wengert/numeric/jacobian_tape.hpp>

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
  std::string workload, engine;
  double ratio, least_ratio, ns_per_op, first_ratio, bytes_per_op, difference;
};

struct plan {
  std::string name;
  double operations;
  std::size_t inputs;
  int rounds, repeats;
  std::function<double()> primal;
  std::function<double(wengert::jacobian_tape&, double*)> tape;  // puts the gradient there
  std::function<double(double*)> hand;
};

double seconds(int repeats, const std::function<void()>& f) {
  const double begin = now();
  for (int i = 0; i < repeats; ++i) f();
  return (now() - begin) / repeats;
}

std::vector<row> measure(const plan& p) {
  wengert::jacobian_tape tape;
  std::vector<double> by_tape(p.inputs), by_hand(p.inputs);
  double value = 0;
  const auto primal = [&] { keep(value = p.primal()); };
  const auto gradient = [&] { keep(value = p.tape(tape, by_tape.data())); };
  const auto hand = [&] { keep(value = p.hand(by_hand.data())); };

  primal();
  const double first = seconds(1, gradient);
  hand();
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < p.inputs; ++i) {
    difference = std::max(difference, std::fabs(by_tape[i] - by_hand[i]));
    size = std::max(size, std::fabs(by_hand[i]));
  }
  std::vector<double> of_primal, of_tape, of_hand;
  for (int round = 0; round < p.rounds; ++round) {
    of_primal.push_back(seconds(p.repeats, primal));
    of_tape.push_back(seconds(p.repeats, gradient));
    of_hand.push_back(seconds(p.repeats, hand));
  }
  const auto result = [&](const char* engine, const std::vector<double>& times, double first_time, double bytes, double apart) {
    return row{p.name,
               engine,
               median(times) / median(of_primal),
               least(times) / least(of_primal),
               least(times) / p.operations * 1e9,
               first_time / least(times),
               bytes / p.operations,
               apart};
  };
  return {result("primal", of_primal, least(of_primal), 0, 0),
          result("tape", of_tape, first, static_cast<double>(tape.bytes()), difference / size),
          result("hand", of_hand, least(of_hand), 0, 0)};
}

// The gradient of f, which takes a pointer to its inputs, recorded afresh.
template <class F> std::function<double(wengert::jacobian_tape&, double*)> recorded(const std::vector<double>& at, F f) {
  return [x = std::vector<adouble>(at.size()), &at, f](wengert::jacobian_tape& tape, double* gradient) mutable {
    tape.clear();
    const wengert::variables inputs = tape.inputs(x, at);
    const adouble y = f(x.data());
    const auto adjoints = tape.gradient(y, inputs);
    std::memcpy(gradient, adjoints.data(), adjoints.size() * sizeof(double));
    return y.value();
  };
}

std::vector<row> cross_entropy(std::size_t k, bool smoke) {
  const std::vector<double> x = workloads::normal_numbers(k, 7, 3);
  std::vector<double> y = workloads::normal_numbers(k, 8);
  double sum = 0;
  for (double& v : y) sum += v = std::fabs(v);
  for (double& v : y) v /= sum;
  const double m = *std::max_element(x.begin(), x.end());
  return measure({"W1 " + std::to_string(k), workloads::cross_entropy_operations(k), k, smoke ? 1 : 25,
                  smoke ? 1 : static_cast<int>(300000 / k + 1),
                  [&] { return workloads::cross_entropy<double>(x.data(), y.data(), m, k); },
                  recorded(x, [&](const adouble* a) { return workloads::cross_entropy<adouble>(a, y.data(), m, k); }),
                  [&](double* g) { return workloads::cross_entropy_by_hand(x.data(), y.data(), m, k, g); }});
}

std::vector<row> log_sum_exp(bool smoke) {
  const std::size_t n = smoke ? 1000 : 1000000;
  const std::vector<double> x = workloads::normal_numbers(n, 7, 3);
  const double m = *std::max_element(x.begin(), x.end());
  return measure({"W2", workloads::log_sum_exp_operations(n), n, smoke ? 1 : 25, 1,
                  [&] { return workloads::log_sum_exp<double>(x.data(), m, n); },
                  recorded(x, [&](const adouble* a) { return workloads::log_sum_exp<adouble>(a, m, n); }),
                  [&](double* g) { return workloads::log_sum_exp_by_hand(x.data(), m, n, g); }});
}

std::vector<row> paths(bool smoke) {
  const std::size_t steps = 100, count = smoke ? 5 : 2000;
  const std::vector<double> normals = workloads::normal_numbers(2 * steps * count, 11);
  std::vector<double> p(std::begin(workloads::path_parameters), std::end(workloads::path_parameters));
  // The mean over the paths, and its gradient: each path is recorded on a tape that is cleared for it.
  const auto mean = [&](const auto& one, double* g) {
    double sum = 0, of_path[8];
    if (g) std::fill(g, g + 8, 0.0);
    for (std::size_t k = 0; k < count; ++k) {
      keep(p[0]);
      sum += one(normals.data() + 2 * steps * k, of_path);
      if (!g) continue;
      for (int j = 0; j < 8; ++j) g[j] += of_path[j] / static_cast<double>(count);
    }
    return sum / static_cast<double>(count);
  };
  const double* of_this_path = nullptr;
  auto path = recorded(p, [&](const adouble* a) { return workloads::path<adouble>(a, of_this_path, steps); });
  return measure(
      {"W3a", workloads::path_operations(steps) * static_cast<double>(count), 8, smoke ? 1 : 25, 1,
       [&] { return mean([&](const double* z, double*) { return workloads::path<double>(p.data(), z, steps); }, nullptr); },
       [&](wengert::jacobian_tape& tape, double* g) {
         return mean(
             [&](const double* z, double* of_path) {
               of_this_path = z;
               return path(tape, of_path);
             },
             g);
       },
       [&](double* g) {
         return mean([&](const double* z, double* h) { return workloads::path_by_hand(p.data(), z, steps, h); }, g);
       }});
}

std::vector<row> network(bool smoke) {
  const workloads::network_size size = smoke ? workloads::network_size{20, 8, 3, 4} : workloads::network_size{784, 128, 10, 32};
  const std::vector<double> p = workloads::normal_numbers(size.parameters(), 5, 0.03),
                            x = workloads::normal_numbers(size.batch * size.inputs, 6);
  std::vector<int> labels(size.batch);
  for (std::size_t n = 0; n < size.batch; ++n) labels[n] = static_cast<int>(n * 7 % size.outputs);
  return measure({"W4", size.operations(), size.parameters(), smoke ? 1 : 25, 1,
                  [&] { return workloads::network<double>(p.data(), x.data(), labels.data(), size); },
                  recorded(p, [&](const adouble* a) { return workloads::network<adouble>(a, x.data(), labels.data(), size); }),
                  [&](double* g) { return workloads::network_by_hand(p.data(), x.data(), labels.data(), size, g); }});
}

std::vector<row> chain_of_sines(bool smoke) {
  const std::size_t n = smoke ? 1000 : 3000000;
  std::vector<double> x{0.3};
  const double c = 1e-7;
  return measure({"W5", 3.0 * static_cast<double>(n), 1, smoke ? 1 : 15, 1,
                  [&] {
                    keep(x[0]);
                    return workloads::chain_of_sines<double>(x[0], c, n);
                  },
                  recorded(x, [&](const adouble* a) { return workloads::chain_of_sines<adouble>(*a, c, n); }),
                  [&](double* g) { return workloads::chain_of_sines_by_hand(x[0], c, n, g); }});
}

// Ten operations on a tape that exists: the latency of a small gradient.
std::vector<row> small(bool smoke) {
  std::vector<double> x{0.5, 1.5};
  const auto f = [](const auto* a) { return (a[0] * a[1] + 2.0) / (a[1] - a[0] * 0.5) + a[0] * a[0] * a[1] - 3.0; };
  return measure({"small", 10, 2, smoke ? 1 : 25, smoke ? 1 : 20000,
                  [&] {
                    keep(x[0]);
                    return f(x.data());
                  },
                  recorded(x, [&](const adouble* a) -> adouble { return f(a); }),
                  [&](double* g) {
                    keep(x[0]);
                    const double a = x[0], b = x[1], q = b - a * 0.5, v = (a * b + 2.0) / q;
                    g[0] = b / q + 0.5 * v / q + 2 * a * b;
                    g[1] = a / q - v / q + a * a;
                    return v + a * a * b - 3.0;
                  }});
}

void print_json(std::FILE* out, const std::vector<row>& rows) {
  std::fprintf(out, "[\n");
  for (const row& r : rows)
    std::fprintf(out,
                 "  {\"workload\": \"%s\", \"engine\": \"%s\", \"ratio\": %.4g, \"least_ratio\": %.4g, \"ns_per_op\": %.4g, "
                 "\"first_over_steady\": %.4g, \"bytes_per_op\": %.4g, \"relative_difference\": %.3g}%s\n",
                 r.workload.c_str(), r.engine.c_str(), r.ratio, r.least_ratio, r.ns_per_op, r.first_ratio, r.bytes_per_op,
                 r.difference, &r == &rows.back() ? "" : ",");
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
      {"W2", [&] { return log_sum_exp(smoke); }},
      {"W3a", [&] { return paths(smoke); }},
      {"W4", [&] { return network(smoke); }},
      {"W5", [&] { return chain_of_sines(smoke); }},
      {"small", [&] { return small(smoke); }},
  };
  for (const std::string& name : wanted)
    if (std::none_of(all.begin(), all.end(), [&](const auto& w) { return w.first == name; })) {
      std::fprintf(stderr, "no workload %s: there are W1 W2 W3a W4 W5 small\n", name.c_str());
      return 2;
    }
  std::vector<row> rows;
  bool agree = true;
  std::printf("%-10s %-7s %8s %8s %9s %9s %9s %9s\n", "workload", "engine", "ratio", "least", "ns/op", "first", "bytes/op",
              "apart");
  for (const auto& [name, run] : all) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    for (const row& r : run()) {
      std::printf("%-10s %-7s %8.2f %8.2f %9.3f %9.2f %9.2f %9.1e\n", r.workload.c_str(), r.engine.c_str(), r.ratio,
                  r.least_ratio, r.ns_per_op, r.first_ratio, r.bytes_per_op, r.difference);
      agree = agree && r.difference < 1e-9;
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
