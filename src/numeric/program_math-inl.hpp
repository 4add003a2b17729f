// Vector functions, in lanes of double; those of float that have no form of their own are these, rounded. Written once for every
// kind of vector unit: this file is included again for each, so it has no include guard of the usual kind.
//
// Errors in units in the last place, as the tests check them: exp 1.25, expm1 2, log 1, log1p 2, tanh 3, sin and cos 2.5 (the
// largest seen at 3*10^6 numbers: 1.13, 1.87, 0.84, 1.44, 2.44, 2.41); in float exp 1.25, others 0.51.
#if defined(WENGERT_PROGRAM_MATH_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef WENGERT_PROGRAM_MATH_INL_HPP
#undef WENGERT_PROGRAM_MATH_INL_HPP
#else
#define WENGERT_PROGRAM_MATH_INL_HPP
#endif

#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace wengert::lowered::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D> using is_double = std::is_same<hn::TFromD<D>, double>;

// N vectors for which the same is computed, each step for all of them before the next, so that none waits for the step before.
template <class V, std::size_t N> struct many { V v[N]; };

template <std::size_t K, class F, class... V> HWY_INLINE auto one(F f, const V&... x) { return f(x.v[K]...); }
template <class F, class... V, std::size_t... K> HWY_INLINE auto each(std::index_sequence<K...>, F f, const V&... x) {
  return many<decltype(f(x.v[0]...)), sizeof...(K)>{{one<K>(f, x...)...}};
}
template <std::size_t N, class F, class... V> HWY_INLINE auto each(F f, const many<V, N>&... x) {
  return each(std::make_index_sequence<N>(), f, x...);
}

// --- exp: x = n*log(2) + r; the polynomial is the one that meets (exp(r) - 1 - r)/r^2 at Chebyshev's points

template <class T> struct exponential;
template <> struct exponential<double> {
  static constexpr double magic = 0x1.8p52, log2_high = 6.93147180369123816490e-01, log2_low = 1.90821492927058770002e-10,
                          coefficients[] = {2.5100424157005067e-8,  2.7620138719733996e-7,
                                            2.7557268378684193e-6,  2.4801521190217728e-5,
                                            0.00019841269863105969, 0.0013888888917281793,
                                            0.0083333333333300513,  0.041666666666623992,
                                            0.16666666666666667,    0.5},
                          least = -746, most = 710;
  static constexpr int digits = 52, bias = 1023;
};
template <> struct exponential<float> {
  static constexpr float magic = 0x1.8p23F, log2_high = 0.693359375F, log2_low = -2.12194440e-4F,
                         coefficients[] = {0.0013926213466332443F, 0.0083632029715758549F, 0.041666554437685939F,
                                           0.16666576845993976F, 0.5F},
                         least = -104, most = 89;
  static constexpr int digits = 23, bias = 127;
};

template <class D, std::size_t... K, std::size_t N, class V = hn::Vec<D>>
HWY_INLINE many<V, N> polynomial(D d, std::index_sequence<K...>, const many<V, N>& r) {
  constexpr const auto& c = exponential<hn::TFromD<D>>::coefficients;
  auto h = each([&](V) HWY_ATTR { return hn::Set(d, c[0]); }, r);
  ((h = each([&](V p, V u) HWY_ATTR { return hn::MulAdd(p, u, hn::Set(d, c[K + 1])); }, h, r)), ...);
  return h;
}

template <class D, std::size_t N, class V = hn::Vec<D>> HWY_INLINE many<V, N> nearest_power(D d, const many<V, N>& x) {
  using T = hn::TFromD<D>;
  const V magic = hn::Set(d, exponential<T>::magic), per_log2 = hn::Set(d, static_cast<T>(1.4426950408889634));
  return each([&](V u) HWY_ATTR { return hn::Sub(hn::MulAdd(u, per_log2, magic), magic); }, x);
}

// exp(r) - 1
template <class D, std::size_t N, class V = hn::Vec<D>>
HWY_INLINE many<V, N> rest_of_exponential(D d, const many<V, N>& x, const many<V, N>& n) {
  using form = exponential<hn::TFromD<D>>;
  const auto high = each([&](V u, V m) HWY_ATTR { return hn::NegMulAdd(m, hn::Set(d, form::log2_high), u); }, x, n);
  const auto r = each([&](V u, V m) HWY_ATTR { return hn::NegMulAdd(m, hn::Set(d, form::log2_low), u); }, high, n);
  const auto h = polynomial(d, std::make_index_sequence<std::size(form::coefficients) - 1>(), r);
  return each([&](V p, V u) HWY_ATTR { return hn::MulAdd(hn::Mul(u, u), p, u); }, h, r);
}

// 2^n*x
template <class D, class V = hn::Vec<D>> HWY_INLINE V scaled(D d, V x, V n) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  (void)d;
  if constexpr (is_double<D>::value)
    return V{_mm512_scalef_pd(x.raw, n.raw)};
  else
    return V{_mm512_scalef_ps(x.raw, n.raw)};
#else
  // In two steps, since 2^n may be no number of the kind.
  const hn::RebindToUnsigned<D> du;
  using form = exponential<hn::TFromD<D>>;
  const auto u = hn::BitCast(du, hn::Add(n, hn::Set(d, form::magic)));  // n in the last bits
  const auto half = hn::ShiftRight<1>(u), bias = hn::Set(du, hn::TFromD<decltype(du)>{form::bias});
  const auto power = [&](auto m) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<form::digits>(hn::Add(m, bias))); };
  return hn::Mul(hn::Mul(x, power(half)), power(hn::Sub(u, half)));
#endif
}

// Whether Min and Max give their second operand where either is no number.
constexpr bool second_wins = HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3;

// Between bounds; what is no number stays none.
template <class D, class V = hn::Vec<D>> HWY_INLINE V between(D d, double lo, V x, double hi) {
  using T = hn::TFromD<D>;
  const V y = hn::Min(hn::Set(d, static_cast<T>(hi)), hn::Max(hn::Set(d, static_cast<T>(lo)), x));
  return second_wins ? y : hn::IfThenElse(hn::Eq(x, x), y, x);
}

// What is no number among the two, else the larger, or the smaller.
template <class V> HWY_INLINE V larger(V x, V y) {
  const V r = hn::IfThenElse(hn::IsNaN(x), x, hn::Max(x, y));
  return second_wins ? r : hn::IfThenElse(hn::IsNaN(y), y, r);
}
template <class V> HWY_INLINE V smaller(V x, V y) {
  const V r = hn::IfThenElse(hn::IsNaN(x), x, hn::Min(x, y));
  return second_wins ? r : hn::IfThenElse(hn::IsNaN(y), y, r);
}

template <class D, std::size_t N, class V = hn::Vec<D>> HWY_INLINE many<V, N> exp_of(D d, const many<V, N>& x) {
  using T = hn::TFromD<D>;
  using form = exponential<T>;
  const auto inside = each([&](V u) HWY_ATTR { return between(d, form::least, u, form::most); }, x);
  const auto n = nearest_power(d, inside);
  const auto q = rest_of_exponential(d, inside, n);
  return each([&](V rest, V power) HWY_ATTR { return scaled(d, hn::Add(rest, hn::Set(d, T(1))), power); }, q, n);
}

// --- double only

template <class D, class V = hn::Vec<D>> HWY_INLINE V expm1_of(D d, V x) {
  const V one = hn::Set(d, 1.0);
  const many<V, 1> inside{{between(d, -64, x, 710)}}, whole = nearest_power(d, inside);
  const V n = whole.v[0], q = rest_of_exponential(d, inside, whole).v[0];
  // 2^-n, which does not matter where n is large
  const auto u = hn::BitCast(hn::RebindToUnsigned<D>(), hn::Sub(hn::Set(d, 0x1.8p52 + 1023), n));
  const V inverse = hn::BitCast(d, hn::ShiftLeft<52>(u));
  const V rest = hn::IfThenElse(hn::Gt(n, hn::Set(d, 60.0)), one, hn::Sub(one, inverse));
  return scaled(d, hn::Add(q, rest), n);
}

// log(x) = k*log(2) + log(1 + f), by the series of FreeBSD's msun (e_log.c) in s = f/(2 + f).
template <class D, class V = hn::Vec<D>> HWY_INLINE V log_of(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  const V zero = hn::Zero(d), infinity = hn::Set(d, std::numeric_limits<double>::infinity());
  const auto small = hn::Lt(x, hn::Set(d, 0x1p-1022));
  const V scaled = hn::IfThenElse(small, hn::Mul(x, hn::Set(d, 0x1p54)), x);
  const auto shifted = hn::Add(hn::BitCast(du, scaled), hn::Set(du, std::uint64_t{0x3ff0000000000000 - 0x3fe6a09e00000000}));
  const V offset = hn::IfThenElse(small, hn::Set(d, 0x1p52 + 1023 + 54), hn::Set(d, 0x1p52 + 1023));
  const V k =
      hn::Sub(hn::BitCast(d, hn::Or(hn::ShiftRight<52>(shifted), hn::Set(du, std::uint64_t{0x4330000000000000}))), offset);
  const V m = hn::BitCast(d, hn::Add(hn::And(shifted, hn::Set(du, std::uint64_t{0x000fffffffffffff})),
                                     hn::Set(du, std::uint64_t{0x3fe6a09e00000000})));
  const V f = hn::Sub(m, hn::Set(d, 1.0)), s = hn::Div(f, hn::Add(hn::Set(d, 2.0), f)), z = hn::Mul(s, s), w = hn::Mul(z, z);
  V t1 = hn::MulAdd(hn::Set(d, 1.531383769920937332e-01), w, hn::Set(d, 2.222219843214978396e-01));
  t1 = hn::Mul(hn::MulAdd(t1, w, hn::Set(d, 3.999999999940941908e-01)), w);
  V t2 = hn::MulAdd(hn::Set(d, 1.479819860511658591e-01), w, hn::Set(d, 1.818357216161805012e-01));
  t2 = hn::MulAdd(t2, w, hn::Set(d, 2.857142874366239149e-01));
  t2 = hn::MulAdd(t2, w, hn::Set(d, 6.666666666666735130e-01));
  const V r = hn::MulAdd(t2, z, t1), half = hn::Mul(hn::Set(d, 0.5), hn::Mul(f, f));
  const V low = hn::MulAdd(s, hn::Add(half, r), hn::Mul(k, hn::Set(d, 1.90821492927058770002e-10)));
  const V y = hn::MulAdd(k, hn::Set(d, 6.93147180369123816490e-01), hn::Add(hn::Sub(low, half), f));
  const V edge = hn::IfThenElse(hn::Eq(x, zero), hn::Set(d, -std::numeric_limits<double>::infinity()),
                                hn::Set(d, std::numeric_limits<double>::quiet_NaN()));
  return hn::IfThenElse(hn::Gt(x, zero), hn::IfThenElse(hn::Lt(x, infinity), y, x), hn::IfThenElse(hn::Eq(x, x), edge, x));
}

// log(u) with u = 1 + x rounded, and what was rounded away.
template <class D, class V = hn::Vec<D>> HWY_INLINE V log1p_of(D d, V x) {
  const V u = hn::Add(x, hn::Set(d, 1.0)), lost = hn::Sub(x, hn::Sub(u, hn::Set(d, 1.0)));
  const auto inside = hn::And(hn::Gt(u, hn::Zero(d)), hn::Lt(u, hn::Set(d, std::numeric_limits<double>::infinity())));
  return hn::Add(log_of(d, u), hn::IfThenElseZero(inside, hn::Div(lost, u)));
}

template <class D, class V = hn::Vec<D>> HWY_INLINE V tanh_of(D d, V x) {
  const V size = between(d, 0, hn::Abs(x), 20), t = expm1_of(d, hn::Add(size, size));
  return hn::CopySign(hn::Div(t, hn::Add(t, hn::Set(d, 2.0))), x);
}

// sin or cos: x = n*(pi/2) + r, and the polynomials of FreeBSD's msun (k_sin.c, k_cos.c). Larger arguments one by one.
template <bool Cosine, class D, class V = hn::Vec<D>> HWY_INLINE V sine_of(D d, V x) {
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Le(hn::Abs(x), hn::Set(d, 1e5))))) {
    HWY_ALIGN double lanes[hn::MaxLanes(D())];
    hn::Store(x, d, lanes);
    for (std::size_t k = 0; k < hn::Lanes(d); ++k) lanes[k] = Cosine ? std::cos(lanes[k]) : std::sin(lanes[k]);
    return hn::Load(d, lanes);
  }
  const hn::RebindToUnsigned<D> du;
  const V magic = hn::Set(d, 0x1.8p52), one = hn::Set(d, 1.0);
  const V t = hn::MulAdd(x, hn::Set(d, 6.36619772367581382433e-01), magic), n = hn::Sub(t, magic);
  V r = hn::NegMulAdd(n, hn::Set(d, 1.57079632673412561417e+00), x);
  r = hn::NegMulAdd(n, hn::Set(d, 6.07710050630396597660e-11), r);
  r = hn::NegMulAdd(n, hn::Set(d, 2.02226624879595063154e-21), r);
  const V z = hn::Mul(r, r);
  V s = hn::MulAdd(hn::Set(d, 1.58969099521155010221e-10), z, hn::Set(d, -2.50507602534068634195e-08));
  s = hn::MulAdd(s, z, hn::Set(d, 2.75573137070700676789e-06));
  s = hn::MulAdd(s, z, hn::Set(d, -1.98412698298579493134e-04));
  s = hn::MulAdd(s, z, hn::Set(d, 8.33333333332248946124e-03));
  s = hn::MulAdd(s, z, hn::Set(d, -1.66666666666666324348e-01));
  s = hn::MulAdd(hn::Mul(z, r), s, r);
  V c = hn::MulAdd(hn::Set(d, -1.13596475577881948265e-11), z, hn::Set(d, 2.08757232129817482790e-09));
  c = hn::MulAdd(c, z, hn::Set(d, -2.75573143513906633035e-07));
  c = hn::MulAdd(c, z, hn::Set(d, 2.48015872894767294178e-05));
  c = hn::MulAdd(c, z, hn::Set(d, -1.38888888888741095749e-03));
  c = hn::MulAdd(c, z, hn::Set(d, 4.16666666666666019037e-02));
  const V half = hn::Mul(hn::Set(d, 0.5), z), w = hn::Sub(one, half);
  c = hn::Add(w, hn::MulAdd(hn::Mul(z, z), c, hn::Sub(hn::Sub(one, w), half)));
  auto quarter = hn::BitCast(du, t);  // its two last bits say which quarter
  if constexpr (Cosine) quarter = hn::Add(quarter, hn::Set(du, std::uint64_t{1}));
  const auto is_cosine = hn::MaskFromVec(hn::BitCast(d, hn::Sub(hn::Zero(du), hn::And(quarter, hn::Set(du, std::uint64_t{1})))));
  const V sign = hn::BitCast(d, hn::ShiftLeft<62>(hn::And(quarter, hn::Set(du, std::uint64_t{2}))));
  return hn::Xor(hn::IfThenElse(is_cosine, c, s), sign);
}

// --- for both: f in lanes of double, for float in two halves

// As numbers are converted. Where there is no instruction for it, Highway makes the largest float of infinity.
template <class D, class V> HWY_INLINE hn::Vec<D> narrowed(D d, V x) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  const hn::Rebind<double, D> dd;
  HWY_ALIGN double wide[hn::MaxLanes(D())];
  HWY_ALIGN float narrow[hn::MaxLanes(D())];
  hn::Store(x, dd, wide);
  for (std::size_t k = 0; k < hn::MaxLanes(D()); ++k) narrow[k] = static_cast<float>(wide[k]);
  return hn::Load(d, narrow);
#else
  return hn::DemoteTo(d, x);
#endif
}

template <class D, class V, class F> HWY_INLINE V in_double(D d, V x, F f) {
  if constexpr (is_double<D>::value) {
    return f(d, x);
  } else {
#if HWY_TARGET == HWY_SCALAR
    const hn::Rebind<double, D> dd;
    return narrowed(d, f(dd, hn::PromoteTo(dd, x)));
#else
    const hn::Repartition<double, D> dd;
    const hn::Half<D> dh;
    const auto low = narrowed(dh, f(dd, hn::PromoteTo(dd, hn::LowerHalf(dh, x))));
    return hn::Combine(d, narrowed(dh, f(dd, hn::PromoteTo(dd, hn::UpperHalf(dh, x)))), low);
#endif
  }
}

}  // namespace wengert::lowered::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
