/* bert-data.c - comparisons to labels, and texts to token ids. */
#include "route/bert-data.h"

#include <stdlib.h>
#include <string.h>

#include "math/bt.h"
#include "pref/folds.h"
#include "route/tiers.h"

enum { NEITHER, STRONG, WEAK };

/* --- labels ------------------------------------------------------------------ */

/* side[k]: whom each model stands for. 0: nobody but the pair itself. */
static int
find_sides(uint8_t *side, const struct rk_prefs *p, size_t tiers)
{
	uint16_t *tier = rk_array(NULL, p->k, sizeof *tier);
	size_t s, w, m;

	rk_tiers_find(tier, p, tiers);
	s = tier[p->strong];
	w = tier[p->weak];
	for (m = 0; m < p->k && s < w; m++)
		side[m] = tier[m] <= (s + w) / 2 ? STRONG
		    : tier[m] == w               ? WEAK
						 : NEITHER;
	free(tier);
	return s < w;
}

/* Adds the shares of result Y for the strong model. */
static void
add_shares(double *sum, double y)
{
	double g = 2 * y - 1;

	sum[0] += g > 0 ? g : 0;
	sum[1] += g > 0 ? 1 - g : 1 + g;
	sum[2] += g > 0 ? 0 : -g;
}

/* The mean over prompt I's comparisons of the sides; 0 where it has none. */
static int
label(float *share, const struct rk_prefs *p, size_t i, const uint8_t *side)
{
	double sum[RK_BERT_LABELS] = { 0 }, n = 0;
	size_t c, k;

	for (c = p->first[i]; c < p->first[i + 1]; c++) {
		const struct rk_cmp *v = &p->cmp[c];
		if (side[v->a] == STRONG && side[v->b] == WEAK)
			add_shares(sum, (double)v->y);
		else if (side[v->a] == WEAK && side[v->b] == STRONG)
			add_shares(sum, 1 - (double)v->y);
		else
			continue;
		n++;
	}
	for (k = 0; k < RK_BERT_LABELS && n > 0; k++)
		share[k] = (float)(sum[k] / n);
	return n > 0;
}

static void
find_examples(struct rk_bert_data *d, const struct rk_prefs *p, size_t tiers)
{
	uint8_t *own = rk_calloc(p->k, 1), *side = rk_calloc(p->k, 1);
	size_t i, cap = 0;
	int more = 0;

	own[p->strong] = STRONG;
	own[p->weak] = WEAK;
	if (tiers > 0 && p->k > 2 && p->k <= RK_BT_MAX)
		more = find_sides(side, p, tiers);
	for (i = 0; i < p->n; i++) {
		struct rk_bert_example e = { .prompt = (uint32_t)i };
		int is_own;
		if (p->valid[i] != RK_PART_TRAIN)
			continue;
		is_own = label(e.share, p, i, own);
		if (!is_own && !(more && label(e.share, p, i, side)))
			continue;
		e.gain = e.share[0] - e.share[2];
		RK_GROW(d->e, d->n, cap);
		d->e[d->n++] = e;
		d->own += (size_t)is_own;
	}
	free(own);
	free(side);
}

/* --- who is held ---------------------------------------------------------------- */

static void
hold(struct rk_bert_data *d, const struct rk_prefs *p,
    const struct rk_bert_data_how *how)
{
	uint64_t *digest = rk_array(NULL, d->n, sizeof *digest);
	uint8_t *held = rk_calloc(d->n, 1);
	struct rk_bert_example *e = rk_array(NULL, d->n, sizeof *e);
	size_t i, n = d->n, kept = 0;

	for (i = 0; i < n; i++)
		digest[i] = p->digest[d->e[i].prompt];
	/* another draw than that of the validation part */
	rk_folds_by_digest(held, digest, n, how->hold, how->seed + 1);
	for (i = 0; i < n; i++)
		if (!held[i])
			e[kept++] = d->e[i];
	d->n = kept;
	d->held = n - kept;
	for (i = 0; i < n; i++)
		if (held[i])
			e[kept++] = d->e[i];
	free(d->e);
	d->e = e;
	free(digest);
	free(held);
}

/* --- tokens ----------------------------------------------------------------------- */

static int
read_texts(struct rk_bert_data *d, const struct rk_prefs *p,
    const struct rk_bert_data_how *how, const struct rk_tok *tok,
    struct rk_err *err)
{
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	size_t i;
	int rc = 0;

	for (i = 0; i < d->n + d->held && rc == 0; i++) {
		struct rk_bert_example *e = &d->e[i];
		const struct rk_str *text = &p->text[e->prompt];
		e->at = d->ids.n;
		rc = rk_tok_encode_max(
		    tok, s, text->p, text->n, how->tokens, &d->ids, err);
		e->t = d->ids.n - e->at;
		d->longest = e->t > d->longest ? e->t : d->longest;
		if (rc == 0 && e->t == 0)
			rc = rk_err_set(err,
			    "the tokenizer has no token for an empty text");
	}
	rk_tok_scratch_free(s);
	return rc;
}

int
rk_bert_data_make(struct rk_bert_data *d, const struct rk_prefs *p,
    const struct rk_bert_data_how *how, const struct rk_tok *tok,
    struct rk_err *err)
{
	int rc;

	memset(d, 0, sizeof *d);
	find_examples(d, p, how->tiers);
	if (d->n > 0 && how->hold > 0)
		hold(d, p, how);
	if (d->n == 0)
		rc = rk_err_set(err,
		    "no comparison of %s with %s, or of models like them, to "
		    "learn from",
		    p->model[p->strong], p->model[p->weak]);
	else
		rc = read_texts(d, p, how, tok, err);
	if (rc != 0)
		rk_bert_data_free(d);
	return rc;
}

void
rk_bert_data_free(struct rk_bert_data *d)
{
	free(d->e);
	rk_ids_free(&d->ids);
	memset(d, 0, sizeof *d);
}
