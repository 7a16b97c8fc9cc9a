/*
 * eval-drift.c - the reference of --drift: the numbers of its records, by field
 * and, where the field holds an object of predicted qualities, by model. Of
 * decisions only how often each model was chosen is kept.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "eval.h"
#include "eval/metrics.h"
#include "pref/routed.h"

struct values {
	char *name; /* the model's */
	double *x;  /* [n], sorted in the end; NULL: of decisions */
	size_t n, cap;
};

struct field {
	const char *name;
	struct values *of; /* [k] */
	size_t k, cap;
};

static struct field *scores, *objects, *routes;
static size_t records;

static struct values *
find(const struct field *f, const char *name, size_t n)
{
	for (size_t i = 0; i < f->k; i++)
		if (strlen(f->of[i].name) == n &&
		    memcmp(f->of[i].name, name, n) == 0)
			return &f->of[i];
	return NULL;
}

static struct values *
find_or_add(struct field *f, const char *name, size_t n)
{
	struct values *v = find(f, name, n);

	if (v != NULL)
		return v;
	if (f->k == RK_ROUTED_MODELS)
		cmd_die(&eval_cmd, "%s: %s: over %d different models",
		    eval_opt.drift, f->name, RK_ROUTED_MODELS);
	RK_GROW(f->of, f->k, f->cap);
	v = &f->of[f->k++];
	*v = (struct values){ rk_strndup(name, n), NULL, 0, 0 };
	return v;
}

static int
add_number(void *ctx, const char *name, double x)
{
	struct values *v = find_or_add(ctx, name, strlen(name));

	RK_GROW(v->x, v->n, v->cap);
	v->x[v->n++] = x;
	return 0;
}

/* --- reading ---------------------------------------------------------------- */

/* As rk_rec_number and its like: 1 where it was there. */
static int
take_score(struct field *f, const struct rk_rec *r, struct rk_err *err)
{
	double x;
	int found = rk_rec_number(r, f->name, &x, err);

	if (found == 1)
		add_number(f, "", x);
	return found;
}

static int
take_object(struct field *f, const struct rk_rec *r, struct rk_err *err)
{
	return rk_rec_each_number(r, f->name, add_number, f, err);
}

static int
take_route(struct field *f, const struct rk_rec *r, struct rk_err *err)
{
	struct rk_str s;
	int found = rk_rec_text(r, f->name, &s, err);

	if (found == 1 && memchr(s.p, '\0', s.n) != NULL)
		return rk_err_set(err, "%s: holds a NUL character", f->name);
	if (found == 1)
		find_or_add(f, s.p, s.n)->n++;
	return found;
}

static void
take_all(struct field *f, size_t m, struct rk_rec *rec,
    int (*take)(struct field *, const struct rk_rec *, struct rk_err *))
{
	for (size_t j = 0; j < m && !rk_err_is(&rec->err); j++)
		if (take(&f[j], rec, &rec->err) == 0)
			rk_err_set(&rec->err, "%s: missing", f[j].name);
}

static void
take_record(struct rk_rec *rec)
{
	const struct eval_options *o = &eval_opt;

	take_all(scores, o->fields.n, rec, take_score);
	take_all(routes, o->routes.n, rec, take_route);
	if (!o->logged)
		take_all(objects, o->scores.n, rec, take_object);
	if (rk_err_is(&rec->err))
		cmd_die(&eval_cmd, "%s:%zu: %s", rec->file, rec->line,
		    rec->err.msg);
	records++;
}

static struct field *
new_fields(const struct rk_list *list)
{
	struct field *f = rk_calloc(list->n + 1, sizeof *f);

	for (size_t j = 0; j < list->n; j++)
		f[j].name = list->p[j];
	return f;
}

static void
sort_fields(struct field *f, size_t m)
{
	for (size_t j = 0; j < m; j++)
		for (size_t i = 0; i < f[j].k; i++)
			rk_metrics_sort(f[j].of[i].x, f[j].of[i].n);
}

void
eval_drift_read(void)
{
	const struct rk_input in = { &eval_opt.drift, 1,
		(size_t)eval_cmd.max_line, 0 };
	struct rk_err err = { "" };
	struct rk_reader *r;
	struct rk_batch *b = NULL;

	if (eval_opt.drift == NULL)
		return;
	scores = new_fields(&eval_opt.fields);
	objects = new_fields(&eval_opt.scores);
	routes = new_fields(&eval_opt.routes);
	r = rk_reader_new(&in, &err);
	while (r != NULL && rk_reader_next(r, &b, &err) == 0 && b != NULL) {
		rk_batch_parse(b, eval_cmd.pool);
		for (size_t i = 0; i < b->n; i++)
			take_record(&b->rec[i]);
	}
	if (rk_err_is(&err))
		cmd_die(&eval_cmd, "%s", err.msg);
	rk_reader_free(r);
	if (records == 0)
		cmd_die(&eval_cmd, "%s: no records", eval_opt.drift);
	sort_fields(scores, eval_opt.fields.n);
	sort_fields(objects, eval_opt.scores.n);
}

static void
free_fields(struct field *f, size_t m)
{
	for (size_t j = 0; f != NULL && j < m; j++) {
		for (size_t i = 0; i < f[j].k; i++) {
			free(f[j].of[i].name);
			free(f[j].of[i].x);
		}
		free(f[j].of);
	}
	free(f);
}

void
eval_drift_free(void)
{
	free_fields(scores, eval_opt.fields.n);
	free_fields(objects, eval_opt.scores.n);
	free_fields(routes, eval_opt.routes.n);
}

/* --- the index ----------------------------------------------------------------- */

double
eval_drift_score(size_t j, const double *score, size_t n)
{
	const struct values *v = &scores[j].of[0];

	return rk_metrics_psi(v->x, v->n, score, n);
}

double
eval_drift_route(size_t j, const double *share, char *const *model, size_t k)
{
	const struct field *f = &routes[j];
	size_t m = 0;
	double *was = rk_calloc(k + f->k, sizeof *was);
	double *is = rk_calloc(k + f->k, sizeof *is), psi;

	for (; m < k; m++) {
		const struct values *v = find(f, model[m], strlen(model[m]));

		is[m] = share[m];
		was[m] = v ? (double)v->n / (double)records : 0;
	}
	/* models that are chosen no more, nor answer any query */
	for (size_t i = 0; i < f->k; i++) {
		size_t at = 0;

		while (at < k && strcmp(model[at], f->of[i].name) != 0)
			at++;
		if (at == k)
			was[m++] = (double)f->of[i].n / (double)records;
	}
	psi = rk_metrics_psi_of(was, is, m);
	free(was);
	free(is);
	return psi;
}

double
eval_drift_scores(size_t f, const double *x, size_t n, char *const *model,
    size_t k, size_t *worst)
{
	double *is = rk_array(NULL, n, sizeof *is), most = NAN;

	for (size_t m = 0; m < k; m++) {
		const struct values *v = find(
		    &objects[f], model[m], strlen(model[m]));
		size_t there = 0;
		double psi;

		for (size_t i = 0; i < n; i++)
			if (!isnan(x[i * k + m]))
				is[there++] = x[i * k + m];
		if (v == NULL || there == 0)
			continue;
		psi = rk_metrics_psi(v->x, v->n, is, there);
		if (!(psi <= most)) {
			most = psi;
			*worst = m;
		}
	}
	free(is);
	return most;
}
