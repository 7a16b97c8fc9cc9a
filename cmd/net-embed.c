/* net-embed.c - the options of net.h for the embedder `remote`. */
#include "net.h"

#include "embed/remote.h"

void
net_embed_open(struct cmd *c, const char *model)
{
	const struct net_target *t;
	struct rk_remote_net net;

	net_options.places.path = "/embeddings";
	net_open(c, 1); /* a vector takes no tokens */
	t = net_need(c, model);
	if (t->model != t->name)
		cmd_usage(c,
		    "%s: an embedding model goes by the name that its server "
		    "has for it, not by another's model '%s'",
		    t->name, t->model);
	net = (struct rk_remote_net){ t->url, t->key, t->price,
		net_options.paid, net_options.max_cost, net_options.dry_run };
	rk_remote_allow(&net);
}

void
net_embed_end(struct cmd *c, const struct rk_embed *e)
{
	const struct rk_remote_count *n = rk_remote_counted(e);
	struct net_plan plan = { .records = n->texts,
		.calls = n->calls,
		.cached = n->cached,
		.input = n->tokens,
		.dollars = n->dollars,
		.no_price = net_options.places.file == NULL };
	struct rk_buf b = { 0 };

	net_unkept(c, &n->unkept);
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
