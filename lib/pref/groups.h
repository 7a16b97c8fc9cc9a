/*
 * groups.h - records by the value of a field: a string, or a number.
 */
#ifndef RK_PREF_GROUPS_H
#define RK_PREF_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/record.h"

struct rk_category {
	char *text;  /* as it would be printed */
	int is_text; /* else a number: */
	double num;
	size_t n; /* records */
};

/* Start it as { .by = FIELD }; by NULL: there are no groups. */
struct rk_groups {
	const char *by;               /* borrowed: a field, or JSON pointer */
	struct rk_category *category; /* [categories], sorted when settled */
	size_t categories, category_cap;
	uint32_t *of; /* [n] which category */
	size_t n, room;
	size_t *member; /* [n] the records of each category, one by one */
	size_t *first;  /* [categories] where they begin */
	uint32_t *slot; /* [slots] 1 + a category, by its hash */
	size_t slots;
};

/*
 * OUT: the number of the record's category, made where it is new. 0, or -1
 * where the field is missing, of another type, or holds a NUL character.
 */
int rk_groups_read(struct rk_groups *g, const struct rk_rec *r, uint32_t *out,
    struct rk_err *err);
/* The next record is of category K. */
void rk_groups_keep(struct rk_groups *g, uint32_t k);
/* All is in: sorts the categories, numbers by value, then texts by bytes. */
void rk_groups_settle(struct rk_groups *g);
/* [category[k].n] the records of category K, by rising number; borrowed. */
const size_t *rk_groups_members(const struct rk_groups *g, size_t k);
void rk_groups_free(struct rk_groups *g);

#endif
