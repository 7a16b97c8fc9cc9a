/* rl-near - the nearest record of a reference file, by cosine. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "cmd.h"
#include "embed/vectors.h"
#include "io/spill.h"
#include "math/near.h"

static const char *embedder_name = "hash", *as, *ref;
static double drop = NAN;
static long dim, memory = 1024;
static int self, summary;

static const struct rk_opt opts[] = {
	{ 0, "drop", "X", RK_OPT_NUM, &drop, -1, 1, NULL,
	    "leave out the records whose cosine is X or more" },
	{ 0, "summary", NULL, RK_OPT_FLAG, &summary, 0, 0, NULL,
	    "print one record: the mean of the cosines, and quantiles" },
	{ 0, "self", NULL, RK_OPT_FLAG, &self, 0, 0, NULL,
	    "the nearest other record of the one file that is named" },
	{ 0, "as", "FIELD", RK_OPT_TEXT, &as, 0, 0, NULL,
	    "the field to write (near)" },
	{ 'e', "embedder", "LIST", RK_OPT_TEXT, &embedder_name, 0, 0, NULL,
	    "for records without an embedding: hash, or a folder (hash)" },
	{ 0, "dim", "N", RK_OPT_INT, &dim, 1, 1 << 20, NULL,
	    "the dimension that the embedder is to make" },
	{ 0, "memory", "MIB", RK_OPT_INT, &memory, 0, 1 << 24, NULL,
	    "vectors of REF beyond this go to a file in TMPDIR (1024)" },
	{ 0, NULL, NULL, RK_OPT_FLAG, NULL, 0, 0, NULL, NULL },
};

static struct cmd cmd = {
	.name = "rl-near",
	.usage = "(REF [file ...] | --self file) [option ...]",
	.about = "Adds \"near\", the id of the nearest record of the file REF, "
		 "and its cosine.",
	.opts = opts,
	.kind = CMD_FILTER | CMD_PROMPT | CMD_NO_READ,
};

/* The reference: row by row its unit vectors, ids and lines. */
struct reference {
	size_t n, cap;
	struct rk_spill rows; /* float [n, d] */
	struct rk_buf ids;    /* JSON, one after another */
	size_t *id_end;       /* [n] */
	size_t *line;         /* [n], rising */
};

struct nearer {
	struct rk_vectors vectors;
	struct reference ref;
	size_t own[RK_BATCH_LINES];
	struct rk_near near[RK_BATCH_LINES];
	size_t seen, dropped;
	float *cosine; /* [cosines], for --summary */
	size_t cosines, cap;
};

/* --- the reference ----------------------------------------------------------- */

/* What names it: its id, if that is no object, array or null; else its line. */
static void
add_id(struct reference *r, const struct rk_rec *rec)
{
	struct rk_str id;

	RK_GROW(r->id_end, r->n, r->cap);
	r->line = rk_array(r->line, r->cap, sizeof *r->line);
	if (rk_rec_raw(rec, "id", &id) == 1 && strchr("{[n", id.p[0]) == NULL)
		rk_buf_add(&r->ids, id.p, id.n);
	else
		rk_buf_addf(&r->ids, "%zu", rec->line);
	r->id_end[r->n] = r->ids.n;
	r->line[r->n++] = rec->line;
}

static void
bad_reference(const struct rk_rec *rec)
{
	if (rec->col > 0)
		cmd_die(&cmd, "%s:%zu:%zu: %s", rec->file, rec->line, rec->col,
		    rec->err.msg);
	cmd_die(&cmd, "%s:%zu: %s", rec->file, rec->line, rec->err.msg);
}

static void
add_batch(struct nearer *s, struct rk_batch *b)
{
	struct rk_err err = { { 0 } };
	size_t i, d;

	rk_batch_parse(b, cmd.pool);
	rk_vectors_read(&s->vectors, b->rec, b->n, cmd.pool);
	d = s->vectors.d;
	for (i = 0; i < b->n; i++) {
		/* with --self the input's pass will report it */
		if (rk_err_is(&b->rec[i].err) && self && cmd.keep_going)
			continue;
		if (rk_err_is(&b->rec[i].err))
			bad_reference(&b->rec[i]);
		if (rk_spill_add(&s->ref.rows, s->vectors.unit + i * d,
			d * sizeof(float), &err) != 0)
			cmd_die(&cmd, "%s", err.msg);
		add_id(&s->ref, &b->rec[i]);
	}
}

static void
read_reference(struct nearer *s)
{
	const struct rk_input in = { &ref, 1, (size_t)cmd.max_line, 0 };
	struct rk_err err = { { 0 } };
	struct rk_reader *r = rk_reader_new(&in, &err);
	struct rk_batch *b = NULL;

	s->ref.rows.limit = (size_t)memory << 20;
	while (r != NULL && rk_reader_next(r, &b, &err) == 0 && b != NULL)
		add_batch(s, b);
	if (!rk_err_is(&err) && s->ref.n > 0)
		rk_spill_end(&s->ref.rows, &err);
	if (rk_err_is(&err))
		cmd_die(&cmd, "%s", err.msg);
	if (s->ref.n == 0)
		cmd_die(&cmd, "%s: no records to compare with", ref);
	rk_reader_free(r);
}

static void
reference_free(struct reference *r)
{
	rk_spill_free(&r->rows);
	rk_buf_free(&r->ids);
	free(r->id_end);
	free(r->line);
}

/* --- the loop ------------------------------------------------------------------ */

/* With --self: the row that the record is itself. */
static void
find_own(struct nearer *s, struct rk_batch *b)
{
	const struct reference *r = &s->ref;
	size_t i, lo, hi;

	for (i = 0; i < b->n; i++) {
		for (lo = 0, hi = r->n; lo < hi;) {
			size_t mid = lo + (hi - lo) / 2;
			if (r->line[mid] < b->rec[i].line)
				lo = mid + 1;
			else
				hi = mid;
		}
		s->own[i] = lo;
		if (lo == r->n || r->line[lo] != b->rec[i].line)
			rk_err_set(&b->rec[i].err,
			    "not there when the file was read first");
	}
}

static void
write_near(struct rk_rec *rec, size_t i, int thread, void *ctx)
{
	struct nearer *s = ctx;
	const struct reference *r = &s->ref;
	size_t row = s->near[i].row, from;
	struct rk_buf json = { 0 };
	char number[32];

	(void)thread;
	rec->omit = row != RK_NEAR_NONE && s->near[i].cosine >= (float)drop;
	if (row == RK_NEAR_NONE) {
		rk_rec_put(rec, as, "null", 4);
		return;
	}
	from = row == 0 ? 0 : r->id_end[row - 1];
	rk_buf_adds(&json, "{\"id\":");
	rk_buf_add(&json, r->ids.p + from, r->id_end[row] - from);
	rk_buf_adds(&json, ",\"cosine\":");
	rk_buf_add(&json, number, rk_num_print_f32(number, s->near[i].cosine));
	rk_buf_addc(&json, '}');
	rk_rec_put(rec, as, json.p, json.n);
	rk_buf_free(&json);
}

static void
keep_cosines(struct nearer *s, const struct rk_batch *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (rk_err_is(&b->rec[i].err) || s->near[i].row == RK_NEAR_NONE)
			continue;
		RK_GROW(s->cosine, s->cosines, s->cap);
		s->cosine[s->cosines++] = s->near[i].cosine;
	}
}

static void
compare_batch(struct nearer *s, struct rk_batch *b)
{
	enum rk_near_which which = !self ? RK_NEAR_ALL
	    : isnan(drop)                ? RK_NEAR_OTHER
					 : RK_NEAR_BEFORE;
	size_t i;

	rk_vectors_read(&s->vectors, b->rec, b->n, cmd.pool);
	if (self)
		find_own(s, b);
	rk_near_find(s->near, s->vectors.unit, b->n, s->ref.rows.p, s->ref.n,
	    s->vectors.d, s->own, which, cmd.pool);
	if (summary) {
		keep_cosines(s, b, cmd_take(&cmd, b));
		return;
	}
	cmd_each(&cmd, b, write_near, s);
	for (i = 0; i < b->n; i++) {
		s->seen += !rk_err_is(&b->rec[i].err);
		s->dropped += !rk_err_is(&b->rec[i].err) && b->rec[i].omit;
	}
	cmd_put(&cmd, b);
}

/* --- the summary ------------------------------------------------------------------ */

static int
by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* Of x[n], sorted: linear between order statistics. */
static float
quantile(const float *x, size_t n, double p)
{
	double at = p * (double)(n - 1);
	size_t i = (size_t)at, next = i + 1 < n ? i + 1 : i;

	return (float)(x[i] + (at - (double)i) * ((double)x[next] - x[i]));
}

static void
print_summary(struct nearer *s)
{
	static const double at[] = { 0, .05, .25, .5, .75, .95, 1 };
	struct rk_buf out = { 0 };
	double sum = 0;
	size_t n = s->cosines, exact = 0, i;
	char number[32];

	if (n == 0)
		cmd_die(&cmd, "no records to compare");
	for (i = 0; i < n; i++) {
		sum += (double)s->cosine[i];
		exact += s->cosine[i] >= 1;
	}
	qsort(s->cosine, n, sizeof *s->cosine, by_size);
	rk_num_print_f64(number, sum / (double)n);
	rk_buf_addf(&out,
	    "{\"records\":%zu,\"reference\":%zu,\"similarity\":%s,"
	    "\"exact\":%zu,\"quantiles\":{",
	    n, s->ref.n, number, exact);
	for (i = 0; i < sizeof at / sizeof *at; i++) {
		rk_num_print_f32(number, quantile(s->cosine, n, at[i]));
		rk_buf_addf(
		    &out, "%s\"%g\":%s", i > 0 ? "," : "", at[i], number);
	}
	rk_buf_adds(&out, "}}\n");
	cmd_print(&cmd, out.p, out.n);
	rk_buf_free(&out);
}

/* --- main -------------------------------------------------------------------------- */

static void
take_operands(void)
{
	if (self && cmd.operand_count != 1)
		cmd_usage(&cmd, "--self: expected one file, found %d",
		    cmd.operand_count);
	if (self && cmd_reads_stdin(&cmd))
		cmd_usage(&cmd,
		    "--self: a file is read twice, and standard "
		    "input cannot be");
	if (cmd.operand_count == 0)
		cmd_usage(&cmd, "REF is needed, the file to compare with");
	ref = cmd.operands[0];
	if (cmd.rejects != NULL && cmd_is_same(cmd.rejects, ref))
		cmd_usage(&cmd, "--rejects %s: it is the reference", ref);
	if (self)
		return;
	cmd.operands++;
	cmd.operand_count--;
	if (strcmp(ref, "-") == 0 && cmd_reads_stdin(&cmd))
		cmd_usage(&cmd, "REF and the records are both standard input");
}

static void
check_usage(void)
{
	if (summary && as != NULL)
		cmd_usage(&cmd, "--summary writes no field: --as is for none");
	if (summary && !isnan(drop))
		cmd_usage(&cmd, "--summary and --drop exclude each other");
	if (as == NULL)
		as = "near";
	cmd_check_as(&cmd, as);
	take_operands();
}

static struct rk_params *
read_embedder(struct rk_vectors *v)
{
	struct rk_err err = { { 0 } };
	struct rk_params *set;
	char text[32];

	v->kind = rk_embedder_choose(embedder_name, &set, &err);
	if (v->kind == NULL)
		cmd_usage(&cmd, "%s", err.msg);
	snprintf(text, sizeof text, "dim=%ld", dim);
	if (dim > 0 && rk_params_set(set, text, &err) != 0)
		cmd_usage(&cmd, "%s", err.msg);
	v->set = set;
	v->prompt = cmd.prompt;
	return set;
}

int
main(int argc, char **argv)
{
	static struct nearer s;
	struct rk_params *set;
	struct rk_batch *b;
	int all;

	cmd_start(&cmd, argc, argv);
	check_usage();
	set = read_embedder(&s.vectors);
	read_reference(&s);
	cmd_open(&cmd);
	while ((b = cmd_next(&cmd)) != NULL)
		compare_batch(&s, b);
	all = !cmd_failed(&cmd) || cmd.keep_going;
	if (summary && all)
		print_summary(&s);
	if (!isnan(drop) && all)
		cmd_note(&cmd, "%zu of %zu records dropped", s.dropped, s.seen);
	rk_vectors_free(&s.vectors);
	rk_params_free(set);
	reference_free(&s.ref);
	free(s.cosine);
	return cmd_end(&cmd);
}
