/*
 * names.h - what the prompts that a router keeps are called: the ids that their
 * records had, and digests of their content. Tensors are ROUTER.digest [n] U64
 * and, where a record had an id, ROUTER.id U8: JSON values, a line for each
 * prompt, empty where it had none.
 */
#ifndef RK_ROUTE_NAMES_H
#define RK_ROUTE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "route/router.h"

struct rk_names {
	size_t n;
	const uint64_t *digest; /* [n]; NULL: the file, an old one, has none */
	struct rk_str *id;      /* [n], borrowed from the file; or NULL */
};

/* Puts those of the prompts row[n]. Nothing where P has no digests. */
void rk_names_put(const char *router, const struct rk_prefs *p,
    const uint32_t *row, size_t n, struct rk_st_writer *w);
/* Of N prompts; release with rk_names_free. */
int rk_names_open(struct rk_names *m, const struct rk_st *st,
    const char *prefix, const char *router, size_t n, struct rk_err *err);
void rk_names_free(struct rk_names *m);

/*
 * Before any is printed: are there names, and are the ids JSON? It takes half
 * a microsecond an id, which opening would not.
 */
int rk_names_check(const struct rk_names *m, struct rk_err *err);
/* Appends the id, or else the digest as a text of 16 hexadecimal digits. */
void rk_names_print(const struct rk_names *m, size_t row, struct rk_buf *out);

#endif
