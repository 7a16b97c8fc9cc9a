/*
 * remote.h - what the embedder `remote` needs beside its parameters: the leave
 * to use the network, since its vectors cost money. A program gives it before
 * it opens the embedder; else opening it is an error.
 */
#ifndef RK_EMBED_REMOTE_H
#define RK_EMBED_REMOTE_H

#include <stddef.h>

#include "embed/embedder.h"
#include "io/paid.h"
#include "io/prices.h"

struct rk_remote_net {
	const char *url;              /* of /embeddings */
	const char *key;              /* NULL: none */
	const struct rk_price *price; /* NULL: not known */
	struct rk_paid_options paid;  /* the cache, the connections */
	double max_cost;              /* dollars; < 0: no limit */
	int dry_run;                  /* asks nothing, and counts */
};

/* What NET points to must live as long as the embedder. NULL: takes it back. */
void rk_remote_allow(const struct rk_remote_net *net);

/* So far; of a dry run what it would be. */
struct rk_remote_count {
	size_t texts, cached; /* of these came from the cache */
	size_t calls;         /* requests, without further tries */
	double tokens;        /* of them: of a dry run about, else as the
	                         server says, or at most */
	double dollars;       /* for them */
	/* Set: a vector could not be kept, so that no more are asked for. */
	struct rk_err unkept;
	int stopped;    /* that, or max_cost, ended it ... */
	size_t first;   /* ... before this text of the last batch */
	double reserve; /* ... whose request may have cost so much */
};

/* Borrowed. NULL: E has not the embedder `remote`, or is not open. */
const struct rk_remote_count *rk_remote_counted(const struct rk_embed *e);

#endif
