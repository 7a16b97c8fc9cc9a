/* rl-train - preference data to one model file. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "cmd.h"
#include "embed/embedder.h"
#include "pref/load.h"
#include "route/checkpoint.h"
#include "route/crossval.h"
#include "route/model.h"
#include "train-add.h"
#include "train-measure.h"
#include "train-sources.h"

/* Of a pair, and of many models without one. */
static const char default_router[] = "auto", default_many[] = "many";
static const char default_embedder[] = "hash";
static const char *if_better, *router_name = default_router, *path, *valid_by,
			      *range, *feature_list;
static const char *embedder_name = default_embedder, *add, *from;
static struct rk_list sets, aliases, source_pairs;
static double valid = .1, seed = 1, margin;
static long dim, folds = 5;
static int list, verbose, by_kind;
static struct rk_load_how how;
static struct rk_checkpoint checkpoint = { .every = 600 };

static const struct rk_opt opts[] = {
	{ 'r', "router", "ROUTER", RK_OPT_TEXT, &router_name, 0, 0, NULL,
	    "what to train (auto, or many; --list shows all)" },
	{ 'o', "output", "MODEL", RK_OPT_TEXT, &path, 0, 0, NULL,
	    "the model file to write" },
	{ 0, "strong", "NAME", RK_OPT_TEXT, &how.verdicts.strong, 0, 0, NULL,
	    "the strong model (of two, the better one)" },
	{ 0, "weak", "NAME", RK_OPT_TEXT, &how.verdicts.weak, 0, 0, NULL,
	    "the weak model (of two, the other one)" },
	{ 0, "set", "KEY=VALUE", RK_OPT_LIST, &sets, 0, 0, NULL,
	    "set a parameter of the router; may be repeated" },
	{ 0, "features", "LIST", RK_OPT_TEXT, &feature_list, 0, 0, NULL,
	    "what the router sees: embedding, parts, surface (embedding)" },
	{ 0, "seed", "N", RK_OPT_NUM, &seed, 0, 9007199254740992.0, NULL,
	    "all that is random depends on it (1)" },
	{ 0, "valid", "SHARE", RK_OPT_NUM, &valid, 0, .9, NULL,
	    "share of prompts kept out of training, to measure (0.1)" },
	{ 0, "valid-by", "FIELD", RK_OPT_TEXT, &valid_by, 0, 0, NULL,
	    "keep out the prompts whose FIELD is largest (a time)" },
	{ 0, "alias", "OLD=NEW", RK_OPT_LIST, &aliases, 0, 0, NULL,
	    "read the model OLD as NEW; may be repeated" },
	{ 0, "source", "FIELD", RK_OPT_TEXT, &how.source, 0, 0, NULL,
	    "records with another FIELD are of another source" },
	{ 0, "source-file", NULL, RK_OPT_FLAG, &how.source_file, 0, 0, NULL,
	    "each file is a source, of the file's name" },
	{ 0, "source-kind", NULL, RK_OPT_FLAG, &by_kind, 0, 0, NULL,
	    "battles are a source, and outcomes another" },
	{ 0, "source-pair", "SOURCE=STRONG,WEAK", RK_OPT_LIST, &source_pairs, 0,
	    0, NULL, "the models that play the pair there; may be repeated" },
	{ 0, "target", "SOURCE", RK_OPT_TEXT, &how.target, 0, 0, NULL,
	    "keep other sources only where they help this one" },
	{ 0, "calibrate", "FOLDS", RK_OPT_INT, &folds, 0, 50, NULL,
	    "folds that make scores probabilities; 0: raw scores (5)" },
	{ 0, "checkpoint", "FILE", RK_OPT_TEXT, &checkpoint.path, 0, 0, NULL,
	    "keep what a long training has done in FILE" },
	{ 0, "checkpoint-every", "SECONDS", RK_OPT_NUM, &checkpoint.every, 0,
	    1e6, NULL, "how often; at INT in any case (600)" },
	{ 0, "resume", NULL, RK_OPT_FLAG, &checkpoint.resume, 0, 0, NULL,
	    "go on from the checkpoint, where there is one" },
	{ 0, "quality-range", "LO,HI", RK_OPT_TEXT, &range, 0, 0, NULL,
	    "the qualities' range (what is seen)" },
	{ 0, "if-better", "OLD", RK_OPT_TEXT, &if_better, 0, 0, NULL,
	    "write MODEL only if it is surely better than the file OLD" },
	{ 0, "margin", "X", RK_OPT_NUM, &margin, 0, 1, NULL,
	    "with --if-better: only if its APGR is surely above OLD's - X" },
	{ 0, "add", "NAME", RK_OPT_TEXT, &add, 0, 0, NULL,
	    "add this model to the file of --from, the rest as it is" },
	{ 0, "from", "OLD", RK_OPT_TEXT, &from, 0, 0, NULL,
	    "with --add: the model file that gets one model more" },
	{ 'e', "embedder", "LIST", RK_OPT_TEXT, &embedder_name, 0, 0, NULL,
	    "hash, folders, or remote:MODEL for embeddings of it (hash)" },
	{ 0, "dim", "N", RK_OPT_INT, &dim, 1, 1 << 20, NULL,
	    "the dimension that the embedder is to make" },
	{ 'v', "verbose", NULL, RK_OPT_FLAG, &verbose, 0, 0, NULL,
	    "say what the router found even where nobody looks on" },
	{ 0, "list", NULL, RK_OPT_FLAG, &list, 0, 0, NULL,
	    "list the routers, and exit" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

static void more_help(struct rk_buf *out);

static struct cmd cmd = {
	.name = "rl-train",
	.usage = "-o MODEL [-r ROUTER] [option ...] [file ...]\n"
		 "       rl-train --add NAME --from OLD -o MODEL [option ...] "
		 "[file ...]",
	.about = "Learns from battles (model_a, model_b, winner) and outcomes "
		 "(quality) when the\nstrong model is worth its money; prints "
		 "one JSON record of what it did.",
	.opts = opts,
	.kind = CMD_INPUT | CMD_PROMPT | CMD_NO_READ,
	.more_help = more_help,
};

static const struct rk_router *router;
static struct rk_params *set, *embedder_set;
static struct rk_features features;
static struct train_sources sources;

/* --- options ---------------------------------------------------------------- */

static void
more_help(struct rk_buf *out)
{
	struct rk_err err = { { 0 } };

	router = rk_router_find(router_name, &err);
	if (router == NULL)
		cmd_usage(&cmd, "%s", err.msg);
	rk_buf_addf(out, "\nParameters of %s, for --set:\n", router->name);
	rk_params_help(router->params, out);
}

static void
print_list(void)
{
	struct rk_buf b = { 0 };
	size_t i;

	for (i = 0; rk_routers[i] != NULL; i++)
		rk_buf_addf(
		    &b, "%-8s %s\n", rk_routers[i]->name, rk_routers[i]->about);
	cmd_print(&cmd, b.p, b.n);
	rk_buf_free(&b);
}

/* The parts that --features names tell the embedders, where -e does not. */
static void
read_embedder(void)
{
	int by_features = embedder_name == default_embedder &&
	    features.names > 0;
	struct rk_err err = { { 0 } };
	struct rk_buf names = { 0 };
	char text[32];
	size_t i;

	for (i = 0; i < features.names; i++)
		rk_buf_addf(&names, "%s%s", i ? "," : "", features.name[i]);
	how.embedder = rk_embedder_choose(
	    by_features ? names.p : embedder_name, &embedder_set, &err);
	if (how.embedder == NULL)
		cmd_usage(&cmd, "%s%s",
		    by_features ? "--features names embedding, surface or an "
				  "embedder: "
				: "",
		    err.msg);
	rk_buf_free(&names);
	snprintf(text, sizeof text, "dim=%ld", dim);
	if (dim > 0 && rk_params_set(embedder_set, text, &err) != 0)
		cmd_usage(&cmd, "%s", err.msg);
	how.embedder_set = embedder_set;
}

static void
read_sources(void)
{
	int told = (how.source != NULL) + how.source_file + by_kind;
	struct rk_verdicts_how *v = &how.verdicts;

	if (told > 1)
		cmd_usage(
		    &cmd, "one of --source, --source-file and --source-kind");
	if (!told && (how.target != NULL || source_pairs.n > 0))
		cmd_usage(&cmd,
		    "--%s goes with --source, --source-file or --source-kind",
		    how.target != NULL ? "target" : "source-pair");
	if (source_pairs.n > 0 && (v->strong == NULL || v->weak == NULL))
		cmd_usage(&cmd, "--source-pair needs --strong and --weak");
	if (by_kind)
		how.kinds = RK_KINDS_TOLD;
	else if (!told && strcmp(router->name, default_router) == 0)
		how.kinds = RK_KINDS_FOUND;
	v->source_pair = source_pairs.p;
	v->source_pairs = source_pairs.n;
}

static void
check_checkpoint(void)
{
	if (checkpoint.path == NULL) {
		if (checkpoint.resume || checkpoint.every != 600)
			cmd_usage(&cmd, "--%s goes with --checkpoint",
			    checkpoint.resume ? "resume" : "checkpoint-every");
		return;
	}
	if (!(router->needs & RK_HAS_CHECKPOINTS))
		cmd_usage(&cmd,
		    "--checkpoint: %s has none: its training is short",
		    router->name);
	if (strcmp(checkpoint.path, path) == 0)
		cmd_usage(&cmd, "--checkpoint and -o name the same file");
}

/* The router NAME, with the parameters of --set. */
static void
take_router(const char *name)
{
	struct rk_err err = { { 0 } };
	size_t i;

	router = rk_router_find(name, &err);
	if (router == NULL)
		cmd_usage(&cmd, "%s", err.msg);
	rk_params_free(set);
	set = rk_params_new(router->params);
	for (i = 0; i < sets.n; i++)
		if (rk_params_set(set, sets.p[i], &err) != 0)
			cmd_usage(&cmd, "--set: %s: %s", name, err.msg);
}

static void
read_options(void)
{
	struct rk_err err = { { 0 } };

	take_router(router_name);
	if (path == NULL)
		cmd_usage(&cmd, "-o MODEL is needed");
	if (rk_features_parse(&features, feature_list, &err) != 0)
		cmd_usage(&cmd, "%s", err.msg);
	if (features.on && !(router->needs & RK_NEEDS_EMBEDDING))
		cmd_usage(
		    &cmd, "--features: %s sees no embedding", router->name);
	if (if_better != NULL && valid <= 0)
		cmd_usage(&cmd, "--if-better needs prompts kept out: --valid");
	if (margin > 0 && if_better == NULL)
		cmd_usage(&cmd, "--margin goes with --if-better");
	if (seed != floor(seed))
		cmd_usage(&cmd, "--seed: expected a whole number");
	if (range != NULL)
		train_range(
		    &cmd, range, &how.verdicts.q_lo, &how.verdicts.q_hi);
	how.verdicts.has_range = range != NULL;
	check_checkpoint();
	read_embedder();
	read_sources();
	how.prompt = cmd.prompt;
	how.verdicts.alias = aliases.p;
	how.verdicts.aliases = aliases.n;
	how.valid = valid;
	how.valid_by = valid_by;
	how.seed = (uint64_t)seed;
	/* where there are texts, their lengths predict costs */
	how.text = (router->needs & RK_NEEDS_TEXT) || features.surface > 0 ? 1
									   : 2;
	how.embed = (router->needs & RK_NEEDS_EMBEDDING) != 0;
}

/* A folder that is not there is told before training, which may take long. */
static void
check_folder(void)
{
	const char *slash = strrchr(path, '/');
	char *folder;

	if (slash == NULL || slash == path)
		return;
	folder = rk_strndup(path, (size_t)(slash - path));
	if (access(folder, X_OK) != 0)
		cmd_die(&cmd, "%s: no folder to write %s to: %s", folder,
		    slash + 1, strerror(errno));
	free(folder);
}

/* What was left out is in the record; most of all is worth a word. */
static void
note_dropped(const struct rk_loader *l)
{
	size_t all, n = rk_load_dropped(l, &all);

	if (n > 0 && n >= all - n)
		cmd_note(&cmd,
		    "%zu of %zu records are of no use: see dropped in the "
		    "record",
		    n, all);
}

/* --- training ----------------------------------------------------------------- */

static void
read_records(struct rk_loader *l)
{
	struct rk_batch *b;

	while ((b = cmd_next(&cmd)) != NULL) {
		rk_load_add(l, b->rec, b->n, cmd.pool);
		cmd_take(&cmd, b);
	}
	cmd_progress(&cmd, NULL);
}

/*
 * Scores from outside of the folds, and how the prompts ended, give the map
 * from raw scores to probabilities. Too few prompts: no map.
 */
static void
put_calibration(const struct rk_prefs *p, const struct rk_learner_how *what,
    const double *unseen, const struct rk_watch *watch, struct rk_st_writer *w)
{
	struct rk_calibration c;
	struct rk_err err = { { 0 } };
	size_t n;

	if (folds == 0 || p->strong >= p->k || p->weak >= p->k)
		return;
	/* parity is of raw scores, and chance needs no map */
	if ((rk_params_has(set, "compat") &&
		rk_params_is(set, "compat", "routellm")) ||
	    (router->needs & RK_NEEDS_DIGEST))
		return;
	if (rk_crossval_calibrate(&c, what, p, (int)folds, unseen, watch,
		cmd.pool, &n, &err) != 0) {
		cmd_note(&cmd, "raw scores, since a fold cannot be trained: %s",
		    err.msg);
		return;
	}
	if (n == 0) {
		cmd_note(&cmd, "too few prompts to calibrate: raw scores");
		return;
	}
	rk_st_give(w, "calibration.x", RK_F64, 1, &c.n, c.x);
	rk_st_give(w, "calibration.y", RK_F64, 1, &c.n, c.y);
}

static void
put_data(const struct rk_loader *l, struct rk_st_writer *w)
{
	struct rk_buf b = { 0 };
	char digest[17];

	rk_load_digest(l, digest);
	rk_buf_addf(&b, "{\"digest\":\"%s\",", digest);
	rk_load_report(l, &b);
	train_report_sources(&sources, l, &b);
	rk_buf_addc(&b, '}');
	rk_st_put_meta(w, "rk.data", b.p);
	rk_buf_free(&b);
}

/* Each line of the router's as a note. */
static void
say_notes(const struct rk_buf *lines)
{
	const char *p = lines->n > 0 ? lines->p : "";

	for (; *p != '\0'; p += strcspn(p, "\n") + 1)
		cmd_note(
		    &cmd, "%s: %.*s", router->name, (int)strcspn(p, "\n"), p);
}

/*
 * Trains on all, and for the calibration on all but a fold; a router that has
 * scores of prompts that it had not seen does the first alone.
 */
static void
run_router(const struct rk_learner_how *what, const struct rk_prefs *p,
    struct rk_st_writer *w, struct rk_report *report)
{
	struct rk_err err = { { 0 } };
	struct rk_watch all = cmd_watch(&cmd), first, rest;
	double share = folds > 0 && (router->needs & RK_GIVES_UNSEEN) == 0
	    ? 1 / (double)(1 + folds)
	    : 1;
	int rc;

	first = rk_watch_part(&all, 0, share, "%s", "");
	report->watch = &first;
	if (checkpoint.path != NULL) {
		checkpoint.key = rk_checkpoint_key(
		    router, p, set, (uint64_t)seed);
		report->checkpoint = &checkpoint;
	}
	rc = rk_learner_train(what, p, cmd.pool, w, report, &err);
	if (rc == 0 && !report->apart) {
		rest = rk_watch_part(&all, share, 1, "calibration");
		put_calibration(p, what, report->unseen, &rest, w);
	}
	cmd_progress(&cmd, NULL);
	if (rc != 0 && checkpoint.saved && rk_watch_stop(&all))
		cmd_note(&cmd, "%s: --resume goes on", err.msg);
	cmd_watch_end(&cmd);
	if (rc != 0)
		cmd_die(&cmd, "%s: %s", router->name, err.msg);
	cmd_show(&cmd, verbose, &report->table);
	say_notes(&report->note);
}

static void
train(const struct rk_loader *l, const struct rk_prefs *p)
{
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_buf json = { 0 }, metrics = { 0 }, out = { 0 };
	struct rk_buf against = { 0 };
	const struct train_measure measure = { &cmd, path, if_better, margin,
		(uint64_t)seed, verbose };
	int better;
	struct rk_report report = { .unseen = NULL };
	struct rk_err err = { { 0 } };
	const struct rk_learner_how learner = { router, set, &features,
		(uint64_t)seed };
	struct rk_card card;

	if (p->from != NULL && how.kinds == RK_KINDS_FOUND)
		cmd_note(&cmd,
		    "battles and outcomes are two sources, and the target is "
		    "outcomes: see --source-kind");
	if (rk_load_mixed(l))
		cmd_note(&cmd,
		    "battles and outcomes count alike: see --source-kind");
	if (p->from != NULL)
		p = train_pool(&sources, &cmd, l, p, &learner, how.target);
	card = (struct rk_card){ router->name, p->model, p->k, p->strong,
		p->weak, rk_load_embedder(l), NULL, (uint64_t)seed };
	run_router(&learner, p, w, &report);
	rk_costs_put(p, router->name, w);
	rk_params_json(set, &json);
	card.params = json.p;
	rk_card_put(&card, w);
	put_data(l, w);
	if (report.apart && if_better != NULL)
		cmd_die(&cmd,
		    "--if-better: to compare it, a server would have to be "
		    "asked: see rl-score and rl-eval");
	better = report.apart ||
	    train_measure(&measure, w, p, &metrics, &against);
	rk_buf_adds(&out, "{\"model\":");
	rk_buf_json(&out, path, strlen(path));
	rk_buf_addf(&out, ",\"router\":\"%s\",", router->name);
	rk_load_report(l, &out);
	train_report_sources(&sources, l, &out);
	rk_buf_addf(&out, ",\"params\":%s,\"seed\":%.0f", json.p, seed);
	if (card.embedder != NULL)
		rk_buf_addf(&out, ",\"embedder\":%s", card.embedder);
	if (report.json.n > 0)
		rk_buf_addf(&out, ",\"train\":{%s}", report.json.p);
	if (metrics.n > 0)
		rk_buf_addf(&out, ",\"valid\":%s", metrics.p);
	rk_buf_add(&out, against.p, against.n);
	rk_buf_adds(&out, "}\n");
	/* first: a record that cannot be printed leaves the old file too */
	cmd_print(&cmd, out.p, out.n);
	if (better && rk_st_write(w, path, &err) != 0)
		cmd_die(&cmd, "%s", err.msg);
	/* it has served: another training would refuse it */
	if (checkpoint.resumed || checkpoint.saved)
		unlink(checkpoint.path);
	if (!better)
		cmd_fail(&cmd);
	rk_st_writer_free(w);
	rk_report_free(&report);
	rk_buf_free(&json);
	rk_buf_free(&metrics);
	rk_buf_free(&against);
	rk_buf_free(&out);
}

/* One model more in a file: all but the qualities is as it was. */
static void
add_model(void)
{
	const struct train_add t = { &cmd, add, from, path, range };

	if (add == NULL || from == NULL)
		cmd_usage(&cmd, "--add and --from go together");
	if (path == NULL)
		cmd_usage(&cmd, "-o MODEL is needed");
	if (router_name != default_router || sets.n > 0 ||
	    feature_list != NULL || how.verdicts.strong != NULL ||
	    how.verdicts.weak != NULL || aliases.n > 0 || valid_by != NULL ||
	    if_better != NULL || embedder_name != default_embedder || dim > 0 ||
	    how.source != NULL || how.source_file || by_kind ||
	    how.target != NULL || source_pairs.n > 0 || valid != .1 ||
	    seed != 1 || folds != 5 || margin > 0 || checkpoint.path != NULL ||
	    checkpoint.resume)
		cmd_usage(&cmd,
		    "--add leaves the rest of the file as it is: of the "
		    "options on training only --quality-range goes with it");
	train_add(&t);
}

static void
release(struct rk_loader *l)
{
	train_sources_free(&sources);
	rk_load_free(l);
	rk_params_free(set);
	rk_params_free(embedder_set);
	free(sets.p);
	free(aliases.p);
	free(source_pairs.p);
}

/* Without a pair there are routers for all models. */
static void
check_pair(const struct rk_prefs *p)
{
	if (p->strong < p->k && p->weak < p->k)
		return;
	if (router_name == default_router)
		take_router(default_many);
	cmd_note(&cmd,
	    "%zu models and no pair named: the router is %s, and the model "
	    "file has no default pair",
	    p->k, router->name);
	if (router->link == RK_LINK_PAIR)
		cmd_usage(&cmd,
		    "%s scores one pair: name it with --strong and --weak; "
		    "for all models take another router, such as %s",
		    router->name, default_many);
}

int
main(int argc, char **argv)
{
	const struct rk_prefs *p;
	struct rk_err err = { { 0 } };
	struct rk_loader *l;

	cmd_start(&cmd, argc, argv);
	if (list) {
		print_list();
		return cmd_end(&cmd);
	}
	if (add != NULL || from != NULL) {
		add_model();
		return cmd_end(&cmd);
	}
	read_options();
	l = rk_load_new(&how, &err);
	if (l == NULL)
		cmd_usage(&cmd, "%s", err.msg);
	check_folder();
	cmd_open(&cmd);
	read_records(l);
	if (cmd_failed(&cmd) && !cmd.keep_going) {
		release(l);
		return cmd_end(&cmd);
	}
	if (rk_load_finish(l, &p, &err) != 0)
		cmd_die(&cmd, "%s", err.msg);
	note_dropped(l);
	if (rk_load_unused_alias(l) != NULL)
		cmd_note(&cmd, "--alias %s: no record names that model",
		    rk_load_unused_alias(l));
	check_pair(p);
	train(l, p);
	release(l);
	return cmd_end(&cmd);
}
