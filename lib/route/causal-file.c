/* causal-file.c - a model file, tensor by tensor. */
#include "route/causal-file.h"

#include <stdlib.h>
#include <string.h>

#include "io/scan.h"
#include "route/tuned-file.h"

#define HALF_MAX 65504.f /* the largest half float */

/* --- tables with rows more ------------------------------------------------------ */

/* Is the part the words' table, or the output's matrix? */
static int
is_table(const struct rk_causal_init *in, size_t part)
{
	return part == in->layout.parts - 1 ||
	    part == rk_decoder_out(&in->layout);
}

/* Rows of ROW[d], as TYPE, to those that are the scores' in the table AT. */
static void
set_scores(void *at, const struct rk_causal_init *in, const float *row,
    size_t step, enum rk_dtype type)
{
	size_t d = in->of.decoder.d, bytes = d * rk_dtype_size(type), k;

	for (k = 0; k < RK_CAUSAL_LABELS; k++) {
		void *x = rk_tuned_narrow(row + k * step, d, type);
		memcpy((char *)at + in->id[k] * bytes, x, bytes);
		free(x);
	}
}

/* The scores' rows of a table: of the output's, and of the words' their mean. */
static void
fill_scores(
    void *at, const struct rk_causal_file *f, size_t part, enum rk_dtype type)
{
	const struct rk_causal_init *in = f->init;
	float *mean;

	if (part == rk_decoder_out(&in->layout)) {
		set_scores(at, in, f->rows, in->of.decoder.d, type);
	} else if (!in->had) { /* they are never read */
		mean = rk_floats(in->of.decoder.d);
		rk_causal_init_mean(in, in->tensor[part], mean);
		set_scores(at, in, mean, 0, type);
		free(mean);
	}
}

/* Takes DATA, of the part's shape. */
static void
give(const struct rk_causal_file *f, size_t part, enum rk_dtype type,
    void *data, struct rk_st_writer *w)
{
	const struct rk_causal_init *in = f->init;
	const struct rk_weights_part *p = &in->layout.part[part];
	size_t shape[2] = { p->shape[0], p->shape[1] };
	size_t bytes = p->shape[1] * rk_dtype_size(type);

	if (is_table(in, part)) {
		data = rk_array(data, in->vocab, bytes);
		memset((char *)data + shape[0] * bytes, 0,
		    (in->vocab - shape[0]) * bytes);
		fill_scores(data, f, part, type);
		shape[0] = in->vocab;
	}
	rk_st_give(w, p->name, type, p->ndim, shape, data);
}

/* --- tensors -------------------------------------------------------------------- */

/* The part's floats, as they were tuned or as the folder has them. New. */
static float *
floats(const struct rk_causal_file *f, size_t part)
{
	const struct rk_weights_layout *l = rk_tune_layout(f->body);
	const struct rk_tensor *t = f->init->tensor[part];
	float *x = rk_floats(t->count);
	size_t i;

	for (i = 0; i < l->parts; i++)
		if (strcmp(l->part[i].name, f->init->layout.part[part].name) ==
		    0) {
			rk_tune_tensor(f->body, i, x);
			return x;
		}
	rk_weights_get(x, t, 0, t->count);
	return x;
}

/* Are x[n], of the tensor NAME, half floats? Else INTO is what they are not. */
static int
fits(const float *x, size_t n, const char *name, const char *into,
    struct rk_err *err)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(x[i] >= -HALF_MAX && x[i] <= HALF_MAX))
			return rk_err_set(err, "%s: %g is too large for %s",
			    name, (double)x[i], into);
	return 0;
}

/* The scores' rows go into a table of the body's type, or of init's. */
static int
rows_fit(const struct rk_causal_file *f, struct rk_err *err)
{
	const struct rk_causal_init *in = f->init;
	enum rk_dtype type = f->body
	    ? f->type
	    : in->tensor[rk_decoder_out(&in->layout)]->dtype;

	return type == RK_F16
	    ? fits(f->rows, RK_CAUSAL_LABELS * in->of.decoder.d,
		  "the scores' rows",
		  f->body ? "store=f16: take store=f32"
			  : "init's half floats: take a smaller lr",
		  err)
	    : 0;
}

/* A part that was tuned. */
static int
put_floats(const struct rk_causal_file *f, size_t part, struct rk_st_writer *w,
    struct rk_err *err)
{
	size_t n = f->init->tensor[part]->count;
	float *x = floats(f, part);
	int rc = f->type == RK_F16 ? fits(x, n, f->init->layout.part[part].name,
					 "store=f16: take store=f32", err)
				   : 0;

	if (rc == 0)
		give(f, part, f->type, rk_tuned_narrow(x, n, f->type), w);
	free(x);
	return rc;
}

static int
put_part(const struct rk_causal_file *f, size_t part, struct rk_st_writer *w,
    struct rk_err *err)
{
	const struct rk_causal_init *in = f->init;
	const struct rk_tensor *t = in->tensor[part];
	size_t bytes = t->count * rk_dtype_size(t->dtype);

	if (f->body != NULL)
		return put_floats(f, part, w, err);
	if (is_table(in, part)) {
		give(f, part, t->dtype,
		    memcpy(rk_malloc(bytes), t->data, bytes), w);
	} else {
		rk_st_put(w, in->layout.part[part].name, t->dtype, t->ndim,
		    t->shape, t->data);
	}
	return 0;
}

/* config.json with the number of rows that there are now. */
static void
put_config(const struct rk_causal_init *in, struct rk_st_writer *w)
{
	static const char key[] = "\"vocab_size\"";
	const struct rk_buf *b = &in->of.config_json;
	struct rk_scan scan = { 0 };
	struct rk_buf out = { 0 };
	size_t i, at = 0;

	if (rk_scan_object(&scan, b->p, b->n) != 0)
		scan.members = 0;
	for (i = 0; i < scan.members; i++) {
		const struct rk_member *m = &scan.member[i];
		if (m->key_n != sizeof key - 1 ||
		    memcmp(b->p + m->key, key, m->key_n) != 0)
			continue;
		rk_buf_add(&out, b->p, m->val);
		rk_buf_addf(&out, "%zu", in->vocab);
		at = m->val + m->val_n;
	}
	rk_buf_add(&out, b->p + at, b->n - at);
	rk_tuned_put_bytes(w, "config.json", out.p, out.n);
	rk_buf_free(&out);
	rk_scan_free(&scan);
}

int
rk_causal_file_put(
    const struct rk_causal_file *f, struct rk_st_writer *w, struct rk_err *err)
{
	const size_t five = RK_CAUSAL_LABELS;
	struct rk_causal_init *in = f->init;
	const struct rk_template *t = &f->text->template;
	double *gain;
	float *shift;
	const char *json;
	size_t i, n;

	if (rows_fit(f, err) != 0)
		return -1;
	for (i = 0; i < in->layout.parts; i++)
		if (put_part(f, i, w, err) != 0)
			return -1;
	if (f->body == NULL) {
		for (i = 0; i < in->files.n; i++)
			rk_st_keep(w, in->files.st[i]);
		in->files.n = 0;
	}
	gain = memcpy(
	    rk_malloc(five * sizeof *gain), f->gain, five * sizeof *gain);
	shift = memcpy(
	    rk_malloc(five * sizeof *shift), f->shift, five * sizeof *shift);
	rk_st_give(w, "causal.gain", RK_F64, 1, &five, gain);
	rk_st_give(w, "causal.shift", RK_F32, 1, &five, shift);
	rk_tuned_put_bytes(w, "causal.template", t->source, t->bytes);
	put_config(in, w);
	json = rk_tok_json(in->tok, &n);
	rk_tuned_put_bytes(w, "tokenizer.json", json, n);
	return 0;
}
