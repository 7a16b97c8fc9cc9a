/*
 * t_hash.c - hashed features against tests/golden/hash, which an independent
 * implementation made; and that they take linear time on texts made to be slow.
 */
#include "text/hash-features.h"

#include <time.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "io/record.h"
#include "tap.h"
#include "text/unicode.h"

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
length(const float *v, size_t dim)
{
	double s = 0;
	size_t i;

	for (i = 0; i < dim; i++)
		s += (double)v[i] * v[i];
	return sqrt(s);
}

/* The largest difference of TEXT's vector from "DIM INDEX:VALUE ..." */
static double
difference(const char *want, const struct rk_str *text)
{
	static float out[RK_HASH_MAX_DIM];
	char *end;
	size_t i, dim = strtoul(want, &end, 10);
	struct rk_hash *f = rk_hash_new(dim);
	double worst = 0, x;

	rk_hash_text(f, out, text->p, text->n, NULL);
	while (*end == ' ') {
		i = strtoul(end, &end, 10);
		x = strtod(end + 1, &end);
		out[i] = (float)(out[i] - x);
	}
	for (i = 0; i < dim; i++)
		worst = fmax(worst, fabs((double)out[i]));
	rk_hash_free(f);
	return worst;
}

enum { TEXTS = 64 };

static void
golden(void)
{
	static struct rk_rec rec[TEXTS];
	static char line[TEXTS][4096], want[1 << 16];
	struct rk_prompt how = { NULL, RK_TURNS_LAST };
	struct rk_str text[TEXTS];
	FILE *fp = fopen("tests/golden/hash/texts.jsonl", "r");
	size_t n = 0, i, k;

	while (fp != NULL && n < TEXTS && fgets(line[n], 4096, fp) != NULL) {
		rec[n].p = line[n];
		rec[n].n = strcspn(line[n], "\n");
		if (rk_rec_parse(&rec[n]) != 0 ||
		    rk_rec_prompt(&rec[n], &how, &text[n], NULL) != 1)
			break;
		n++;
	}
	if (fp != NULL)
		fclose(fp);
	ok(n > 20, "the golden texts are there: %zu", n);
	fp = fopen("tests/golden/hash/vectors.txt", "r");
	for (i = 0; fp != NULL && fgets(want, sizeof want, fp) != NULL; i++) {
		k = i < n ? i : 3 + (i - n) % 4;
		/* values are written with nine digits */
		near(difference(want, &text[k]), 0, 2e-7,
		    "a text's vector is the golden one");
	}
	if (fp != NULL)
		fclose(fp);
	ok(i == n + 8, "every golden vector was compared");
	for (i = 0; i < n; i++)
		rk_rec_free(&rec[i]);
}

/* N bytes: UNIT again and again. */
static struct rk_buf
repeat(const char *unit, size_t n)
{
	struct rk_buf t = { 0 };

	while (t.n < n)
		rk_buf_adds(&t, unit);
	return t;
}

/* Three seconds a megabyte is 20 times what the slowest of these takes. */
static void
in_time(struct rk_buf t, const char *name)
{
	struct rk_hash *f = rk_hash_new(1024);
	float out[1024];
	double start = seconds();
	int rc = rk_hash_text(f, out, t.p, t.n, NULL);

	ok(rc == 0 && seconds() - start < 3, "1 MB of %s takes under 3 s",
	    name);
	near(length(out, 1024), 1, 1e-5, "and has length 1");
	rk_hash_free(f);
	rk_buf_free(&t);
}

static struct rk_buf
random_text(uint64_t seed, size_t n, const char *const *letters, size_t k)
{
	struct rk_rng rng;
	struct rk_buf t = { 0 };

	rk_rng_init(&rng, seed, 0);
	while (t.n < n)
		rk_buf_adds(&t, letters[rk_rng_below(&rng, k)]);
	return t;
}

/* A code point of the Han block, as UTF-8, so that few n-grams repeat. */
static struct rk_buf
random_han(size_t n)
{
	struct rk_rng rng;
	struct rk_buf t = { 0 };

	rk_rng_init(&rng, 1, 1);
	while (t.n < n) {
		unsigned c = 0x4e00 + (unsigned)rk_rng_below(&rng, 20000);
		rk_buf_addc(&t, (char)(0xe0 | c >> 12));
		rk_buf_addc(&t, (char)(0x80 | (c >> 6 & 63)));
		rk_buf_addc(&t, (char)(0x80 | (c & 63)));
	}
	return t;
}

static void
long_texts(void)
{
	static const char *const letters[] = { "a", "b", "c", "d", "e", "f",
		"g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
		"t", "u", "v", "w", "x", "y", "z", "0", "1", "2", "3", "4",
		"5" };
	const size_t mb = 1 << 20;

	in_time(repeat("x", mb), "one letter");
	in_time(random_text(1, mb, letters, 32), "one random word");
	in_time(repeat("a b ", mb), "two words");
	in_time(random_han(mb), "random Chinese");
	in_time(repeat("a\xcc\x81\xcc\xa7", mb), "marks");
	in_time(repeat("\xef\xb7\xba", mb), "U+FDFA");
}

/* The scratch of one text does not reach into the next. */
static void
scratch(void)
{
	struct rk_buf big = random_han(2 << 20);
	struct rk_hash *f = rk_hash_new(64), *fresh = rk_hash_new(64);
	float a[64], b[64];

	rk_hash_text(f, a, big.p, big.n, NULL);
	rk_hash_text(f, a, "a text", 6, NULL);
	rk_hash_text(fresh, b, "a text", 6, NULL);
	ok(memcmp(a, b, sizeof a) == 0,
	    "a text after a long one has the same bytes as before it");
	rk_hash_free(f);
	rk_hash_free(fresh);
	rk_buf_free(&big);
}

static void
too_long(void)
{
	struct rk_hash *f = rk_hash_new(8);
	struct rk_err err = { "" };
	float out[8];

	/* never read: the length alone is refused */
	ok(rk_hash_text(f, out, "", (size_t)RK_HASH_MAX_TEXT + 1, &err) == -1,
	    "a text that is too long is refused");
	same(err.msg,
	    "a text of 134217729 bytes: at most 134217728 can be embedded",
	    "and the message says so");
	rk_hash_free(f);
}

int
main(void)
{
	uint64_t h = RK_NUM_FNV;
	const char *s;

	for (s = "foobar"; *s != '\0'; s++)
		h = rk_num_fnv(h, (unsigned char)*s);
	ok(h == 0x85944171f73967e8u, "FNV-1a of foobar is the published one");
	ok(rk_num_hash("foobar", 6) == rk_num_mix(h),
	    "by the byte it is the same hash");
	golden();
	long_texts();
	scratch();
	too_long();
	return done();
}
