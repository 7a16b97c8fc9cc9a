/* label-tally.c - a table of models' names, with open addressing. */
#include "label-tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"

enum { SHOWN = 8 }; /* models in the note */

/* The slot of NAME: that of its row, or a free one. */
static size_t *
find(const struct label_tally *t, const char *name)
{
	size_t i = (size_t)rk_digest(0, name, strlen(name)) & (t->slots - 1);

	while (
	    t->slot[i] != 0 && strcmp(t->row[t->slot[i] - 1].name, name) != 0)
		i = (i + 1) & (t->slots - 1);
	return &t->slot[i];
}

/* At most half of the slots are taken. */
static void
grow(struct label_tally *t)
{
	size_t i;

	if (t->slots > 2 * t->rows)
		return;
	t->slots = t->slots > 0 ? 2 * t->slots : 64;
	free(t->slot);
	t->slot = rk_calloc(t->slots, sizeof *t->slot);
	for (i = 0; i < t->rows; i++)
		*find(t, t->row[i].name) = i + 1;
}

static int
compare(const void *a, const void *b)
{
	const struct label_tally_row *x = a, *y = b;

	return x->record != y->record ? (x->record > y->record ? 1 : -1)
	    : x->place != y->place    ? (x->place > y->place ? 1 : -1)
				      : 0;
}

static void
add(struct label_tally *t, const struct label_tally_row *more)
{
	struct label_tally_row *row;
	size_t *slot;

	grow(t);
	slot = find(t, more->name);
	if (*slot == 0) {
		RK_GROW(t->row, t->rows, t->cap);
		row = &t->row[t->rows++];
		*row = *more;
		row->name = rk_strndup(more->name, strlen(more->name));
		*slot = t->rows;
		return;
	}
	row = &t->row[*slot - 1];
	if (compare(more, row) < 0) {
		row->record = more->record;
		row->place = more->place;
	}
	row->n += more->n;
	row->sum += more->sum;
}

void
label_tally_add(struct label_tally *t, const char *name, size_t record,
    size_t place, double x)
{
	struct label_tally_row row = { name, record, place, 1, x };

	add(t, &row);
}

void
label_tally_merge(struct label_tally *t, const struct label_tally *from)
{
	size_t i;

	for (i = 0; i < from->rows; i++)
		add(t, &from->row[i]);
}

void
label_tally_print(struct label_tally *t, struct rk_buf *out,
    void (*print)(struct rk_buf *out, const struct label_tally_row *row))
{
	char name[64];
	size_t i;

	if (t->rows == 0)
		return;
	qsort(t->row, t->rows, sizeof *t->row, compare);
	for (i = 0; i < t->rows && i < SHOWN; i++) {
		rk_err_quote(
		    name, sizeof name, t->row[i].name, strlen(t->row[i].name));
		rk_buf_addf(out, "%s%s: ", i > 0 ? "; " : "", name);
		print(out, &t->row[i]);
	}
	if (t->rows > SHOWN)
		rk_buf_addf(out, "; %zu more models", t->rows - SHOWN);
}

void
label_tally_free(struct label_tally *t)
{
	size_t i;

	for (i = 0; i < t->rows; i++)
		free((char *)t->row[i].name);
	free(t->row);
	free(t->slot);
}
