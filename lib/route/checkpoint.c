/* checkpoint.c - a training's state, in a file. */
#include "route/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/num.h"
#include "io/meter.h"

static const char meta[] = "rk.checkpoint";

/* A model's name counts by its place: names play no part in training. */
uint64_t
rk_checkpoint_key(const struct rk_router *router, const struct rk_prefs *p,
    const struct rk_params *set, uint64_t seed)
{
	const uint64_t sizes[] = { seed, p->k, p->n, p->m, p->d, p->strong,
		p->weak };
	struct rk_buf params = { 0 };
	uint64_t h = rk_num_hash(router->name, strlen(router->name));
	const struct rk_param *t;

	rk_params_json(set, &params);
	h = rk_digest(h, params.p, params.n);
	for (t = router->params; t->name != NULL; t++)
		if (t->type == RK_PARAM_PATH)
			h = rk_digest(h, rk_params_text(set, t->name),
			    strlen(rk_params_text(set, t->name)));
	h = rk_digest(h, sizes, sizeof sizes);
	h = rk_digest(h, p->digest, p->n * sizeof *p->digest);
	h = rk_digest(h, p->valid, p->n * sizeof *p->valid);
	h = rk_digest(h, p->cmp, p->m * sizeof *p->cmp);
	if (p->quality != NULL)
		h = rk_digest(h, p->quality, p->n * p->k * sizeof *p->quality);
	if (p->emb != NULL)
		h = rk_digest(h, p->emb, p->n * p->d * sizeof *p->emb);
	rk_buf_free(&params);
	return h;
}

static void
print_key(const struct rk_checkpoint *c, char out[17])
{
	snprintf(out, 17, "%016" PRIx64, c->key);
}

int
rk_checkpoint_open(
    struct rk_checkpoint *c, struct rk_st **st, struct rk_err *err)
{
	const char *found;
	char key[17];

	*st = NULL;
	if (c == NULL)
		return 0;
	c->last = rk_meter_now();
	if (!c->resume || access(c->path, F_OK) != 0)
		return 0;
	*st = rk_st_open(c->path, err);
	if (*st == NULL)
		return -1;
	found = rk_st_meta(*st, meta);
	print_key(c, key);
	if (found != NULL && strcmp(found, key) == 0) {
		c->resumed = 1;
		return 0;
	}
	rk_err_set(err,
	    found == NULL ? "%s: is no checkpoint"
			  : "%s: is of another training: other data, "
			    "parameters or first weights",
	    c->path);
	rk_st_close(*st);
	*st = NULL;
	return -1;
}

int
rk_checkpoint_step(struct rk_checkpoint *c, const struct rk_watch *watch,
    void (*put)(void *ctx, struct rk_st_writer *w), void *ctx,
    struct rk_err *err)
{
	struct rk_st_writer *w;
	char key[17];
	int stop, rc;

	if (c == NULL)
		return 0;
	stop = rk_watch_stop(watch);
	if (!stop && rk_meter_now() - c->last < c->every)
		return 0;
	w = rk_st_writer_new();
	print_key(c, key);
	rk_st_put_meta(w, meta, key);
	put(ctx, w);
	rc = rk_st_write(w, c->path, err);
	rk_st_writer_free(w);
	if (rc != 0)
		return rk_err_in(err, "checkpoint");
	c->saved = 1;
	c->last = rk_meter_now();
	return stop
	    ? rk_err_set(err, "stopped, and %s holds what was done", c->path)
	    : 0;
}
