/*
 * load.h - records to preferences. A record with "quality" is an outcome, one
 * with "winner" a battle (with both, an outcome); each stands for comparisons
 * of its prompt, which is kept once, whoever it comes with.
 */
#ifndef RK_PREF_LOAD_H
#define RK_PREF_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "embed/embedder.h"
#include "io/pool.h"
#include "io/record.h"
#include "pref/kinds.h"
#include "pref/prefs.h"
#include "pref/verdicts.h"

struct rk_load_how {
	struct rk_prompt prompt;
	struct rk_verdicts_how verdicts;
	double valid;         /* share of prompts kept for validation */
	const char *valid_by; /* NULL: at random; else the field whose
	                               latest values are kept */
	uint64_t seed;
	/*
	 * What tells sources apart: a field, a string or a number; or, with
	 * source_file, the name of the file. Neither: there is one source.
	 */
	const char *source;
	int source_file;
	enum rk_kinds kinds; /* or by kind */
	/*
	 * The source whose comparisons say how good a router is, and whose
	 * prompts alone are kept for validation. NULL: all.
	 */
	const char *target;
	int text;  /* keep texts: 1, every record must have one; 2, if every
	              record has one */
	int embed; /* keep embeddings */
	/*
	 * For records that have none; opened by the loader on first need, at
	 * the dimension of the embeddings that came before.
	 */
	const struct rk_embedder *embedder;
	const struct rk_params *embedder_set; /* its parameters */
};

struct rk_loader;

struct rk_loader *
rk_load_new(const struct rk_load_how *how, struct rk_err *err);
void rk_load_free(struct rk_loader *l); /* and the preferences of it */

/*
 * Takes rec[0..n), parsed; those whose err is set are passed over. A record
 * that is wrong gets its err set, and adds nothing.
 */
void rk_load_add(
    struct rk_loader *l, struct rk_rec *rec, size_t n, struct rk_pool *pool);

/*
 * All is in: sorts, scales, splits. *P is borrowed from the loader. -1 when
 * this cannot train anything: fewer than two models, no comparison that is
 * decided, a pair whose strong model never wins, an unknown name or source.
 */
int rk_load_finish(
    struct rk_loader *l, const struct rk_prefs **p, struct rk_err *err);

/*
 * The JSON id of the embedder that made the embeddings: the one of HOW where
 * it gives the same vectors, or is believed to have given them, else
 * {"kind":"given","dim":d}. NULL: none.
 */
const char *rk_load_embedder(const struct rk_loader *l);

/* The sources by number, as the comparisons' from has it; borrowed. */
const struct rk_origins *rk_load_origins(const struct rk_loader *l);
/* "records":..., "battles":..., "dropped":{...}, ...: members of an object. */
void rk_load_report(const struct rk_loader *l, struct rk_buf *out);
/* How many records were right and of no use, of how many (*RECORDS). */
size_t rk_load_dropped(const struct rk_loader *l, size_t *records);
/* Are there both battles and outcomes, of one source? */
int rk_load_mixed(const struct rk_loader *l);
/* The first alias that renamed nothing, or NULL. */
const char *rk_load_unused_alias(const struct rk_loader *l);
/* A digest of all that was taken in, as 16 hexadecimal digits. */
void rk_load_digest(const struct rk_loader *l, char out[17]);

#endif
