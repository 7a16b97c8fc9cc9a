/*
 * routed.c - records in, arrays out. While records come in, each number is kept
 * with its record and model; the arrays are made when all models are known.
 */
#include "pref/routed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "eval/curve.h"

/* Kinds of numbers; the fields of scores follow. */
enum { QUALITY, COST, PREDICTED_COST, SCORES };

static const uint32_t nobody = UINT32_MAX;

struct entry {
	double x;
	uint32_t i;
	uint16_t kind, model;
};

struct rk_routed_state {
	struct rk_routed_want want;
	struct entry *entry;
	size_t entries, entry_cap;
	size_t taken; /* entries of whole records */
	size_t room;
	uint16_t kind;    /* of the object that is read */
	uint32_t *chosen; /* [routes + 1] of the record; then who was served */
	double propensity;
	struct rk_err err; /* of the object that is read */
};

void
rk_routed_start(struct rk_routed *s, const struct rk_routed_want *want)
{
	struct rk_routed_state *st = rk_calloc(1, sizeof *st);

	memset(s, 0, sizeof *s);
	s->state = st;
	st->want = *want;
	st->chosen = rk_calloc(want->routes + 1, sizeof *st->chosen);
	s->route = rk_calloc(want->routes + 1, sizeof *s->route);
	s->scores = rk_calloc(want->fields + 1, sizeof *s->scores);
	s->model = rk_calloc(RK_ROUTED_MODELS, sizeof *s->model);
	s->groups.by = want->by;
}

/* --- one record ------------------------------------------------------------ */

static uint32_t
model_of(struct rk_routed *s, const char *name, size_t n)
{
	for (size_t m = 0; m < s->k; m++)
		if (strncmp(s->model[m], name, n) == 0 &&
		    s->model[m][n] == '\0')
			return (uint32_t)m;
	if (s->k == RK_ROUTED_MODELS)
		return nobody;
	s->model[s->k] = rk_strndup(name, n);
	return (uint32_t)s->k++;
}

static const char *
field_of(const struct rk_routed_state *st, uint16_t kind)
{
	static const char *const name[] = { "quality", "cost",
		"predicted_costs" };

	return kind < SCORES ? name[kind] : st->want.scores[kind - SCORES];
}

static int
check_number(const struct rk_routed_state *st, const char *name, double x,
    struct rk_err *err)
{
	const double *range = st->kind == QUALITY ? st->want.range : NULL;
	const char *field = field_of(st, st->kind);

	if (!(fabs(x) <= RK_CURVE_MAX))
		return rk_err_set(err, "%s.%s: expected a number within +-%g",
		    field, name, RK_CURVE_MAX);
	if ((st->kind == COST || st->kind == PREDICTED_COST) && x < 0)
		return rk_err_set(
		    err, "%s.%s: expected dollars, found %g", field, name, x);
	if (range != NULL && !(x >= range[0] && x <= range[1]))
		return rk_err_set(err,
		    "%s.%s: %g is not within the quality range %g to %g", field,
		    name, x, range[0], range[1]);
	return 0;
}

static int
take_number(void *ctx, const char *name, double x)
{
	struct rk_routed *s = ctx;
	struct rk_routed_state *st = s->state;
	uint32_t m;

	if (check_number(st, name, x, &st->err) != 0)
		return 1;
	m = model_of(s, name, strlen(name));
	if (m == nobody) {
		rk_err_set(
		    &st->err, "over %d different models", RK_ROUTED_MODELS);
		return 1;
	}
	RK_GROW(st->entry, st->entries, st->entry_cap);
	st->entry[st->entries++] = (struct entry){ x, (uint32_t)s->n, st->kind,
		(uint16_t)m };
	return 0;
}

/* 1: it was there. */
static int
take_object(struct rk_routed *s, const struct rk_rec *r, uint16_t kind,
    struct rk_err *err)
{
	struct rk_routed_state *st = s->state;
	int found;

	st->kind = kind;
	st->err.msg[0] = '\0';
	found = rk_rec_each_number(r, field_of(st, kind), take_number, s, err);
	if (rk_err_is(&st->err))
		return rk_err_set(err, "%s", st->err.msg);
	if (found == 0 && (kind == QUALITY || kind >= SCORES))
		return rk_err_set(err, "%s: missing", field_of(st, kind));
	return found;
}

/* Has this record such a number of model M? */
static int
has(const struct rk_routed_state *st, uint16_t kind, uint32_t m)
{
	for (size_t e = st->taken; e < st->entries; e++)
		if (st->entry[e].kind == kind && st->entry[e].model == m)
			return 1;
	return 0;
}

/* The model that FIELD names, which must have a number of that kind. */
static int
take_name(struct rk_routed *s, const struct rk_rec *r, const char *field,
    int kind, uint32_t *out, struct rk_err *err)
{
	struct rk_str text;
	int found = rk_rec_text(r, field, &text, err);
	char quoted[64];

	if (found < 0)
		return -1;
	if (found == 0)
		return rk_err_set(err, "%s: missing", field);
	rk_err_quote(quoted, sizeof quoted, text.p, text.n);
	if (memchr(text.p, '\0', text.n) != NULL)
		return rk_err_set(err, "%s: holds a NUL character", field);
	*out = model_of(s, text.p, text.n);
	if (*out == nobody)
		return rk_err_set(
		    err, "over %d different models", RK_ROUTED_MODELS);
	if (kind >= 0 && !has(s->state, (uint16_t)kind, *out))
		return rk_err_set(err, "%s: '%s' has no %s here", field, quoted,
		    field_of(s->state, (uint16_t)kind));
	return 0;
}

/* In a log predictions must be there of the served and of the chosen. */
static int
check_logged(const struct rk_routed *s, struct rk_err *err)
{
	const struct rk_routed_state *st = s->state;

	for (size_t f = 0; f < st->want.fields; f++)
		for (size_t j = 0; j <= st->want.routes; j++) {
			uint32_t m = st->chosen[j];

			if (!has(st, (uint16_t)(SCORES + f), m))
				return rk_err_set(err, "%s.%s: missing",
				    st->want.scores[f], s->model[m]);
		}
	return 0;
}

static int
take_log(struct rk_routed *s, const struct rk_rec *r, struct rk_err *err)
{
	struct rk_routed_state *st = s->state;
	double *p = &st->propensity;
	int found;

	if (take_name(s, r, "served", QUALITY, &st->chosen[st->want.routes],
		err) != 0)
		return -1;
	found = rk_rec_number(r, "propensity", p, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return rk_err_set(err, "propensity: missing");
	if (!(*p > 0 && *p <= 1))
		return rk_err_set(err,
		    "propensity: expected a probability above 0, found %g", *p);
	return check_logged(s, err);
}

/* Is there, of every quality, a number of that kind? Of a score: chosen. */
static int
is_whole(const struct rk_routed_state *st, uint16_t kind)
{
	for (size_t e = st->taken; e < st->entries; e++) {
		const struct entry *x = &st->entry[e];
		int needs = kind == COST
		    ? x->kind == QUALITY
		    : x->kind >= SCORES && has(st, QUALITY, x->model);

		if (needs && !has(st, kind, x->model))
			return 0;
	}
	return 1;
}

/* Can a model be chosen by field F: one that has an answer too? */
static int
check_scores(const struct rk_routed_state *st, size_t f, struct rk_err *err)
{
	for (size_t e = st->taken; e < st->entries; e++)
		if (st->entry[e].kind == SCORES + f &&
		    has(st, QUALITY, st->entry[e].model))
			return 0;
	return rk_err_set(
	    err, "%s: holds no model that has a quality", st->want.scores[f]);
}

/* OUT: its category. */
static int
read_record(struct rk_routed *s, const struct rk_rec *r, uint32_t *out,
    struct rk_err *err)
{
	struct rk_routed_state *st = s->state;
	const struct rk_routed_want *want = &st->want;

	if (s->n == UINT32_MAX)
		return rk_err_set(err, "over %u records", UINT32_MAX);
	for (uint16_t kind = 0; kind < SCORES + want->fields; kind++)
		if (take_object(s, r, kind, err) < 0)
			return -1;
	for (size_t j = 0; j < want->routes; j++)
		if (take_name(s, r, want->route[j], want->logged ? -1 : QUALITY,
			&st->chosen[j], err) != 0)
			return -1;
	if (want->logged && take_log(s, r, err) != 0)
		return -1;
	for (size_t f = 0; f < want->fields && !want->logged; f++)
		if (check_scores(st, f, err) != 0)
			return -1;
	return rk_groups_read(&s->groups, r, out, err);
}

static void
make_room(struct rk_routed *s)
{
	struct rk_routed_state *st = s->state;

	if (s->n < st->room)
		return;
	st->room = st->room ? st->room * 2 : 1024;
	for (size_t j = 0; j < st->want.routes; j++)
		s->route[j] = rk_array(
		    s->route[j], st->room, sizeof *s->route[j]);
	if (!st->want.logged)
		return;
	s->served = rk_array(s->served, st->room, sizeof *s->served);
	s->propensity = rk_array(
	    s->propensity, st->room, sizeof *s->propensity);
}

void
rk_routed_take(struct rk_routed *s, struct rk_rec *rec)
{
	struct rk_routed_state *st = s->state;
	uint32_t category = 0;

	if (read_record(s, rec, &category, &rec->err) != 0) {
		st->entries = st->taken;
		return;
	}
	make_room(s);
	for (size_t j = 0; j < st->want.routes; j++)
		s->route[j][s->n] = st->chosen[j];
	if (st->want.logged) {
		s->served[s->n] = st->chosen[st->want.routes];
		s->propensity[s->n] = st->propensity;
	}
	s->with_cost += (size_t)is_whole(st, COST);
	s->with_predicted += (size_t)is_whole(st, PREDICTED_COST);
	st->taken = st->entries;
	rk_groups_keep(&s->groups, category);
	s->n++;
}

/* --- all of them ------------------------------------------------------------- */

struct placed {
	char *name;
	uint32_t was;
};

static int
by_name(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Sorts the names, so that the order of the records does not matter. */
static void
sort_models(struct rk_routed *s)
{
	struct rk_routed_state *st = s->state;
	struct placed *p = rk_array(NULL, s->k, sizeof *p);
	uint32_t *now = rk_array(NULL, s->k, sizeof *now);

	for (size_t m = 0; m < s->k; m++)
		p[m] = (struct placed){ s->model[m], (uint32_t)m };
	qsort(p, s->k, sizeof *p, by_name);
	for (size_t m = 0; m < s->k; m++) {
		s->model[m] = p[m].name;
		now[p[m].was] = (uint32_t)m;
	}
	for (size_t e = 0; e < st->entries; e++)
		st->entry[e].model = (uint16_t)now[st->entry[e].model];
	for (size_t i = 0; i < s->n; i++) {
		for (size_t j = 0; j < st->want.routes; j++)
			s->route[j][i] = now[s->route[j][i]];
		if (st->want.logged)
			s->served[i] = now[s->served[i]];
	}
	free(p);
	free(now);
}

static double *
array_of(const struct rk_routed *s, int kind)
{
	const struct rk_routed_state *st = s->state;
	double *x = rk_array(NULL, s->n, s->k * sizeof *x);

	for (size_t j = 0; j < s->n * s->k; j++)
		x[j] = NAN;
	for (size_t e = 0; e < st->entries; e++)
		if (st->entry[e].kind == kind)
			x[st->entry[e].i * s->k + st->entry[e].model] =
			    st->entry[e].x;
	return x;
}

void
rk_routed_settle(struct rk_routed *s)
{
	struct rk_routed_state *st = s->state;

	sort_models(s);
	s->quality = array_of(s, QUALITY);
	if (s->with_cost == s->n)
		s->cost = array_of(s, COST);
	if (st->want.fields > 0 && s->with_predicted == s->n)
		s->predicted_cost = array_of(s, PREDICTED_COST);
	for (size_t f = 0; f < st->want.fields; f++)
		s->scores[f] = array_of(s, (int)(SCORES + f));
	free(st->entry);
	st->entry = NULL;
	rk_groups_settle(&s->groups);
}

/* --- a part of them ---------------------------------------------------------- */

/* Rows MEMBER[n] of x[.., k], new; NULL of NULL. */
static double *
rows_of(const double *x, const size_t *member, size_t n, size_t k)
{
	double *out;

	if (x == NULL)
		return NULL;
	out = rk_array(NULL, n, k * sizeof *out);
	for (size_t i = 0; i < n; i++)
		memcpy(out + i * k, x + member[i] * k, k * sizeof *out);
	return out;
}

static uint32_t *
names_of(const uint32_t *x, const size_t *member, size_t n)
{
	uint32_t *out;

	if (x == NULL)
		return NULL;
	out = rk_array(NULL, n, sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[i] = x[member[i]];
	return out;
}

void
rk_routed_of_category(
    struct rk_routed *out, const struct rk_routed *s, size_t c)
{
	const struct rk_routed_want *want = &s->state->want;
	const size_t *member = rk_groups_members(&s->groups, c);
	size_t n = s->groups.category[c].n, k = s->k;

	rk_routed_start(out, want);
	out->n = n;
	out->k = k;
	for (size_t m = 0; m < k; m++)
		out->model[m] = rk_strdup(s->model[m]);
	out->quality = rows_of(s->quality, member, n, k);
	out->cost = rows_of(s->cost, member, n, k);
	out->predicted_cost = rows_of(s->predicted_cost, member, n, k);
	for (size_t f = 0; f < want->fields; f++)
		out->scores[f] = rows_of(s->scores[f], member, n, k);
	for (size_t j = 0; j < want->routes; j++)
		out->route[j] = names_of(s->route[j], member, n);
	out->served = names_of(s->served, member, n);
	out->propensity = rows_of(s->propensity, member, n, 1);
}

void
rk_routed_free(struct rk_routed *s)
{
	struct rk_routed_state *st = s->state;

	for (size_t m = 0; m < s->k; m++)
		free(s->model[m]);
	for (size_t f = 0; f < st->want.fields; f++)
		free(s->scores[f]);
	for (size_t j = 0; j < st->want.routes; j++)
		free(s->route[j]);
	free(s->model);
	free(s->scores);
	free(s->route);
	free(s->quality);
	free(s->cost);
	free(s->predicted_cost);
	free(s->served);
	free(s->propensity);
	rk_groups_free(&s->groups);
	free(st->entry);
	free(st->chosen);
	free(st);
}
