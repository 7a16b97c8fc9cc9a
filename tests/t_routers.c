/*
 * t_routers.c - every row of the table of routers trains, is saved, opened and
 * scores; a router is tested by being listed.
 */
#include <math.h>
#include <unistd.h>

#include "route/router.h"
#include "tests/tap.h"
#include "tests/synth.h"

enum { N = 400, D = 37, K = 4 };

static char path[] = "/tmp/rk-routers-XXXXXX";
static struct synth synth;

/* What a router wants to be told, and enough of it to learn synth's rule. */
static void
give(const struct rk_router *r, struct rk_params *set, struct rk_err *err)
{
	static const char *const bert[] = { "init=tests/golden/encoder/bert",
		"lr=0.003", "epochs=30", NULL };
	static const char *const causal[] = { "init=tests/golden/causal/tiny",
		"template=tests/golden/causal/template.txt", "lr=0.01",
		"epochs=12", NULL };
	static const char *const none[] = { NULL };
	const char *const *with = strcmp(r->name, "bert") == 0 ? bert
	    : strcmp(r->name, "causal") == 0                   ? causal
							       : none;

	for (; *with != NULL; with++)
		rk_params_set(set, *with, err);
}

/* Trains R and writes it under PREFIX to the test's file. */
static int
save(const struct rk_router *r, const struct rk_prefs *p, const char *prefix,
    struct rk_pool *pool, struct rk_err *err)
{
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_params *set = rk_params_new(r->params);
	struct rk_report report = { .unseen = NULL };
	int rc;

	give(r, set, err);
	rk_st_put_meta(w, "rk.router", r->name);
	rk_st_prefix(w, prefix);
	rc = r->train(p, set, 1, pool, w, &report, err);
	if (rc == 0)
		rc = rk_st_write(w, path, err);
	rk_report_free(&report);
	rk_params_free(set);
	rk_st_writer_free(w);
	return rc;
}

/* The bytes of the test's file. */
static struct rk_buf
slurp(void)
{
	struct rk_buf b = { 0 };
	FILE *f = fopen(path, "rb");
	int c;

	while (f != NULL && (c = getc(f)) != EOF)
		rk_buf_addc(&b, (char)c);
	if (f != NULL)
		fclose(f);
	return b;
}

static int
same_bytes(const struct rk_buf *a, const struct rk_buf *b)
{
	return a->n > 0 && a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

static void *
open_model(const struct rk_router *r, const struct rk_st *st,
    const char *prefix, size_t k, struct rk_err *err)
{
	struct rk_params *set = rk_params_new(r->params);
	size_t d = 0;
	void *m = r->open(st, prefix, k, set, 1, &d, err);

	rk_params_free(set);
	return m;
}

/* score[n]: the pair's. */
static void
score_pair(const struct rk_router *r, void *model, const struct rk_queries *q,
    struct rk_pool *pool, double *score)
{
	const size_t rows[2] = { synth.p.strong, synth.p.weak };
	size_t cols = r->link == RK_LINK_PAIR ? 1 : 2, i;
	float *out = rk_floats(q->n * cols);

	r->score(model, q, rows, cols, pool, out);
	for (i = 0; i < q->n; i++)
		score[i] = rk_router_pair(
		    r->link, out[i * cols], out[i * cols + cols - 1]);
	free(out);
}

static int
in_range(const double *score, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(score[i] >= 0 && score[i] <= 1))
			return 0;
	return 1;
}

static void
check_learnt(const struct rk_router *r, const double *score)
{
	double sum[2] = { 0 }, count[2] = { 0 };
	size_t i;

	if (strcmp(r->name, "random") == 0)
		return;
	for (i = 0; i < N; i++)
		if (synth.valid[i]) {
			sum[synth.hard[i]] += score[i];
			count[synth.hard[i]]++;
		}
	ok(sum[1] / count[1] > sum[0] / count[0] + 0.02,
	    "%s: unseen prompts of the kind that needs the strong model score "
	    "higher (%.3f, %.3f)",
	    r->name, sum[1] / count[1], sum[0] / count[0]);
}

static void
check_scores(const struct rk_router *r, const struct rk_st *st,
    struct rk_pool *one, struct rk_pool *three)
{
	struct rk_queries q = { N, D, synth.text, synth.emb, synth.digest,
		NULL };
	struct rk_err err = { "" };
	void *m = open_model(r, st, "", K, &err);
	double a[N], b[N];

	if (!ok(m != NULL, "%s: opens", r->name)) {
		printf("# %s\n", err.msg);
		return;
	}
	score_pair(r, m, &q, one, a);
	score_pair(r, m, &q, three, b);
	ok(memcmp(a, b, sizeof a) == 0,
	    "%s: scores are the same with 1 and 3 threads", r->name);
	ok(in_range(a, N), "%s: scores lie in [0,1]", r->name);
	check_learnt(r, a);
	q.n = 0;
	r->score(m, &q, (const size_t[2]){ 0, 1 },
	    r->link == RK_LINK_PAIR ? 1 : 2, three, NULL);
	r->close(m);
}

/* Embeddings at the ends of what a float can hold. */
static void
check_extremes(
    const struct rk_router *r, const struct rk_st *st, struct rk_pool *pool)
{
	static const float size[] = { 0, 1e-45f, 1e-30f, 1e30f, 3e38f };
	enum { S = sizeof size / sizeof *size };
	static float emb[S * D];
	struct rk_queries q = { S, D, synth.text, emb, synth.digest, NULL };
	struct rk_err err = { "" };
	void *m = open_model(r, st, "", K, &err);
	double all[S], alone;
	size_t i, j;
	int good;

	for (i = 0; i < S; i++)
		for (j = 0; j < D; j++)
			emb[i * D + j] = j % 3 == 1 ? -size[i] : size[i];
	score_pair(r, m, &q, pool, all);
	for (i = 0, good = in_range(all, S); i < S; i++) {
		struct rk_queries row = { 1, D, &synth.text[i], emb + i * D,
			&synth.digest[i], NULL };
		score_pair(r, m, &row, pool, &alone);
		good = good && fabs(alone - all[i]) < 1e-5;
	}
	ok(good, "%s: zero, tiny and huge embeddings have scores, alone too",
	    r->name);
	r->close(m);
}

/*
 * Each tensor in turn filled with one byte. ff: NaNs, -1, the largest indices;
 * 7f and fe: the largest finite numbers of either sign; 0.
 */
static void
check_spoilt(
    const struct rk_router *r, const struct rk_st *st, struct rk_pool *pool)
{
	static const uint8_t fill[] = { 0xff, 0x7f, 0xfe, 0 };
	struct rk_queries q = { N, D, synth.text, synth.emb, synth.digest,
		NULL };
	struct rk_buf image = slurp();
	size_t i, tensors = rk_st_count(st);
	double score[N];
	int good = 1;

	for (i = 0; i < tensors * sizeof fill; i++) {
		struct rk_buf bad = { 0 };
		struct rk_err err = { "" };
		const struct rk_tensor *t;
		struct rk_st *s;
		void *m;
		rk_buf_add(&bad, image.p, image.n);
		s = rk_st_open_mem(bad.p, bad.n, &err);
		t = rk_st_at(s, i / sizeof fill);
		memset((char *)(uintptr_t)t->data, fill[i % sizeof fill],
		    t->count * rk_dtype_size(t->dtype));
		m = open_model(r, s, "", K, &err);
		if (m != NULL) {
			score_pair(r, m, &q, pool, score);
			good = good && in_range(score, N);
			r->close(m);
		} else {
			good = good && rk_err_is(&err);
		}
		rk_st_close(s);
		rk_buf_free(&bad);
	}
	ok(good, "%s: a file with spoilt tensors is refused or harmless",
	    r->name);
	rk_buf_free(&image);
}

static void
check_refused(const struct rk_router *r, const struct rk_st *st)
{
	struct rk_err more = { "" }, other = { "" };
	void *a, *b;

	if (rk_st_count(st) == 0)
		return;
	a = open_model(r, st, "", K + 1, &more);
	b = open_model(r, st, "none.", K, &other);
	if (!(r->needs & RK_OWN_PAIR))
		ok(a == NULL && rk_err_is(&more),
		    "%s: a file for another number of models is refused",
		    r->name);
	ok(b == NULL && strstr(other.msg, "none.") != NULL,
	    "%s: a file without its tensors is refused by name", r->name);
	r->close(a);
	r->close(b);
}

static void
check(const struct rk_router *r, struct rk_pool *one, struct rk_pool *three)
{
	struct rk_err err = { "" };
	struct rk_buf first, second;
	struct rk_st *st;
	void *m;

	if (!ok(save(r, &synth.p, "a.", one, &err) == 0, "%s: trains",
		r->name)) {
		printf("# %s\n", err.msg);
		return;
	}
	st = rk_st_open(path, &err);
	m = st == NULL ? NULL : open_model(r, st, "a.", K, &err);
	ok(m != NULL, "%s: opens under a prefix", r->name);
	r->close(m);
	rk_st_close(st);
	save(r, &synth.p, "", one, &err);
	first = slurp();
	save(r, &synth.p, "", three, &err);
	second = slurp();
	ok(same_bytes(&first, &second),
	    "%s: trained twice, by 1 and 3 threads, the file is the same",
	    r->name);
	rk_buf_free(&first);
	rk_buf_free(&second);
	st = rk_st_open(path, &err);
	check_scores(r, st, one, three);
	check_extremes(r, st, three);
	check_spoilt(r, st, one);
	check_refused(r, st);
	rk_st_close(st);
}

/*
 * For two models length is the logistic regression of soft wins on the length:
 * the residuals p - y sum to nothing, and beside the standardised length to
 * what the pull on the two slopes takes.
 */
static void
check_length(struct rk_pool *pool)
{
	const struct rk_prefs *p;
	const struct rk_tensor *t;
	struct rk_err err = { "" };
	struct rk_st *st;
	struct synth s;
	double x[N], n = 0, mean = 0, var = 0, sum = 0, along = 0, slope;
	const double *r;
	size_t i, c;

	synth_make(&s, N, D, 2, 1);
	p = &s.p;
	save(rk_router_find("length", &err), p, "", pool, &err);
	st = rk_st_open(path, &err);
	t = st ? rk_st_find(st, "length.weight") : NULL;
	r = t ? t->data : (const double[4]){ NAN, NAN, NAN, NAN };
	for (i = 0; i < N; i++) {
		x[i] = log(1 + (double)s.text[i].n);
		n += !s.valid[i];
		mean += s.valid[i] ? 0 : x[i];
	}
	mean /= n;
	for (i = 0; i < N; i++)
		var += s.valid[i] ? 0 : (x[i] - mean) * (x[i] - mean) / n;
	for (i = 0; i < N; i++)
		for (c = p->first[i]; !s.valid[i] && c < p->first[i + 1]; c++) {
			double sign = p->cmp[c].a == 0 ? 1 : -1, gap, off;
			gap = sign * (r[0] - r[2] + (r[1] - r[3]) * x[i]);
			off = sign * (1 / (1 + exp(-gap)) - p->cmp[c].y);
			sum += off;
			along += off * (x[i] - mean) / sqrt(var);
		}
	slope = r[1] * sqrt(var);
	near(sum, 0, 1e-4, "length: the residuals sum to zero");
	near(along + slope, 0, 1e-6,
	    "length: along the length they balance the pull on the slope");
	rk_st_close(st);
	synth_free(&s);
}

/* Without what it needs a router says so. */
static void
check_needs(const struct rk_router *r, struct rk_pool *pool)
{
	struct rk_prefs p = synth.p;
	struct rk_err err = { "" };

	p.emb = NULL;
	p.text = NULL;
	p.d = 0;
	ok((save(r, &p, "", pool, &err) == 0) ==
		!(r->needs & (RK_NEEDS_TEXT | RK_NEEDS_EMBEDDING)),
	    "%s: trains without texts and embeddings only if it needs none",
	    r->name);
}

int
main(void)
{
	struct rk_pool *one = rk_pool_new(1), *three = rk_pool_new(3);
	struct rk_err err = { "" };
	int fd = mkstemp(path), i;

	synth_make(&synth, N, D, K, 1);
	for (i = 0; rk_routers[i] != NULL; i++) {
		ok(rk_router_find(rk_routers[i]->name, &err) == rk_routers[i],
		    "%s: is found by its name", rk_routers[i]->name);
		check(rk_routers[i], one, three);
		check_needs(rk_routers[i], one);
	}
	check_length(one);
	ok(rk_router_find("nonesuch", &err) == NULL &&
		strstr(err.msg, "length, sw") != NULL,
	    "an unknown router is refused with the known ones");
	near(rk_router_pair(RK_LINK_LOGISTIC, 2, 1), 0.7310585786300049, 1e-15,
	    "a logistic pair is 1 / (1 + exp(-difference))");
	near(rk_router_pair(RK_LINK_LINEAR, 0.5f, 0.25f), 0.625, 1e-15,
	    "a linear pair is (1 + difference) / 2");
	near(rk_router_pair(RK_LINK_LINEAR, 5, 1), 1, 0,
	    "a linear pair ends at 1");
	synth_free(&synth);
	rk_pool_free(one);
	rk_pool_free(three);
	close(fd);
	unlink(path);
	return done();
}
