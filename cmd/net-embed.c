/* net-embed.c - the options of net.h for the embedder `remote`. */
#include "net.h"

#include "embed/remote.h"

void
net_embed_open(struct cmd *c, const char *model)
{
	struct rk_err err = { { 0 } };
	const struct net_target *t;
	struct rk_remote_net net;

	net_options.places.path = "/embeddings";
	net_open(c, 1); /* a vector takes no tokens */
	t = net_find(&net_options.places, model, &err);
	if (t == NULL)
		cmd_usage(c, "%s", err.msg);
	net = (struct rk_remote_net){ t->url, t->key, t->price,
		net_options.paid, net_options.max_cost, net_options.dry_run };
	rk_remote_allow(&net);
}

void
net_embed_end(struct cmd *c, const struct rk_embed *e)
{
	const struct rk_remote_count *n = rk_remote_counted(e);
	struct net_plan plan = { n->texts, n->calls, n->cached, n->tokens, 0,
		n->dollars, 0, net_options.places.file == NULL, { 0 } };
	struct rk_buf b = { 0 };

	if (net_options.dry_run) {
		net_plan_print(&plan, &b);
		cmd_print(c, b.p, b.n);
		rk_buf_free(&b);
	} else if (net_options.places.file != NULL) {
		cmd_note(c,
		    "%zu texts, %zu of them from the cache; %zu requests; %g "
		    "dollars spent",
		    n->texts, n->cached, n->calls, n->dollars);
	}
}
