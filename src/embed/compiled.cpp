#include <wengert/embed/compiled.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <mutex>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <wengert/calculus/derivative.hpp>
#include <wengert/proof/stable.hpp>

#include "nonfinite.hpp"
#include "reroll.hpp"

namespace wengert {

namespace {

template <class Id> using groups = std::vector<std::vector<Id>>;

template <class Id> std::vector<Id> joined(const groups<Id>& all) {
  std::vector<Id> r;
  for (const auto& one : all) r.insert(r.end(), one.begin(), one.end());
  return r;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0; }

// Where a text has an operation, however it is spaced, but not within a longer word; from 1, 0 if nowhere. The reciprocal that a
// quotient is computed by stands there as its division.
std::size_t column_of(const std::string& text, const std::string& operation) {
  const std::string_view sought = std::string_view(operation).substr(operation.starts_with("1/") ? 1 : 0);
  const auto ends_at = [&](std::size_t at) {  // none if it is not here
    std::size_t k = 0;
    for (; at < text.size() && k < sought.size(); ++at) {
      while (k < sought.size() && sought[k] == ' ') ++k;
      if (text[at] == ' ') continue;
      if (k == sought.size() || text[at] != sought[k++]) return std::string::npos;
    }
    return k == sought.size() ? at : std::string::npos;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ' ' || (at > 0 && is_word(text[at - 1]) && is_word(text[at]))) continue;
    const std::size_t end = ends_at(at);
    if (end == std::string::npos || (end < text.size() && is_word(text[end - 1]) && is_word(text[end]))) continue;
    const auto begins = [](char b) { return (b & 0xC0) != 0x80; };
    return 1 + static_cast<std::size_t>(std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), begins));
  }
  return 0;
}

// A function on its tape, by arrays.
class source {
 public:
  source(recorded_function r, const compile_options& o)
      : options_(o), own_(std::move(r.on)), names_{"x"}, by_{0}, inputs_{std::move(r.inputs)}, value_{std::move(r.outputs)} {
    if (std::optional<rerolled> found = reroll(*own_, inputs_[0], value_)) {
      own_ = std::move(found->on);
      inputs_ = {{found->inputs}};
      value_ = std::move(found->outputs);
      constants_ = std::move(found->constants);
      views_ = std::move(found->views);
    }
    if (!options_.as_written) make_stable(on(), value_, shifts_);
  }

  source(const problem_text& text, const compile_options& o) : options_(o), problem_(std::in_place, text) {
    if (problem_->expressions().size() != 1) throw std::invalid_argument("an equation is no function");
    expect_known(text);
    const node_id f = problem_->expressions()[0].node;
    value_ = {f};
    std::vector<bool> needed(on().symbol_count(), false);
    for (node_id n : on().reachable(f))
      if (on().op(n) == opcode::symbol) needed[on().symbol_of(n)] = true;
    for (const wengert::target& t : problem_->targets()) {
      if (!t.entry.empty())
        throw std::invalid_argument(fmt::format("what is compiled has derivatives by whole names, not by {}", t.text));
      needed[t.variable] = true;
    }
    std::vector<std::size_t> place(needed.size());
    for (symbol_id s : order(needed)) {
      place[s] = inputs_.size();
      names_.push_back(on().symbol(s).name);
      inputs_.push_back({s});
    }
    for (const wengert::target& t : problem_->targets()) by_.push_back(place[t.variable]);
    if (by_.empty())
      for (std::size_t k = 0; k < inputs_.size(); ++k) by_.push_back(k);
    if (!options_.as_written) make_stable(on(), value_, shifts_);
  }

  tape& on() { return own_ ? *own_ : problem_->on(); }
  const tape& on() const { return own_ ? *own_ : problem_->on(); }
  const compile_options& options() const { return options_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::size_t>& by() const { return by_; }
  std::vector<std::string> notes() const { return problem_ ? problem_->notes() : std::vector<std::string>(); }

  std::optional<culprit> blame(const std::vector<node_id>& roots, evaluator<double>& at,
                               const std::function<bool(double)>& is_finite) {
    naming names;
    if (problem_) names.calls = &problem_->calls();
    std::optional<culprit> c = find_nonfinite(on(), roots, at, is_finite, names);
    if (!c || !problem_) return c;
    c->column = column_of(problem_->expressions()[0].text, c->operation);
    return c;
  }

  // The arrays of a program.
  program_arrays arrays(part p) {
    derivatives found = outputs(p);
    program_arrays r{inputs_, std::move(found.arrays), constants_, views_, std::move(found.shares)};
    if (p == part::hessian_vector) {
      const groups<symbol_id> along = vectors();
      r.inputs.insert(r.inputs.end(), along.begin(), along.begin() + static_cast<std::ptrdiff_t>(by_.size()));
      for (std::size_t k = 0; k < views_.size(); ++k) {
        r.views.push_back(views_[k]);
        r.views.back().symbol = along[by_.size()][k];
        r.views.back().input += inputs_.size();
      }
    }
    return r;
  }

  struct derivatives {
    groups<node_id> arrays;
    std::vector<output_share> shares;  // by views
  };
  derivatives outputs(part p) {
    derivatives r = derived(p);
    std::vector<node_id> all = joined(r.arrays);
    for (const output_share& s : r.shares) all.push_back(s.node);
    shifts_.put_back(on(), all);
    auto next = all.begin();
    for (auto& one : r.arrays)
      for (node_id& n : one) n = *next++;
    for (output_share& s : r.shares) s.node = *next++;
    return r;
  }

 private:
  // Throws where derivatives are by a name that the text does not have, or a dimension that it does not have is given a size.
  void expect_known(problem_text text) const {
    const auto expect = [](const std::string& name, std::string_view kind, const std::vector<std::string>& known) {
      if (std::ranges::find(known, name) != known.end()) return;
      throw std::invalid_argument(fmt::format("'{}' is no {} of what is compiled, which has {}", name, kind,
                                              known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
    };
    std::vector<std::string> dims;
    for (dim_id d = 0; d < on().dim_count(); ++d) dims.push_back(on().dim_name(d));
    for (const auto& [name, size] : options_.sizes) expect(name, "dimension", dims);
    text.wrt.clear();
    const problem without(text);
    std::vector<std::string> names;
    for (symbol_id s = 0; s < without.on().symbol_count(); ++s) names.push_back(without.on().symbol(s).name);
    for (const auto& let : without.lets()) names.push_back(let.first);
    for (const wengert::target& t : problem_->targets())
      if (t.entry.empty()) expect(t.text, "name", names);
  }

  // The inputs of a text, of which some are needed.
  std::vector<symbol_id> order(std::vector<bool> needed) {
    std::vector<symbol_id> r;
    for (const std::string& name : options_.inputs) {
      const node_id n = on().find_symbol(name);
      if (n == none) throw std::invalid_argument(fmt::format("'{}' is no input of what is compiled", name));
      r.push_back(on().symbol_of(n));
      if (std::ranges::count(r, r.back()) > 1) throw std::invalid_argument(fmt::format("'{}' is an input twice", name));
      needed[r.back()] = false;
    }
    for (symbol_id s = 0; s < needed.size(); ++s) {
      if (!needed[s]) continue;
      if (!options_.inputs.empty())
        throw std::invalid_argument(fmt::format("'{}' is missing among the inputs", on().symbol(s).name));
      r.push_back(s);
    }
    return r;
  }

  std::vector<symbol_id> variables() const {
    std::vector<symbol_id> r;
    for (std::size_t k : by_) r.insert(r.end(), inputs_[k].begin(), inputs_[k].end());
    for (const input_view& v : views_) r.push_back(v.symbol);
    return r;
  }
  // Nodes by variable, as one array for each array of variables; those by views follow them.
  groups<node_id> grouped(const std::vector<node_id>& all) const {
    groups<node_id> r;
    auto next = all.begin();
    for (std::size_t k : by_) {
      const auto end = next + static_cast<std::ptrdiff_t>(inputs_[k].size());
      r.emplace_back(next, end);
      next = end;
    }
    r.emplace_back(next, all.end());
    return r;
  }

  // Where the entries of a node stand in an array, and the node.
  struct placed {
    node_id node;
    std::int64_t offset;
    std::vector<std::int64_t> strides;
    bool own;  // it stands there by itself, behind those before it
  };

  // The derivatives of f by all variables, row by row from where f stands.
  void add_rows(derivatives& r, const placed& f, std::size_t first, const std::vector<node_id>& by_variables) const {
    groups<node_id> all = grouped(by_variables);
    const std::vector<node_id> by_views = std::move(all.back());
    all.pop_back();
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (f.own)
        r.arrays[first + k].insert(r.arrays[first + k].end(), all[k].begin(), all[k].end());
      else
        r.shares.push_back(share(f, all[k][0], first + k, 0, {1}));
    }
    for (std::size_t k = 0; k < by_views.size(); ++k)
      r.shares.push_back(share(f, by_views[k], first + views_[k].input, views_[k].offset, views_[k].strides));
  }
  output_share share(const placed& f, node_id n, std::size_t output, std::int64_t offset,
                     const std::vector<std::int64_t>& strides) const {
    const std::int64_t row = inputs_size();
    output_share r{n, output, f.offset * row + offset, {}};
    for (std::int64_t s : f.strides) r.strides.push_back(s * row);
    r.strides.insert(r.strides.end(), strides.begin(), strides.end());
    return r;
  }
  // Of the one input of a recording.
  std::int64_t inputs_size() const { return on().range_of(on().symbol(inputs_[0][0]).axes[0]).hi.offset; }

  node_id number() {
    if (value_.size() != 1 || on().rank(value_[0]) != 0)
      throw std::invalid_argument("gradients and Hessians are of functions that are one number; others have a Jacobian");
    return value_[0];
  }

  derivatives derived(part p) {
    tape& t = on();
    switch (p) {
      case part::value: return {{value_}, {}};
      case part::gradient: {
        derivatives r{groups<node_id>(1 + by_.size()), {}};
        r.arrays[0] = value_;
        add_rows(r, {number(), 0, {}, true}, 1, reverse(t, number(), variables()));
        return r;
      }
      case part::jacobian: {
        std::vector<placed> of;
        for (node_id f : value_)
          of.push_back({f, static_cast<std::int64_t>(of.size()), std::vector<std::int64_t>(t.rank(f), 1), true});
        return jacobian(of);
      }
      case part::hessian: {
        groups<node_id> gradients = grouped(reverse(t, number(), variables()));
        derivatives r;
        for (std::size_t k = 0; k < by_.size(); ++k) {
          std::vector<placed> of;
          for (node_id f : gradients[k])
            of.push_back({f, static_cast<std::int64_t>(of.size()), std::vector<std::int64_t>(t.rank(f), 1), true});
          for (std::size_t v = 0; v < views_.size(); ++v)
            of.push_back({gradients.back()[v], views_[v].offset, views_[v].strides, false});
          derivatives block = jacobian(of);
          for (output_share& s : block.shares) r.shares.push_back(std::move(s));
          for (auto& one : block.arrays) r.arrays.push_back(std::move(one));
        }
        return r;
      }
      case part::hessian_vector: {
        std::vector<direction> along;
        const std::vector<symbol_id> x = variables(), v = joined(vectors());
        for (std::size_t k = 0; k < x.size(); ++k) along.push_back({x[k], t.symbol_node(v[k])});
        derivatives r{groups<node_id>(by_.size()), {}};
        add_rows(r, {number(), 0, {}, true}, 0, reverse(t, pushforward(t, number(), along), x));
        return r;
      }
    }
    return {};
  }

  // The derivatives of nodes that stand in one array, row by row, by each array.
  derivatives jacobian(const std::vector<placed>& of) {
    derivatives r{groups<node_id>(by_.size()), {}};
    for (const placed& f : of) add_rows(r, f, 0, rows(f.node));
    return r;
  }
  std::vector<node_id> rows(node_id f) {
    const std::vector<symbol_id> x = variables();
    if (on().rank(f) == 0) return reverse(on(), f, x);
    std::vector<node_id> r;
    for (symbol_id s : x) r.push_back(derivative(on(), f, s));
    return r;
  }

  // A vector beside each array that derivatives are by; last, those beside views.
  groups<symbol_id> vectors() {
    if (!vectors_.empty()) return vectors_;
    tape& t = on();
    groups<symbol_id> all;
    for (std::size_t k : by_) all.push_back(inputs_[k]);
    all.emplace_back();
    for (const input_view& v : views_) all.back().push_back(v.symbol);
    for (const auto& one : all) {
      vectors_.emplace_back();
      for (symbol_id s : one) {
        std::string name = "d" + t.symbol(s).name;
        while (t.find_symbol(name) != none || t.find_dim(name) != none) name = "d" + name;
        const std::vector<range_id> axes = t.symbol(s).axes;
        vectors_.back().push_back(t.symbol_of(t.symbol(name, axes)));
      }
    }
    return vectors_;
  }

  compile_options options_;
  std::unique_ptr<tape> own_;
  std::optional<problem> problem_;
  std::vector<std::string> names_;
  std::vector<std::size_t> by_;
  groups<symbol_id> inputs_, vectors_;
  std::vector<std::pair<symbol_id, std::vector<double>>> constants_;
  std::vector<input_view> views_;  // of the one input of a recording
  shifts shifts_;
  std::vector<node_id> value_;  // one array
};

template <class T> std::vector<T> side_by_side(const std::vector<std::span<const T>>& all) {
  std::vector<T> r;
  for (const auto& one : all) r.insert(r.end(), one.begin(), one.end());
  return r;
}

template <class T>
std::vector<double> part_of(std::span<const T> input, const input_view& v, const std::vector<std::size_t>& shape) {
  std::vector<std::int64_t> places{v.offset};
  for (std::size_t a = 0; a < shape.size(); ++a) {
    std::vector<std::int64_t> next;
    for (std::int64_t p : places)
      for (std::size_t k = 0; k < shape[a]; ++k) next.push_back(p + static_cast<std::int64_t>(k) * v.strides[a]);
    places = std::move(next);
  }
  std::vector<double> r;
  for (std::int64_t p : places) r.push_back(static_cast<double>(input[static_cast<std::size_t>(p)]));
  return r;
}

}  // namespace

template <class T> struct basic_compiled<T>::state {
  static constexpr std::size_t parts = 5;
  source from;
  std::mutex growing;  // the tape
  std::once_flag once[parts];
  std::optional<basic_program<T>> programs[parts];
};

template <class T> basic_compiled<T>::basic_compiled(recorded_function r, const compile_options& o)
    : state_(new state{source(std::move(r), o), {}, {}, {}}) {}
template <class T> basic_compiled<T>::basic_compiled(const problem_text& text, const compile_options& o)
    : state_(new state{source(text, o), {}, {}, {}}) {}
template <class T> basic_compiled<T>::~basic_compiled() = default;
template <class T> basic_compiled<T>::basic_compiled(basic_compiled&&) noexcept = default;
template <class T> basic_compiled<T>& basic_compiled<T>::operator=(basic_compiled&&) noexcept = default;

template <class T> const std::vector<std::string>& basic_compiled<T>::inputs() const { return state_->from.names(); }
template <class T> const std::vector<std::size_t>& basic_compiled<T>::by() const { return state_->from.by(); }
template <class T> std::vector<std::string> basic_compiled<T>::notes() const { return state_->from.notes(); }
template <class T> const tape& basic_compiled<T>::on() const { return state_->from.on(); }

template <class T> std::vector<std::vector<node_id>> basic_compiled<T>::nodes_of(part p) const {
  const std::lock_guard lock(state_->growing);
  return state_->from.outputs(p).arrays;
}

template <class T> const basic_program<T>& basic_compiled<T>::program_of(part p) const {
  const auto k = static_cast<std::size_t>(p);
  std::call_once(state_->once[k], [&] {
    const std::lock_guard lock(state_->growing);
    source& from = state_->from;
    state_->programs[k].emplace(from.on(), from.arrays(p), from.options().sizes, from.options().target);
  });
  return *state_->programs[k];
}

// An input's numbers may come in several lists, or one by one.
template <class T> std::vector<T> basic_compiled<T>::one(part which, const std::vector<std::span<const T>>& at) const {
  const basic_program<T>& p = program_of(which);
  const std::vector<T> numbers = side_by_side(at);
  std::vector<const T*> in;
  std::size_t first = 0, next = 0;  // in numbers, in at
  for (std::size_t k = 0; k < p.input_count(); ++k) {
    in.push_back(numbers.data() + first);
    const std::size_t end = first + p.input_size(k);
    for (; first < end && next < at.size(); ++next) first += at[next].size();
    if (first != end) throw std::invalid_argument(fmt::format("input {} has {} numbers", k + 1, p.input_size(k)));
  }
  if (first != numbers.size())
    throw std::invalid_argument(fmt::format("there are more numbers than those of {} inputs", p.input_count()));
  std::size_t total = 0;
  for (std::size_t k = 0; k < p.output_count(); ++k) total += p.output_size(k);
  std::vector<T> all(total);
  std::vector<T*> out;
  for (std::size_t k = 0, begin = 0; k < p.output_count(); begin += p.output_size(k++)) out.push_back(all.data() + begin);
  p.run(in, out);
  if (which == part::gradient) all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(p.output_size(0)));
  return all;
}

template <class T> std::optional<culprit> basic_compiled<T>::blame(part which, const std::vector<std::span<const T>>& at) const {
  program_of(which).input_count();  // refuses what cannot be computed
  const std::lock_guard lock(state_->growing);
  source& from = state_->from;
  const program_arrays arrays = from.arrays(which);
  evaluator<double> e(from.on());
  for (const auto& [name, size] : from.options().sizes)
    if (const dim_id d = from.on().find_dim(name); d != none) e.bind_dim(d, size);
  const std::vector<T> numbers = side_by_side(at);
  std::size_t first = 0;
  const auto next = [&](const basic_program<T>& p, std::size_t k, symbol_id s) {
    const bool several = arrays.inputs[k].size() > 1;
    const std::size_t count = several ? 1 : p.input_size(k);
    if (first + count > numbers.size()) throw std::invalid_argument("there are fewer numbers than the inputs have");
    const std::vector<double> values(numbers.begin() + static_cast<std::ptrdiff_t>(first),
                                     numbers.begin() + static_cast<std::ptrdiff_t>(first + count));
    std::vector<std::size_t> shape;
    if (!several) shape.assign(p.input_shape(k).begin(), p.input_shape(k).end());
    e.bind(s, values, shape);
    first += count;
  };
  for (std::size_t k = 0; k < arrays.inputs.size(); ++k)
    for (symbol_id s : arrays.inputs[k]) next(*state_->programs[static_cast<std::size_t>(which)], k, s);
  const auto shape_of = [&](symbol_id s) {  // of what was recorded
    std::vector<std::size_t> shape;
    for (range_id r : from.on().symbol(s).axes) shape.push_back(static_cast<std::size_t>(from.on().range_of(r).hi.offset));
    return shape;
  };
  for (const auto& [s, values] : arrays.constants) e.bind(s, values, shape_of(s));
  for (const input_view& v : arrays.views) {
    const std::vector<std::size_t> shape = shape_of(v.symbol);
    std::size_t begin = 0;
    for (std::size_t k = 0; k < v.input; ++k) begin += state_->programs[static_cast<std::size_t>(which)]->input_size(k);
    e.bind(v.symbol, part_of(std::span(numbers).subspan(begin), v, shape), shape);
  }
  std::vector<node_id> roots = joined(arrays.outputs);
  for (const output_share& s : arrays.shares) roots.push_back(s.node);
  return from.blame(roots, e, [](double v) { return std::isfinite(static_cast<T>(v)); });
}

template class basic_compiled<double>;
template class basic_compiled<float>;

}  // namespace wengert
