/* folds.c - splits of prompts, by rank. */
#include "pref/folds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

struct ranked {
	const struct rk_fold_key *key; /* NULL: by hash alone */
	uint64_t hash;
	size_t i;
};

int
rk_folds_compare(const struct rk_fold_key *a, const struct rk_fold_key *b)
{
	if (a->text != NULL && b->text != NULL)
		return strcmp(a->text, b->text);
	return (a->num > b->num) - (a->num < b->num);
}

/* Those that are kept come first. */
static int
order(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int c = x->key ? rk_folds_compare(y->key, x->key) : 0;

	if (c != 0)
		return c;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

static void
mark(uint8_t *valid, struct ranked *r, size_t n, double share)
{
	size_t i, keep = (size_t)floor(share * (double)n + .5);

	qsort(r, n, sizeof *r, order);
	for (i = 0; i < n; i++)
		valid[r[i].i] = i < keep;
	free(r);
}

void
rk_folds_by_digest(uint8_t *valid, const uint64_t *digest, size_t n,
    double share, uint64_t seed)
{
	struct ranked *r = rk_calloc(n, sizeof *r);
	size_t i;

	for (i = 0; i < n; i++) {
		r[i].hash = rk_num_mix(digest[i] ^ rk_num_mix(seed + 1));
		r[i].i = i;
	}
	mark(valid, r, n, share);
}

void
rk_folds_by_key(uint8_t *valid, const struct rk_fold_key *key,
    const uint64_t *digest, size_t n, double share)
{
	struct ranked *r = rk_calloc(n, sizeof *r);
	size_t i;

	for (i = 0; i < n; i++) {
		r[i].key = &key[i];
		r[i].hash = rk_num_mix(digest[i]);
		r[i].i = i;
	}
	mark(valid, r, n, share);
}
