/*
 * scored.h - scored outcomes as columns of numbers: records that hold the
 * quality of a strong and of a weak model's answer, and what one or more
 * routers scored the query. Records come in one by one and nothing else of
 * them is kept: 8 bytes a column, and with categories 12 more.
 */
#ifndef RK_PREF_SCORED_H
#define RK_PREF_SCORED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/record.h"
#include "pref/groups.h"

/* Columns; scores follow, one column a field. */
enum {
	RK_SCORED_WEAK,        /* quality */
	RK_SCORED_STRONG,      /* quality */
	RK_SCORED_LENGTH,      /* log(1 + code points of the prompt) */
	RK_SCORED_WEAK_COST,   /* US dollars */
	RK_SCORED_STRONG_COST, /* US dollars */
	RK_SCORED_SCORE
};

struct rk_columns {
	size_t n;     /* records */
	double **col; /* [RK_SCORED_SCORE + fields][n]; NULL: there is none */
};

/* What is wanted of a record. Everything is borrowed. */
struct rk_scored_want {
	const char *const *field; /* [fields] that hold scores */
	size_t fields;
	const char *strong, *weak; /* models; NULL: of two, see below */
	const char *by;            /* field of the category; or NULL */
	const double *range;       /* [2] quality must lie within; NULL: any */
	struct rk_prompt prompt;
};

struct rk_scored {
	struct rk_columns all;
	char *weak, *strong;           /* the models' names */
	struct rk_groups groups;       /* by `by` */
	size_t with_prompt, with_cost; /* records */
	struct rk_scored_state *state;
};

/* New; release with rk_scored_free. */
void rk_scored_start(struct rk_scored *s, const struct rk_scored_want *want);

/*
 * Takes the record's numbers, or sets rec->err and takes nothing. All numbers
 * must be within +-RK_CURVE_MAX (eval/curve.h). Unless both models are named,
 * every record must hold the qualities of the same two; a missing prompt or
 * cost is no error, but then the column will not be there. A cost below 0 is
 * one.
 */
void rk_scored_take(struct rk_scored *s, struct rk_rec *rec);

/*
 * Ends the taking, with at least one record: drops columns that some record
 * lacks; where neither model was named, the one of higher mean quality becomes
 * the strong one; settles the groups.
 */
void rk_scored_settle(struct rk_scored *s);

/* A copy of the records of category K. New: rk_columns_free. */
void rk_scored_of_category(
    struct rk_columns *out, const struct rk_scored *s, size_t k);
void rk_columns_free(struct rk_columns *c, size_t fields);
void rk_scored_free(struct rk_scored *s);

#endif
