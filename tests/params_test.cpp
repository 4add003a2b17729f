// Structs of parameters: derivatives by them come back as the same struct.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <wengert/embed/params.hpp>

namespace {

enum class activation { tanh, identity };

template <class T> struct layer {
  BOOST_HANA_DEFINE_STRUCT(layer, (std::vector<std::vector<T>>, weights), (std::vector<T>, bias), (activation, kind));
};

template <class T> struct model {
  BOOST_HANA_DEFINE_STRUCT(model, (std::string, name), (std::vector<layer<T>>, layers), (T, scale), (std::array<T, 2>, range),
                           (bool, frozen), (int, epoch), (double, rate));
};

// Adapted from outside, for every T.
template <class T> struct decay {
  T amplitude, speed;
  std::vector<int> days;
  T offsets[2];
};

// No templates: a function gets a view.
struct point {
  double x = 0;
  std::vector<double> tail;
  std::string label;
  float weight = 1;
};
struct path_of_points {
  std::vector<point> points;
  double closing = 0;
};

}  // namespace

WENGERT_ADAPT_STRUCT_TEMPLATE(decay, amplitude, speed, days, offsets);
BOOST_HANA_ADAPT_STRUCT(point, x, tail, label, weight);
BOOST_HANA_ADAPT_STRUCT(path_of_points, points, closing);

namespace {

using namespace wengert;

template <class T> T apply_layers(const model<T>& m, std::vector<T> h) {
  for (const layer<T>& l : m.layers) {
    std::vector<T> next = l.bias;
    for (std::size_t i = 0; i < next.size(); ++i) {
      for (std::size_t j = 0; j < h.size(); ++j) next[i] += l.weights[i][j] * h[j];
      if (l.kind == activation::tanh) next[i] = tanh(next[i]);
    }
    h = next;
  }
  T sum = 0;
  for (const T& v : h) sum += v * v * m.scale;
  return sum + m.range[0] * m.range[1] * m.rate;
}
const auto loss = []<class T>(const model<T>& m) { return apply_layers(m, std::vector<T>{T(0.3), T(-0.8)}); };

model<double> small_model() {
  model<double> m;
  m.name = "small";
  m.layers = {{{{0.1, 0.2}, {0.3, 0.4}, {-0.5, 0.6}}, {0.1, 0.0, -0.2}, activation::tanh},
              {{{1, 2, 3}}, {0.5}, activation::identity}};
  m.scale = 1.5;
  m.range = {2, 3};
  m.frozen = true;
  m.epoch = 7;
  m.rate = 0.25;
  return m;
}

TEST_CASE("the gradient by a struct is the same struct; what is no number is copied") {
  const model<double> m = small_model();
  const auto [value, g] = value_and_grad(loss)(m);
  CHECK(value == loss(m));
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(g)>, model<double>>);
  CHECK(g.name == "small");
  CHECK(g.frozen);
  CHECK(g.epoch == 7);
  CHECK(g.layers[1].kind == activation::identity);
  CHECK(g.rate == 0.25);  // a double in every model<T>: a constant
  CHECK(g.range[0] == doctest::Approx(0.75));
  CHECK(g.layers[0].weights.size() == 3);
  CHECK(check_gradient(loss, m).agrees);
}

TEST_CASE("the numbers of a struct in order, with names, and back") {
  const model<double> m = small_model();
  std::vector<double> all = flatten(m);
  CHECK(all.size() == 16);
  CHECK(count_numbers(m) == 16);
  const std::vector<std::string> n = names(m);
  CHECK(n[0] == "layers[0].weights[0][0]");
  CHECK(n[6] == "layers[0].bias[0]");
  CHECK(n[13] == "scale");
  CHECK(n[15] == "range[1]");
  for (double& v : all) v *= 2;
  const model<double> twice = unflatten(all, m);
  CHECK(twice.layers[0].bias[2] == -0.4);
  CHECK(twice.rate == 0.25);
  CHECK(twice.name == "small");
  CHECK_THROWS_AS(unflatten(std::vector<double>{1}, m), error);
}

TEST_CASE("Hessians, products and pullbacks by structs") {
  const model<double> m = small_model();
  const model<double>& v = m;
  const std::vector<double> direction = flatten(v);
  const dense_matrix h = hessian(loss)(m);
  const std::vector<double> product = flatten(hvp(loss)(m, v)), g = flatten(grad(loss)(m));
  double slope = 0;
  for (std::size_t i = 0; i < direction.size(); ++i) {
    double row = 0;
    for (std::size_t j = 0; j < direction.size(); ++j) row += h(i, j) * direction[j];
    CHECK(product[i] == doctest::Approx(row));
    slope += g[i] * direction[i];
  }
  CHECK(jvp(loss)(m, v).tangent == doctest::Approx(slope));
  const auto outputs = []<class T>(const model<T>& p) { return std::array<T, 2>{p.scale * p.scale, p.range[1] * 2}; };
  auto back = vjp(outputs)(m);
  CHECK(back({1, 0}).scale == 3);
  CHECK(back({1, 10}).range[1] == 20);
  CHECK(back({0, 10}).name == "small");
  CHECK(jacobian(outputs)(m)(1, 15) == 2);
}

TEST_CASE("a struct template that is adapted from outside, with an array of C") {
  const decay<double> d{2, 0.5, {1, 2, 3}, {0.1, 0.2}};
  const auto total = []<class T>(const decay<T>& p) {
    T sum = 0;
    for (const int day : p.days) sum += p.amplitude * exp(-p.speed * day) + p.offsets[day % 2];
    return sum;
  };
  const decay<double> g = grad(total)(d);
  CHECK(g.days == d.days);
  CHECK(g.offsets[0] == 1);
  CHECK(g.offsets[1] == 2);
  CHECK(g.amplitude == doctest::Approx(std::exp(-0.5) + std::exp(-1) + std::exp(-1.5)));
  CHECK(check_gradient(total, d).agrees);
  CHECK(names(d) == std::vector<std::string>{"amplitude", "speed", "offsets[0]", "offsets[1]"});
}

TEST_CASE("a struct that is no template is reached by the names of its fields") {
  const auto length = [](const auto& p) {
    auto sum = field<"closing">(p) * 2.0;
    using T = std::decay_t<decltype(field<"closing">(p))>;
    T total = sum;
    for (const auto& q : field<"points">(p))
      for (const auto& t : field<"tail">(q)) total += field<"x">(q) * t * field<"weight">(q);
    return total;
  };
  path_of_points p;
  p.points = {{2, {3, 4}, "a", 0.5F}, {5, {}, "b", 1}};
  p.closing = 1;
  CHECK(length(p) == 9);
  const path_of_points g = grad(length)(p);
  CHECK(g.closing == 2);
  CHECK(g.points[0].x == 3.5);
  CHECK(g.points[0].tail == std::vector<double>{1, 1});
  CHECK(g.points[0].weight == 14.0F);
  CHECK(g.points[0].label == "a");
  CHECK(g.points[1].x == 0);
  CHECK(check_gradient(length, p).agrees);
}

TEST_CASE("numbers, tuples, maps and optional numbers are trees") {
  const auto product = [](const auto& v) { return v[0] * v[1]; };
  CHECK_THROWS_AS(hvp(product)(std::vector<double>{1, 2}, std::vector<double>{1}), error);
  CHECK_THROWS_AS(jvp(product)(std::vector<double>{1, 2}, std::vector<double>{1, 2, 3}), error);
  CHECK(grad([](auto x) { return x * x * x; })(2.0) == 12);
  CHECK(hessian([](auto x) { return x * x * x; })(2.0)(0, 0) == 12);
  const auto f = [](const auto& t) {
    const auto& [a, rest] = t;
    auto s = a * rest.at("u");
    using T = std::decay_t<decltype(a)>;
    T sum = s;
    for (const auto& [name, v] : rest) sum += v * v * static_cast<double>(name.size());
    return sum;
  };
  const std::pair<double, std::map<std::string, double>> x{3, {{"u", 2}, {"vv", 5}}};
  const auto g = grad(f)(x);
  CHECK(g.first == 2);
  CHECK(g.second.at("u") == 7);
  CHECK(g.second.at("vv") == 20);
  CHECK(names(x) == std::vector<std::string>{"[0]", "[1][u]", "[1][vv]"});
  const std::tuple<std::optional<double>, int, std::optional<double>> y{4.0, 7, {}};
  const auto h = grad([](const auto& t) { return *std::get<0>(t) * std::get<1>(t); })(y);
  CHECK(*std::get<0>(h) == 7);
  CHECK_FALSE(std::get<2>(h).has_value());
  CHECK(grad([](const auto& v) { return v[0][1] * v[1][0]; })(std::vector<std::vector<double>>{{1, 2}, {3}}) ==
        std::vector<std::vector<double>>{{0, 3}, {2}});
  CHECK(grad([](const auto& v) { return v[0] * v[1]; })(std::vector<float>{2, 3}) == std::vector<float>{3, 2});
}

}  // namespace
