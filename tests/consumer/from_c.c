/* What uses the library from C. */
#include <stdio.h>

#include <wengert/c.h>

int main(void) {
  const wengert_request request = {
      .struct_size = sizeof request, .expression = "x^3", .wrt = (const char* const[]){"x", NULL}, .order = 1};
  wengert_program* p;
  wengert_error e;
  if (wengert_compile(&request, &p, &e) != WENGERT_OK) return 1;
  const double x = 2;
  double value, slope;
  wengert_run(p, (const double* const[]){&x}, (double* const[]){&value, &slope}, NULL, &e);
  wengert_program_free(p);
  printf("%g %g\n", value, slope);
  return slope == 12 ? 0 : 1;
}
