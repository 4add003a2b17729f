// A network of one hidden layer learns to read handwritten digits: the loss is written for any scalar, its parameters are a
// struct, and the gradient is the same struct. Three of four images are learnt from, in a shuffled order; the others tell how
// well it reads.
//
// The images, of 8x8 pixels from 0 (a) to 16 (q), are those of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten
// Digits", UCI Machine Learning Repository (1998), CC BY 4.0, as scikit-learn has them (digits.csv.gz).
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <wengert/embed/params.hpp>

namespace {

constexpr std::size_t pixels = 64, digits = 10, width = 24;

struct image {
  std::size_t digit;
  std::vector<double> pixels;
};

std::vector<image> read_images(const char* name) {
  std::vector<image> all;
  std::ifstream file(name);
  std::string letters;
  for (std::size_t digit; file >> digit >> letters;) {
    image i{digit, {}};
    for (const char c : letters) i.pixels.push_back((c - 'a') / 16.0);
    all.push_back(std::move(i));
  }
  return all;
}

template <class T> struct layer {
  BOOST_HANA_DEFINE_STRUCT(layer, (std::vector<T>, weights), (std::vector<T>, bias));

  template <class X> std::vector<T> operator()(const std::vector<X>& x) const {
    std::vector<T> y = bias;
    for (std::size_t i = 0; i < y.size(); ++i)
      for (std::size_t j = 0; j < x.size(); ++j) y[i] += weights[i * x.size() + j] * x[j];
    return y;
  }
};
template <class T> struct network {
  BOOST_HANA_DEFINE_STRUCT(network, (layer<T>, hidden), (layer<T>, output));

  std::vector<T> operator()(const std::vector<double>& x) const {
    std::vector<T> h = hidden(x);
    for (T& v : h) v = tanh(v);
    return output(h);
  }
};

template <class T> T cross_entropy(const std::vector<T>& logits, std::size_t digit) {
  using std::exp, std::log;
  const T largest = *std::max_element(logits.begin(), logits.end());
  T sum = 0;
  for (const T& z : logits) sum += exp(z - largest);
  return log(sum) + largest - logits[digit];
}

// The steps of Kingma and Ba, "Adam" (2015).
class adam {
 public:
  void step(std::vector<double>& x, const std::vector<double>& gradient, double rate) {
    constexpr double keep_mean = 0.9, keep_square = 0.999;
    mean_.resize(x.size());
    square_.resize(x.size());
    mean_scale_ = keep_mean * mean_scale_ + 1 - keep_mean;
    square_scale_ = keep_square * square_scale_ + 1 - keep_square;
    for (std::size_t i = 0; i < x.size(); ++i) {
      mean_[i] = keep_mean * mean_[i] + (1 - keep_mean) * gradient[i];
      square_[i] = keep_square * square_[i] + (1 - keep_square) * gradient[i] * gradient[i];
      x[i] -= rate * mean_[i] / mean_scale_ / (std::sqrt(square_[i] / square_scale_) + 1e-8);
    }
  }

 private:
  std::vector<double> mean_, square_;
  double mean_scale_ = 0, square_scale_ = 0;
};

double accuracy(const network<double>& n, const std::vector<image>& images) {
  std::size_t right = 0;
  for (const image& i : images) {
    const std::vector<double> z = n(i.pixels);
    if (std::max_element(z.begin(), z.end()) - z.begin() == static_cast<std::ptrdiff_t>(i.digit)) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(images.size());
}

}  // namespace

int main() {
  std::mt19937 random(1);
  std::vector<image> images = read_images(DIGITS_TXT);
  for (std::size_t k = images.size(); k > 1; --k) std::swap(images[k - 1], images[random() % k]);
  const auto split = images.begin() + static_cast<std::ptrdiff_t>(images.size() / 4);
  const std::vector<image> tests(images.begin(), split), lessons(split, images.end());

  const auto weights = [&](std::size_t rows, std::size_t columns) {
    std::vector<double> w(rows * columns);
    for (double& v : w) v = (static_cast<double>(random()) / 4294967295.0 - 0.5) * 3 / std::sqrt(static_cast<double>(columns));
    return w;
  };
  network<double> n{{weights(width, pixels), std::vector<double>(width)}, {weights(digits, width), std::vector<double>(digits)}};

  constexpr std::size_t epochs = 8, at_once = 16;
  adam optimizer;
  for (std::size_t k = 0; k < epochs * lessons.size(); k += at_once) {
    const auto loss = [&]<class T>(const network<T>& m) {
      T sum = 0;
      for (std::size_t i = k; i < k + at_once; ++i) {
        const image& lesson = lessons[i % lessons.size()];
        sum += cross_entropy(m(lesson.pixels), lesson.digit);
      }
      return T(sum / static_cast<double>(at_once));
    };
    std::vector<double> x = wengert::flatten(n);
    optimizer.step(x, wengert::flatten(wengert::grad(loss)(n)), 0.01);
    n = wengert::unflatten(x, n);
  }
  std::printf("%zu images to learn from, %zu to test: %s\n", lessons.size(), tests.size(),
              accuracy(n, tests) >= 0.95 ? "at least 95% are read" : "fewer than 95% are read");
}
