/* The C interface to compiled programs: a text in the language of the command line becomes a program of vector instructions that
 * computes its value and its derivatives.
 *
 *   wengert_request request = {.struct_size = sizeof request, .expression = "cross_entropy(softmax(z), y)",
 *                              .wrt = (const char* const[]){"z", NULL}, .order = 1,
 *                              .dims = (const wengert_dim[]){{"n", 1000}, {NULL, 0}}, .vars = ...};
 *   wengert_program* p;
 *   wengert_error e;
 *   if (wengert_compile(&request, &p, &e) != WENGERT_OK) ... e.code, e.message, e.hint ...
 *   wengert_run(p, inputs, outputs, NULL, &e);
 *   wengert_program_free(p);
 *
 * No exception leaves these functions, and none prints or ends the program. What can fail returns a status and, unless `error` is
 * null, says why. A program never changes: threads may share it, each with a workspace of its own. Lists of texts end with a null
 * pointer; a null pointer is an empty list. What a program returns pointers to lives as long as it does. */
#ifndef WENGERT_C_H
#define WENGERT_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows by one where what was compiled against an earlier header no longer works. Structs grow at their ends, and carry their
 * size, without that. */
#define WENGERT_C_ABI 1

typedef enum wengert_status {
  WENGERT_OK = 0,
  WENGERT_REFUSED = 1,      /* the texts, shapes or sizes are wrong; wengert_error has a code, as the command line prints it */
  WENGERT_BAD_ARGUMENT = 2, /* a call that is wrong for every text: a null pointer, a workspace of another program */
  WENGERT_OUT_OF_MEMORY = 3,
  WENGERT_DEFECT = 4 /* never the caller's fault */
} wengert_status;

typedef struct wengert_error {
  char code[16];         /* "P03"; empty where there is none */
  size_t column, length; /* of the place in the text, in code points from 1; 0 where none is known */
  char message[480];     /* cut off where it is longer */
  char hint[480];        /* what to do; may be empty */
} wengert_error;

typedef struct wengert_program wengert_program;
typedef struct wengert_workspace wengert_workspace;

typedef struct wengert_dim {
  const char* name;
  int64_t size;
} wengert_dim;

typedef struct wengert_request {
  size_t struct_size;        /* sizeof(wengert_request) */
  const char* expression;    /* what to compute */
  const char* const* wrt;    /* whole arrays to differentiate by; null: all inputs */
  const char* const* vars;   /* declarations, as for --var: "z, y: vector[K]" */
  const char* const* lets;   /* named intermediates, as for --let: "a = softmax(z)" */
  const char* const* givens; /* facts, as for --given; only those on dimensions matter here */
  const char* const* inputs; /* the order of the inputs; null: that in which the texts name them */
  const wengert_dim* dims;   /* the sizes of dimensions; ends with a null name */
  int order;                 /* 0: the value; 1: first derivatives too; 2: second ones too, of a number */
  const char* target;        /* the vector unit; null: the best of this machine */
} wengert_request;

/* The program's outputs are the value; the derivatives by each of `wrt`, over the value's axes followed by that of the array; the
 * second derivatives by each pair of them, the last one fastest. */
wengert_status wengert_compile(const wengert_request* request, wengert_program** program, wengert_error* error);
void wengert_program_free(wengert_program* program);

size_t wengert_input_count(const wengert_program* program);
size_t wengert_output_count(const wengert_program* program);
/* Of an input or output: its name ("z", "value", "D(value, z)"), the number of its axes, their lengths, and the product of those.
 * Null or 0 where there is none of that number. */
const char* wengert_input_name(const wengert_program* program, size_t k);
const char* wengert_output_name(const wengert_program* program, size_t k);
size_t wengert_input_rank(const wengert_program* program, size_t k);
size_t wengert_output_rank(const wengert_program* program, size_t k);
const int64_t* wengert_input_shape(const wengert_program* program, size_t k);
const int64_t* wengert_output_shape(const wengert_program* program, size_t k);
size_t wengert_input_size(const wengert_program* program, size_t k);
size_t wengert_output_size(const wengert_program* program, size_t k);
/* What the reader of the texts should know, a line each; empty if nothing. */
const char* wengert_notes(const wengert_program* program);

/* What a run needs besides its arrays; it fits the program that it was made for, which must live longer. */
wengert_status wengert_workspace_new(const wengert_program* program, wengert_workspace** workspace, wengert_error* error);
void wengert_workspace_free(wengert_workspace* workspace);

/* One evaluation. Arrays are row major; an output may not overlap another array. A null workspace is made for the call. */
wengert_status wengert_run(const wengert_program* program, const double* const* inputs, double* const* outputs,
                           wengert_workspace* workspace, wengert_error* error);
/* `count` evaluations on `threads` threads. Arrays hold the evaluations one after the other; of input k there is only one, for
 * all of them, where `shared` is not null and shared[k] is not 0. */
wengert_status wengert_run_batch(const wengert_program* program, size_t count, const double* const* inputs, const int* shared,
                                 double* const* outputs, unsigned threads, wengert_error* error);

/* Of the library that is linked: "0.1.0", and its WENGERT_C_ABI. */
const char* wengert_version(void);
int wengert_c_abi(void);

#ifdef __cplusplus
}
#endif

#endif
