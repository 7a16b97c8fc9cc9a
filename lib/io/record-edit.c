/*
 * record-edit.c - writing a line, with jansson's help nowhere: output is the
 * input's bytes with values put in by position.
 */
#include <string.h>

#include "io/record-parts.h"

enum { ADDED = -1 }; /* an edit of no member: a field that is added */

struct rk_edit {
	long member; /* index, or ADDED */
	int drop;
	size_t at, n; /* the new text, in rec->put */
};

static struct rk_edit *
new_edit(struct rk_rec *r, long member)
{
	struct rk_edit *e;

	RK_GROW(r->edit, r->edits, r->edit_cap);
	e = &r->edit[r->edits++];
	e->member = member;
	e->drop = 0;
	e->at = r->put.n;
	e->n = 0;
	return e;
}

void
rk_rec_put(struct rk_rec *r, const char *field, const char *json, size_t n)
{
	struct rk_edit *e = new_edit(r, rk_rec_find(r, field));

	if (e->member == ADDED) {
		rk_buf_json(&r->put, field, strlen(field));
		rk_buf_addc(&r->put, ':');
	}
	rk_buf_add(&r->put, json, n);
	e->n = r->put.n - e->at;
}

void
rk_rec_put_text(struct rk_rec *r, const char *field, const char *p, size_t n)
{
	struct rk_buf b = { 0 };

	rk_buf_json(&b, p, n);
	rk_rec_put(r, field, b.p, b.n);
	rk_buf_free(&b);
}

void
rk_rec_drop(struct rk_rec *r, const char *field)
{
	long i = rk_rec_find(r, field);

	if (i != ADDED)
		new_edit(r, i)->drop = 1;
}

static const struct rk_edit *
edit_of(const struct rk_rec *r, long member)
{
	size_t i;

	for (i = 0; i < r->edits; i++)
		if (r->edit[i].member == member)
			return &r->edit[i];
	return NULL;
}

/*
 * The members with their changes; whatever lies between two members that stay
 * stays as it was. Returns how many stayed; *AT is where the tail begins.
 */
static size_t
write_members(const struct rk_rec *r, struct rk_buf *out, size_t *at)
{
	const struct rk_scan *s = &r->scan;
	size_t i, kept = 0, from;

	*at = 0;
	for (i = 0; i < s->members; i++) {
		const struct rk_member *m = &s->member[i];
		const struct rk_edit *e = edit_of(r, (long)i);
		if (e != NULL && e->drop) {
			if (kept == 0 && *at == 0)
				rk_buf_add(out, r->p, m->key);
			*at = m->val + m->val_n;
			continue;
		}
		/* behind a dropped first member its comma goes too */
		from = kept == 0 && *at > 0 ? m->key : *at;
		rk_buf_add(out, r->p + from, m->val - from);
		if (e != NULL)
			rk_buf_add(out, r->put.p + e->at, e->n);
		else
			rk_buf_add(out, r->p + m->val, m->val_n);
		*at = m->val + m->val_n;
		kept++;
	}
	return kept;
}

void
rk_rec_write(const struct rk_rec *r, struct rk_buf *out)
{
	size_t i, at = 0, kept = r->scan.members;
	int changed = 0;

	for (i = 0; i < r->edits; i++)
		changed |= r->edit[i].member != ADDED;
	rk_buf_need(out, r->n + r->put.n + r->edits + 1);
	if (changed)
		kept = write_members(r, out, &at);
	rk_buf_add(out, r->p + at, r->scan.close - at);
	for (i = 0; i < r->edits; i++) {
		if (r->edit[i].member != ADDED)
			continue;
		if (kept++ > 0)
			rk_buf_addc(out, ',');
		rk_buf_add(out, r->put.p + r->edit[i].at, r->edit[i].n);
	}
	rk_buf_add(out, r->p + r->scan.close, r->n - r->scan.close);
	rk_buf_addc(out, '\n');
}
