/* members.c - learners under prefixes. */
#include "route/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/json.h"

/* --- training ---------------------------------------------------------------- */

/* {"router":...,"params":{...}} for opening. */
static void
put_card(const struct rk_learner_how *how, size_t m, struct rk_st_writer *w)
{
	struct rk_buf b = { 0 };
	char key[32];

	rk_buf_addf(&b, "{\"router\":\"%s\",\"params\":", how->router->name);
	rk_params_json(how->set, &b);
	rk_buf_addc(&b, '}');
	snprintf(key, sizeof key, "rk.member.%zu", m);
	rk_st_put_meta(w, key, b.p);
	rk_buf_free(&b);
}

/* Sets the prefix of member M in W within OUTER. */
static void
enter(struct rk_st_writer *w, const char *outer, size_t m)
{
	struct rk_buf prefix = { 0 };

	rk_buf_addf(&prefix, "%s%zu.", outer, m);
	rk_st_prefix(w, prefix.p);
	rk_buf_free(&prefix);
}

int
rk_members_train(const struct rk_learner_how *how, size_t m,
    const struct rk_prefs *p, const struct rk_watch *watch,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_err *err)
{
	struct rk_report report = { .watch = watch };
	char *outer = rk_strdup(rk_st_prefix_now(w));
	int rc;

	enter(w, outer, m);
	rc = rk_learner_train(how, p, pool, w, &report, err);
	rk_st_prefix(w, outer);
	free(outer);
	rk_report_free(&report);
	if (rc == 0)
		put_card(how, m, w);
	return rc;
}

/* --- opening ----------------------------------------------------------------- */

/* The router's name and parameters, from the metadata of member M. */
static int
read_card(struct rk_buf *router, struct rk_buf *set, const char *json, size_t m,
    const char *self, struct rk_err *err)
{
	if (rk_json_text(json, "router", router, err) != 1 ||
	    rk_json_object(json, "params", set, err) != 1)
		return rk_err_set(
		    err, "rk.member.%zu: expected router and params", m);
	if (strcmp(router->p, self) == 0)
		return rk_err_set(
		    err, "rk.member.%zu: %s in %s", m, self, self);
	return 0;
}

static int
open_one(struct rk_members *m, const char *self, const struct rk_st *st,
    const char *under, const char *json, size_t k, uint64_t seed, size_t *d,
    struct rk_err *err)
{
	struct rk_learner *l = &m->one[m->n];
	struct rk_buf router = { 0 }, set = { 0 };
	char prefix[64];
	int rc = read_card(&router, &set, json, m->n, self, err);

	snprintf(prefix, sizeof prefix, "%s%zu.", under, m->n);
	if (rc == 0)
		rc = rk_learner_open(
		    l, st, prefix, k, router.p, set.p, seed, err);
	if (rc == 0) {
		m->n++;
		if (*d == 0)
			*d = l->d;
		if (l->d != 0 && l->d != *d)
			rc = rk_err_set(err,
			    "member %s wants embeddings of %zu numbers, "
			    "another %zu",
			    prefix, l->d, *d);
	}
	rk_buf_free(&router);
	rk_buf_free(&set);
	return rc;
}

int
rk_members_open(struct rk_members *m, const char *self, const struct rk_st *st,
    const char *prefix, size_t k, uint64_t seed, size_t *d, struct rk_err *err)
{
	const char *json;
	char key[32];

	memset(m, 0, sizeof *m);
	*d = 0;
	while (m->n < RK_MEMBERS) {
		snprintf(key, sizeof key, "rk.member.%zu", m->n);
		json = rk_st_meta(st, key);
		if (json == NULL)
			break;
		if (open_one(m, self, st, prefix, json, k, seed, d, err) != 0) {
			rk_members_close(m);
			return -1;
		}
	}
	return m->n > 0
	    ? 0
	    : rk_err_set(err, "%s: no rk.member.0 in the file", self);
}

void
rk_members_close(struct rk_members *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		rk_learner_close(&m->one[i]);
	m->n = 0;
}

/* --- all together ------------------------------------------------------------ */

unsigned
rk_members_needs(const struct rk_members *m)
{
	unsigned needs = 0;
	size_t i;

	for (i = 0; i < m->n; i++)
		needs |= m->one[i].needs;
	return needs;
}

size_t
rk_members_with_names(const struct rk_members *m)
{
	size_t j;

	for (j = 0; j < m->n; j++)
		if (rk_learner_names(&m->one[j]) != NULL)
			break;
	return j;
}

size_t
rk_members_with_costs(const struct rk_members *m)
{
	size_t j;

	for (j = 0; j < m->n; j++)
		if (rk_learner_tells_costs(&m->one[j]))
			break;
	return j;
}

int
rk_members_grow(struct rk_members *m, const struct rk_prefs *p,
    struct rk_pool *pool, struct rk_st_writer *w, struct rk_err *err)
{
	char *outer = p != NULL ? rk_strdup(rk_st_prefix_now(w)) : NULL;
	size_t j;
	int rc = 0;

	for (j = 0; j < m->n && rc == 0; j++) {
		struct rk_report own = { .unseen = NULL };
		if (p != NULL)
			enter(w, outer, j);
		rc = rk_learner_grow(&m->one[j], p, pool, w, &own, err);
		if (rc != 0)
			rk_err_in(err, "member %zu", j);
		rk_buf_free(&own.json);
	}
	if (p != NULL)
		rk_st_prefix(w, outer);
	free(outer);
	return rc;
}
