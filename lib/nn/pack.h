/*
 * pack.h - which texts are computed together: longest first, in groups of
 * some hundreds of tokens, which share each product. Groups depend on the
 * texts alone, never on the number of threads, and a text's result has the
 * same bytes in any company.
 */
#ifndef RK_NN_PACK_H
#define RK_NN_PACK_H

#include "nn/text.h"

/*
 * Tokens in a group at most, unless one text has more: enough for the weights
 * to be read seldom, and few enough for what is in between to stay in a cache
 * of 2 MB.
 */
enum { RK_PACK_TOKENS = 384 };

struct rk_pack {
	size_t *from;         /* [n] which text, by place in the order */
	struct rk_text *text; /* [n] in the order */
	size_t n;             /* groups */
	size_t *group;        /* [n + 1] places */
};

/* Of TEXT[n], in groups of at most TOKENS. Release with _free. */
void rk_pack_make(
    struct rk_pack *g, const struct rk_text *text, size_t n, size_t tokens);
void rk_pack_free(struct rk_pack *g);

#endif
