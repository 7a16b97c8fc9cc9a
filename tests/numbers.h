/*
 * numbers.h - golden files of numbers: words and numbers between white space.
 * A test whose file is not as expected ends at once, as failed.
 */
#ifndef RK_TESTS_NUMBERS_H
#define RK_TESTS_NUMBERS_H

#include "base/mem.h"
#include "tests/tap.h"

static __attribute__((unused)) FILE *
numbers_open(const char *path)
{
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		printf("Bail out! %s: cannot be opened\n", path);
		exit(1);
	}
	return f;
}

/* The next word into WORD[64]; 0 at the end. */
static int __attribute__((unused)) numbers_word(FILE *f, char *word)
{
	return fscanf(f, "%63s", word) == 1;
}

static double __attribute__((unused)) numbers_one(FILE *f)
{
	double x;

	if (fscanf(f, "%lf", &x) != 1) {
		printf("Bail out! a number is missing\n");
		exit(1);
	}
	return x;
}

/* N numbers. New. */
static __attribute__((unused)) double *
numbers_some(FILE *f, size_t n)
{
	double *x = rk_calloc(n, sizeof *x);
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = numbers_one(f);
	return x;
}

/* "NAME N" and N numbers. New. */
static __attribute__((unused)) double *
numbers_named(FILE *f, const char *name, size_t n)
{
	char word[64];

	if (!numbers_word(f, word) || strcmp(word, name) != 0 ||
	    numbers_one(f) != (double)n) {
		printf(
		    "Bail out! expected %s of %zu, found %s\n", name, n, word);
		exit(1);
	}
	return numbers_some(f, n);
}

static __attribute__((unused)) float *
numbers_floats(FILE *f, const char *name, size_t n)
{
	double *x = numbers_named(f, name, n);
	float *out = rk_floats(n);
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = (float)x[i];
	free(x);
	return out;
}

/* |got - want| / |want|, Euclidean; |got| where want is zero. */
static double __attribute__((unused))
numbers_apart(const float *got, const double *want, size_t n)
{
	double off = 0, size = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		off += (got[i] - want[i]) * (got[i] - want[i]);
		size += want[i] * want[i];
	}
	return sqrt(size > 0 ? off / size : off);
}

#endif
