/*
 * t_mf.c - matrix factorisation's scores, loss, gradient and training steps
 * against PyTorch's (tests/golden/mf), the gradient against differences of the
 * loss, and what the router makes of ties, a published checkpoint's tensors,
 * and early stopping.
 */
#include <unistd.h>

#include "math/mat.h"
#include "route/mf-fit.h"
#include "route/router.h"
#include "tests/numbers.h"
#include "tests/synth.h"

/* The golden file's preferences and parameters. */
struct golden {
	struct rk_prefs p;
	struct rk_mf m;
	struct rk_cmp *cmp;
	size_t *first;
	uint32_t *prompts; /* [count] */
	size_t count;
	float *emb;
};

static void
read_prefs(struct golden *g, FILE *f)
{
	size_t n = g->p.n, m = g->p.m, i, c;
	double *prompt, *a, *b, *y;

	g->emb = numbers_floats(f, "emb", n * g->p.d);
	prompt = numbers_named(f, "prompt", m);
	a = numbers_named(f, "a", m);
	b = numbers_named(f, "b", m);
	y = numbers_named(f, "y", m);
	g->cmp = rk_calloc(m, sizeof *g->cmp);
	g->first = rk_calloc(n + 1, sizeof *g->first);
	g->prompts = rk_calloc(n, sizeof *g->prompts);
	for (i = 0, c = 0; i < n; i++) {
		g->prompts[i] = (uint32_t)i;
		g->first[i] = c;
		for (; c < m && prompt[c] == (double)i; c++)
			g->cmp[c] = (struct rk_cmp){ (uint32_t)i,
				(uint16_t)a[c], (uint16_t)b[c], (float)y[c] };
	}
	g->first[n] = m;
	g->count = n;
	g->p.emb = g->emb;
	g->p.cmp = g->cmp;
	g->p.first = g->first;
	free(prompt);
	free(a);
	free(b);
	free(y);
}

static void
read_golden(struct golden *g, FILE *f)
{
	char word[64];

	memset(g, 0, sizeof *g);
	numbers_word(f, word);
	g->m.k = g->p.k = (size_t)numbers_one(f);
	g->m.dim = (size_t)numbers_one(f);
	g->m.d = g->p.d = (size_t)numbers_one(f);
	g->p.n = (size_t)numbers_one(f);
	g->p.m = (size_t)numbers_one(f);
	read_prefs(g, f);
	g->m.p = numbers_floats(f, "p", g->m.k * g->m.dim);
	g->m.w = numbers_floats(f, "w", g->m.dim * g->m.d);
	g->m.c = numbers_floats(f, "c", g->m.dim);
}

static void
free_golden(struct golden *g)
{
	free(g->cmp);
	free(g->first);
	free(g->prompts);
	free(g->emb);
	free(g->m.p);
	free(g->m.w);
	free(g->m.c);
}

static void
check_theta(struct golden *g, FILE *f)
{
	size_t n = g->p.n, k = g->m.k, d = g->m.d;
	double *want = numbers_named(f, "theta", n * k);
	float *u = rk_floats(k * d), *e = rk_floats(n * d);
	float *theta = rk_floats(n * k);
	struct rk_mat a = { e, d }, b = { u, d };

	rk_mf_fold(u, &g->m);
	rk_mat_unit_rows(e, g->p.emb, n, d);
	rk_mat_nt(theta, k, a, b, n, k, d, 0);
	near(
	    numbers_apart(theta, want, n * k), 0, 1e-5, "scores are PyTorch's");
	free(want);
	free(u);
	free(e);
	free(theta);
}

static void
check_one(FILE *f, const char *name, const float *got, size_t n, double tol)
{
	double *want = numbers_named(f, name, n);
	double off = numbers_apart(got, want, n);

	ok(off <= tol, "%s is PyTorch's (%.1e of it off)", name, off);
	free(want);
}

/* X[i]'s part of the gradient, by central differences. */
static double
slope(struct rk_mf_fit *fit, const struct golden *g, float *x)
{
	const float was = *x, step = 4e-3f;
	double up, down;

	*x = was + step;
	up = rk_mf_fit_loss(fit, g->prompts, g->count, 1);
	*x = was - step;
	down = rk_mf_fit_loss(fit, g->prompts, g->count, 1);
	*x = was;
	return (up - down) / (2 * (double)step);
}

/*
 * The loss is computed from scores in float, so that a difference over 8e-3 is
 * right to some 1e-5.
 */
static void
check_slopes(struct rk_mf_fit *fit, struct golden *g, const char *what)
{
	const struct rk_mf *d = rk_mf_fit_gradient(fit);
	double off = 0;
	size_t i;

	for (i = 0; i < g->m.k * g->m.dim; i++)
		off = fmax(off, fabs(slope(fit, g, &g->m.p[i]) - d->p[i]));
	for (i = 0; i < g->m.dim * g->m.d; i++)
		off = fmax(off, fabs(slope(fit, g, &g->m.w[i]) - d->w[i]));
	for (i = 0; i < g->m.dim; i++)
		off = fmax(off, fabs(slope(fit, g, &g->m.c[i]) - d->c[i]));
	near(off, 0, 1e-4, what);
}

static void
check_gradient(struct golden *g, FILE *f, double noise, struct rk_pool *pool)
{
	struct rk_mf_task t = { &g->p, noise, 0 };
	struct rk_mf_fit *fit = rk_mf_fit_new(&g->m, &t, pool);
	const struct rk_mf *d = rk_mf_fit_gradient(fit);
	double *loss = numbers_named(f, "loss", 1);
	double *exact = numbers_named(f, "exact", 1), got;

	got = rk_mf_fit_loss(fit, g->prompts, g->count, 1);
	near(got, *loss, 1e-6, "the loss is PyTorch's");
	near(got, *exact, 1e-5, "and the expectation over the noise");
	rk_mf_fit_step(fit, g->prompts, g->p.n, NULL, 0);
	check_one(f, "dp", d->p, g->m.k * g->m.dim, 1e-5);
	check_one(f, "dw", d->w, g->m.dim * g->m.d, 1e-5);
	check_one(f, "dc", d->c, g->m.dim, 1e-5);
	check_slopes(fit, g,
	    noise > 0 ? "with noise the gradient is the loss's slope"
		      : "the gradient is the loss's slope");
	free(loss);
	free(exact);
	rk_mf_fit_free(fit);
}

static void
check_steps(struct golden *g, FILE *f, struct rk_pool *pool)
{
	struct rk_mf_task t = { &g->p, 0.3, 0 };
	struct rk_mf_fit *fit = rk_mf_fit_new(&g->m, &t, pool);
	struct rk_optim_adam adam = rk_optim_adam_default(0.01);
	long step;

	adam.l2 = 0.1;
	for (step = 1; step <= 20; step++)
		rk_mf_fit_step(fit, g->prompts, g->p.n, &adam, step);
	/* 20 steps let rounding grow */
	check_one(f, "adam-p", g->m.p, g->m.k * g->m.dim, 1e-4);
	check_one(f, "adam-w", g->m.w, g->m.dim * g->m.d, 1e-4);
	check_one(f, "adam-c", g->m.c, g->m.dim, 1e-4);
	rk_mf_fit_free(fit);
}

static struct rk_mf
random_model(size_t k, size_t dim, size_t d)
{
	struct rk_mf m = { k, dim, d, rk_floats(k * dim), rk_floats(dim * d),
		rk_floats(dim) };
	struct rk_rng r;
	size_t i;

	rk_rng_init(&r, 3, 0);
	for (i = 0; i < dim * d; i++)
		m.w[i] = (float)rk_rng_normal(&r);
	for (i = 0; i < k * dim; i++)
		m.p[i] = (float)rk_rng_normal(&r);
	for (i = 0; i < dim; i++)
		m.c[i] = (float)rk_rng_normal(&r);
	return m;
}

static void
free_model(struct rk_mf *m)
{
	free(m->p);
	free(m->w);
	free(m->c);
}

enum { T_K = 4, T_DIM = 6, T_D = 300 };

/* W after three steps by JOBS threads. New. */
static float *
stepped(const struct rk_mf_task *t, const uint32_t *prompts, size_t n, int jobs)
{
	struct rk_mf m = random_model(T_K, T_DIM, T_D);
	struct rk_pool *pool = rk_pool_new(jobs);
	struct rk_mf_fit *fit = rk_mf_fit_new(&m, t, pool);
	struct rk_optim_adam adam = rk_optim_adam_default(0.01);
	float *w = m.w;
	long step;

	for (step = 1; step <= 3; step++)
		rk_mf_fit_step(fit, prompts, n, &adam, step);
	rk_mf_fit_free(fit);
	rk_pool_free(pool);
	m.w = NULL;
	free_model(&m);
	return w;
}

/*
 * More than one tile of each kind, of sizes that no tile divides, with at most
 * two comparisons a prompt, and with more: the two ways to take them.
 */
static void
check_tiles(const struct synth *s, size_t step, const char *what)
{
	struct golden g = { .p = s->p, .m = random_model(T_K, T_DIM, T_D) };
	struct rk_mf_task t = { &g.p, 0.2, 1 };
	struct rk_pool *pool = rk_pool_new(2);
	struct rk_mf_fit *fit = rk_mf_fit_new(&g.m, &t, pool);
	float *one, *three;
	double off = 0;
	size_t i, n = 0;

	g.prompts = rk_calloc(g.p.n, sizeof *g.prompts);
	for (i = step - 1; i < g.p.n; i += step)
		g.prompts[n++] = (uint32_t)i;
	g.count = n;
	rk_mf_fit_step(fit, g.prompts, n, NULL, 0);
	for (i = 0; i < T_DIM * T_D; i += 31)
		off = fmax(off,
		    fabs(slope(fit, &g, &g.m.w[i]) -
			rk_mf_fit_gradient(fit)->w[i]));
	for (i = 0; i < T_K * T_DIM; i++)
		off = fmax(off,
		    fabs(slope(fit, &g, &g.m.p[i]) -
			rk_mf_fit_gradient(fit)->p[i]));
	ok(off < 1e-4, "%s: over tiles the gradient is the slope (%.1e off)",
	    what, off);
	one = stepped(&t, g.prompts, n, 1);
	three = stepped(&t, g.prompts, n, 3);
	ok(memcmp(one, three, T_DIM * T_D * sizeof *one) == 0,
	    "%s: 1 and 3 threads take the same steps", what);
	free(one);
	free(three);
	free(g.prompts);
	rk_mf_fit_free(fit);
	free_model(&g.m);
	rk_pool_free(pool);
}

/* --- the router ------------------------------------------------------------ */

/* Trains on P with the parameters SET[], ended by NULL. */
static int
train(const struct rk_prefs *p, const char *const *set, struct rk_st_writer *w,
    struct rk_buf *report, struct rk_err *err)
{
	const struct rk_router *r = rk_router_find("mf", err);
	struct rk_params *params = rk_params_new(r->params);
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_report rep = { .json = { 0 } };
	int rc = 0;

	for (; *set != NULL && rc == 0; set++)
		rc = rk_params_set(params, *set, err);
	if (rc == 0)
		rc = r->train(p, params, 1, pool, w, &rep, err);
	*report = rep.json;
	rk_pool_free(pool);
	rk_params_free(params);
	return rc;
}

static double
reported(const struct rk_buf *report, const char *key)
{
	const char *at = report->p ? strstr(report->p, key) : NULL;

	return at ? strtod(at + strlen(key) + 2, NULL) : NAN;
}

static void
check_stopping(struct rk_prefs *p)
{
	const char *const set[] = { "patience=3", "epochs=500", "lr=0.01",
		"noise=0", NULL };
	const char *const all[] = { "patience=0", "epochs=9", NULL };
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_err err = { "" };
	struct rk_buf rep;

	train(p, set, w, &rep, &err);
	ok(reported(&rep, "epochs") - reported(&rep, "kept_epoch") == 3 &&
		reported(&rep, "epochs") < 500,
	    "training stops when the validation loss has not fallen for "
	    "`patience` epochs");
	rk_buf_free(&rep);
	rk_st_writer_free(w);
	w = rk_st_writer_new();
	train(p, all, w, &rep, &err);
	ok(reported(&rep, "epochs") == 9 && reported(&rep, "kept_epoch") == 9,
	    "patience=0 runs all epochs and keeps the last");
	rk_buf_free(&rep);
	rk_st_writer_free(w);
}

static void
check_ties(struct rk_prefs *p)
{
	const char *const drop[] = { "ties=drop", "epochs=2", NULL };
	const char *const half[] = { "ties=half", "epochs=2", NULL };
	struct rk_cmp *cmp = rk_array(NULL, p->m, sizeof *cmp);
	const struct rk_cmp *was = p->cmp;
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_err err = { "" };
	struct rk_buf rep;
	size_t i;

	memcpy(cmp, p->cmp, p->m * sizeof *cmp);
	for (i = 0; i < p->m; i++)
		cmp[i].y = 0.5f;
	p->cmp = cmp;
	ok(train(p, drop, w, &rep, &err) != 0 && strstr(err.msg, "tie"),
	    "ties=drop: data of ties alone is refused");
	rk_buf_free(&rep);
	ok(train(p, half, w, &rep, &err) == 0, "ties=half: it trains");
	rk_buf_free(&rep);
	p->cmp = was;
	free(cmp);
	rk_st_writer_free(w);
}

/* A file that holds a checkpoint's three tensors and nothing else. */
static void
check_checkpoint(void)
{
	static const char path[] = "/tmp/rk-mf-checkpoint";
	const size_t p[2] = { 64, 128 }, w[2] = { 128, 1536 },
		     c[2] = { 1, 128 };
	const struct rk_router *r = rk_router_find("mf", NULL);
	struct rk_st_writer *out = rk_st_writer_new();
	struct rk_params *set = rk_params_new(r->params);
	struct rk_err err = { "" };
	struct rk_buf name = { 0 };
	struct rk_st *st;
	size_t d = 0;
	void *m;

	rk_buf_addf(&name, "%s-%ld", path, (long)getpid());
	rk_st_give(out, "P.weight", RK_F32, 2, p, rk_calloc(64 * 128, 4));
	rk_st_give(
	    out, "text_proj.0.weight", RK_F32, 2, w, rk_calloc(128 * 1536, 4));
	rk_st_give(out, "classifier.0.weight", RK_F32, 2, c, rk_calloc(128, 4));
	rk_st_write(out, name.p, &err);
	st = rk_st_open(name.p, &err);
	m = st ? r->open(st, "", 64, set, 1, &d, &err) : NULL;
	ok(m != NULL && d == 1536, "a published checkpoint's tensors open");
	r->close(m);
	rk_st_close(st);
	unlink(name.p);
	rk_buf_free(&name);
	rk_params_free(set);
	rk_st_writer_free(out);
}

int
main(void)
{
	FILE *f = numbers_open("tests/golden/mf/mf.txt");
	struct rk_pool *pool = rk_pool_new(2);
	struct golden g;
	struct synth s;

	read_golden(&g, f);
	check_theta(&g, f);
	check_gradient(&g, f, 0, pool);
	check_gradient(&g, f, 0.3, pool);
	check_steps(&g, f, pool);
	fclose(f);
	free_golden(&g);
	rk_pool_free(pool);
	synth_make(&s, 300, 24, 3, 0);
	check_stopping(&s.p);
	check_ties(&s.p);
	synth_free(&s);
	synth_make(&s, 500, T_D, T_K, 1);
	check_tiles(&s, 1, "few comparisons");
	check_tiles(&s, 4, "many comparisons");
	synth_free(&s);
	check_checkpoint();
	return done();
}
