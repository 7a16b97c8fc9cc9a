/*
 * router.h - what learns from preferences and scores queries. One router is
 * one file, lib/route/NAME.c, which ends in `const struct rk_router
 * rk_router_NAME`, and one line in routers.def. One router never includes
 * another.
 */
#ifndef RK_ROUTE_ROUTER_H
#define RK_ROUTE_ROUTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/param.h"
#include "base/watch.h"
#include "io/pool.h"
#include "io/safetensors.h"
#include "pref/prefs.h"

/* What a router must be given of a query, and gives. */
enum {
	RK_NEEDS_TEXT = 1,
	RK_NEEDS_EMBEDDING = 2,
	RK_NEEDS_DIGEST = 4,
	RK_GIVES_UNSEEN = 8,     /* its training fills in report->unseen */
	RK_HAS_CHECKPOINTS = 16, /* it uses report->checkpoint */
	RK_OWN_PAIR = 32, /* it scores the pair that it was trained for alone */
	RK_NEEDS_SERVER = 64 /* its scores are asked for and paid: by leave */
};

/* The most numbers that an embedding may have: a limit for hostile files. */
enum { RK_ROUTER_MAX_DIM = 1 << 20 };

/*
 * How two columns of scores give the score of a pair, P(strong wins) +
 * P(tie)/2: 1 / (1 + exp(-(strong - weak))), or (1 + strong - weak) / 2
 * clamped to [0,1]; or the router scores the pair itself, in one column.
 */
enum rk_link { RK_LINK_LOGISTIC, RK_LINK_LINEAR, RK_LINK_PAIR };

/* A batch of n queries, as a router sees them. */
struct rk_queries {
	size_t n, d;
	const struct rk_str *text; /* [n], where the router needs text */
	const float *emb;          /* [n, d], where it needs embeddings; any
	                              length, a router that wants unit vectors
	                              makes them */
	const uint64_t *digest;    /* [n], of the query's content, where the
	                              router needs it */
	struct rk_more *more;      /* what is asked beside scores, or NULL */
};

/*
 * What a router that can says of the n queries beside scores; of what is not
 * asked the pointer is NULL.
 */
struct rk_more {
	double *usd;    /* [n, k]: what an answer of each model is likely to
	                    cost, US dollars; NaN where nothing is known */
	size_t near;    /* how many stored prompts are asked for, at most as
	                    many as there are */
	uint32_t *row;  /* [n, near] the stored prompts that are the nearest,
	                    the nearest first */
	float *cosine;  /* [n, near] their cosines */
	double *unlike; /* [n] how much of the score is the prompt's length
	                    alone, in [0,1], as the query is unlike those
	                    that were trained on */
	struct rk_err *const *errs; /* [n], given with RK_NEEDS_SERVER: set
	                    where a query gets no score; one that is set
	                    already is not asked for */
};

struct rk_names;
struct rk_checkpoint;

/* What training found, for rl-train's record and the model's metadata. */
struct rk_report {
	struct rk_buf json; /* members of a JSON object: "key":value,... */
	/* The same for people: lines of text. */
	struct rk_buf table; /* where they look on, or ask for it */
	struct rk_buf note;  /* what they must know anyhow */
	/*
	 * [n], malloced, or NULL: the default pair's score of each prompt of
	 * the training part, by a learner that had not seen it, where training
	 * came by them anyhow.
	 */
	double *unseen;
	/*
	 * Who waits for the training, or NULL. A router that can be long says
	 * how far it is.
	 */
	const struct rk_watch *watch;
	/* Where one that has checkpoints (checkpoint.h) keeps them, or NULL. */
	struct rk_checkpoint *checkpoint;
	/* Scores cost money: do not calibrate them, nor measure. */
	int apart;
};

struct rk_router {
	const char *name;  /* the word after -r */
	const char *about; /* one line for --list */
	unsigned needs;    /* RK_NEEDS_* */
	enum rk_link link;
	/* The link, where it depends on the parameters; NULL: it does not. */
	enum rk_link (*link_of)(const struct rk_params *set);
	const struct rk_param *params;
	/*
	 * Learns from P (its training part; the validation part may be used
	 * for early stopping alone) and puts tensors into W. Members that say
	 * what was done ("epochs":7) are added to REPORT.
	 */
	int (*train)(const struct rk_prefs *p, const struct rk_params *set,
	    uint64_t seed, struct rk_pool *pool, struct rk_st_writer *w,
	    struct rk_report *report, struct rk_err *err);
	/*
	 * Makes the tensors under PREFIX ready. K models, in the order of the
	 * model file's rk.models; SET are the parameters it was trained with.
	 * Everything that scoring will index is checked here. New; NULL on
	 * failure. *D is the embedding's dimension (0: needs none).
	 */
	void *(*open)(const struct rk_st *st, const char *prefix, size_t k,
	    const struct rk_params *set, uint64_t seed, size_t *d,
	    struct rk_err *err);
	/*
	 * What an open one must be given of a query, where that depends on
	 * what was trained; NULL: `needs`.
	 */
	unsigned (*needs_of)(const void *model);
	/*
	 * scores[n, m]: one column for each of the models rows[0..m); for
	 * RK_LINK_PAIR m is 1 and rows is {strong, weak}. The same bytes for
	 * any number of threads. It must not fail on any finite embedding.
	 */
	void (*score)(void *model, const struct rk_queries *q,
	    const size_t *rows, size_t m, struct rk_pool *pool, float *scores);
	void (*close)(void *model); /* accepts NULL */
	/*
	 * Adds a model, the last, to the file that is open as MODEL: puts the
	 * tensors that get a column or a row more into W, under the prefix it
	 * has; what they say of the others stays as it is. P holds the new
	 * model alone: k = 1, qualities, costs or not, no comparisons. With P
	 * NULL nothing is done but to say whether it can. NULL: it never can.
	 */
	int (*grow)(void *model, const struct rk_prefs *p,
	    const struct rk_params *set, struct rk_pool *pool,
	    struct rk_st_writer *w, struct rk_report *report,
	    struct rk_err *err);
	/* What score can say for q->more; NULL: nothing. */
	int (*tells_costs)(const void *model);
	/* The names of the stored prompts; NULL: it keeps none. */
	const struct rk_names *(*names)(const void *model);
	/* Does score say how unlike a query is? NULL: no. */
	int (*tells_unlike)(const void *model);
};

/* The rows of routers.def, in order, ended by NULL. */
extern const struct rk_router *const rk_routers[];
/* The one named NAME, or NULL with a message that lists the names. */
const struct rk_router *rk_router_find(const char *name, struct rk_err *err);

/* The link of a router with the parameters SET. */
enum rk_link
rk_router_link(const struct rk_router *r, const struct rk_params *set);

/*
 * The pair's score from the columns of its two models, by LINK; for
 * RK_LINK_PAIR the one column, STRONG, is the score.
 */
double rk_router_pair(enum rk_link link, float strong, float weak);

/* For routers: rk_st_need of the tensor PREFIX + NAME. */
const struct rk_tensor *
rk_router_tensor(const struct rk_st *st, const char *prefix, const char *name,
    enum rk_dtype dtype, int ndim, const size_t *shape, struct rk_err *err);
void rk_report_free(struct rk_report *report);
/* For routers: are all numbers of T, an F32, from LO to 1000? 0, else -1. */
int rk_router_within(const struct rk_tensor *t, float lo, struct rk_err *err);
/* For routers: adds "key":value to the report. */
void rk_report_num(struct rk_report *report, const char *key, double value);

#endif
