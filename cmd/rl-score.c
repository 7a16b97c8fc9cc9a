/* rl-score - how probably the strong model beats the weak one, per query. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cmd.h"
#include "embed/embedder.h"
#include "io/rows.h"
#include "route/model.h"
#include "route/names.h"
#include "score-net.h"

static const char *path, *strong, *weak, *names_file, *embedder_dir;
static const char *as = "score";
static int drop, info, pass, all, unlike;
static long near;

static const struct rk_opt opts[] = {
	{ 'm', "model", "MODEL", RK_OPT_TEXT, &path, 0, 0, NULL,
	    "the model file, as rl-train wrote it" },
	{ 0, "strong", "NAME", RK_OPT_TEXT, &strong, 0, 0, NULL,
	    "the strong model of the pair (the model file's)" },
	{ 0, "weak", "NAME", RK_OPT_TEXT, &weak, 0, 0, NULL,
	    "the weak model of the pair (the model file's)" },
	{ 0, "all", NULL, RK_OPT_FLAG, &all, 0, 0, NULL,
	    "add \"scores\": a number for every model of the file" },
	{ 0, "near", "K", RK_OPT_INT, &near, 1, 1000, NULL,
	    "add \"nearest\": the K training prompts that are the likest" },
	{ 0, "unlike", NULL, RK_OPT_FLAG, &unlike, 0, 0, NULL,
	    "add \"unlike\": how much of the score is the length's alone" },
	{ 0, "as", "FIELD", RK_OPT_TEXT, &as, 0, 0, NULL,
	    "the field to write (score)" },
	{ 0, "drop", NULL, RK_OPT_FLAG, &drop, 0, 0, NULL,
	    "leave the embedding out of the output" },
	{ 0, "pass", NULL, RK_OPT_FLAG, &pass, 0, 0, NULL,
	    "let a record that cannot be scored through, without a score" },
	{ 0, "info", NULL, RK_OPT_FLAG, &info, 0, 0, NULL,
	    "print what the model file says of itself, and exit" },
	{ 0, "models", "FILE", RK_OPT_TEXT, &names_file, 0, 0, NULL,
	    "JSON with the rows' names, for a file that lacks them" },
	{ 0, "embedder", "DIR", RK_OPT_TEXT, &embedder_dir, 0, 0, NULL,
	    "the folder of the encoder that the model was trained with" },
	{ 0, "url", "URL", RK_OPT_TEXT, &net_options.places.url, 0, 0, NULL,
	    "the server of its embeddings, or of its language model" },
	{ 0, "key-env", "NAME", RK_OPT_TEXT, &net_options.places.key_env, 0, 0,
	    NULL, "the variable that holds its key (OPENAI_API_KEY)" },
	{ 0, "cache", "FILE", RK_OPT_TEXT, &net_options.paid.cache, 0, 0, NULL,
	    "keep what it answers in FILE, and take it from there" },
	{ 0, "cache-only", NULL, RK_OPT_FLAG, &net_options.paid.cache_only, 0,
	    0, NULL, "no network: what is not in the cache is an error" },
	{ 0, "rpm", "N", RK_OPT_NUM, &net_options.paid.http.rpm, 0, 1e9, NULL,
	    "at most N requests a minute; 0, the default: no limit" },
	{ 0, "retries", "N", RK_OPT_INT, &net_options.retries, 0, 100, NULL,
	    "further tries of a request that fails in passing (6)" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

static struct cmd cmd = {
	.name = "rl-score",
	.usage = "-m MODEL [option ...] [file ...]",
	.about = "Adds \"score\": P(strong wins) + P(tie)/2, in [0,1], by the "
		 "router in MODEL.",
	.opts = opts,
	.kind = CMD_FILTER | CMD_PROMPT | CMD_NO_READ,
};

/* What a thread writes the objects of --all with. */
struct writing {
	struct rk_buf b;
	double *x; /* [k] */
};

/* The model, the pair, and one batch as the router sees it. */
struct scorer {
	struct rk_model *model;
	size_t strong, weak;
	unsigned needs;
	struct rk_embed embed; /* opened on the first line that needs it */
	int cannot_embed;
	struct rk_err why; /* ... then why */
	struct rk_str text[RK_BATCH_LINES];
	uint64_t digest[RK_BATCH_LINES];
	char lacks[RK_BATCH_LINES];  /* has a text and no embedding */
	char passed[RK_BATCH_LINES]; /* cannot be scored, and need not be */
	size_t pass_count;
	size_t scored, unlike; /* records; those unlike what was trained on */
	float *emb;            /* [RK_BATCH_LINES, d] */
	double score[RK_BATCH_LINES];
	int calibrated; /* then they are doubles, else floats */
	/* with --all */
	float *scores;           /* [RK_BATCH_LINES, k] */
	struct rk_buf *name;     /* [k] ,"NAME": as it stands in the output */
	struct writing *writing; /* [threads] */
	int has_pair;
	int tells_costs;     /* by the router; else by the prompts' lengths */
	struct rk_more more; /* usd [RK_BATCH_LINES, k] and the nearest */
	const struct rk_names *names; /* of the stored prompts, with --near */
};

/* --- one record ----------------------------------------------------------- */

/* Of the text; else of the embedding, as rl-train has it; else of the line. */
static uint64_t
digest(const struct rk_str *text, const struct rk_rec *rec)
{
	struct rk_err err = { { 0 } };
	uint64_t h = rk_num_hash(rec->p, rec->n);
	size_t d;
	float *x;

	if (text != NULL)
		return rk_num_hash(text->p, text->n);
	if (rk_rec_embedding_dim(rec, &d, &err) == 1) {
		x = rk_floats(d + 1);
		if (rk_rec_embedding(rec, x, d, &err) == 1)
			h = rk_num_hash(x, d * sizeof *x);
		free(x);
	}
	return h;
}

/* The record's embedding: 1, or 0 where it has none; errors go to the record. */
static int
read_embedding(struct scorer *s, struct rk_rec *rec, size_t i)
{
	size_t d, want = s->model->d;
	int found = rk_rec_embedding_dim(rec, &d, &rec->err);

	if (found <= 0)
		return found != 0;
	if (d != want)
		rk_err_set(&rec->err,
		    "embedding: %zu numbers, the model wants %zu", d, want);
	else
		rk_rec_embedding(rec, s->emb + i * want, d, &rec->err);
	return 1;
}

/* The text is read where it is needed: jansson reads strings slowly. */
static void
read_query(struct rk_rec *rec, size_t i, int thread, void *ctx)
{
	struct scorer *s = ctx;
	int text;

	(void)thread;
	s->lacks[i] = (s->needs & RK_NEEDS_EMBEDDING) != 0 &&
	    !read_embedding(s, rec, i);
	if (rk_err_is(&rec->err) ||
	    (!s->lacks[i] && !(s->needs & (RK_NEEDS_TEXT | RK_NEEDS_DIGEST)) &&
		!(all && !s->tells_costs && s->model->costs.line != NULL)))
		return;
	text = rk_rec_prompt(rec, &cmd.prompt, &s->text[i], &rec->err);
	if (text < 0)
		return;
	if (text == 0 && s->lacks[i])
		rk_err_set(&rec->err, "neither an embedding nor %s",
		    cmd.prompt.field ? cmd.prompt.field
				     : "a prompt or messages");
	else if (text == 0 && (s->needs & RK_NEEDS_TEXT))
		rk_err_set(&rec->err, "%s: missing",
		    cmd.prompt.field ? cmd.prompt.field : "prompt");
	else if (s->needs & RK_NEEDS_DIGEST)
		s->digest[i] = digest(text ? &s->text[i] : NULL, rec);
}

/* {"NAME":x[0],...}, without what is NaN; nothing where all are. */
static void
print_object(const struct scorer *s, struct rk_buf *b, const double *x)
{
	size_t m;

	b->n = 0;
	for (m = 0; m < s->model->card.k; m++) {
		if (x[m] != x[m])
			continue;
		rk_buf_need(b, s->name[m].n + 32);
		memcpy(b->p + b->n, s->name[m].p, s->name[m].n);
		b->n += s->name[m].n;
		b->n += rk_num_print_f32(b->p + b->n, (float)x[m]);
	}
	if (b->n == 0)
		return;
	b->p[0] = '{'; /* for the first one's comma */
	rk_buf_addc(b, '}');
}

/* "scores", and "predicted_costs" where the file knows costs. */
static void
write_all(struct scorer *s, struct rk_rec *rec, size_t i, struct writing *w)
{
	size_t k = s->model->card.k, m;
	const double *usd = NULL;

	for (m = 0; m < k; m++)
		w->x[m] = (double)s->scores[i * k + m];
	print_object(s, &w->b, w->x);
	rk_rec_put(rec, "scores", w->b.p, w->b.n);
	if (s->tells_costs) {
		usd = s->more.usd + i * k;
	} else if (s->model->costs.line != NULL && s->text[i].p != NULL) {
		rk_costs_predict(&s->model->costs, &s->text[i], w->x);
		usd = w->x;
	}
	if (usd != NULL)
		print_object(s, &w->b, usd);
	if (usd != NULL && w->b.n > 0)
		rk_rec_put(rec, "predicted_costs", w->b.p, w->b.n);
}

/* "nearest":[{"id":ID,"cosine":C},...] */
static void
write_nearest(struct scorer *s, struct rk_rec *rec, size_t i)
{
	const uint32_t *row = s->more.row + i * s->more.near;
	const float *cosine = s->more.cosine + i * s->more.near;
	struct rk_buf b = { 0 };
	char number[32];
	size_t j;

	for (j = 0; j < s->more.near; j++) {
		rk_buf_adds(&b, j ? ",{\"id\":" : "[{\"id\":");
		rk_names_print(s->names, row[j], &b);
		rk_buf_adds(&b, ",\"cosine\":");
		rk_buf_add(&b, number, rk_num_print_f32(number, cosine[j]));
		rk_buf_addc(&b, '}');
	}
	rk_buf_addc(&b, ']');
	rk_rec_put(rec, "nearest", b.p, b.n);
	rk_buf_free(&b);
}

static void
write_score(struct rk_rec *rec, size_t i, int thread, void *ctx)
{
	struct scorer *s = ctx;
	char number[32];

	if (drop)
		rk_rec_drop(rec, "embedding");
	if (s->passed[i])
		return;
	if (s->has_pair)
		rk_rec_put(rec, as, number,
		    s->calibrated
			? rk_num_print_f64(number, s->score[i])
			: rk_num_print_f32(number, (float)s->score[i]));
	if (all)
		write_all(s, rec, i, &s->writing[thread]);
	if (unlike)
		rk_rec_put(rec, "unlike", number,
		    rk_num_print_f32(number, (float)s->more.unlike[i]));
	if (near > 0)
		write_nearest(s, rec, i);
}

/* --- one batch ------------------------------------------------------------- */

/* Opens the embedder that the model was trained with. */
static int
open_embedder(struct scorer *s)
{
	const char *id = s->model->card.embedder;

	if (s->embed.kind != NULL || s->cannot_embed)
		return s->cannot_embed ? -1 : 0;
	if (id == NULL)
		rk_err_set(&s->why, "the model file names no embedder");
	else if (rk_embed_open_id(
		     &s->embed, id, embedder_dir, cmd.pool, &s->why) == 0 &&
	    s->embed.dim != s->model->d)
		rk_err_set(&s->why,
		    "the embedder makes %zu numbers, the "
		    "model wants %zu",
		    s->embed.dim, s->model->d);
	s->cannot_embed = rk_err_is(&s->why);
	return s->cannot_embed ? -1 : 0;
}

/* The embeddings of the lines that came with a text alone. */
static void
embed_missing(struct scorer *s, struct rk_batch *b)
{
	size_t which[RK_BATCH_LINES], n = 0, i, d = s->model->d;
	struct rk_str text[RK_BATCH_LINES];
	struct rk_err *errs[RK_BATCH_LINES];
	float *out;

	for (i = 0; i < b->n; i++) {
		/* what stands behind the end is not paid for */
		if (rk_err_is(&b->rec[i].err) && !cmd.keep_going && !pass)
			break;
		if (rk_err_is(&b->rec[i].err) || !s->lacks[i])
			continue;
		if (open_embedder(s) != 0) {
			rk_err_set(&b->rec[i].err, "embedding: missing, and %s",
			    s->why.msg);
			continue;
		}
		text[n] = s->text[i];
		errs[n] = &b->rec[i].err;
		which[n++] = i;
	}
	if (n == 0)
		return;
	out = rk_floats(n * d);
	rk_embed_each(&s->embed, text, n, cmd.pool, out, errs);
	for (i = 0; i < n; i++)
		memcpy(s->emb + which[i] * d, out + i * d, d * sizeof *out);
	free(out);
}

/* How many were scored, and how many of them by their length. */
static void
count(struct scorer *s, const struct rk_batch *b)
{
	size_t i;

	for (i = 0; s->more.unlike != NULL && i < b->n; i++) {
		if (s->passed[i] || rk_err_is(&b->rec[i].err))
			continue;
		s->scored++;
		s->unlike += s->more.unlike[i] > 0;
	}
}

/* With --pass, what could be read and not scored is no error. */
static void
settle(struct scorer *s, const struct rk_batch *b)
{
	size_t i;

	for (i = 0; i < b->n; i++) {
		struct rk_err *err = &b->rec[i].err;
		s->passed[i] = pass && s->passed[i] && rk_err_is(err);
		if (s->passed[i])
			err->msg[0] = '\0';
		s->pass_count += (size_t)s->passed[i];
	}
}

static void
score_batch(struct scorer *s, struct rk_batch *b)
{
	struct rk_err *errs[RK_BATCH_LINES];
	struct rk_queries q = { b->n, s->model->d, s->text, s->emb, s->digest,
		NULL };
	size_t i;

	memset(s->lacks, 0, sizeof s->lacks);
	memset(s->passed, 0, sizeof s->passed);
	for (i = 0; i < b->n; i++) {
		s->text[i] = (struct rk_str){ NULL, 0 };
		s->passed[i] = !rk_err_is(&b->rec[i].err);
	}
	cmd_each(&cmd, b, read_query, s);
	if (s->needs & RK_NEEDS_EMBEDDING) {
		embed_missing(s, b);
		for (i = 0; i < b->n; i++) /* a bad line counts as zeros */
			if (rk_err_is(&b->rec[i].err))
				memset(s->emb + i * s->model->d, 0,
				    s->model->d * sizeof *s->emb);
	}
	for (i = 0; i < b->n; i++)
		errs[i] = &b->rec[i].err;
	s->more.errs = errs;
	q.more = all ? NULL : &s->more; /* once is enough */
	if (s->has_pair)
		rk_model_score_pair(
		    s->model, &q, s->strong, s->weak, cmd.pool, s->score);
	q.more = &s->more;
	if (all)
		rk_model_score_all(s->model, &q, cmd.pool, s->scores);
	settle(s, b);
	count(s, b);
	cmd_each(&cmd, b, write_score, s);
}

/* --- the model -------------------------------------------------------------- */

static void
print_info(void)
{
	struct rk_err err = { { 0 } };
	struct rk_buf b = { 0 };
	struct rk_st *st = rk_st_open(path, &err);

	if (st == NULL)
		cmd_die(&cmd, "%s", err.msg);
	rk_card_print(st, &b);
	cmd_print(&cmd, b.p, b.n);
	rk_buf_free(&b);
	rk_st_close(st);
}

/* No field is written twice. */
static void
check_as(void)
{
	cmd_check_as(&cmd, as);
	if (all &&
	    (strcmp(as, "scores") == 0 || strcmp(as, "predicted_costs") == 0))
		cmd_usage(&cmd, "--as %s: --all writes that field", as);
	if (near > 0 && strcmp(as, "nearest") == 0)
		cmd_usage(&cmd, "--as %s: --near writes that field", as);
	if (unlike && strcmp(as, "unlike") == 0)
		cmd_usage(&cmd, "--as %s: --unlike writes that field", as);
}

/* One of the pair: as named, else the model file's. */
static size_t
pick(const struct rk_card *card, const char *name, size_t row, const char *opt)
{
	struct rk_err err = { { 0 } };

	if (name != NULL && rk_card_find(card, name, &row, &err) != 0)
		cmd_usage(&cmd, "%s: %s", opt, err.msg);
	if (row >= card->k && !all)
		cmd_usage(&cmd,
		    "%s: the model file has no default pair: name the "
		    "models with --strong and --weak, or score all with --all",
		    path);
	return row;
}

static void
prepare_all(struct scorer *s)
{
	const struct rk_card *card = &s->model->card;
	size_t m, threads = (size_t)rk_pool_size(cmd.pool);

	if (s->model->learner.router->link == RK_LINK_PAIR)
		cmd_usage(&cmd,
		    "--all: %s scores one pair; rl-train -r many learns "
		    "of all models",
		    card->router);
	s->scores = rk_floats(RK_BATCH_LINES * card->k);
	s->name = rk_calloc(card->k, sizeof *s->name);
	for (m = 0; m < card->k; m++) {
		rk_buf_addc(&s->name[m], ',');
		rk_buf_json(
		    &s->name[m], card->model[m], strlen(card->model[m]));
		rk_buf_addc(&s->name[m], ':');
	}
	s->writing = rk_calloc(threads, sizeof *s->writing);
	for (m = 0; m < threads; m++)
		s->writing[m].x = rk_array(
		    NULL, card->k, sizeof *s->writing[m].x);
}

static void
prepare_more(struct scorer *s)
{
	const struct rk_learner *l = &s->model->learner;
	struct rk_err err = { { 0 } };
	size_t k = s->model->card.k;

	s->tells_costs = all && rk_learner_tells_costs(l);
	if (s->tells_costs)
		s->more.usd = rk_array(
		    NULL, RK_BATCH_LINES * k, sizeof *s->more.usd);
	if (rk_learner_tells_unlike(l))
		s->more.unlike = rk_calloc(
		    RK_BATCH_LINES, sizeof *s->more.unlike);
	else if (unlike)
		cmd_usage(&cmd,
		    "--unlike: %s does not know what is like its training "
		    "prompts",
		    s->model->card.router);
	if (near == 0)
		return;
	s->names = rk_learner_names(l);
	if (s->names == NULL)
		cmd_usage(&cmd, "--near: %s keeps no training prompts",
		    s->model->card.router);
	if (rk_names_check(s->names, &err) != 0)
		cmd_die(&cmd, "%s: %s", path, err.msg);
	s->more.near = (size_t)near < s->names->n ? (size_t)near : s->names->n;
	s->more.row = rk_array(
	    NULL, RK_BATCH_LINES * s->more.near, sizeof *s->more.row);
	s->more.cosine = rk_floats(RK_BATCH_LINES * s->more.near);
}

static void
open_model(struct scorer *s)
{
	struct rk_err err = { { 0 } };
	char *rows = NULL;

	if (names_file != NULL &&
	    (rows = rk_rows_text(names_file, &err)) == NULL)
		cmd_die(&cmd, "%s", err.msg);
	s->model = rk_model_open(path, rows, &err);
	free(rows);
	if (s->model == NULL)
		cmd_die(&cmd, "%s", err.msg);
	score_net_open(&cmd, s->model, pass);
	s->needs = s->model->needs;
	s->strong = pick(
	    &s->model->card, strong, s->model->card.strong, "--strong");
	s->weak = pick(&s->model->card, weak, s->model->card.weak, "--weak");
	s->has_pair = s->strong < s->model->card.k &&
	    s->weak < s->model->card.k;
	if (s->has_pair && s->strong == s->weak)
		cmd_usage(&cmd, "the strong and the weak model are the same");
	if (s->has_pair &&
	    rk_model_check_pair(s->model, s->strong, s->weak, &err) != 0)
		cmd_usage(&cmd, "%s", err.msg);
	s->calibrated = rk_model_calibrates(s->model, s->strong, s->weak);
	if (all)
		prepare_all(s);
	prepare_more(s);
	s->emb = rk_floats(RK_BATCH_LINES * s->model->d);
}

static void
release(struct scorer *s)
{
	size_t i;

	if (s->embed.kind != NULL)
		rk_embed_close(&s->embed);
	for (i = 0; all && i < s->model->card.k; i++)
		rk_buf_free(&s->name[i]);
	for (i = 0; all && i < (size_t)rk_pool_size(cmd.pool); i++) {
		rk_buf_free(&s->writing[i].b);
		free(s->writing[i].x);
	}
	rk_model_close(s->model);
	net_places_close(&net_options.places);
	free(s->name);
	free(s->writing);
	free(s->scores);
	free(s->more.usd);
	free(s->more.row);
	free(s->more.cosine);
	free(s->more.unlike);
	free(s->emb);
}

/* A few always are, as a few of the training prompts are: one in 20 is more. */
static void
say_unlike(const struct scorer *s)
{
	if (s->unlike * 20 > s->scored)
		cmd_note(&cmd,
		    "%zu of %zu queries are unlike the training prompts: "
		    "scored by length",
		    s->unlike, s->scored);
}

int
main(int argc, char **argv)
{
	static struct scorer s;
	struct rk_batch *b;

	net_defaults();
	cmd_start(&cmd, argc, argv);
	if (path == NULL)
		cmd_usage(&cmd, "-m MODEL is needed");
	check_as();
	if (info) {
		if (cmd.output != NULL)
			cmd_usage(&cmd, "--info goes to standard output alone");
		print_info();
		return cmd_end(&cmd);
	}
	open_model(&s);
	cmd_open(&cmd);
	while ((b = cmd_next(&cmd)) != NULL) {
		score_batch(&s, b);
		cmd_put(&cmd, b);
	}
	if (s.pass_count > 0)
		cmd_warn(&cmd, "%zu records could not be scored", s.pass_count);
	say_unlike(&s);
	score_net_end(&cmd, &s.embed);
	release(&s);
	return cmd_end(&cmd);
}
