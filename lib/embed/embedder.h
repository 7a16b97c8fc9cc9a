/*
 * embedder.h - what turns texts into vectors. One embedder is one file,
 * lib/embed/NAME.c, which ends in `const struct rk_embedder rk_embedder_NAME`,
 * and one line in embedders.def. One embedder never includes another.
 */
#ifndef RK_EMBED_EMBEDDER_H
#define RK_EMBED_EMBEDDER_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/param.h"
#include "io/pool.h"

/* The most embedders that are put together to one (several.c). */
enum { RK_EMBED_PARTS = 8 };

/*
 * A run of a vector's numbers and what it is called: by the embedder that makes
 * it, or the last part of its folder. A vector of one embedder is one part.
 */
struct rk_embed_part {
	char name[64];
	size_t d;
};

struct rk_embedder {
	const char *name;              /* the word after -e */
	const char *about;             /* one line for --list */
	const struct rk_param *params; /* name, default, range, meaning */
	/*
	 * Makes it ready. New; NULL on failure. *DIM becomes the dimension and
	 * *ID a JSON object (new) that names it exactly: kind, dimension,
	 * version of the algorithm, a digest of its weights. Two embedders
	 * with the same id give the same vectors.
	 */
	void *(*open)(const struct rk_params *params, struct rk_pool *pool,
	    size_t *dim, char **id, struct rk_err *err);
	/*
	 * out[n, dim]: the vector of each text, of length 1 unless its
	 * parameters say otherwise; a text that has no features is the zero
	 * vector. A text's vector has the same bytes in any batch and for any
	 * number of threads. Where a text cannot be embedded its *errs[i] is
	 * set, each another one, all of them unset before.
	 */
	void (*embed)(void *state, const struct rk_str *texts, size_t n,
	    struct rk_pool *pool, float *out, struct rk_err *const *errs);
	void (*close)(void *state); /* accepts NULL */
	/*
	 * What its vectors are made of, one after another; returns how many
	 * parts. NULL: it is one part.
	 */
	size_t (*parts)(const void *state, struct rk_embed_part *part);
	/*
	 * NULL: vectors that records bring are the embedder's if it makes the
	 * same of their texts. Else to make them anew costs money, and they
	 * are believed to be its: the id (new) of those of D numbers.
	 */
	char *(*believed)(const struct rk_params *params, size_t d);
};

/* The rows of embedders.def, in order, ended by NULL. */
extern const struct rk_embedder *const rk_embedders[];
/* The one named NAME, or NULL with a message that lists the names. */
const struct rk_embedder *
rk_embedder_find(const char *name, struct rk_err *err);
/*
 * What -e says: an embedder's name, with ":MODEL" behind it where it takes one;
 * the folder of one, known by a slash in it, or the name of a folder in
 * rk_embedder_folders; or several of these with commas between. *SET becomes
 * its parameters, with the model or the folder set (new, NULL on failure).
 */
const struct rk_embedder *rk_embedder_choose(
    const char *what, struct rk_params **set, struct rk_err *err);

/*
 * The folders that embedders' folders are looked for in, with ':' between: the
 * environment's RK_MODELS, or data/models.
 */
const char *rk_embedder_folders(void);

/*
 * An embedder that is open. ID is compared, byte for byte, with the one that a
 * model file was trained on.
 */
struct rk_embed {
	const struct rk_embedder *kind;
	void *state;
	size_t dim;
	char *id; /* JSON object */
	size_t parts;
	struct rk_embed_part part[RK_EMBED_PARTS]; /* [parts] */
};

int rk_embed_open(struct rk_embed *e, const char *name,
    const struct rk_params *params, struct rk_pool *pool, struct rk_err *err);
/*
 * The embedder that the JSON object ID names, as a model file holds it, opened
 * so that it gives the same vectors; an error where there is none. DIR is its
 * folder, or NULL: where it needs one it looks for it.
 */
int rk_embed_open_id(struct rk_embed *e, const char *id, const char *dir,
    struct rk_pool *pool, struct rk_err *err);
/*
 * The kind of embedder that ID names, and its parameters (new); NULL on
 * failure. For {"kind":"given"}, vectors that were made elsewhere, it is that
 * which texts get by default.
 */
const struct rk_embedder *
rk_embedder_of_id(struct rk_params **set, const char *id, struct rk_err *err);
/* Sets the folder of KIND; an error where that is no embedder with a folder. */
int rk_embedder_set_dir(struct rk_params *set, const struct rk_embedder *kind,
    const char *dir, struct rk_err *err);
/*
 * out[n, dim], as the table's embed says: *errs[i] is set where there is no
 * vector of text I.
 */
void rk_embed_each(struct rk_embed *e, const struct rk_str *texts, size_t n,
    struct rk_pool *pool, float *out, struct rk_err *const *errs);
/* The same, all or none: -1 with the first error. */
int rk_embed_texts(struct rk_embed *e, const struct rk_str *texts, size_t n,
    struct rk_pool *pool, float *out, struct rk_err *err);
void rk_embed_close(struct rk_embed *e);

#endif
