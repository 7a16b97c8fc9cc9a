/*
 * verdicts.c - battles and qualities are kept as they come, and turned into
 * comparisons at the end, when the range of the qualities is known.
 */
#include "pref/verdicts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/prices.h"

enum {
	MAX_MODELS = 65535,
	MAX_OF_OUTCOME = 1000 /* which are half a million comparisons */
};

static const char *const drop_name[RK_DROPS] = { "same_model_twice",
	"fewer_than_two_models", "pair_not_in_quality" };

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

static double
scaled(const struct rk_verdicts *v, const struct rk_quality *q)
{
	const struct rk_origin *o = &v->origins.at[q->source];
	double lo = v->how->has_range ? v->how->q_lo : o->q_lo;
	double hi = v->how->has_range ? v->how->q_hi : o->q_hi;

	/* halves: hi - lo may not be finite */
	return hi > lo ? (q->q / 2 - lo / 2) / (hi / 2 - lo / 2) : 0;
}

static int
wanted(const struct rk_verdicts *v, size_t a, size_t b)
{
	const struct rk_prefs *p = &v->prefs;

	return !p->pair_only || (a == p->strong && b == p->weak) ||
	    (a == p->weak && b == p->strong);
}

/* Counts the comparisons of the outcomes; with CMP it also stores them. */
static size_t
outcome_pairs(
    const struct rk_verdicts *v, struct rk_cmp *cmp, struct rk_from *from)
{
	size_t i, j, m = 0;

	for (i = 0; i < v->qualities; i++) {
		const struct rk_quality *x = &v->quality[i];
		for (j = i + 1;
		     j < v->qualities && v->quality[j].outcome == x->outcome;
		     j++) {
			const struct rk_quality *y = &v->quality[j];
			if (!wanted(v, x->model, y->model))
				continue;
			if (from != NULL)
				from[m] = (struct rk_from){ x->source, 1 };
			if (cmp != NULL)
				cmp[m] = (struct rk_cmp){ x->prompt, x->model,
					y->model,
					(float)((1 + scaled(v, x) -
						    scaled(v, y)) /
					    2) };
			m++;
		}
	}
	return m;
}

/* Comparisons in the order of their prompts, else as they came. */
static void
sort_by_prompt(struct rk_verdicts *v, size_t n, const struct rk_cmp *in,
    const struct rk_from *from, size_t m)
{
	size_t i, *at;

	v->first = rk_calloc(n + 2, sizeof *v->first);
	at = v->first + 1; /* at[p]: where the prompt's next one goes */
	for (i = 0; i < m; i++)
		at[in[i].prompt + 1]++;
	for (i = 1; i <= n; i++)
		at[i] += at[i - 1];
	v->cmp = rk_array(NULL, m, sizeof *v->cmp);
	v->from = rk_array(NULL, m, sizeof *v->from);
	for (i = 0; i < m; i++) {
		size_t to = at[in[i].prompt]++;
		v->cmp[to] = in[i];
		v->from[to] = from[i];
	}
	v->prefs.m = m;
	v->prefs.cmp = v->cmp;
	v->prefs.from = v->from;
	v->prefs.first = v->first;
}

static void
collect(struct rk_verdicts *v, size_t n)
{
	size_t i, m = outcome_pairs(v, NULL, NULL);
	struct rk_cmp *all = rk_array(NULL, v->battles + m, sizeof *all);
	struct rk_from *from = rk_array(NULL, v->battles + m, sizeof *from);

	for (i = 0; i < v->battles; i++) {
		const struct rk_battle *b = &v->battle[i];
		all[i] = (struct rk_cmp){ b->prompt, b->a, b->b, b->y };
		from[i] = (struct rk_from){ b->source, 0 };
	}
	outcome_pairs(v, all + v->battles, from + v->battles);
	sort_by_prompt(v, n, all, from, v->battles + m);
	free(all);
	free(from);
}

/* out[n, k]: means of what was said, NaN where nothing was. */
static float *
means(double *sum, const uint32_t *count, size_t cells)
{
	float *out = rk_array(NULL, cells, sizeof *out);
	size_t i;

	for (i = 0; i < cells; i++)
		out[i] = count[i] ? (float)(sum[i] / count[i]) : NAN;
	return out;
}

/* The tables of qualities and costs; TO gives a model's new number or k. */
static void
fill_tables(struct rk_verdicts *v, size_t n, const uint16_t *to, size_t k)
{
	double *sum = rk_calloc(n * k, sizeof *sum);
	uint32_t *count = rk_calloc(n * k, sizeof *count);
	size_t i, cell;

	for (i = 0; i < v->qualities; i++) {
		const struct rk_quality *q = &v->quality[i];
		if (to[q->model] == k)
			continue;
		cell = q->prompt * k + to[q->model];
		sum[cell] += scaled(v, q);
		count[cell]++;
	}
	if (v->qualities > 0)
		v->quality_table = means(sum, count, n * k);
	memset(sum, 0, n * k * sizeof *sum);
	memset(count, 0, n * k * sizeof *count);
	for (i = 0; i < v->costs; i++) {
		const struct rk_cost *c = &v->cost[i];
		if (to[c->model] == k)
			continue;
		cell = c->prompt * k + to[c->model];
		sum[cell] += c->usd;
		count[cell]++;
	}
	if (v->costs > 0)
		v->cost_table = means(sum, count, n * k);
	v->prefs.quality = v->quality_table;
	v->prefs.cost = v->cost_table;
	free(sum);
	free(count);
}

/*
 * Models that no comparison names, such as the others of an outcome when the
 * pair is named, are not part of what is learned.
 */
static int
drop_unused(struct rk_verdicts *v, size_t n, struct rk_err *err)
{
	struct rk_prefs *p = &v->prefs;
	uint16_t *to = rk_calloc(v->k + 1, sizeof *to);
	size_t i, k = 0, used = 0;

	for (i = 0; i < p->m; i++)
		to[v->cmp[i].a] = to[v->cmp[i].b] = 1;
	for (i = 0; i < v->k; i++) {
		if (to[i] == 0 && (i == p->strong || i == p->weak)) {
			free(to);
			return rk_err_set(err,
			    "no comparison is of the model '%s'", v->model[i]);
		}
	}
	for (i = 0; i < v->k; i++)
		used += to[i];
	for (i = 0; i < v->k; i++) {
		if (to[i] == 0) {
			free(v->model[i]);
			to[i] = (uint16_t)used;
			continue;
		}
		to[i] = (uint16_t)k;
		v->model[k++] = v->model[i];
	}
	for (i = 0; i < p->m; i++) {
		v->cmp[i].a = to[v->cmp[i].a];
		v->cmp[i].b = to[v->cmp[i].b];
	}
	p->strong = p->strong < v->k ? to[p->strong] : k;
	p->weak = p->weak < v->k ? to[p->weak] : k;
	v->k = k;
	fill_tables(v, n, to, k);
	free(to);
	return 0;
}

static void
list_models(const struct rk_verdicts *v, struct rk_buf *b)
{
	size_t i;

	for (i = 0; i < v->k; i++)
		rk_buf_addf(b, "%s%s", i ? ", " : "", v->model[i]);
}

static int
find_named(const struct rk_verdicts *v, const char *name, const char *role,
    size_t *out, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	long i = name ? find_model(v, name) : -1;

	if (i >= 0) {
		*out = (size_t)i;
		return 0;
	}
	list_models(v, &b);
	rk_err_set(err, "no record names the %s model '%s'; the models are: %s",
	    role, name, b.p);
	rk_buf_free(&b);
	return -1;
}

/* The pair as far as it is named; k stands for no name. */
static int
name_pair(struct rk_verdicts *v, struct rk_err *err)
{
	struct rk_prefs *p = &v->prefs;
	const char *strong = v->how->strong, *weak = v->how->weak;

	p->strong = p->weak = v->k;
	if (strong != NULL &&
	    find_named(v, strong, "strong", &p->strong, err) != 0)
		return -1;
	if (weak != NULL && find_named(v, weak, "weak", &p->weak, err) != 0)
		return -1;
	p->pair_only = strong != NULL && weak != NULL;
	if (p->pair_only && p->strong == p->weak)
		return rk_err_set(err,
		    "the strong and the weak model are the same, '%s'",
		    v->model[p->strong]);
	return 0;
}

/*
 * Of two models only one need be named, or none: then the one with the better
 * mean result is the strong one.
 */
static void
complete_pair(struct rk_verdicts *v)
{
	struct rk_prefs *p = &v->prefs;
	double sum = 0;
	size_t i;

	if (v->k != 2)
		return;
	for (i = 0; i < p->m; i++)
		sum += (double)(p->cmp[i].y - .5f) *
		    (p->cmp[i].a == 0 ? 1 : -1);
	if (p->strong == v->k)
		p->strong = p->weak < v->k ? !p->weak : sum < 0;
	if (p->weak == v->k)
		p->weak = !p->strong;
}

/* Data that decides nothing trains nothing. */
static int
check_decided(const struct rk_verdicts *v, struct rk_err *err)
{
	const struct rk_prefs *p = &v->prefs;
	size_t i, decided = 0, wins = 0, of_pair = 0;

	for (i = 0; i < p->m; i++) {
		const struct rk_cmp *c = &p->cmp[i];
		int sw = c->a == p->strong && c->b == p->weak;
		int ws = c->a == p->weak && c->b == p->strong;
		decided += c->y != .5f;
		of_pair += sw || ws;
		wins += (sw && c->y > .5f) || (ws && c->y < .5f);
	}
	if (decided == 0)
		return rk_err_set(err, "all %zu comparisons are ties", p->m);
	if (of_pair > 0 && wins == 0)
		return rk_err_set(err,
		    "'%s' never wins against '%s' in %zu comparisons: there "
		    "is nothing to route to it",
		    v->model[p->strong], v->model[p->weak], of_pair);
	return 0;
}

static void
report_models(const struct rk_verdicts *v, struct rk_buf *out)
{
	size_t *count = rk_calloc(v->k, sizeof *count), i;

	for (i = 0; i < v->prefs.m; i++) {
		count[v->cmp[i].a]++;
		count[v->cmp[i].b]++;
	}
	rk_buf_adds(out, ",\"models\":{");
	for (i = 0; i < v->k; i++) {
		rk_buf_adds(out, i ? "," : "");
		rk_buf_json(out, v->model[i], strlen(v->model[i]));
		rk_buf_addf(out, ":%zu", count[i]);
	}
	rk_buf_addc(out, '}');
	free(count);
}

static void
report_pair(const struct rk_verdicts *v, struct rk_buf *out)
{
	const struct rk_prefs *p = &v->prefs;
	size_t i, won = 0, tied = 0, lost = 0;

	if (p->strong >= v->k || p->weak >= v->k)
		return;
	for (i = 0; i < p->m; i++) {
		const struct rk_cmp *c = &p->cmp[i];
		float y = c->a == p->strong ? c->y : 1 - c->y;
		if (!((c->a == p->strong && c->b == p->weak) ||
			(c->a == p->weak && c->b == p->strong)))
			continue;
		won += y > .5f;
		tied += y == .5f;
		lost += y < .5f;
	}
	rk_buf_adds(out, ",\"strong\":");
	rk_buf_json(out, v->model[p->strong], strlen(v->model[p->strong]));
	rk_buf_adds(out, ",\"weak\":");
	rk_buf_json(out, v->model[p->weak], strlen(v->model[p->weak]));
	rk_buf_addf(out,
	    ",\"pair\":{\"strong_wins\":%zu,\"ties\":%zu,\"weak_wins\":%zu}",
	    won, tied, lost);
}

int
rk_verdicts_init(struct rk_verdicts *v, const struct rk_verdicts_how *how,
    struct rk_err *err)
{
	size_t i;

	memset(v, 0, sizeof *v);
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

int
rk_verdicts_finish(struct rk_verdicts *v, size_t n, struct rk_err *err)
{
	if (v->k == 1)
		return rk_err_set(err,
		    "only one model, '%s': nothing to compare", v->model[0]);
	if (name_pair(v, err) != 0)
		return -1;
	collect(v, n);
	if (v->prefs.m == 0)
		return rk_err_set(err, "no comparison to learn from");
	if (drop_unused(v, n, err) != 0)
		return -1;
	complete_pair(v);
	if (check_decided(v, err) != 0)
		return -1;
	v->prefs.k = v->k;
	v->prefs.model = v->model;
	return 0;
}

/* The range that qualities were scaled to [0,1] from: 0 if sources differ. */
static int
find_range(const struct rk_verdicts *v, double *lo, double *hi)
{
	size_t i;

	*lo = v->how->q_lo;
	*hi = v->how->q_hi;
	for (i = 0; i < v->origins.n && !v->how->has_range; i++) {
		const struct rk_origin *o = &v->origins.at[i];
		if (i > 0 && (o->q_lo != *lo || o->q_hi != *hi))
			return 0;
		*lo = o->q_lo;
		*hi = o->q_hi;
	}
	return v->qualities > 0 && *lo < *hi;
}

static void
report_range(double lo, double hi, struct rk_buf *out)
{
	char digits[32];

	rk_buf_adds(out, ",\"quality_range\":{\"lo\":");
	rk_buf_add(out, digits, rk_num_print_f64(digits, lo));
	rk_buf_adds(out, ",\"hi\":");
	rk_buf_add(out, digits, rk_num_print_f64(digits, hi));
	rk_buf_addc(out, '}');
}

void
rk_verdicts_report(const struct rk_verdicts *v, struct rk_buf *out)
{
	int any = 0;
	double lo, hi;
	size_t i;

	rk_buf_addf(out, "\"battles\":%zu,\"outcomes\":%zu,\"dropped\":{",
	    v->battles, v->outcomes);
	for (i = 0; i < RK_DROPS; i++)
		if (v->drop[i] > 0)
			rk_buf_addf(out, "%s\"%s\":%zu", any++ ? "," : "",
			    drop_name[i], v->drop[i]);
	rk_buf_addc(out, '}');
	if (find_range(v, &lo, &hi))
		report_range(lo, hi, out);
	rk_buf_addf(out, ",\"comparisons\":%zu", v->prefs.m);
	report_models(v, out);
	report_pair(v, out);
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
rk_verdicts_digest(const struct rk_verdicts *v)
{
	uint64_t sum = v->sum;
	size_t i;

	for (i = 0; i < v->k; i++)
		sum = rk_num_mix(
		    sum ^ rk_num_hash(v->model[i], strlen(v->model[i])));
	for (i = 0; i < v->origins.n; i++) {
		const char *name = v->origins.at[i].name;
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
