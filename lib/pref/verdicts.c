/*
 * verdicts.c - battles and qualities are kept as they come; comparisons are made
 * of them at the end, when the range of the qualities is known.
 */
#include "pref/verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/prices.h"

enum {
	MAX_MODELS = 65535,
	MAX_OF_OUTCOME = 1000 /* which are half a million comparisons */
};

/* --- models ------------------------------------------------------------- */

static const char *
aliased(struct rk_verdicts *v, const char *name)
{
	size_t i, n = strlen(name);

	for (i = 0; i < v->how->aliases; i++) {
		const char *a = v->how->alias[i];
		if (strncmp(a, name, n) == 0 && a[n] == '=') {
			v->alias_used[i] = 1;
			return a + n + 1;
		}
	}
	return name;
}

/*
 * What the model NAME is called here: by its alias, and where its source has a
 * pair of its own, by its part in that. NULL: another model has that part.
 */
static const char *
renamed(struct rk_verdicts *v, const char *given, struct rk_err *err)
{
	const struct rk_verdicts_how *how = v->how;
	const char *name = aliased(v, given);

	if (!v->origins.at[v->now].cast)
		return name;
	switch (rk_origins_plays(&v->origins, v->now, name)) {
	case RK_PLAYS_STRONG: return how->strong;
	case RK_PLAYS_WEAK: return how->weak;
	case RK_PLAYS_NONE: break;
	}
	if (strcmp(name, how->strong) != 0 && strcmp(name, how->weak) != 0)
		return name;
	rk_err_set(err,
	    "'%s' in the source '%s', where other models stand for it", name,
	    v->origins.at[v->now].name);
	return NULL;
}

/* The slot that holds the model of this name, or the free one where it goes. */
static uint32_t *
slot_of(const struct rk_verdicts *v, const char *name)
{
	size_t i = (size_t)rk_num_hash(name, strlen(name)) & (v->slots - 1);

	while (v->slot[i] != 0 && strcmp(v->model[v->slot[i] - 1], name) != 0)
		i = (i + 1) & (v->slots - 1);
	return &v->slot[i];
}

static long
find_model(const struct rk_verdicts *v, const char *name)
{
	return v->slots == 0 ? -1 : (long)*slot_of(v, name) - 1;
}

static void
grow_slots(struct rk_verdicts *v)
{
	size_t i;

	v->slots = v->slots ? v->slots * 2 : 64;
	free(v->slot);
	v->slot = rk_calloc(v->slots, sizeof *v->slot);
	for (i = 0; i < v->k; i++)
		*slot_of(v, v->model[i]) = (uint32_t)(i + 1);
}

/* No entry was made after the last one's: none is looked for beyond it. */
static void
forget_last_model(struct rk_verdicts *v)
{
	*slot_of(v, v->model[v->k - 1]) = 0;
	free(v->model[--v->k]);
}

static int
add_model(struct rk_verdicts *v, const char *given, struct rk_err *err)
{
	const char *name = renamed(v, given, err);
	long i;

	if (name == NULL)
		return -1;
	i = find_model(v, name);
	if (i >= 0)
		return (int)i;
	if (*name == '\0')
		return rk_err_set(err, "a model's name is empty");
	if (v->k == MAX_MODELS)
		return rk_err_set(err, "more than %d models", MAX_MODELS);
	RK_GROW(v->model, v->k, v->model_cap);
	if (2 * (v->k + 1) > v->slots)
		grow_slots(v);
	v->model[v->k] = rk_strdup(name);
	*slot_of(v, name) = (uint32_t)v->k + 1;
	return (int)v->k++;
}

/* What was said of a prompt goes into the digest of the data. */
static void
digest_in(struct rk_verdicts *v, uint32_t prompt, uint16_t model, double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	bits += prompt + ((uint64_t)v->now << 32);
	v->sum = rk_num_mix(v->sum ^ rk_num_mix(bits) ^ model);
}

static int
winner(const struct rk_rec *r, float *y, struct rk_err *err)
{
	static const struct {
		const char *word;
		float y;
	} words[] = { { "model_a", 1 }, { "model_b", 0 }, { "tie", .5f },
		{ "tie (bothbad)", .5f } };
	struct rk_str s;
	char shown[64];
	size_t i;
	int found = rk_rec_text(r, "winner", &s, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return rk_err_set(err, "neither winner nor quality");
	for (i = 0; i < sizeof words / sizeof *words; i++) {
		if (strlen(words[i].word) != s.n ||
		    memcmp(words[i].word, s.p, s.n) != 0)
			continue;
		*y = words[i].y;
		return 0;
	}
	return rk_err_set(err,
	    "winner: expected model_a, model_b, tie or tie (bothbad), found "
	    "'%s'",
	    rk_err_quote(shown, sizeof shown, s.p, s.n));
}

static int
battle_model(struct rk_verdicts *v, const struct rk_rec *r, const char *field,
    uint16_t *out, struct rk_err *err)
{
	struct rk_str s;
	char *name;
	int i, found = rk_rec_text(r, field, &s, err);

	if (found <= 0)
		return found < 0 ? -1 : rk_err_set(err, "%s: missing", field);
	if (memchr(s.p, '\0', s.n) != NULL)
		return rk_err_set(err, "%s: \\u0000 in a model's name", field);
	name = rk_strndup(s.p, s.n);
	i = add_model(v, name, err);
	free(name);
	if (i < 0)
		return rk_err_in(err, "%s", field);
	*out = (uint16_t)i;
	return 0;
}

static int
add_battle(struct rk_verdicts *v, const struct rk_rec *r, uint32_t prompt,
    struct rk_err *err)
{
	struct rk_battle b = { prompt, 0, 0, (uint16_t)v->now, 0 };

	if (winner(r, &b.y, err) != 0 ||
	    battle_model(v, r, "model_a", &b.a, err) != 0 ||
	    battle_model(v, r, "model_b", &b.b, err) != 0)
		return -1;
	if (b.a == b.b) {
		v->drop[RK_DROP_SAME_MODEL]++;
		return 0;
	}
	RK_GROW(v->battle, v->battles, v->battle_cap);
	v->battle[v->battles++] = b;
	digest_in(v, prompt, b.a, (double)b.y * 65536 + b.b);
	return 1;
}

struct outcome {
	struct rk_verdicts *v;
	uint32_t prompt;
	size_t models;
	struct rk_err *err;
};

static int
add_cost(void *ctx, const char *name, double usd)
{
	struct outcome *o = ctx;
	struct rk_verdicts *v = o->v;
	int m = add_model(v, name, o->err);

	if (m < 0)
		return -1;
	if (!(usd >= 0 && usd <= RK_DOLLARS_MAX)) {
		rk_err_set(o->err,
		    "cost.%s: expected dollars, from 0 to %g, found %g", name,
		    RK_DOLLARS_MAX, usd);
		return -1;
	}
	/* what stands for a model elsewhere says nothing of its price */
	if (v->origins.at[v->now].cast &&
	    strcmp(aliased(v, name), v->model[m]) != 0)
		return 0;
	RK_GROW(v->cost, v->costs, v->cost_cap);
	v->cost[v->costs++] = (struct rk_cost){ o->prompt, (uint16_t)m, usd };
	return 0;
}

static int
add_quality(void *ctx, const char *name, double q)
{
	struct outcome *o = ctx;
	struct rk_verdicts *v = o->v;
	int m = add_model(v, name, o->err);
	struct rk_quality *to;

	if (m < 0)
		return -1;
	if (++o->models > MAX_OF_OUTCOME) {
		rk_err_set(
		    o->err, "quality: more than %d models", MAX_OF_OUTCOME);
		return -1;
	}
	if (v->how->has_range && (q < v->how->q_lo || q > v->how->q_hi)) {
		rk_err_set(o->err,
		    "quality.%s: %g is outside the range %g to %g", name, q,
		    v->how->q_lo, v->how->q_hi);
		return -1;
	}
	RK_GROW(v->quality, v->qualities, v->quality_cap);
	to = &v->quality[v->qualities++];
	to->prompt = o->prompt;
	to->outcome = (uint32_t)v->outcomes;
	to->model = (uint16_t)m;
	to->source = (uint16_t)v->now;
	to->q = q;
	return 0;
}

/*
 * Models that have become one, by aliases or as players of a part, have their
 * mean quality. Returns how many models the outcome, which starts at FROM, is
 * left with.
 */
static size_t
merge(struct rk_verdicts *v, size_t from)
{
	struct rk_quality *q = v->quality + from;
	size_t n = v->qualities - from, *times, i, j, m = 0;

	times = rk_calloc(n, sizeof *times);
	for (i = 0; i < n; i++) {
		for (j = 0; j < m && q[j].model != q[i].model; j++)
			;
		if (j == m)
			q[m++] = q[i];
		else /* a running mean, which cannot overflow */
			q[j].q += (q[i].q / 2 - q[j].q / 2) /
			    ((double)(times[j] + 1) / 2);
		times[j]++;
	}
	v->qualities = from + m;
	free(times);
	return m;
}

/* Is the named pair, where there is one, among the outcome's models? */
static int
has_pair(const struct rk_verdicts *v, size_t from)
{
	int strong = 0, weak = 0;
	size_t i;

	if (v->how->strong == NULL || v->how->weak == NULL)
		return 1;
	for (i = from; i < v->qualities; i++) {
		const char *m = v->model[v->quality[i].model];
		strong |= strcmp(m, v->how->strong) == 0;
		weak |= strcmp(m, v->how->weak) == 0;
	}
	return strong && weak;
}

static int
add_outcome(struct rk_verdicts *v, const struct rk_rec *r, uint32_t prompt,
    struct rk_err *err)
{
	struct outcome o = { v, prompt, 0, err };
	struct rk_origin *range = &v->origins.at[v->now];
	size_t from = v->qualities, i;

	rk_rec_each_number(r, "quality", add_quality, &o, err);
	if (rk_err_is(err)) {
		v->qualities = from;
		return -1;
	}
	o.models = merge(v, from);
	if (o.models < 2 || !has_pair(v, from)) {
		v->drop[o.models < 2 ? RK_DROP_ONE_MODEL
				     : RK_DROP_PAIR_MISSING]++;
		v->qualities = from;
		return 0;
	}
	for (i = from; i < v->qualities; i++) {
		double q = v->quality[i].q;
		digest_in(v, prompt, v->quality[i].model, q);
		if (q < range->q_lo)
			range->q_lo = q;
		if (q > range->q_hi)
			range->q_hi = q;
	}
	v->outcomes++;
	return 1;
}

int
rk_verdicts_init(struct rk_verdicts *v, const struct rk_verdicts_how *how,
    struct rk_err *err)
{
	size_t i;

	*v = (struct rk_verdicts){ .prefs = { .target = RK_NO_TARGET } };
	for (i = 0; i < how->aliases; i++) {
		const char *eq = strchr(how->alias[i], '=');
		if (eq == NULL || eq == how->alias[i] || eq[1] == '\0')
			return rk_err_set(
			    err, "alias '%s': expected OLD=NEW", how->alias[i]);
	}
	if (rk_origins_init(
		&v->origins, how->source_pair, how->source_pairs, err) != 0)
		return -1;
	v->how = how;
	v->alias_used = rk_calloc(how->aliases, 1);
	return 0;
}

int
rk_verdicts_add(struct rk_verdicts *v, const struct rk_rec *r, uint32_t prompt,
    struct rk_str source, struct rk_err *err)
{
	struct outcome o = { v, prompt, 0, err };
	size_t models = v->k, costs = v->costs, sources = v->origins.n;
	long now = rk_origins_add(&v->origins, source, err);
	int rc = -1;

	if (now < 0)
		return -1;
	v->now = (size_t)now;
	rk_rec_each_number(r, "cost", add_cost, &o, err);
	if (!rk_err_is(err))
		rc = rk_rec_has(r, "quality") ? add_outcome(v, r, prompt, err)
					      : add_battle(v, r, prompt, err);
	if (rc <= 0)
		v->costs = costs;
	while (rc < 0 && v->k > models)
		forget_last_model(v);
	if (rc < 0 && v->origins.n > sources)
		rk_origins_forget_last(&v->origins);
	return rc;
}

const char *
rk_verdicts_unused_alias(const struct rk_verdicts *v)
{
	size_t i;

	for (i = 0; i < v->how->aliases; i++)
		if (!v->alias_used[i])
			return v->how->alias[i];
	return NULL;
}

uint64_t
rk_verdicts_digest(const struct rk_verdicts *v, int apart)
{
	uint64_t sum = v->sum;
	size_t i;

	for (i = 0; i < v->k; i++)
		sum = rk_num_mix(
		    sum ^ rk_num_hash(v->model[i], strlen(v->model[i])));
	for (i = 0; i < (apart ? v->origins.n : v->origins.n > 0); i++) {
		const char *name = apart ? v->origins.at[i].name : "";
		sum = rk_num_mix(sum ^ rk_num_hash(name, strlen(name)));
	}
	return sum;
}

void
rk_verdicts_free(struct rk_verdicts *v)
{
	size_t i;

	for (i = 0; i < v->k; i++)
		free(v->model[i]);
	free(v->model);
	free(v->slot);
	free(v->alias_used);
	free(v->cost);
	free(v->quality_table);
	free(v->cost_table);
	free(v->battle);
	free(v->quality);
	free(v->cmp);
	free(v->from);
	free(v->first);
	rk_origins_free(&v->origins);
}
