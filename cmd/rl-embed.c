/* rl-embed - add the embedding of each record's text. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/param.h"
#include "cmd.h"
#include "embed/embedder.h"
#include "embed/remote.h"
#include "io/base64.h"
#include "net.h"

static const char *embedder = "hash", *folder, *remote_model;
static const char *dim, *prefix, *max_tokens, *long_texts;
static const char *inputs, *request_tokens;
static int as_array, keep, list, remote;
static struct rk_list sets;

static const struct rk_opt opts[] = {
	{ 'e', "embedder", "LIST", RK_OPT_TEXT, &embedder, 0, 0, NULL,
	    "what makes the embeddings (hash); --list names all" },
	{ 'm', "model", "DIR", RK_OPT_TEXT, &folder, 0, 0, NULL,
	    "the embedder is the encoder in this folder" },
	{ 0, "remote-model", "NAME", RK_OPT_TEXT, &remote_model, 0, 0, NULL,
	    "the embedder is this model of the server --url" },
	{ 0, "inputs", "N", RK_OPT_TEXT, &inputs, 0, 0, NULL,
	    "texts of a request at most; the same as --set inputs=N" },
	{ 0, "request-tokens", "N", RK_OPT_TEXT, &request_tokens, 0, 0, NULL,
	    "tokens of a request at most; the same as --set tokens=N" },
	{ 0, "prefix", "TEXT", RK_OPT_TEXT, &prefix, 0, 0, NULL,
	    "stands before each text; the same as --set prefix=TEXT" },
	{ 0, "max-tokens", "N", RK_OPT_TEXT, &max_tokens, 0, 0, NULL,
	    "tokens of a text at most; the same as --set max-tokens=N" },
	{ 0, "long", "truncate|mean", RK_OPT_TEXT, &long_texts, 0, 0, NULL,
	    "what longer texts become; the same as --set long=..." },
	{ 0, "dim", "N", RK_OPT_TEXT, &dim, 0, 0, NULL,
	    "numbers in an embedding; the same as --set dim=N" },
	{ 0, "set", "KEY=VALUE", RK_OPT_LIST, &sets, 0, 0, NULL,
	    "set a parameter of the embedder" },
	{ 0, "array", NULL, RK_OPT_FLAG, &as_array, 0, 0, NULL,
	    "write an array of numbers, not base64" },
	{ 0, "keep", NULL, RK_OPT_FLAG, &keep, 0, 0, NULL,
	    "leave a line that has an embedding as it is" },
	{ 0, "list", NULL, RK_OPT_FLAG, &list, 0, 0, NULL,
	    "list the embedders and exit" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

/* The parameters of each embedder. */
static void
more_help(struct rk_buf *out)
{
	size_t i;

	for (i = 0; rk_embedders[i] != NULL; i++) {
		rk_buf_addf(
		    out, "\nparameters of %s:\n", rk_embedders[i]->name);
		rk_params_help(rk_embedders[i]->params, out);
	}
}

static struct cmd cmd = {
	.name = "rl-embed",
	.usage = "[-e EMBEDDER | -m DIR | --url URL --remote-model NAME] "
		 "[option ...] [file ...]",
	.about = "Adds \"embedding\", a vector that stands for the text of "
		 "the record's prompt.",
	.opts = opts,
	.shared = net_opts,
	.kind = CMD_FILTER | CMD_PROMPT | CMD_NO_READ,
	.more_help = more_help,
};

/* A batch: what is to be embedded, and what came of it. */
struct work {
	struct rk_embed embed;
	size_t n, cap;
	struct rk_str *text;  /* [n] */
	struct rk_rec **rec;  /* [n], whose text it is */
	struct rk_err **errs; /* [n], its error */
	float *vec;           /* [n, dim] */
	struct rk_buf *json;  /* [threads], scratch */
	unsigned char *empty; /* [n], 1: the zero vector */
	size_t empties;       /* in all */
	struct rk_meter meter;
};

static void
print_list(void)
{
	struct rk_buf b = { 0 };
	size_t i;

	for (i = 0; rk_embedders[i] != NULL; i++)
		rk_buf_addf(&b, "%-10s %s\n", rk_embedders[i]->name,
		    rk_embedders[i]->about);
	cmd_print(&cmd, b.p, b.n);
	rk_buf_free(&b);
}

/* The parameters that have an option of their own. */
static int
set_options(struct rk_params *p, struct rk_err *err)
{
	const char *const given[][2] = { { "dim", dim }, { "prefix", prefix },
		{ "max-tokens", max_tokens }, { "long", long_texts },
		{ "model", remote_model }, { "inputs", inputs },
		{ "tokens", request_tokens } };
	struct rk_buf set = { 0 };
	size_t i;
	int bad = 0;

	for (i = 0; i < sets.n; i++)
		bad |= rk_params_set(p, sets.p[i], err);
	for (i = 0; i < sizeof given / sizeof *given; i++) {
		if (given[i][1] == NULL)
			continue;
		set.n = 0;
		rk_buf_addf(&set, "%s=%s", given[i][0], given[i][1]);
		bad |= rk_params_set(p, set.p, err);
	}
	rk_buf_free(&set);
	return bad;
}

static void
open_embedder(struct rk_embed *e)
{
	const struct rk_embedder *kind;
	struct rk_err err = { { 0 } };
	struct rk_params *p;

	if (folder != NULL && strcmp(embedder, "hash") == 0)
		embedder = "encoder";
	if (remote_model != NULL && strcmp(embedder, "hash") == 0)
		embedder = "remote";
	kind = rk_embedder_choose(embedder, &p, &err);
	if (kind == NULL || set_options(p, &err) != 0 ||
	    (folder != NULL && rk_embedder_set_dir(p, kind, folder, &err) != 0))
		cmd_usage(&cmd, "%s", err.msg);
	remote = strcmp(kind->name, "remote") == 0;
	if (!remote && net_given())
		cmd_usage(
		    &cmd, "options of the network go with --remote-model");
	if (remote)
		net_embed_open(&cmd, rk_params_text(p, "model"));
	if (rk_embed_open(e, kind->name, p, cmd.pool, &err) != 0)
		cmd_die(&cmd, "%s", err.msg);
	rk_params_free(p);
}

/* --- the loop --- */

static void
take_text(struct rk_rec *rec, size_t i, int thread, void *ctx)
{
	struct work *w = ctx;
	struct rk_err err = { { 0 } };
	int found;

	(void)thread;
	w->rec[i] = NULL;
	if (keep && rk_rec_has(rec, "embedding"))
		return;
	found = rk_rec_prompt(rec, &cmd.prompt, &w->text[i], &err);
	if (found == 1)
		w->rec[i] = rec;
	else if (found < 0)
		rk_err_set(&rec->err, "%s", err.msg);
	else if (cmd.prompt.field != NULL)
		rk_err_set(
		    &rec->err, "no text: %s is missing", cmd.prompt.field);
	else
		rk_err_set(&rec->err, "no text: expected prompt or messages");
}

static void
make_room(struct work *w, size_t n)
{
	if (n <= w->cap)
		return;
	w->cap = n;
	free(w->vec);
	w->vec = rk_floats(n * w->embed.dim);
	w->text = rk_array(w->text, n, sizeof *w->text);
	w->rec = rk_array(w->rec, n, sizeof *w->rec);
	w->errs = rk_array(w->errs, n, sizeof *w->errs);
	w->empty = rk_array(w->empty, n, 1);
}

/* The texts of the batch, one after another in w. */
static void
gather(struct work *w, struct rk_batch *b)
{
	size_t i;

	make_room(w, b->n);
	memset(w->rec, 0, b->n * sizeof *w->rec);
	cmd_each(&cmd, b, take_text, w);
	for (w->n = i = 0; i < b->n; i++) {
		/* what stands behind the end is not paid for */
		if (rk_err_is(&b->rec[i].err) && !cmd.keep_going)
			break;
		if (w->rec[i] == NULL)
			continue;
		w->rec[w->n] = w->rec[i];
		w->errs[w->n] = &w->rec[i]->err;
		w->text[w->n++] = w->text[i];
	}
}

static void
put_base64(struct rk_buf *out, const float *x, size_t d)
{
	/* float32 little-endian, as every machine here has it */
	size_t n = d * sizeof *x;

	rk_buf_need(out, (n + 2) / 3 * 4 + 2);
	rk_buf_addc(out, '"');
	out->n += rk_base64_encode(out->p + out->n, x, n);
	rk_buf_addc(out, '"');
}

static void
put_array(struct rk_buf *out, const float *x, size_t d)
{
	size_t i;

	rk_buf_need(out, d * 20 + 2);
	for (i = 0; i < d; i++) {
		rk_buf_addc(out, i == 0 ? '[' : ',');
		rk_buf_need(out, 32);
		out->n += rk_num_print_f32(out->p + out->n, x[i]);
	}
	rk_buf_addc(out, ']');
}

static int
is_zero(const float *x, size_t d)
{
	while (d > 0 && x[d - 1] == 0)
		d--;
	return d == 0;
}

static void
put_tile(void *ctx, size_t i, int thread)
{
	struct work *w = ctx;
	struct rk_buf *json = &w->json[thread];
	const float *x = w->vec + i * w->embed.dim;

	w->empty[i] = 0;
	if (rk_err_is(&w->rec[i]->err))
		return;
	w->empty[i] = (unsigned char)is_zero(x, w->embed.dim);
	json->n = 0;
	(as_array ? put_array : put_base64)(json, x, w->embed.dim);
	rk_rec_put(w->rec[i], "embedding", json->p, json->n);
}

static void
add_embeddings(struct work *w, struct rk_batch *b)
{
	size_t i;

	gather(w, b);
	rk_embed_each(&w->embed, w->text, w->n, cmd.pool, w->vec, w->errs);
	rk_pool_run(cmd.pool, w->n, put_tile, w);
	for (i = 0; i < w->n; i++)
		w->empties += w->empty[i];
}

/* Of a run that costs money. */
static void
show_progress(struct work *w)
{
	const struct rk_remote_count *n = rk_remote_counted(&w->embed);
	char text[160];
	double done, total;

	if (!rk_meter_due(&w->meter))
		return;
	cmd_input_progress(&cmd, &done, &total);
	net_progress(text, sizeof text, &w->meter, n->texts, n->dollars,
	    total > 0 ? done / total : 0);
	cmd_progress(&cmd, text);
}

/*
 * --max-cost, or a cache that cannot be written: writes what stands before the
 * text that was not asked for.
 */
static int
stopped(struct work *w, struct rk_batch *b)
{
	const struct rk_remote_count *n = remote ? rk_remote_counted(&w->embed)
						 : NULL;
	struct rk_batch part = { .rec = b->rec };
	const struct rk_rec *last;

	if (n == NULL || !n->stopped)
		return 0;
	last = w->rec[n->first];
	part.n = (size_t)(last - b->rec);
	cmd_put(&cmd, &part);
	if (rk_err_is(&n->unkept))
		cmd_warn(&cmd, "stopped before %s:%zu", last->file, last->line);
	else if (!cmd_failed(&cmd) || cmd.keep_going)
		cmd_warn(&cmd,
		    "--max-cost: stopped before %s:%zu, which may cost %g "
		    "dollars; %g are spent",
		    last->file, last->line, n->reserve, n->dollars);
	cmd_fail(&cmd);
	return 1;
}

static void
work_free(struct work *w)
{
	int i;

	for (i = 0; i < rk_pool_size(cmd.pool); i++)
		rk_buf_free(&w->json[i]);
	free(w->json);
	free(w->text);
	free(w->rec);
	free(w->errs);
	free(w->vec);
	free(w->empty);
	rk_embed_close(&w->embed);
}

int
main(int argc, char **argv)
{
	struct work w = { 0 };
	struct rk_batch *b;

	net_defaults();
	cmd_start(&cmd, argc, argv);
	net_check(&cmd);
	if (list) {
		print_list();
		return cmd_end(&cmd);
	}
	open_embedder(&w.embed);
	w.json = rk_calloc((size_t)rk_pool_size(cmd.pool), sizeof *w.json);
	cmd.own_progress = remote;
	rk_meter_start(&w.meter);
	cmd_open(&cmd);
	while ((b = cmd_next(&cmd)) != NULL) {
		add_embeddings(&w, b);
		if (stopped(&w, b))
			break;
		if (net_options.dry_run)
			cmd_take(&cmd, b);
		else
			cmd_put(&cmd, b);
		if (remote)
			show_progress(&w);
	}
	if (remote)
		net_embed_end(&cmd, &w.embed);
	if (w.empties > 0 && !net_options.dry_run)
		cmd_warn(&cmd,
		    "%zu of the embeddings are zero: their texts hold no words",
		    w.empties);
	work_free(&w);
	net_places_close(&net_options.places);
	return cmd_end(&cmd);
}
