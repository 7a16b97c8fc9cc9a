/*
 * label-tally.h - what was found of each model, for the note at the end: names
 * in the order of the input, whichever thread sees them first.
 */
#ifndef RK_CMD_LABEL_TALLY_H
#define RK_CMD_LABEL_TALLY_H

#include <stddef.h>

#include "base/buf.h"
#include "base/mem.h"

struct label_tally_row {
	const char *name;     /* its own */
	size_t record, place; /* where it was first seen */
	size_t n;             /* what was labelled */
	double sum;           /* of right answers, scores or wins */
};

/* Start it as { 0 }. */
struct label_tally {
	struct label_tally_row *row; /* [rows] */
	size_t rows, cap;
	/* [slots]: row + 1, by the digest of the name; 0: free */
	size_t *slot, slots;
};

/* One more of NAME, the PLACE-th model of the RECORD-th record. */
void label_tally_add(struct label_tally *t, const char *name, size_t record,
    size_t place, double x);
/* All of FROM, too. */
void label_tally_merge(struct label_tally *t, const struct label_tally *from);
/*
 * Appends the first models, each with what PRINT says of it, and how many more
 * there are. T is in order then, and takes no more.
 */
void label_tally_print(struct label_tally *t, struct rk_buf *out,
    void (*print)(struct rk_buf *out, const struct label_tally_row *row));
void label_tally_free(struct label_tally *t);

#endif
