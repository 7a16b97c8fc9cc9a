/*
 * causal-remote.h - the router causal where the language model is a server's:
 * one request a prompt, by io/logprobs.h. Its probabilities of the five scores
 * are those of the likeliest tokens that spell one, "4" or "[[4]]"; where none
 * does, the score is 1, as in RouteLLM: nothing says that the weak model will
 * do. The file holds the template and what the scores stand for.
 */
#ifndef RK_ROUTE_CAUSAL_REMOTE_H
#define RK_ROUTE_CAUSAL_REMOTE_H

#include "io/paid.h"
#include "route/router.h"

/* The leave to use the network, which a program gives before it scores. */
struct rk_causal_net {
	const char *url, *key; /* of /chat/completions; NULL: no key */
	struct rk_paid_options paid;
	int stop; /* after a query that failed the batch's rest is not asked */
};

/* What NET points to must live as long as the models. */
void rk_causal_allow(const struct rk_causal_net *net);

struct rk_causal_count {
	size_t asked;  /* queries that were answered, of the cache too */
	size_t silent; /* of them: no token was a score */
	/* Set: an answer could not be kept, so that no more were asked for. */
	struct rk_err unkept;
};

/* So far, of all models. Borrowed. */
const struct rk_causal_count *rk_causal_counted(void);

/* Is it a server's, by its parameters? */
int rk_causal_is_remote(const struct rk_params *set);

/* As the members of struct rk_router. Training asks nothing. */
int
rk_causal_remote_train(const struct rk_prefs *p, const struct rk_params *set,
    struct rk_st_writer *w, struct rk_report *report, struct rk_err *err);
void *rk_causal_remote_open(const struct rk_st *st, const char *prefix,
    const struct rk_params *set, struct rk_err *err);
void
rk_causal_remote_score(void *model, const struct rk_queries *q, float *scores);
void rk_causal_remote_close(void *model);

#endif
