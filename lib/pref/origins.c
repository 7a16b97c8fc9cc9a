/* origins.c - sources, in the order of first sight. */
#include "pref/origins.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

enum {
	MOST = 1000,   /* sources */
	MOST_SAID = 20 /* sources that a message lists */
};

static int
read_pair(struct rk_origin_pair *p, const char *text, struct rk_err *err)
{
	const char *eq = strrchr(text, '='), *comma;

	comma = eq != NULL ? strchr(eq, ',') : NULL;
	if (comma == NULL || comma == eq + 1 || comma[1] == '\0' ||
	    strchr(comma + 1, ',') != NULL)
		return rk_err_set(
		    err, "'%s': expected SOURCE=STRONG,WEAK", text);
	p->source = rk_strndup(text, (size_t)(eq - text));
	p->strong = rk_strndup(eq + 1, (size_t)(comma - eq - 1));
	p->weak = rk_strdup(comma + 1);
	return 0;
}

/* Is a model strong in one of the pairs and weak in another of that source? */
static int
check_parts(const struct rk_origins *o, struct rk_err *err)
{
	size_t i, j;

	for (i = 0; i < o->pairs; i++)
		for (j = 0; j < o->pairs; j++)
			if (strcmp(o->pair[i].source, o->pair[j].source) == 0 &&
			    strcmp(o->pair[i].strong, o->pair[j].weak) == 0)
				return rk_err_set(err,
				    "'%s' is to be both the strong and the "
				    "weak model in the source '%s'",
				    o->pair[i].strong, o->pair[i].source);
	return 0;
}

int
rk_origins_init(
    struct rk_origins *o, const char *const *pair, size_t n, struct rk_err *err)
{
	size_t i;
	int rc = 0;

	*o = (struct rk_origins){ .pairs = n };
	o->pair = rk_calloc(n, sizeof *o->pair);
	for (i = 0; i < n && rc == 0; i++)
		rc = read_pair(&o->pair[i], pair[i], err);
	if (rc == 0)
		rc = check_parts(o, err);
	if (rc != 0)
		rk_origins_free(o);
	return rc;
}

long
rk_origins_add(struct rk_origins *o, struct rk_str name, struct rk_err *err)
{
	struct rk_origin *new;
	size_t i;

	for (i = o->n; i-- > 0;) /* records of a source often come together */
		if (strlen(o->at[i].name) == name.n &&
		    memcmp(o->at[i].name, name.p, name.n) == 0)
			return (long)i;
	if (o->n == MOST)
		return rk_err_set(err, "more than %d sources", MOST);
	RK_GROW(o->at, o->n, o->cap);
	new = &o->at[o->n];
	*new = (struct rk_origin){ rk_strndup(name.p, name.n), 0, INFINITY,
		-INFINITY };
	for (i = 0; i < o->pairs; i++)
		new->cast |= strcmp(o->pair[i].source, new->name) == 0;
	return (long)o->n++;
}

enum rk_part_played
rk_origins_plays(const struct rk_origins *o, size_t i, const char *name)
{
	size_t j;

	for (j = 0; j < o->pairs && o->at[i].cast; j++) {
		const struct rk_origin_pair *p = &o->pair[j];
		if (strcmp(p->source, o->at[i].name) != 0)
			continue;
		if (strcmp(p->strong, name) == 0)
			return RK_PLAYS_STRONG;
		if (strcmp(p->weak, name) == 0)
			return RK_PLAYS_WEAK;
	}
	return RK_PLAYS_NONE;
}

long
rk_origins_find(
    const struct rk_origins *o, const char *name, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	size_t i;

	for (i = 0; i < o->n; i++)
		if (strcmp(o->at[i].name, name) == 0)
			return (long)i;
	for (i = 0; i < o->n && i < MOST_SAID; i++)
		rk_buf_addf(&b, "%s'%s'", i ? ", " : "", o->at[i].name);
	if (o->n > MOST_SAID)
		rk_buf_addf(&b, " and %zu more", o->n - MOST_SAID);
	rk_err_set(err, "no record is of the source '%s'; the sources are: %s",
	    name, b.n ? b.p : "none");
	rk_buf_free(&b);
	return -1;
}

void
rk_origins_report_range(double lo, double hi, struct rk_buf *out)
{
	char digits[32];

	rk_buf_adds(out, "\"quality_range\":{\"lo\":");
	rk_buf_add(out, digits, rk_num_print_f64(digits, lo));
	rk_buf_adds(out, ",\"hi\":");
	rk_buf_add(out, digits, rk_num_print_f64(digits, hi));
	rk_buf_addc(out, '}');
}

void
rk_origins_forget_last(struct rk_origins *o)
{
	free(o->at[--o->n].name);
}

void
rk_origins_free(struct rk_origins *o)
{
	size_t i;

	while (o->n > 0)
		rk_origins_forget_last(o);
	for (i = 0; i < o->pairs; i++) {
		free(o->pair[i].source);
		free(o->pair[i].strong);
		free(o->pair[i].weak);
	}
	free(o->pair);
	free(o->at);
	*o = (struct rk_origins){ 0 };
}
