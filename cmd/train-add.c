/*
 * train-add.c - a new model in a model file: what the router says of the others
 * stays as it is, byte for byte.
 */
#include "train-add.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "embed/embedder.h"
#include "io/json.h"
#include "io/rows.h"
#include "pref/column.h"
#include "route/model.h"

void
train_range(struct cmd *cmd, const char *text, double *lo, double *hi)
{
	char *copy = rk_strdup(text), *comma = strchr(copy, ',');

	if (comma != NULL)
		*comma = '\0';
	if (comma == NULL || rk_num_parse(copy, lo) != 0 ||
	    rk_num_parse(comma + 1, hi) != 0 || *lo >= *hi)
		cmd_usage(cmd,
		    "--quality-range: expected LO,HI with LO below HI, found "
		    "'%s'",
		    text);
	free(copy);
}

/* The range that the file's qualities had, of its rk.data: 1; 0: not said. */
static int
stored_range(const struct rk_st *st, double *lo, double *hi)
{
	const char *data = rk_st_meta(st, "rk.data");
	struct rk_err err = { { 0 } };
	struct rk_buf b = { 0 };
	int found;

	found = data != NULL &&
	    rk_json_object(data, "quality_range", &b, &err) == 1 &&
	    rk_json_number(b.p, "lo", lo, &err) == 1 &&
	    rk_json_number(b.p, "hi", hi, &err) == 1 && *lo < *hi;
	rk_buf_free(&b);
	return found;
}

/* Qualities of the new model must be on the scale of the others'. */
static void
find_range(
    const struct train_add *t, const struct rk_model *m, struct rk_column *c)
{
	double lo, hi;
	int found = stored_range(m->st, &lo, &hi);

	if (t->range == NULL && !found)
		cmd_usage(t->cmd,
		    "%s does not say the range of its qualities: name it with "
		    "--quality-range",
		    t->from);
	if (t->range != NULL)
		train_range(t->cmd, t->range, &c->lo, &c->hi);
	if (t->range != NULL && found && (c->lo != lo || c->hi != hi))
		cmd_usage(t->cmd,
		    "--quality-range: the qualities of %s have the range "
		    "%g,%g",
		    t->from, lo, hi);
	if (t->range == NULL) {
		c->lo = lo;
		c->hi = hi;
	}
}

/* What can be known to be wrong before anything is read. */
static void
check(const struct train_add *t, struct rk_model *m)
{
	const struct rk_card *card = &m->card;
	struct rk_err err = { { 0 } };
	size_t i;

	if (*t->name == '\0')
		cmd_usage(t->cmd, "--add: a model's name is empty");
	for (i = 0; i < card->k; i++)
		if (strcmp(card->model[i], t->name) == 0)
			cmd_usage(t->cmd,
			    "--add: %s has the model '%s' already", t->from,
			    t->name);
	if (rk_learner_grow(&m->learner, NULL, NULL, NULL, NULL, &err) != 0)
		cmd_usage(t->cmd, "--add: %s: %s", t->from, err.msg);
}

/* --- what is read ------------------------------------------------------------ */

/* V makes vectors as the file's embedder does. */
static void
prepare_vectors(const struct train_add *t, const struct rk_model *m,
    struct rk_vectors *v, struct rk_params **set)
{
	struct rk_err err = { { 0 } };

	v->kind = rk_embedder_of_id(set, m->card.embedder, &err);
	if (v->kind == NULL)
		cmd_die(t->cmd, "%s: %s", t->from, err.msg);
	v->set = *set;
	v->prompt = t->cmd->prompt;
}

static void
read_records(
    const struct train_add *t, const struct rk_model *m, struct rk_column *c)
{
	struct rk_err err = { { 0 } };
	struct rk_batch *b;

	while ((b = cmd_next(t->cmd)) != NULL) {
		rk_column_add(c, b->rec, b->n, t->cmd->pool);
		cmd_take(t->cmd, b);
		if (c->vectors != NULL &&
		    rk_vectors_match(
			c->vectors, m->card.embedder, m->learner.d, &err) != 0)
			cmd_die(t->cmd, "%s: %s", t->from, err.msg);
	}
	cmd_progress(t->cmd, NULL);
}

/* --- what is written ---------------------------------------------------------- */

static void
put_models(const struct rk_card *card, const char *name, struct rk_st_writer *w)
{
	char **all = rk_array(NULL, card->k + 1, sizeof *all);
	struct rk_buf b = { 0 };

	memcpy(all, card->model, card->k * sizeof *all);
	all[card->k] = (char *)name;
	rk_rows_print(all, card->k + 1, &b);
	rk_st_put_meta(w, "rk.models", b.p);
	rk_buf_free(&b);
	free(all);
}

/* The metadata stay; where the new column is from goes beside them. */
static void
put_meta(const struct train_add *t, const struct rk_model *m,
    const struct rk_column *c, struct rk_st_writer *w)
{
	struct rk_buf b = { 0 };
	char key[32];
	size_t i;

	snprintf(key, sizeof key, "rk.added.%zu", m->card.k);
	for (i = 0; i < rk_st_meta_count(m->st); i++) {
		const char *k = rk_st_meta_key(m->st, i);
		if (strcmp(k, "rk.models") != 0 && strcmp(k, key) != 0)
			rk_st_put_meta(w, k, rk_st_meta(m->st, k));
	}
	put_models(&m->card, t->name, w);
	rk_buf_adds(&b, "{\"model\":");
	rk_buf_json(&b, t->name, strlen(t->name));
	rk_buf_addc(&b, ',');
	rk_column_report(c, &b);
	rk_buf_addc(&b, '}');
	rk_st_put_meta(w, key, b.p);
	rk_buf_free(&b);
}

/* The tensors that are as they were. */
static void
put_rest(const struct rk_st *st, struct rk_st_writer *w)
{
	size_t i;

	for (i = 0; i < rk_st_count(st); i++) {
		const struct rk_tensor *x = rk_st_at(st, i);
		if (!rk_st_is_put(w, x->name))
			rk_st_put(
			    w, x->name, x->dtype, x->ndim, x->shape, x->data);
	}
}

static void
print_record(const struct train_add *t, const struct rk_model *m,
    const struct rk_column *c, const struct rk_report *report)
{
	struct rk_buf out = { 0 };

	rk_buf_adds(&out, "{\"model\":");
	rk_buf_json(&out, t->path, strlen(t->path));
	rk_buf_addf(&out, ",\"router\":\"%s\",\"added\":", m->card.router);
	rk_buf_json(&out, t->name, strlen(t->name));
	rk_buf_addc(&out, ',');
	rk_column_report(c, &out);
	rk_buf_addf(&out, ",\"train\":{%s}}\n",
	    report->json.n > 0 ? report->json.p : "");
	cmd_print(t->cmd, out.p, out.n);
	rk_buf_free(&out);
}

static void
write_file(const struct train_add *t, struct rk_model *m, struct rk_column *c)
{
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_report report = { .unseen = NULL };
	struct rk_err err = { { 0 } };
	const struct rk_prefs *p;

	if (rk_column_finish(c, &p, &err) != 0)
		cmd_die(t->cmd, "%s", err.msg);
	if (rk_learner_grow(&m->learner, p, t->cmd->pool, w, &report, &err) !=
	    0)
		cmd_die(t->cmd, "%s: %s", t->from, err.msg);
	rk_costs_grow(&m->costs, p, m->card.router, w);
	put_rest(m->st, w);
	put_meta(t, m, c, w);
	/* first: a record that cannot be printed leaves the old file too */
	print_record(t, m, c, &report);
	if (rk_st_write(w, t->path, &err) != 0)
		cmd_die(t->cmd, "%s", err.msg);
	rk_st_writer_free(w);
	rk_report_free(&report);
}

void
train_add(const struct train_add *t)
{
	struct rk_err err = { { 0 } };
	struct rk_model *m = rk_model_open(t->from, NULL, &err);
	struct rk_vectors v = { .kind = NULL };
	struct rk_params *set = NULL;
	struct rk_column c = { .model = t->name, .prompt = t->cmd->prompt };

	if (m == NULL)
		cmd_die(t->cmd, "%s", err.msg);
	check(t, m);
	find_range(t, m, &c);
	c.text = (m->needs & RK_NEEDS_TEXT) != 0;
	if (m->needs & RK_NEEDS_EMBEDDING) {
		prepare_vectors(t, m, &v, &set);
		c.vectors = &v;
	}
	cmd_open(t->cmd);
	read_records(t, m, &c);
	if (!cmd_failed(t->cmd) || t->cmd->keep_going)
		write_file(t, m, &c);
	rk_column_free(&c);
	rk_vectors_free(&v);
	rk_params_free(set);
	rk_model_close(m);
}
