#include <wengert/c.h>

#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <wengert/calculus/problem.hpp>
#include <wengert/embed/compiled.hpp>
#include <wengert/numeric/program.hpp>
#include <wengert/version.hpp>

struct wengert_program {
  std::vector<std::string> input_names, output_names;
  std::string notes;
  std::optional<wengert::program> code;
};

struct wengert_workspace {
  const wengert_program* of;
  wengert::program::workspace space;
};

namespace {

using namespace wengert;

// Ends on a whole code point.
template <std::size_t N> void copy_text(char (&to)[N], std::string_view text) {
  std::size_t length = std::min(text.size(), N - 1);
  while (length > 0 && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  to[text.copy(to, length)] = '\0';
}

wengert_status say(wengert_error* to, wengert_status status, std::string_view message, std::string_view code = {},
                   std::string_view hint = {}, std::size_t column = 0, std::size_t length = 0) {
  if (to == nullptr) return status;
  copy_text(to->code, code);
  copy_text(to->message, message);
  copy_text(to->hint, hint);
  to->column = column;
  to->length = length;
  return status;
}

// What a call got wrong, whatever the texts.
struct bad_argument {
  const char* message;
};
void require(bool good, const char* message) {
  if (!good) throw bad_argument{message};
}

// Runs f, and says what it threw.
template <class F> wengert_status guarded(wengert_error* to, const F& f) noexcept {
  try {
    f();
    return say(to, WENGERT_OK, "");
  } catch (const bad_argument& e) {
    return say(to, WENGERT_BAD_ARGUMENT, e.message);
  } catch (const error& e) {
    return say(to, WENGERT_REFUSED, e.what(), e.code, e.hint, e.column, e.column == 0 ? 0 : e.length);
  } catch (const std::invalid_argument& e) {
    return say(to, WENGERT_REFUSED, e.what());
  } catch (const std::bad_alloc&) {
    return say(to, WENGERT_OUT_OF_MEMORY, "there is not enough memory");
  } catch (const std::exception& e) {
    return say(to, WENGERT_DEFECT, e.what());
  } catch (...) {
    return say(to, WENGERT_DEFECT, "something unknown was thrown");
  }
}

std::vector<std::string> texts(const char* const* list) {
  std::vector<std::string> r;
  for (; list != nullptr && *list != nullptr; ++list) r.emplace_back(*list);
  return r;
}

problem_text text_of(const wengert_request& request) {
  problem_text text;
  text.expressions = {request.expression};
  text.wrt = texts(request.wrt);
  text.vars = texts(request.vars);
  text.lets = texts(request.lets);
  text.givens = texts(request.givens);
  return text;
}

// What is compiled, as the arrays of one program and their names.
class program_maker {
 public:
  program_maker(const compiled& f, int order) : f_(f) {
    const node_id value = f.nodes_of(part::value)[0][0];
    add(value, "value");
    if (order >= 1) add_derivatives(f.on().rank(value) == 0);
    if (order == 2) add_second_derivatives();
  }

  // Those that the function has, unless a list orders them.
  void choose_inputs(const char* const* order) {
    const tape& t = f_.on();
    names_ = order == nullptr ? f_.inputs() : texts(order);
    for (std::size_t k = 0; k < names_.size(); ++k) {
      const node_id n = t.find_symbol(names_[k]);
      if (n == none)
        throw error("N01", fmt::format("there is no name '{}' to be an input", names_[k]), "inputs are names of the expression");
      if (std::find(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(k), names_[k]) !=
          names_.begin() + static_cast<std::ptrdiff_t>(k))
        throw error("U04", fmt::format("'{}' is named as an input twice", names_[k]));
      arrays_.inputs.push_back({t.symbol_of(n)});
    }
  }

  void make(const compile_options& options, wengert_program& to) {
    to.code.emplace(f_.on(), arrays_, options.sizes, options.target);
    to.input_names = std::move(names_);
    to.output_names = std::move(output_names_);
    for (const std::string& note : f_.notes()) to.notes += note + '\n';
  }

 private:
  void add(node_id n, std::string name) {
    arrays_.outputs.push_back({n});
    output_names_.push_back(std::move(name));
  }
  const std::string& by(std::size_t k) const { return f_.inputs()[f_.by()[k]]; }

  void add_derivatives(bool of_a_number) {
    const auto nodes = f_.nodes_of(of_a_number ? part::gradient : part::jacobian);
    const std::size_t before = of_a_number ? 1 : 0;
    for (std::size_t k = 0; k < f_.by().size(); ++k) add(nodes[before + k][0], fmt::format("D(value, {})", by(k)));
  }
  void add_second_derivatives() {
    const auto nodes = f_.nodes_of(part::hessian);
    for (std::size_t k = 0; k < nodes.size(); ++k)
      add(nodes[k][0], fmt::format("D(value, {}, {})", by(k / f_.by().size()), by(k % f_.by().size())));
  }

  const compiled& f_;
  program_arrays arrays_;
  std::vector<std::string> names_, output_names_;
};

std::unique_ptr<wengert_program> compile_request(const wengert_request& request) {
  require(request.struct_size == sizeof request, "struct_size is not sizeof(wengert_request)");
  require(request.expression != nullptr, "there is no expression");
  require(0 <= request.order && request.order <= 2, "the order is 0, 1 or 2");
  compile_options options;
  if (request.target != nullptr) options.target = request.target;
  for (const wengert_dim* d = request.dims; d != nullptr && d->name != nullptr; ++d) options.sizes[d->name] = d->size;
  const compiled f(text_of(request), options);
  program_maker maker(f, request.order);
  maker.choose_inputs(request.inputs);
  auto made = std::make_unique<wengert_program>();
  maker.make(options, *made);
  return made;
}

// The arrays of a call, each there unless it is empty.
template <class T, class Size>
std::vector<T*> arrays(T* const* list, std::size_t count, const Size& size, const char* if_missing) {
  require(list != nullptr || count == 0, if_missing);
  std::vector<T*> r(list, list + count);
  for (std::size_t k = 0; k < count; ++k) require(r[k] != nullptr || size(k) == 0, if_missing);
  return r;
}
std::vector<const double*> input_arrays(const program& p, const wengert_program& of, const double* const* list) {
  return arrays(
      list, of.input_names.size(), [&](std::size_t k) { return p.input_size(k); }, "an input is a null pointer");
}
std::vector<double*> output_arrays(const program& p, const wengert_program& of, double* const* list) {
  return arrays(
      list, of.output_names.size(), [&](std::size_t k) { return p.output_size(k); }, "an output is a null pointer");
}

}  // namespace

wengert_status wengert_compile(const wengert_request* request, wengert_program** to, wengert_error* why) {
  return guarded(why, [&] {
    require(to != nullptr, "there is no place for the program");
    *to = nullptr;
    require(request != nullptr, "there is no request");
    *to = compile_request(*request).release();
  });
}
void wengert_program_free(wengert_program* p) { delete p; }

size_t wengert_input_count(const wengert_program* p) { return p == nullptr ? 0 : p->input_names.size(); }
size_t wengert_output_count(const wengert_program* p) { return p == nullptr ? 0 : p->output_names.size(); }
const char* wengert_input_name(const wengert_program* p, size_t k) {
  return k < wengert_input_count(p) ? p->input_names[k].c_str() : nullptr;
}
const char* wengert_output_name(const wengert_program* p, size_t k) {
  return k < wengert_output_count(p) ? p->output_names[k].c_str() : nullptr;
}
size_t wengert_input_rank(const wengert_program* p, size_t k) {
  return k < wengert_input_count(p) ? p->code->input_shape(k).size() : 0;
}
size_t wengert_output_rank(const wengert_program* p, size_t k) {
  return k < wengert_output_count(p) ? p->code->output_shape(k).size() : 0;
}
const int64_t* wengert_input_shape(const wengert_program* p, size_t k) {
  return k < wengert_input_count(p) ? p->code->input_shape(k).data() : nullptr;
}
const int64_t* wengert_output_shape(const wengert_program* p, size_t k) {
  return k < wengert_output_count(p) ? p->code->output_shape(k).data() : nullptr;
}
size_t wengert_input_size(const wengert_program* p, size_t k) { return k < wengert_input_count(p) ? p->code->input_size(k) : 0; }
size_t wengert_output_size(const wengert_program* p, size_t k) {
  return k < wengert_output_count(p) ? p->code->output_size(k) : 0;
}
const char* wengert_notes(const wengert_program* p) { return p == nullptr ? "" : p->notes.c_str(); }

wengert_status wengert_workspace_new(const wengert_program* p, wengert_workspace** to, wengert_error* why) {
  return guarded(why, [&] {
    require(to != nullptr, "there is no place for the workspace");
    *to = nullptr;
    require(p != nullptr, "there is no program");
    *to = new wengert_workspace{p, program::workspace(*p->code)};
  });
}
void wengert_workspace_free(wengert_workspace* w) { delete w; }

wengert_status wengert_run(const wengert_program* p, const double* const* inputs, double* const* outputs, wengert_workspace* w,
                           wengert_error* why) {
  return guarded(why, [&] {
    require(p != nullptr, "there is no program");
    require(w == nullptr || w->of == p, "the workspace belongs to another program");
    const auto in = input_arrays(*p->code, *p, inputs);
    const auto out = output_arrays(*p->code, *p, outputs);
    if (w == nullptr)
      p->code->run(in, out);
    else
      p->code->run(in, out, w->space);
  });
}

wengert_status wengert_run_batch(const wengert_program* p, size_t count, const double* const* inputs, const int* shared,
                                 double* const* outputs, unsigned threads, wengert_error* why) {
  return guarded(why, [&] {
    require(p != nullptr, "there is no program");
    const auto in = input_arrays(*p->code, *p, inputs);
    const auto out = output_arrays(*p->code, *p, outputs);
    std::vector<batch_array<const double>> from;
    std::vector<batch_array<double>> to;
    for (std::size_t k = 0; k < in.size(); ++k) {
      const bool one_for_all = shared != nullptr && shared[k] != 0;
      from.push_back({in[k], one_for_all ? 0 : static_cast<std::ptrdiff_t>(p->code->input_size(k))});
    }
    for (std::size_t k = 0; k < out.size(); ++k) to.push_back({out[k], static_cast<std::ptrdiff_t>(p->code->output_size(k))});
    p->code->run_batch(count, from, to, std::max(threads, 1u));
  });
}

const char* wengert_version() { return WENGERT_VERSION; }
int wengert_c_abi() { return WENGERT_C_ABI; }
