/* tuned-data.c - comparisons to labels, and texts to token ids. */
#include "route/tuned-data.h"

#include <math.h>
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

/* Adds the shares of the gain G. */
static void
add_shares(double *sum, const struct rk_tuned_labels *l, double g)
{
	size_t k = 0;
	double step;

	while (k + 2 < l->n &&
	    (g < l->gain[k + 1] || l->gain[k] == l->gain[k + 1]))
		k++;
	step = l->gain[k] - l->gain[k + 1];
	sum[k] += (g - l->gain[k + 1]) / step;
	sum[k + 1] += (l->gain[k] - g) / step;
}

/*
 * The mean over prompt I's comparisons of the sides, into E. 0 where it has
 * none.
 */
static int
label(struct rk_tuned_example *e, const struct rk_tuned_labels *l,
    const struct rk_prefs *p, size_t i, const uint8_t *side)
{
	double sum[RK_TUNED_LABELS] = { 0 }, gain = 0, n = 0;
	size_t c, k;

	for (c = p->first[i]; c < p->first[i + 1]; c++) {
		const struct rk_cmp *v = &p->cmp[c];
		double g = 2 * (double)v->y - 1;
		if (side[v->a] == WEAK && side[v->b] == STRONG)
			g = -g;
		else if (side[v->a] != STRONG || side[v->b] != WEAK)
			continue;
		add_shares(sum, l, g);
		n++;
	}
	for (k = 0; k < l->n && n > 0; k++) {
		e->share[k] = (float)(sum[k] / n);
		gain += (double)e->share[k] * l->gain[k];
	}
	e->gain = (float)gain;
	return n > 0;
}

/*
 * The same by the weak model's quality, of a prompt where the pair has a gain:
 * the labels lie at equal distances, and their gains are not known yet.
 */
static int
label_grade(struct rk_tuned_example *e, const struct rk_tuned_labels *l,
    const struct rk_prefs *p, size_t i, const uint8_t *side)
{
	static const struct rk_tuned_labels whole = { 2, { 1, -1 }, 0 };
	struct rk_tuned_example pair = { .prompt = 0 };
	double at = (double)p->quality[i * p->k + p->weak];
	size_t k;

	if (isnan(at) || !label(&pair, &whole, p, i, side))
		return 0;
	at *= (double)(l->n - 1);
	for (k = 0; k < l->n; k++) {
		double near = 1 - fabs(at - (double)k);
		e->share[k] = near > 0 ? (float)near : 0;
	}
	e->gain = pair.gain;
	return 1;
}

/* The strong model's mean quality less that of each grade. */
static void
set_gains(struct rk_tuned_labels *l, const struct rk_tuned_data *d,
    const struct rk_prefs *p)
{
	double strong = 0;
	size_t i, k;

	for (i = 0; i < d->n; i++)
		strong += (double)d->e[i].gain +
		    (double)p->quality[d->e[i].prompt * p->k + p->weak];
	/* floats are rounded, and those of sources are moved */
	for (k = 0; k < l->n && d->n > 0; k++) {
		double gain = strong / (double)d->n -
		    (double)k / (double)(l->n - 1);
		l->gain[k] = fmin(fmax(gain, -1), 1);
	}
}

static void
find_examples(struct rk_tuned_data *d, const struct rk_tuned_labels *l,
    const struct rk_prefs *p, size_t tiers)
{
	uint8_t *own = rk_calloc(p->k, 1), *side = rk_calloc(p->k, 1);
	size_t i, cap = 0;
	int more = 0;

	own[p->strong] = STRONG;
	own[p->weak] = WEAK;
	if (tiers > 0 && p->k > 2 && p->k <= RK_BT_MAX && !l->graded)
		more = find_sides(side, p, tiers);
	for (i = 0; i < p->n; i++) {
		struct rk_tuned_example e = { .prompt = (uint32_t)i };
		int is_own;
		if (p->valid[i] != RK_PART_TRAIN)
			continue;
		is_own = l->graded ? label_grade(&e, l, p, i, own)
				   : label(&e, l, p, i, own);
		if (!is_own && !(more && label(&e, l, p, i, side)))
			continue;
		RK_GROW(d->e, d->n, cap);
		d->e[d->n++] = e;
		d->own += (size_t)is_own;
	}
	free(own);
	free(side);
}

/* --- who is held ---------------------------------------------------------------- */

static void
hold(struct rk_tuned_data *d, const struct rk_prefs *p,
    const struct rk_tuned_data_how *how)
{
	uint64_t *digest = rk_array(NULL, d->n, sizeof *digest);
	uint8_t *held = rk_calloc(d->n, 1);
	struct rk_tuned_example *e = rk_array(NULL, d->n, sizeof *e);
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
read_texts(struct rk_tuned_data *d, const struct rk_prefs *p,
    const struct rk_tuned_data_how *how, struct rk_err *err)
{
	size_t i;

	for (i = 0; i < d->n + d->held; i++) {
		struct rk_tuned_example *e = &d->e[i];
		e->at = d->ids.n;
		if (how->encode(how->ctx, &p->text[e->prompt], &d->ids, err) !=
		    0)
			return -1;
		e->t = d->ids.n - e->at;
		d->longest = e->t > d->longest ? e->t : d->longest;
		if (e->t == 0)
			return rk_err_set(err,
			    "the tokenizer has no token for an empty text");
	}
	return 0;
}

int
rk_tuned_data_make(struct rk_tuned_data *d, struct rk_tuned_labels *labels,
    const struct rk_prefs *p, const struct rk_tuned_data_how *how,
    struct rk_err *err)
{
	int rc;

	memset(d, 0, sizeof *d);
	if (labels->graded && p->quality == NULL)
		return rk_err_set(err,
		    "no record has a quality of %s, whose grades are to be "
		    "learnt",
		    p->model[p->weak]);
	find_examples(d, labels, p, how->tiers);
	if (labels->graded)
		set_gains(labels, d, p);
	if (d->n > 0 && how->hold > 0)
		hold(d, p, how);
	if (d->n == 0)
		rc = rk_err_set(err,
		    "no comparison of %s with %s, or of models like them, to "
		    "learn from",
		    p->model[p->strong], p->model[p->weak]);
	else
		rc = read_texts(d, p, how, err);
	if (rc != 0)
		rk_tuned_data_free(d);
	return rc;
}

void
rk_tuned_data_free(struct rk_tuned_data *d)
{
	free(d->e);
	rk_ids_free(&d->ids);
	memset(d, 0, sizeof *d);
}
