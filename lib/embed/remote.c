/*
 * remote.c - the embedder of servers: who may ask, and what its vectors are.
 */
#include "embed/remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "embed/remote-in.h"
#include "io/embeddings.h"

#define PROBE "routekit" /* asked for the dimension where it is not given */

static const struct rk_param params[] = {
	{ "model", RK_PARAM_TEXT, "", 0, 0, NULL,
	    "the server's name of the model" },
	{ "dim", RK_PARAM_INT, "0", 0, RK_EMBEDDINGS_MAX_DIM, NULL,
	    "numbers in a vector, asked for; 0: as many as the model has" },
	{ "native", RK_PARAM_WORD, "no", 0, 0, "no|yes",
	    "dim is the model's own, and is not asked for" },
	{ "inputs", RK_PARAM_INT, "32", 1, 2048, NULL,
	    "texts in a request at most" },
	{ "tokens", RK_PARAM_INT, "100000", 1, 1 << 30, NULL,
	    "tokens in a request at most, of four bytes each" },
	{ NULL, RK_PARAM_NUM, NULL, 0, 0, NULL, NULL }
};

static struct rk_remote_net allowed;
static int is_allowed;

void
rk_remote_allow(const struct rk_remote_net *net)
{
	is_allowed = net != NULL;
	if (net != NULL)
		allowed = *net;
}

static void
remote_embed(void *state, const struct rk_str *texts, size_t n,
    struct rk_pool *pool, float *out, struct rk_err *const *errs)
{
	(void)pool;
	rk_remote_batch(state, texts, n, out, errs);
}

/* Asks for one vector, to know how many numbers they have. */
static int
find_dim(struct rk_remote *s, struct rk_err *err)
{
	struct rk_str probe = { PROBE, sizeof PROBE - 1 };
	struct rk_err *errs[] = { err };

	rk_remote_batch(s, &probe, 1, NULL, errs);
	s->count.texts = s->count.cached = 0;
	if (rk_err_is(err))
		return -1;
	if (s->count.stopped)
		return rk_err_set(err, "--max-cost allows not one request");
	if (s->dim == 0)
		s->dim = 1; /* a dry run: nothing comes of it */
	return 0;
}

static void
remote_close(void *state)
{
	struct rk_remote *s = state;

	if (s == NULL)
		return;
	rk_http_free(s->http);
	rk_cache_close(s->cache);
	rk_set_free(&s->seen);
	rk_purse_free(&s->purse);
	free(s->model);
	free(s);
}

static char *
print_id(const char *model, size_t dim, int native)
{
	struct rk_buf b = { 0 };

	rk_buf_adds(&b, "{\"kind\":\"remote\",\"model\":");
	rk_buf_json(&b, model, strlen(model));
	rk_buf_addf(
	    &b, ",\"dim\":%zu,\"native\":\"%s\"}", dim, native ? "yes" : "no");
	return b.p;
}

static void *
remote_open(const struct rk_params *set, struct rk_pool *pool, size_t *dim,
    char **id, struct rk_err *err)
{
	const char *model = rk_params_text(set, "model");
	struct rk_remote *s;

	(void)pool;
	if (*model == '\0')
		rk_err_set(err, "the name of the remote model is not given");
	else if (!is_allowed)
		rk_err_set(err,
		    "vectors of the remote model '%s' come over the network: "
		    "add them first (rl-embed --url URL --remote-model %s)",
		    model, model);
	if (rk_err_is(err))
		return NULL;
	s = rk_calloc(1, sizeof *s);
	s->net = allowed;
	rk_purse_init(&s->purse, s->net.max_cost);
	s->model = rk_strdup(model);
	s->dim = (size_t)rk_params_int(set, "dim");
	s->native = s->dim == 0 || rk_params_is(set, "native", "yes");
	s->inputs = (size_t)rk_params_int(set, "inputs");
	s->tokens = (size_t)rk_params_int(set, "tokens");
	if (s->net.paid.cache != NULL)
		s->cache = rk_cache_open(
		    s->net.paid.cache, s->net.paid.cache_only, err);
	if (rk_err_is(err) || (s->dim == 0 && find_dim(s, err) != 0)) {
		remote_close(s);
		return NULL;
	}
	*dim = s->dim;
	*id = print_id(s->model, s->dim, s->native);
	return s;
}

/* Of vectors that records bring. */
static char *
remote_believed(const struct rk_params *set, size_t d)
{
	return print_id(rk_params_text(set, "model"), d,
	    rk_params_int(set, "dim") == 0 ||
		rk_params_is(set, "native", "yes"));
}

const struct rk_embedder rk_embedder_remote = {
	.name = "remote",
	.about = "a server's model, by the OpenAI API's embeddings",
	.params = params,
	.open = remote_open,
	.embed = remote_embed,
	.close = remote_close,
	.believed = remote_believed,
};

const struct rk_remote_count *
rk_remote_counted(const struct rk_embed *e)
{
	return e->kind == &rk_embedder_remote
	    ? &((const struct rk_remote *)e->state)->count
	    : NULL;
}
