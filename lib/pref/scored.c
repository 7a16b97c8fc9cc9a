/* scored.c - records in, columns of numbers out. */
#include "pref/scored.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "eval/curve.h"

struct rk_scored_state {
	struct rk_scored_want want;
	size_t cols;
	size_t room; /* records that the columns have room for */
	double *row; /* [cols] the record at hand */
	int guessed; /* which of the two is strong is not known yet */
};

void
rk_scored_start(struct rk_scored *s, const struct rk_scored_want *want)
{
	struct rk_scored_state *st = rk_calloc(1, sizeof *st);

	memset(s, 0, sizeof *s);
	s->state = st;
	st->want = *want;
	s->groups.by = want->by;
	st->cols = RK_SCORED_SCORE + want->fields;
	st->row = rk_calloc(st->cols, sizeof *st->row);
	s->all.col = rk_calloc(st->cols, sizeof *s->all.col);
	if (want->strong != NULL && want->weak != NULL) {
		s->strong = rk_strdup(want->strong);
		s->weak = rk_strdup(want->weak);
	}
}

/* --- the pair ------------------------------------------------------------ */

/* The first two models of a record, how many there are, and all in a list. */
struct names {
	char *name[2];
	size_t n;
	struct rk_buf list;
};

static int
add_name(void *ctx, const char *name, double x)
{
	struct names *names = ctx;

	(void)x;
	if (names->n < 2)
		names->name[names->n] = rk_strdup(name);
	rk_buf_addf(&names->list, "%s%s", names->n > 0 ? ", " : "", name);
	names->n++;
	return 0;
}

static void
free_names(struct names *names)
{
	free(names->name[0]);
	free(names->name[1]);
	rk_buf_free(&names->list);
}

/* "quality.NAME: missing", and what is there. */
static int
no_quality(const struct rk_rec *r, const char *name, struct rk_err *err)
{
	struct names in = { { NULL, NULL }, 0, { 0 } };
	int found = rk_rec_each_number(r, "quality", add_name, &in, err);

	if (found == 0)
		rk_err_set(err, "quality: missing");
	else if (found == 1)
		rk_err_set(err, "quality.%s: missing; it has: %s", name,
		    in.n > 0 ? in.list.p : "none");
	free_names(&in);
	return -1;
}

/*
 * Which of two names is the weak model's: as far as the user has said. Where
 * nothing is said, the order of the names, for now; the order in which a record
 * holds them must not matter.
 */
static int
weak_of(const struct rk_scored_want *want, char *const *name)
{
	if (want->strong != NULL)
		return strcmp(name[0], want->strong) == 0;
	if (want->weak != NULL)
		return strcmp(name[0], want->weak) != 0;
	return strcmp(name[0], name[1]) > 0;
}

static int
set_pair(struct rk_scored *s, const struct rk_rec *r, const struct names *in,
    struct rk_err *err)
{
	const struct rk_scored_want *want = &s->state->want;
	const char *named = want->strong ? want->strong : want->weak;
	int w = weak_of(want, in->name);

	if (named != NULL && strcmp(in->name[0], named) != 0 &&
	    strcmp(in->name[1], named) != 0)
		return no_quality(r, named, err);
	s->weak = rk_strdup(in->name[w]);
	s->strong = rk_strdup(in->name[!w]);
	s->state->guessed = named == NULL;
	return 0;
}

/* Exactly two models, the first time any, later the same. */
static int
check_two(struct rk_scored *s, const struct rk_rec *r, struct rk_err *err)
{
	struct names in = { { NULL, NULL }, 0, { 0 } };
	int rc = rk_rec_each_number(r, "quality", add_name, &in, err);

	if (rc == 0)
		rc = rk_err_set(err, "quality: missing");
	else if (rc == 1 && in.n != 2)
		rc = rk_err_set(err,
		    "quality: holds %zu models, not two; name the pair by "
		    "--strong and --weak: %s",
		    in.n, in.n > 0 ? in.list.p : "none");
	else if (rc == 1)
		rc = s->weak ? 0 : set_pair(s, r, &in, err);
	free_names(&in);
	return rc;
}

/* --- one record ------------------------------------------------------------ */

/* The number at FIELD, or at FIELD.NAME: as rk_rec_number, within bounds. */
static int
number_at(const struct rk_rec *r, const char *field, const char *name,
    double *out, struct rk_err *err)
{
	int found = name ? rk_rec_number_in(r, field, name, out, err)
			 : rk_rec_number(r, field, out, err);

	if (found == 1 && !(fabs(*out) <= RK_CURVE_MAX))
		return rk_err_set(err, "%s%s%s: expected a number within +-%g",
		    field, name ? "." : "", name ? name : "", RK_CURVE_MAX);
	return found;
}

static int
check_range(
    const struct rk_scored *s, const char *name, double x, struct rk_err *err)
{
	const double *range = s->state->want.range;

	if (range == NULL || (x >= range[0] && x <= range[1]))
		return 0;
	return rk_err_set(err,
	    "quality.%s: %g is not within the quality range %g to %g", name, x,
	    range[0], range[1]);
}

static int
read_quality(const struct rk_scored *s, const struct rk_rec *r, int col,
    const char *name, struct rk_err *err)
{
	int found = number_at(r, "quality", name, &s->state->row[col], err);

	if (found == 0)
		return no_quality(r, name, err);
	return found < 0 ? -1 : check_range(s, name, s->state->row[col], err);
}

static int
read_scores(
    const struct rk_scored *s, const struct rk_rec *r, struct rk_err *err)
{
	const struct rk_scored_want *want = &s->state->want;

	for (size_t j = 0; j < want->fields; j++) {
		int found = number_at(r, want->field[j], NULL,
		    &s->state->row[RK_SCORED_SCORE + j], err);

		if (found == 0)
			return rk_err_set(err, "%s: missing", want->field[j]);
		if (found < 0)
			return -1;
	}
	return 0;
}

/* 1: there is a prompt. A record's text is UTF-8: its reader has checked. */
static int
read_length(const struct rk_scored *s, struct rk_rec *r, struct rk_err *err)
{
	struct rk_str text;
	int found = rk_rec_prompt(r, &s->state->want.prompt, &text, err);

	if (found != 1)
		return found;
	s->state->row[RK_SCORED_LENGTH] = log1p(
	    (double)rk_utf8_count(text.p, text.n));
	return 1;
}

/* 1: it is there. */
static int
read_cost(const struct rk_scored *s, const struct rk_rec *r, int col,
    const char *name, struct rk_err *err)
{
	double *x = &s->state->row[col];
	int found = number_at(r, "cost", name, x, err);

	if (found == 1 && *x < 0)
		return rk_err_set(
		    err, "cost.%s: expected dollars, found %g", name, *x);
	return found;
}

/* 1: there are both. */
static int
read_costs(
    const struct rk_scored *s, const struct rk_rec *r, struct rk_err *err)
{
	int a = read_cost(s, r, RK_SCORED_WEAK_COST, s->weak, err);
	int b = read_cost(s, r, RK_SCORED_STRONG_COST, s->strong, err);

	return a < 0 || b < 0 ? -1 : a == 1 && b == 1;
}

/* --- all of it ------------------------------------------------------------------ */

static void
make_room(struct rk_scored *s)
{
	struct rk_scored_state *st = s->state;
	double **col = s->all.col;

	if (s->all.n < st->room)
		return;
	st->room = st->room ? st->room * 2 : 1024;
	for (size_t j = 0; j < st->cols; j++)
		col[j] = rk_array(col[j], st->room, sizeof *col[j]);
}

static void
keep(struct rk_scored *s, uint32_t k)
{
	struct rk_scored_state *st = s->state;

	make_room(s);
	for (size_t j = 0; j < st->cols; j++)
		s->all.col[j][s->all.n] = st->row[j];
	rk_groups_keep(&s->groups, k);
	s->all.n++;
}

void
rk_scored_take(struct rk_scored *s, struct rk_rec *r)
{
	const struct rk_scored_want *want = &s->state->want;
	struct rk_err *err = &r->err;
	int prompt, cost;
	uint32_t k = 0;

	if (((want->strong == NULL || want->weak == NULL) &&
		check_two(s, r, err) != 0) ||
	    read_quality(s, r, RK_SCORED_WEAK, s->weak, err) != 0 ||
	    read_quality(s, r, RK_SCORED_STRONG, s->strong, err) != 0 ||
	    read_scores(s, r, err) != 0 ||
	    (prompt = read_length(s, r, err)) < 0 ||
	    (cost = read_costs(s, r, err)) < 0 ||
	    rk_groups_read(&s->groups, r, &k, err) != 0)
		return;
	s->with_prompt += (size_t)prompt;
	s->with_cost += (size_t)cost;
	keep(s, k);
}

static void
drop(struct rk_scored *s, size_t col)
{
	free(s->all.col[col]);
	s->all.col[col] = NULL;
}

static void
swap(struct rk_scored *s, size_t a, size_t b)
{
	double *t = s->all.col[a];

	s->all.col[a] = s->all.col[b];
	s->all.col[b] = t;
}

static void
choose_strong(struct rk_scored *s)
{
	const double *weak = s->all.col[RK_SCORED_WEAK];
	const double *strong = s->all.col[RK_SCORED_STRONG];
	double gain = 0;
	char *t = s->weak;

	for (size_t i = 0; i < s->all.n; i++)
		gain += strong[i] - weak[i];
	if (gain >= 0)
		return;
	s->weak = s->strong;
	s->strong = t;
	swap(s, RK_SCORED_WEAK, RK_SCORED_STRONG);
	swap(s, RK_SCORED_WEAK_COST, RK_SCORED_STRONG_COST);
}

void
rk_scored_settle(struct rk_scored *s)
{
	if (s->with_prompt < s->all.n)
		drop(s, RK_SCORED_LENGTH);
	if (s->with_cost < s->all.n) {
		drop(s, RK_SCORED_WEAK_COST);
		drop(s, RK_SCORED_STRONG_COST);
	}
	if (s->state->guessed)
		choose_strong(s);
	rk_groups_settle(&s->groups);
}

void
rk_scored_of_category(
    struct rk_columns *out, const struct rk_scored *s, size_t k)
{
	const struct rk_scored_state *st = s->state;
	const size_t *member = rk_groups_members(&s->groups, k);

	out->n = s->groups.category[k].n;
	out->col = rk_calloc(st->cols, sizeof *out->col);
	for (size_t j = 0; j < st->cols; j++) {
		const double *from = s->all.col[j];
		double *to;

		if (from == NULL)
			continue;
		to = out->col[j] = rk_array(NULL, out->n, sizeof *to);
		for (size_t i = 0; i < out->n; i++)
			to[i] = from[member[i]];
	}
}

void
rk_columns_free(struct rk_columns *c, size_t fields)
{
	for (size_t j = 0; c->col != NULL && j < RK_SCORED_SCORE + fields; j++)
		free(c->col[j]);
	free(c->col);
	c->col = NULL;
}

void
rk_scored_free(struct rk_scored *s)
{
	struct rk_scored_state *st = s->state;

	rk_columns_free(&s->all, st->want.fields);
	rk_groups_free(&s->groups);
	free(s->weak);
	free(s->strong);
	free(st->row);
	free(st);
	s->state = NULL;
}
