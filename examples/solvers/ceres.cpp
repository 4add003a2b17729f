// Bundle adjustment by Ceres, with dual_vec in the place of its Jets: cameras and points of a small scene are found from where
// the cameras saw the points. A residual that is written for any scalar gives Ceres its Jacobian by one run with a direction for
// each parameter.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include <ceres/ceres.h>
#include <ceres/rotation.h>

#include <wengert/numeric/dual.hpp>

namespace {

constexpr int camera_size = 7, point_size = 3;  // angle-axis, translation, focal length
using camera = std::array<double, camera_size>;
using point = std::array<double, point_size>;

// Where a camera sees a point, less where it was seen.
struct reprojection {
  double seen_x, seen_y;
  template <class T> bool operator()(const T* c, const T* p, T* residual) const {
    T q[3];
    ceres::AngleAxisRotatePoint(c, p, q);
    for (int k = 0; k < 3; ++k) q[k] += c[3 + k];
    residual[0] = c[6] * q[0] / q[2] - seen_x;
    residual[1] = c[6] * q[1] / q[2] - seen_y;
    return true;
  }
};

// What Ceres calls.
class differentiated : public ceres::SizedCostFunction<2, camera_size, point_size> {
 public:
  explicit differentiated(const reprojection& f) : f_(f) {}
  bool Evaluate(const double* const* parameters, double* residuals, double** jacobians) const override {
    if (jacobians == nullptr) return f_(parameters[0], parameters[1], residuals);
    using T = wengert::dual_vec<camera_size + point_size>;
    std::array<T, camera_size + point_size> x;
    for (std::size_t k = 0; k < x.size(); ++k)
      x[k] = T::variable(k < camera_size ? parameters[0][k] : parameters[1][k - camera_size], k);
    T y[2];
    f_(x.data(), x.data() + camera_size, y);
    for (std::size_t row = 0; row < 2; ++row) {
      residuals[row] = y[row].value();
      const auto& t = y[row].tangents();
      if (jacobians[0] != nullptr) std::copy(t.begin(), t.begin() + camera_size, jacobians[0] + row * camera_size);
      if (jacobians[1] != nullptr) std::copy(t.begin() + camera_size, t.end(), jacobians[1] + row * point_size);
    }
    return true;
  }

 private:
  reprojection f_;
};

struct scene {
  std::vector<camera> cameras;
  std::vector<point> points;
};

// Cameras on an arc, that look at a cloud of points, ten away.
scene make_scene() {
  std::mt19937 random(5);
  const auto between = [&](double low, double high) { return low + (high - low) * static_cast<double>(random()) / 4294967295.0; };
  scene s;
  for (int k = 0; k < 6; ++k) s.cameras.push_back({0.02 * k, 0.3 - 0.1 * k, 0.01 * k, 0.1 * k, -0.2, 10, 500 + 10.0 * k});
  for (int k = 0; k < 40; ++k) s.points.push_back({between(-3, 3), between(-2, 2), between(-2, 2)});
  return s;
}

template <class Make> double solve(const scene& truth, const Make& cost_function) {
  scene s = truth;
  std::mt19937 random(9);
  const auto noise = [&] { return static_cast<double>(random()) / 4294967295.0 - 0.5; };
  for (camera& c : s.cameras)
    for (double& v : c) v += 0.02 * noise() * (1 + std::fabs(v));
  for (point& p : s.points)
    for (double& v : p) v += 0.2 * noise();
  ceres::Problem problem;
  for (std::size_t c = 0; c < s.cameras.size(); ++c)
    for (std::size_t p = 0; p < s.points.size(); ++p) {
      reprojection seen{0, 0};
      double at[2];
      seen(truth.cameras[c].data(), truth.points[p].data(), at);
      problem.AddResidualBlock(cost_function(reprojection{at[0], at[1]}), nullptr, s.cameras[c].data(), s.points[p].data());
    }
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_SCHUR;
  options.function_tolerance = options.gradient_tolerance = options.parameter_tolerance = 1e-14;
  options.max_num_iterations = 200;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  return summary.final_cost;
}

// The largest difference from Jets, relative to the larger of 1 and the entry.
double difference_from_jets(const scene& s) {
  double worst = 0;
  for (const camera& c : s.cameras)
    for (const point& p : s.points) {
      const reprojection f{1, 2};
      const double* parameters[] = {c.data(), p.data()};
      double residuals[2][2], of_camera[2][2 * camera_size], of_point[2][2 * point_size];
      double* jacobians[2][2] = {{of_camera[0], of_point[0]}, {of_camera[1], of_point[1]}};
      differentiated(f).Evaluate(parameters, residuals[0], jacobians[0]);
      ceres::AutoDiffCostFunction<reprojection, 2, camera_size, point_size>(new reprojection(f))
          .Evaluate(parameters, residuals[1], jacobians[1]);
      const auto compare = [&](double a, double b) { worst = std::max(worst, std::fabs(a - b) / std::max(1.0, std::fabs(b))); };
      for (int k = 0; k < 2; ++k) compare(residuals[0][k], residuals[1][k]);
      for (int k = 0; k < 2 * camera_size; ++k) compare(of_camera[0][k], of_camera[1][k]);
      for (int k = 0; k < 2 * point_size; ++k) compare(of_point[0][k], of_point[1][k]);
    }
  return worst;
}

}  // namespace

int main() {
  const scene truth = make_scene();
  std::printf("Jacobians %s those by Jets\n", difference_from_jets(truth) < 1e-13 ? "are" : "differ from");
  const double ours = solve(truth, [](const reprojection& f) { return new differentiated(f); });
  const double by_jets = solve(truth, [](const reprojection& f) {
    return new ceres::AutoDiffCostFunction<reprojection, 2, camera_size, point_size>(new reprojection(f));
  });
  std::printf("the scene is %s, by Jets it is %s\n", ours < 1e-12 ? "found" : "not found",
              by_jets < 1e-12 ? "found" : "not found");
}
