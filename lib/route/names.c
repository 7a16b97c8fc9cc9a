/* names.c - ids and digests of stored prompts. */
#include "route/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/json.h"

static void
put_ids(const char *router, const struct rk_prefs *p, const uint32_t *row,
    size_t n, struct rk_st_writer *w)
{
	struct rk_buf b = { 0 };
	char name[64];
	size_t i;

	for (i = 0; i < n; i++) {
		const struct rk_str *id = &p->id[row[i]];
		if (id->n > 0)
			rk_buf_add(&b, id->p, id->n);
		rk_buf_addc(&b, '\n');
	}
	snprintf(name, sizeof name, "%s.id", router);
	rk_st_give(w, name, RK_U8, 1, &b.n, b.p);
}

void
rk_names_put(const char *router, const struct rk_prefs *p, const uint32_t *row,
    size_t n, struct rk_st_writer *w)
{
	uint64_t *digest;
	char name[64];
	size_t i;

	if (p->digest == NULL)
		return;
	digest = rk_array(NULL, n, sizeof *digest);
	for (i = 0; i < n; i++)
		digest[i] = p->digest[row[i]];
	snprintf(name, sizeof name, "%s.digest", router);
	rk_st_give(w, name, RK_U64, 1, &n, digest);
	if (p->id != NULL)
		put_ids(router, p, row, n, w);
}

/* The lines of the tensor T: N of them, each with its end. */
static int
read_ids(struct rk_names *m, const struct rk_tensor *t, struct rk_err *err)
{
	const char *p = t->data, *end = p + t->count, *nl;
	size_t i;

	m->id = rk_calloc(m->n, sizeof *m->id);
	for (i = 0; i < m->n; i++) {
		nl = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
		if (nl == NULL)
			break;
		m->id[i] = (struct rk_str){ p, (size_t)(nl - p) };
		p = nl + 1;
	}
	if (i == m->n && p == end)
		return 0;
	return rk_err_set(err, "%s: expected %zu lines, found %s", t->name,
	    m->n, i < m->n ? "fewer" : "more");
}

static const struct rk_tensor *
find(const struct rk_st *st, const char *prefix, const char *router,
    const char *what, struct rk_buf *name)
{
	rk_buf_addf(name, "%s%s.%s", prefix, router, what);
	return rk_st_find(st, name->p);
}

int
rk_names_open(struct rk_names *m, const struct rk_st *st, const char *prefix,
    const char *router, size_t n, struct rk_err *err)
{
	const size_t any = SIZE_MAX;
	struct rk_buf digest = { 0 }, id = { 0 };
	const struct rk_tensor *t;
	int rc = 0;

	*m = (struct rk_names){ .n = n };
	if (find(st, prefix, router, "digest", &digest) != NULL) {
		t = rk_st_need(st, digest.p, RK_U64, 1, &n, err);
		if (t != NULL)
			m->digest = t->data;
		rc = t != NULL ? 0 : -1;
	}
	if (rc == 0 && find(st, prefix, router, "id", &id) != NULL) {
		t = rk_st_need(st, id.p, RK_U8, 1, &any, err);
		rc = t != NULL ? read_ids(m, t, err) : -1;
	}
	rk_buf_free(&digest);
	rk_buf_free(&id);
	return rc;
}

void
rk_names_free(struct rk_names *m)
{
	free(m->id);
	*m = (struct rk_names){ 0 };
}

int
rk_names_check(const struct rk_names *m, struct rk_err *err)
{
	size_t i;

	if (m->digest == NULL)
		return rk_err_set(err,
		    "the file does not name its prompts: it was trained by an "
		    "older rl-train");
	for (i = 0; m->id != NULL && i < m->n; i++)
		if (m->id[i].n > 0 && !rk_json_is_plain(m->id[i].p, m->id[i].n))
			return rk_err_set(err,
			    "the id of the prompt %zu is no JSON text or "
			    "number",
			    i);
	return 0;
}

void
rk_names_print(const struct rk_names *m, size_t row, struct rk_buf *out)
{
	if (m->id != NULL && m->id[row].n > 0)
		rk_buf_add(out, m->id[row].p, m->id[row].n);
	else
		rk_buf_addf(out, "\"%016" PRIx64 "\"", m->digest[row]);
}
