/* why.h - a decision's reasons as JSON, for the field `why`. */
#ifndef RK_POLICY_WHY_H
#define RK_POLICY_WHY_H

#include <stddef.h>

#include "base/buf.h"
#include "base/mem.h"
#include "policy/options.h"

/*
 * What rl-score said of the query: the record's fields of these names, JSON as
 * it stands there (n = 0: it has none). They become members of the same names.
 */
struct rk_why_said {
	struct rk_str unlike, nearest;
};

/*
 * Of a pair: {"score":S,"threshold":T}, and "guards" where one of the two has
 * a guard. The qualities and costs of PAIR are not looked at.
 */
void rk_why_pair(struct rk_buf *out, double score, double threshold,
    const struct rk_option *pair, const struct rk_why_said *said);

/*
 * Of many: {"lambda":L,"qualities":{...},"costs":{...}}, "guards" where there
 * are any, and "mixed":true where two policies differ and chance took this one.
 */
void rk_why_many(struct rk_buf *out, const struct rk_option *o, size_t n,
    double lambda, int mixed, const struct rk_why_said *said);

/* Of a line that could not be decided: {"default":"MESSAGE"}. */
void rk_why_default(struct rk_buf *out, const char *message);

#endif
