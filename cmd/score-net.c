/* score-net.c - the options of net.h for models that servers score with. */
#include <string.h>

#include "embed/remote.h"
#include "io/http.h"
#include "io/json.h"
#include "route/causal-remote.h"
#include "score-net.h"

/*
 * A router whose work a server does (causal): at --url, to which alone a key is
 * sent, or where the file says, if that is this machine: whoever made the file
 * does not decide that queries leave it.
 */
static void
open_server(struct cmd *c, const struct rk_params *set, int pass)
{
	struct net_places *places = &net_options.places;
	const char *model = rk_params_text(set, "remote");
	struct rk_causal_net net;
	const struct net_target *t;
	struct rk_err err = { { 0 } };

	net_check(c);
	net_open(c, 1);
	if (places->url == NULL) {
		if (places->key_env != NULL)
			cmd_usage(c, "--key-env goes with --url");
		places->url = rk_params_text(set, "url");
		if (!rk_http_is_here(places->url))
			cmd_usage(c,
			    "the model file would send each query to %s: give "
			    "--url if it may",
			    places->url);
		places->no_key = 1;
		cmd_note(c, "%s is asked at %s", model, places->url);
	}
	t = net_find(places, model, &err);
	if (t == NULL || rk_http_check(t->url, t->key != NULL, &err) != 0)
		cmd_usage(c, "%s", err.msg);
	net = (struct rk_causal_net){ t->url, t->key, net_options.paid,
		!c->keep_going && !pass };
	rk_causal_allow(&net);
}

/* Embeddings are asked for only where the options say so. */
void
score_net_open(struct cmd *c, const struct rk_model *m, int pass)
{
	const char *id = m->card.embedder;
	struct rk_buf kind = { 0 }, model = { 0 };

	if (m->needs & RK_NEEDS_SERVER) {
		open_server(c, m->learner.set, pass);
		return;
	}
	if (!net_given())
		return;
	net_check(c);
	if (id == NULL || rk_json_text(id, "kind", &kind, NULL) != 1 ||
	    strcmp(kind.p, "remote") != 0 ||
	    rk_json_text(id, "model", &model, NULL) != 1)
		cmd_usage(c,
		    "--url and the options that go with it are for models "
		    "that were trained on a server's embeddings, and for "
		    "routers that ask one");
	if (net_options.places.url == NULL)
		cmd_usage(c, "--key-env, --cache and the like go with --url");
	net_embed_open(c, model.p);
	rk_buf_free(&kind);
	rk_buf_free(&model);
}

void
score_net_end(struct cmd *c, const struct rk_embed *e)
{
	const struct rk_remote_count *vectors = rk_remote_counted(e);
	const struct rk_causal_count *n = rk_causal_counted();

	net_unkept(c, &n->unkept);
	if (vectors != NULL)
		net_unkept(c, &vectors->unkept);
	if (n->silent > 0)
		cmd_note(c,
		    "%zu of %zu replies named no score: scored 1, for the "
		    "strong model",
		    n->silent, n->asked);
}
