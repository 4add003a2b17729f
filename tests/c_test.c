/* The C interface, from C: values, derivatives of both orders, batches, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <wengert/c.h>

static int passed, failed;

#define CHECK(condition)                                    \
  do {                                                      \
    if (condition) {                                        \
      ++passed;                                             \
    } else {                                                \
      ++failed;                                             \
      printf("FAILED line %d: %s\n", __LINE__, #condition); \
    }                                                       \
  } while (0)

static int near(double a, double b) { return fabs(a - b) <= 1e-12 * (1 + fabs(b)); }

static const char* const by_z[] = {"z", NULL};
static const char* const by_x[] = {"x", NULL};
static const char* const vectors[] = {"z, y: vector[K]", NULL};

static void softmax_cross_entropy(void) {
  const wengert_dim dims[] = {{"K", 3}, {NULL, 0}};
  const wengert_request request = {.struct_size = sizeof request,
                                   .expression = "cross_entropy(softmax(z), y)",
                                   .wrt = by_z,
                                   .vars = vectors,
                                   .dims = dims,
                                   .order = 1};
  wengert_program* p;
  wengert_error e;
  CHECK(wengert_compile(&request, &p, &e) == WENGERT_OK);
  CHECK(wengert_input_count(p) == 2 && wengert_output_count(p) == 2);
  CHECK(strcmp(wengert_input_name(p, 0), "z") == 0 && strcmp(wengert_output_name(p, 1), "D(value, z)") == 0);
  CHECK(wengert_output_rank(p, 0) == 0 && wengert_output_rank(p, 1) == 1 && wengert_output_shape(p, 1)[0] == 3);
  CHECK(wengert_input_size(p, 1) == 3 && wengert_input_name(p, 2) == NULL && wengert_output_size(p, 7) == 0);

  const double z[] = {1, 2, 700}, y[] = {0, 1, 0};
  double value, gradient[3];
  wengert_workspace* w;
  CHECK(wengert_workspace_new(p, &w, NULL) == WENGERT_OK);
  CHECK(wengert_run(p, (const double* const[]){z, y}, (double* const[]){&value, gradient}, w, &e) == WENGERT_OK);
  CHECK(near(value, 698) && near(gradient[0], 0) && near(gradient[1], -1) && near(gradient[2], 1));

  const double many[] = {1, 2, 700, 0, 0, 0};
  double values[2], gradients[6];
  const int shared[] = {0, 1};
  CHECK(wengert_run_batch(p, 2, (const double* const[]){many, y}, shared, (double* const[]){values, gradients}, 2, &e) ==
        WENGERT_OK);
  CHECK(near(values[0], 698) && near(values[1], log(3.0)) && near(gradients[4], 1.0 / 3 - 1) && near(gradients[5], 1.0 / 3));

  CHECK(wengert_run(p, (const double* const[]){z, NULL}, (double* const[]){&value, gradient}, w, &e) == WENGERT_BAD_ARGUMENT);
  CHECK(strcmp(e.message, "an input is a null pointer") == 0 && e.code[0] == '\0');
  wengert_program* other;
  CHECK(wengert_compile(&request, &other, NULL) == WENGERT_OK);
  CHECK(wengert_run(other, (const double* const[]){z, y}, (double* const[]){&value, gradient}, w, NULL) == WENGERT_BAD_ARGUMENT);
  wengert_workspace_free(w);
  wengert_program_free(other);
  wengert_program_free(p);
}

static void second_order(void) {
  const char* const by[] = {"x", "y", NULL};
  const char* const order[] = {"y", "x", NULL};
  const wengert_request request = {
      .struct_size = sizeof request, .expression = "x^2*sin(y)", .wrt = by, .inputs = order, .order = 2};
  wengert_program* p;
  CHECK(wengert_compile(&request, &p, NULL) == WENGERT_OK);
  CHECK(wengert_output_count(p) == 7 && strcmp(wengert_output_name(p, 4), "D(value, x, y)") == 0);
  const double x = 3, y = 0.5;
  double out[7];
  double* const outputs[] = {out, out + 1, out + 2, out + 3, out + 4, out + 5, out + 6};
  CHECK(wengert_run(p, (const double* const[]){&y, &x}, outputs, NULL, NULL) == WENGERT_OK);
  CHECK(near(out[0], 9 * sin(0.5)) && near(out[1], 6 * sin(0.5)) && near(out[2], 9 * cos(0.5)) && near(out[3], 2 * sin(0.5)) &&
        near(out[4], 6 * cos(0.5)) && near(out[5], out[4]) && near(out[6], -9 * sin(0.5)));
  wengert_program_free(p);
}

static wengert_status refuse(wengert_request request, wengert_error* e) {
  wengert_program* p = (wengert_program*)&request;
  request.struct_size = request.struct_size == 0 ? sizeof request : request.struct_size;
  const wengert_status status = wengert_compile(&request, &p, e);
  CHECK(p == NULL);
  return status;
}

static void refusals(void) {
  wengert_error e;
  CHECK(refuse((wengert_request){.expression = "x + * 2"}, &e) == WENGERT_REFUSED);
  CHECK(e.code[0] == 'P' && e.column == 5 && e.message[0] != '\0');
  CHECK(refuse((wengert_request){.expression = "sum(z)", .vars = vectors}, &e) == WENGERT_REFUSED);
  CHECK(strcmp(e.code, "V01") == 0);
  CHECK(refuse((wengert_request){.expression = "f(x)", .vars = (const char* const[]){"f: function", NULL}}, &e) ==
        WENGERT_REFUSED);
  CHECK(refuse((wengert_request){.expression = "x", .inputs = by_z}, &e) == WENGERT_REFUSED && strcmp(e.code, "N01") == 0);
  CHECK(refuse((wengert_request){.expression = "x*y", .inputs = by_x}, &e) == WENGERT_REFUSED && strcmp(e.code, "V01") == 0);
  CHECK(refuse((wengert_request){.expression = "x == 1"}, &e) != WENGERT_OK);
  CHECK(refuse((wengert_request){.expression = "x", .target = "abacus"}, &e) == WENGERT_REFUSED);
  CHECK(refuse((wengert_request){.expression = "sum(z)",
                                 .vars = vectors,
                                 .wrt = (const char* const[]){"z[1]", NULL},
                                 .dims = (const wengert_dim[]){{"K", 2}, {NULL, 0}}},
               &e) == WENGERT_REFUSED);
  CHECK(refuse((wengert_request){.expression = "z[5]", .vars = vectors, .dims = (const wengert_dim[]){{"K", 4}, {NULL, 0}}},
               &e) == WENGERT_REFUSED);
  CHECK(strcmp(e.code, "V09") == 0);
  CHECK(refuse((wengert_request){.expression = NULL}, &e) == WENGERT_BAD_ARGUMENT);
  CHECK(refuse((wengert_request){.expression = "x", .order = 3}, &e) == WENGERT_BAD_ARGUMENT);
  CHECK(refuse((wengert_request){.struct_size = 8, .expression = "x"}, &e) == WENGERT_BAD_ARGUMENT);
  CHECK(wengert_compile(NULL, NULL, NULL) == WENGERT_BAD_ARGUMENT);
  CHECK(wengert_run(NULL, NULL, NULL, NULL, NULL) == WENGERT_BAD_ARGUMENT);
  CHECK(wengert_c_abi() == WENGERT_C_ABI && wengert_version()[0] != '\0');
  wengert_program_free(NULL);
  wengert_workspace_free(NULL);
}

int main(void) {
  softmax_cross_entropy();
  second_order();
  refusals();
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
