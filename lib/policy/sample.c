/* sample.c - records into memory. */
#include "policy/sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/batch.h"

/* --- the file ---------------------------------------------------------------- */

/* ADD for each record, until it fails. */
static int
each_record(const struct rk_sample_file *file,
    int (*add)(void *ctx, const struct rk_rec *rec, struct rk_err *err),
    void *ctx, struct rk_err *err)
{
	const struct rk_input in = { &file->path, 1, file->max_line, 0 };
	struct rk_reader *r = rk_reader_new(&in, err);
	struct rk_batch *b = NULL;
	size_t n = 0, i;

	while (r != NULL && !rk_err_is(err) &&
	    rk_reader_next(r, &b, err) == 0 && b != NULL) {
		rk_batch_parse(b, file->pool);
		for (i = 0; i < b->n && !rk_err_is(err); i++, n++) {
			struct rk_rec *rec = &b->rec[i];
			if (rk_err_is(&rec->err) ||
			    add(ctx, rec, &rec->err) != 0)
				rk_err_set(err, "%s:%zu: %s", rec->file,
				    rec->line, rec->err.msg);
		}
	}
	rk_reader_free(r);
	if (n == 0)
		rk_err_set(err, "%s: no records", file->path);
	return rk_err_is(err) ? -1 : 0;
}

int
rk_sample_score(
    double *x, const struct rk_rec *rec, const char *field, struct rk_err *err)
{
	int found = rk_rec_number(rec, field, x, err);

	return found == 0 ? rk_err_set(err, "%s: missing", field) : found - 1;
}

struct scores {
	const char *field;
	double *x;
	size_t n, cap;
};

static int
add_score(void *ctx, const struct rk_rec *rec, struct rk_err *err)
{
	struct scores *s = ctx;

	RK_GROW(s->x, s->n, s->cap);
	return rk_sample_score(&s->x[s->n++], rec, s->field, err);
}

double *
rk_sample_scores(size_t *n, const struct rk_sample_file *file,
    const char *field, struct rk_err *err)
{
	struct scores s = { field, NULL, 0, 0 };

	if (each_record(file, add_score, &s, err) != 0) {
		free(s.x);
		return NULL;
	}
	*n = s.n;
	return s.x;
}

/* --- many models -------------------------------------------------------------- */

static struct rk_single *
find_single(struct rk_sample *s, const char *name, size_t hint)
{
	size_t i, at = hint < s->k ? hint : 0;

	for (i = 0; i < s->k; i++) {
		if (strcmp(s->single[at].name, name) == 0)
			return &s->single[at];
		at = at + 1 < s->k ? at + 1 : 0;
	}
	RK_GROW(s->single, s->k, s->single_cap);
	s->single[s->k] = (struct rk_single){ rk_strdup(name), 0, 0 };
	return &s->single[s->k++];
}

void
rk_sample_add(struct rk_sample *s, const struct rk_options *options)
{
	size_t i;

	for (i = 0; i < options->n; i++) {
		const struct rk_option *o = &options->o[i];
		struct rk_single *one = find_single(s, o->name, i);
		one->sum += o->quality;
		one->n++;
		if (o->guard != NULL)
			continue;
		RK_GROW(s->o, s->count, s->cap);
		s->o[s->count] = *o;
		s->o[s->count++].name = ""; /* the record's will not last */
	}
	RK_GROW(s->end, s->n, s->end_cap);
	s->end[s->n++] = s->count;
}

void
rk_sample_free(struct rk_sample *s)
{
	size_t i;

	for (i = 0; i < s->k; i++)
		free(s->single[i].name);
	free(s->single);
	free(s->end);
	free(s->o);
	memset(s, 0, sizeof *s);
}

const struct rk_single *
rk_sample_best(const struct rk_sample *s)
{
	const struct rk_single *best = NULL, *x;

	for (x = s->single; x < s->single + s->k; x++)
		if (x->n == s->n &&
		    (best == NULL || x->sum > best->sum ||
			(x->sum == best->sum &&
			    strcmp(x->name, best->name) < 0)))
			best = x;
	return best;
}

struct many {
	struct rk_sample *sample;
	const struct rk_terms *terms;
	struct rk_options options;
};

static int
add_many(void *ctx, const struct rk_rec *rec, struct rk_err *err)
{
	struct many *m = ctx;
	const struct rk_options *o = &m->options;

	if (rk_options_read(&m->options, rec, m->terms, err) != 0)
		return -1;
	if (rk_options_best(o->o, o->n, 0) == o->n)
		return rk_options_none(o->o, o->n, err);
	rk_sample_add(m->sample, o);
	return 0;
}

int
rk_sample_read(struct rk_sample *s, const struct rk_sample_file *file,
    const struct rk_terms *terms, struct rk_err *err)
{
	struct many m = { .sample = s, .terms = terms };
	int rc = each_record(file, add_many, &m, err);

	rk_options_free(&m.options);
	return rc;
}
