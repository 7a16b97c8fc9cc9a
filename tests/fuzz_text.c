/*
 * fuzz_text.c - any bytes as a text. Folding equals utf8proc's on valid UTF-8
 * and is idempotent; the vector is finite, of length 0 or 1, and that of the
 * text's own folded form.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "text/hash-features.h"
#include "text/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DIM = 64 };

static void
check(int holds)
{
	if (!holds)
		abort();
}

static void
check_fold(const char *p, size_t n, const struct rk_fold *f)
{
	utf8proc_uint8_t *want = NULL;
	utf8proc_ssize_t m = utf8proc_map((const utf8proc_uint8_t *)p,
	    (utf8proc_ssize_t)n, &want,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
		UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

	if (m >= 0) /* else it is no UTF-8, where utf8proc gives up */
		check((size_t)m == f->out.n &&
		    memcmp(want, f->out.p, f->out.n) == 0);
	free(want);
}

static void
check_vector(const float *v)
{
	double length = 0;
	size_t i;

	for (i = 0; i < DIM; i++)
		length += (double)v[i] * v[i];
	check(length == 0 || fabs(sqrt(length) - 1) < 1e-5);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rk_fold f = { 0 };
	struct rk_fold twice = { 0 };
	struct rk_hash *h = rk_hash_new(DIM);
	float a[DIM], b[DIM];
	const char *p = (const char *)data;

	rk_fold_text(&f, p, size);
	check_fold(p, size, &f);
	rk_fold_text(&twice, f.out.p, f.out.n);
	check(twice.out.n == f.out.n &&
	    memcmp(twice.out.p, f.out.p, f.out.n) == 0);
	check(rk_hash_text(h, a, p, size, NULL) == 0);
	check_vector(a);
	check(rk_hash_text(h, b, f.out.p, f.out.n, NULL) == 0);
	check(memcmp(a, b, sizeof a) == 0);
	rk_hash_free(h);
	rk_fold_free(&f);
	rk_fold_free(&twice);
	return 0;
}
