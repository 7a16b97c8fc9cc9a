/*
 * several.c - embedders put together to one: a text's vector is their unit
 * vectors side by side, brought to length 1, so that a cosine is the mean of
 * theirs. It knows the others by the table alone.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "embed/embedder.h"
#include "io/json.h"
#include "math/mat.h"

enum { MAX = RK_EMBED_PARTS, MAX_DIM = 1 << 20 };

struct several {
	size_t n, d; /* parts, and numbers in all */
	struct rk_embed embed[MAX];
};

static const struct rk_param params[] = {
	{ "of", RK_PARAM_TEXT, "", 0, 0, NULL,
	    "names or folders of embedders, with commas between" },
	{ "parts", RK_PARAM_TEXT, "", 0, 0, NULL,
	    "instead of them a JSON array of what model files call them" },
	{ "dir", RK_PARAM_PATH, "", 0, 0, NULL,
	    "the folder of the one that has a folder" },
	{ "dim", RK_PARAM_INT, "0", 0, MAX_DIM, NULL,
	    "numbers in all, where one of them can choose; 0: as they are" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL }
};

/* What is to be opened. */
struct plan {
	size_t n;
	const struct rk_embedder *kind[MAX];
	struct rk_params *set[MAX];
};

static void
plan_free(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		rk_params_free(p->set[i]);
}

/* One more, of the word WHAT, or of an ID. */
static int
plan_add(struct plan *p, const char *what, const char *id, struct rk_err *err)
{
	struct rk_params *set = NULL;
	const struct rk_embedder *kind;
	size_t i = p->n;

	if (i == MAX)
		return rk_err_set(err, "expected at most %d embedders", MAX);
	kind = id != NULL ? rk_embedder_of_id(&set, id, err)
			  : rk_embedder_choose(what, &set, err);
	if (kind == NULL)
		return -1;
	p->kind[i] = kind;
	p->set[i] = set;
	p->n++;
	return kind->parts == NULL
	    ? 0
	    : rk_err_set(err, "'%s' within '%s'", kind->name, kind->name);
}

static int
plan_words(struct plan *p, const char *list, struct rk_err *err)
{
	size_t n = strcspn(list, ",");
	char *word = rk_strndup(list, n);
	int rc = plan_add(p, word, NULL, err);

	free(word);
	return rc != 0 || list[n] == '\0' ? rc
					  : plan_words(p, list + n + 1, err);
}

static int
plan_ids(struct plan *p, const char *json, struct rk_err *err)
{
	struct rk_json *doc = rk_json_new(json, strlen(json), err);
	const struct rk_json *v;
	struct rk_buf id = { 0 };
	size_t i;
	int rc = doc != NULL ? 0 : rk_err_in(err, "parts");

	for (i = 0; rc == 0 && (v = rk_json_at(doc, i)) != NULL; i++) {
		id.n = 0;
		rk_json_print(v, &id);
		rc = plan_add(p, NULL, id.p, err);
	}
	rk_buf_free(&id);
	rk_json_free(doc);
	return rc;
}

/* The one parameter KEY of them all; *COUNT of them leave it open. */
static struct rk_params *
the_open(const struct plan *p, const char *key, size_t *count)
{
	struct rk_params *one = NULL;
	size_t i;

	for (*count = 0, i = 0; i < p->n; i++)
		if (rk_params_has(p->set[i], key) &&
		    !rk_params_is_set(p->set[i], key)) {
			one = p->set[i];
			++*count;
		}
	return one;
}

static int
give_dir(struct plan *p, const char *dir, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	size_t count;
	struct rk_params *set = the_open(p, "dir", &count);
	int rc;

	if (count != 1)
		return rk_err_set(err,
		    "%s: expected one embedder that wants a folder, found %zu: "
		    "RK_MODELS tells where those of many are",
		    dir, count);
	rk_buf_addf(&b, "dir=%s", dir);
	rc = rk_params_set(set, b.p, err);
	rk_buf_free(&b);
	return rc;
}

/* --- opening ------------------------------------------------------------------ */

static int
open_one(struct several *s, const struct plan *p, size_t i,
    struct rk_pool *pool, struct rk_err *err)
{
	if (rk_embed_open(
		&s->embed[i], p->kind[i]->name, p->set[i], pool, err) != 0)
		return -1;
	s->d += s->embed[i].dim;
	return 0;
}

/* Those that have no choice first; the rest of DIM is for the one that has. */
static int
open_all(struct several *s, struct plan *p, size_t dim, struct rk_pool *pool,
    struct rk_err *err)
{
	size_t i, count;
	struct rk_params *set = the_open(p, "dim", &count);
	char text[32];

	if (dim == 0 || count != 1)
		set = NULL;
	s->n = p->n;
	for (i = 0; i < p->n; i++)
		if (p->set[i] != set && open_one(s, p, i, pool, err) != 0)
			return -1;
	snprintf(text, sizeof text, "dim=%zu", dim > s->d ? dim - s->d : 0);
	for (i = 0; i < p->n; i++)
		if (p->set[i] == set &&
		    (rk_params_set(set, text, err) != 0 ||
			open_one(s, p, i, pool, err) != 0))
			return -1;
	if (dim != 0 && s->d != dim)
		return rk_err_set(err,
		    "together they make %zu numbers, expected %zu", s->d, dim);
	return s->d <= MAX_DIM
	    ? 0
	    : rk_err_set(err, "together they make %zu numbers, at most %d",
		  s->d, MAX_DIM);
}

/* A part is known by its name. */
static int
check_names(const struct several *s, struct rk_err *err)
{
	size_t i, j;

	for (i = 0; i < s->n; i++)
		for (j = 0; j < i; j++)
			if (strcmp(s->embed[i].part[0].name,
				s->embed[j].part[0].name) == 0)
				return rk_err_set(err, "'%s' comes twice",
				    s->embed[i].part[0].name);
	return 0;
}

static void
print_id(const struct several *s, struct rk_buf *b)
{
	size_t i;

	rk_buf_addf(b, "{\"kind\":\"several\",\"dim\":%zu,\"parts\":", s->d);
	for (i = 0; i < s->n; i++)
		rk_buf_addf(b, "%c%s", i ? ',' : '[', s->embed[i].id);
	rk_buf_adds(b, "]}");
}

static void
several_close(void *state)
{
	struct several *s = state;
	size_t i;

	for (i = 0; s != NULL && i < s->n; i++)
		rk_embed_close(&s->embed[i]);
	free(s);
}

static void *
several_open(const struct rk_params *set, struct rk_pool *pool, size_t *dim,
    char **id, struct rk_err *err)
{
	struct several *s = rk_calloc(1, sizeof *s);
	const char *of = rk_params_text(set, "of");
	const char *parts = rk_params_text(set, "parts");
	const char *dir = rk_params_text(set, "dir");
	struct plan p = { .n = 0 };
	struct rk_buf b = { 0 };
	int rc = *of != '\0' ? plan_words(&p, of, err)
	    : *parts != '\0' ? plan_ids(&p, parts, err)
			     : 0;

	if (rc == 0 && p.n < 2)
		rc = rk_err_set(err,
		    "expected two or more, such as hash,minilm, found %zu",
		    p.n);
	if (rc == 0 && *dir != '\0')
		rc = give_dir(&p, dir, err);
	if (rc == 0)
		rc = open_all(
		    s, &p, (size_t)rk_params_int(set, "dim"), pool, err);
	if (rc == 0 && *of != '\0')
		rc = check_names(s, err);
	plan_free(&p);
	if (rc == 0) {
		print_id(s, &b);
		*id = b.p;
		*dim = s->d;
		return s;
	}
	rk_err_in(err, "several embedders");
	several_close(s);
	return NULL;
}

/* --- texts -------------------------------------------------------------------- */

/* Unit vectors v[n, d] to their place in OUT; has[i] counts what is not zero. */
static void
place(float *out, size_t ld, float *v, size_t n, size_t d, uint8_t *has)
{
	size_t i, j;

	rk_mat_unit_rows(v, v, n, d);
	for (i = 0; i < n; i++) {
		memcpy(out + i * ld, v + i * d, d * sizeof *v);
		for (j = 0; j < d && v[i * d + j] == 0; j++)
			;
		has[i] += j < d;
	}
}

static void
several_embed(void *state, const struct rk_str *texts, size_t n,
    struct rk_pool *pool, float *out, struct rk_err *const *errs)
{
	struct several *s = state;
	uint8_t *has = rk_calloc(n, 1);
	float *v;
	size_t p, i, at = 0;

	for (p = 0; p < s->n; p++) {
		struct rk_embed *e = &s->embed[p];
		v = rk_floats(n * e->dim);
		memset(v, 0, n * e->dim * sizeof *v); /* where one fails */
		rk_embed_each(e, texts, n, pool, v, errs);
		place(out + at, s->d, v, n, e->dim, has);
		at += e->dim;
		free(v);
	}
	for (i = 0; i < n; i++)
		if (has[i] > 1)
			rk_mat_scale(out + i * s->d, out + i * s->d,
			    1 / sqrt((double)has[i]), s->d);
	free(has);
}

static size_t
several_parts(const void *state, struct rk_embed_part *part)
{
	const struct several *s = state;
	size_t i;

	for (i = 0; i < s->n; i++)
		part[i] = s->embed[i].part[0];
	return s->n;
}

const struct rk_embedder rk_embedder_several = {
	.name = "several",
	.about = "some of these side by side, such as -e hash,minilm",
	.params = params,
	.open = several_open,
	.embed = several_embed,
	.close = several_close,
	.parts = several_parts,
};
