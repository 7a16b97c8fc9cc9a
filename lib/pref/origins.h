/*
 * origins.h - the sources that records come from: their names, the range of
 * their qualities, and the models that play the pair there.
 */
#ifndef RK_PREF_ORIGINS_H
#define RK_PREF_ORIGINS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

struct rk_origin {
	char *name;
	int cast;          /* do models of its own play the pair? */
	double q_lo, q_hi; /* of its qualities, as seen so far; q_lo > q_hi:
	                      it has none */
};

/* What the user says of a source before it is seen. */
struct rk_origin_pair {
	char *source, *strong, *weak;
};

struct rk_origins {
	struct rk_origin *at; /* [n], in the order of first sight */
	size_t n, cap;
	struct rk_origin_pair *pair; /* [pairs] */
	size_t pairs;
};

/*
 * Reads "SOURCE=STRONG,WEAK" for each of pair[n]: SOURCE ends at the last '=',
 * and there is one comma behind it. A source may have several strong and several
 * weak ones. -1 on other forms, and where a model is both in one source.
 */
int rk_origins_init(struct rk_origins *o, const char *const *pair, size_t n,
    struct rk_err *err);
/* The number of the source NAME, which is added where it is new; -1: too many. */
long
rk_origins_add(struct rk_origins *o, struct rk_str name, struct rk_err *err);
/* What NAME plays in the source I. */
enum rk_part_played { RK_PLAYS_NONE, RK_PLAYS_STRONG, RK_PLAYS_WEAK };
enum rk_part_played
rk_origins_plays(const struct rk_origins *o, size_t i, const char *name);
/* Its number, or -1 with a message that lists the sources there are. */
long rk_origins_find(
    const struct rk_origins *o, const char *name, struct rk_err *err);
/* "quality_range":{"lo":LO,"hi":HI}: a member of a JSON object. */
void rk_origins_report_range(double lo, double hi, struct rk_buf *out);
void rk_origins_forget_last(struct rk_origins *o);
void rk_origins_free(struct rk_origins *o);

#endif
