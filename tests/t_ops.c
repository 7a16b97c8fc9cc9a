/*
 * t_ops.c - each operation of nn/ops.h and its backward against PyTorch's
 * (tests/golden/nn, in double) and against differences of the forward; dropout
 * by its counts; AdamW with clipping and a schedule. Tolerances are relative to
 * a tensor's length; sums here are of some hundred floats, so 1e-6 is some ten
 * roundings.
 */
#include "math/optim.h"
#include "nn/ops.h"
#include "tests/numbers.h"

static FILE *golden;
static char op[32];

static float *
in(const char *name, size_t n)
{
	char full[64];

	snprintf(full, sizeof full, "%s.%s", op, name);
	return numbers_floats(golden, full, n);
}

static void
want(const float *got, const char *name, size_t n)
{
	char full[64];
	double *x;

	snprintf(full, sizeof full, "%s.%s", op, name);
	x = numbers_named(golden, full, n);
	near(numbers_apart(got, x, n), 0, 1e-6, full);
	free(x);
}

static void
check_linear(void)
{
	enum { N = 5, D = 7, O = 3 };
	float *x, *w, *b, *r, *dy, y[N * O], dx[N * D], dw[O * D] = { 0 };
	float db[O] = { 0 };

	strcpy(op, "linear");
	x = in("x", N * D);
	w = in("w", O * D);
	b = in("b", O);
	r = in("r", N * O);
	dy = in("dy", N * O);
	rk_ops_linear(y, x, w, b, r, N, D, O);
	want(y, "y", N * O);
	rk_ops_linear_back(dx, dw, db, dy, x, w, N, D, O);
	want(dx, "dx", N * D);
	want(dw, "dw", O * D);
	want(db, "db", O);
	want(dy, "dr", N * O);
	free(x);
	free(w);
	free(b);
	free(r);
	free(dy);
}

static void
check_act(const char *name)
{
	enum { N = 45 };
	float *x, *dy, y[N], slope[N], d[N];
	int f = rk_ops_act_find(name);

	strcpy(op, name);
	x = in("x", N);
	dy = in("dy", N);
	ok(f >= 0, "%s is known", name);
	rk_ops_act(y, slope, x, (enum rk_act)f, N);
	want(y, "y", N);
	rk_ops_act_back(d, dy, slope, N);
	want(d, "dx", N);
	rk_ops_act(x, NULL, x, (enum rk_act)f, N);
	ok(memcmp(x, y, sizeof y) == 0, "%s in place is the same", name);
	free(x);
	free(dy);
}

/* gelu and its slope, over all of the range, against the library's erfc */
static void
check_gelu(void)
{
	enum { N = 60001 };
	float *x = rk_floats(N), *y = rk_floats(N), *slope = rk_floats(N);
	double off = 0, turn = 0;
	int i;

	for (i = 0; i < N; i++)
		x[i] = (float)(i - N / 2) / 2000;
	rk_ops_act(y, slope, x, RK_ACT_GELU, N);
	for (i = 0; i < N; i++) {
		double u = x[i], phi = .5 * erfc(-u / sqrt(2));
		double s = phi + u * exp(-u * u / 2) / 2.5066282746310002;
		off = fmax(off, fabs(y[i] - u * phi) / fmax(fabs(u), 1));
		turn = fmax(turn, fabs(slope[i] - s));
	}
	near(off, 0, 5e-7, "gelu is within 5e-7 from -15 to 15");
	near(turn, 0, 5e-7, "and so is its slope");
	free(x);
	free(y);
	free(slope);
}

static void
check_norm(void)
{
	enum { N = 4, D = 37 };
	float *x, *gain, *bias, *dy, y[N * D], stat[2 * N];
	float dgain[D] = { 0 }, dbias[D] = { 0 };

	strcpy(op, "norm");
	x = in("x", N * D);
	gain = in("gain", D);
	bias = in("bias", D);
	dy = in("dy", N * D);
	rk_ops_norm(y, stat, x, gain, bias, 1e-5f, N, D);
	want(y, "y", N * D);
	rk_ops_norm_back(dy, dgain, dbias, dy, x, stat, gain, N, D);
	want(dy, "dx", N * D);
	want(dgain, "dgain", D);
	want(dbias, "dbias", D);
	free(x);
	free(gain);
	free(bias);
	free(dy);
}

static void
check_embed(void)
{
	enum { N = 4, D = 5 };
	static const uint32_t id[N] = { 3, 0, 5, 3 }, kind[N] = { 0, 0, 1, 1 };
	float *word, *pos, *type, *dy, y[N * D];
	float dword[6 * D] = { 0 }, dpos[7 * D] = { 0 }, dtype[2 * D] = { 0 };

	strcpy(op, "embed");
	word = in("word", 6 * D);
	pos = in("pos", 7 * D);
	type = in("type", 2 * D);
	dy = in("dy", N * D);
	rk_ops_embed(y, id, kind, word, pos + 2 * D, type, N, D);
	want(y, "y", N * D);
	rk_ops_embed_back(dword, dpos + 2 * D, dtype, dy, id, kind, N, D);
	want(dword, "dword", 6 * D);
	want(dpos, "dpos", 7 * D);
	want(dtype, "dtype", 2 * D);
	free(word);
	free(pos);
	free(type);
	free(dy);
}

static void
check_attention(const char *name, const struct rk_attention *a)
{
	size_t width = a->h * a->d, side = a->groups * a->d;
	size_t nq = a->n * width, nk = a->keys * side;
	float *q, *k, *v, *dy, *y, *room, *d;
	size_t ld = width > side ? width : side, i;

	strcpy(op, name);
	q = in("q", nq);
	k = in("k", nk);
	v = in("v", nk);
	dy = in("dy", nq);
	y = rk_floats(nq);
	room = rk_floats(rk_ops_attention_room(a));
	d = rk_floats(3 * a->keys * ld);
	rk_ops_attention(y, (struct rk_mat){ q, width },
	    (struct rk_mat){ k, side }, (struct rk_mat){ v, side }, a, room);
	want(y, "y", nq);
	rk_ops_attention_back(d, d + a->keys * ld, d + 2 * a->keys * ld, ld, dy,
	    (struct rk_mat){ q, width }, (struct rk_mat){ k, side },
	    (struct rk_mat){ v, side }, a, room);
	for (i = 0; i < a->keys; i++) {
		memmove(k + i * side, d + (a->keys + i) * ld, side * 4);
		memmove(v + i * side, d + (2 * a->keys + i) * ld, side * 4);
	}
	want(d, "dq", nq); /* its rows are whole: ld is width */
	want(k, "dk", nk);
	want(v, "dv", nk);
	free(q);
	free(k);
	free(v);
	free(dy);
	free(y);
	free(room);
	free(d);
}

/* --- what decoders have ------------------------------------------------------ */

static void
check_rms(void)
{
	enum { N = 4, D = 37 };
	float *x, *gain, *dy, y[N * D], stat[N], dgain[D] = { 0 };

	strcpy(op, "rms");
	x = in("x", N * D);
	gain = in("gain", D);
	dy = in("dy", N * D);
	rk_ops_rms(y, stat, x, gain, 1e-5f, N, D);
	want(y, "y", N * D);
	rk_ops_rms_back(dy, dgain, dy, x, stat, gain, N, D);
	want(dy, "dx", N * D);
	want(dgain, "dgain", D);
	rk_ops_rms(x, NULL, x, gain, 1e-5f, N, D);
	ok(memcmp(x, y, sizeof y) == 0, "rms in place is the same");
	free(x);
	free(gain);
	free(dy);
}

static void
check_rotary(void)
{
	enum { N = 5, HEADS = 3, M = 6, D = HEADS * M };
	const double freq[M / 2] = { 1, pow(100, -1 / 3.), pow(100, -2 / 3.) };
	float *x, *dy, turn[N * M];

	strcpy(op, "rotary");
	x = in("x", N * D);
	dy = in("dy", N * D);
	rk_ops_turns(turn, freq, 7, N, M);
	rk_ops_rotate(x, D, turn, N, HEADS, M);
	want(x, "y", N * D);
	rk_ops_rotate_back(dy, D, turn, N, HEADS, M);
	want(dy, "dx", N * D);
	free(x);
	free(dy);
}

static void
check_gated(void)
{
	enum { N = 300 };
	float *gate, *up, *dy, y[N];

	strcpy(op, "gated");
	gate = in("gate", N);
	up = in("up", N);
	dy = in("dy", N);
	rk_ops_gated(y, gate, up, N);
	want(y, "y", N);
	rk_ops_gated_back(gate, up, dy, gate, up, N);
	want(gate, "dgate", N);
	want(up, "dup", N);
	free(gate);
	free(up);
	free(dy);
}

/* --- attention with dropout, against differences ----------------------------- */

enum { AN = 7, AW = 4 };

/* sum of attention(x) * dy; x holds q, k, v side by side. */
static double
attention_sum(const float *x, const float *dy, const struct rk_attention *a)
{
	float y[AN * AW], room[3 * AN * AN];
	double sum = 0;
	size_t i;

	rk_ops_attention(y, (struct rk_mat){ x, 3 * AW },
	    (struct rk_mat){ x + AW, 3 * AW },
	    (struct rk_mat){ x + 2 * AW, 3 * AW }, a, room);
	for (i = 0; i < AN * AW; i++)
		sum += (double)y[i] * dy[i];
	return sum;
}

static void
check_dropped(void)
{
	struct rk_attention a = { AN, AN, 2, 2, 2, 0, .7f, .4f, 12345, 0 };
	float x[3 * AN * AW], d[3 * AN * AW], dy[AN * AW], room[3 * AN * AN];
	double off = 0, plain;
	size_t i;

	for (i = 0; i < 3 * AN * AW; i++)
		x[i] = (float)sin(1 + 1.7 * (double)i);
	for (i = 0; i < AN * AW; i++)
		dy[i] = (float)cos(2.3 * (double)i);
	rk_ops_attention_back(d, d + AW, d + 2 * AW, 3 * AW, dy,
	    (struct rk_mat){ x, 3 * AW }, (struct rk_mat){ x + AW, 3 * AW },
	    (struct rk_mat){ x + 2 * AW, 3 * AW }, &a, room);
	for (i = 0; i < 3 * AN * AW; i++) {
		const float h = 0x1p-7f, at = x[i];
		double up, down;
		x[i] = at + h;
		up = attention_sum(x, dy, &a);
		x[i] = at - h;
		down = attention_sum(x, dy, &a);
		x[i] = at;
		off = fmax(off, fabs((up - down) / (2 * (double)h) - d[i]));
	}
	/* h^2 = 6e-5 times third derivatives, and 1e-7 / h = 1e-5 of rounding */
	near(off, 0, 3e-4, "attention's backward with dropout is the slope");
	plain = attention_sum(x, dy, &a);
	a.key++;
	ok(plain != attention_sum(x, dy, &a), "another key drops others");
}

/* --- dropout ----------------------------------------------------------------- */

static void
check_dropout(void)
{
	enum { N = 100000 };
	float *x = rk_floats(N), *y = rk_floats(N);
	uint64_t key = rk_ops_key(1, 2, 3, 4, 5);
	int i, zero = 0, pair = 0, wrong = 0;

	for (i = 0; i < N; i++)
		x[i] = 1;
	rk_ops_dropout(y, x, .1f, key, N);
	for (i = 0; i < N; i++) {
		zero += y[i] == 0;
		pair += i > 0 && y[i] == 0 && y[i - 1] == 0;
		wrong += y[i] != 0 && fabsf(y[i] - 1 / .9f) > 1e-6f;
	}
	/* five standard deviations */
	near(zero, .1 * N, 5 * sqrt(.09 * N), "a tenth is dropped");
	near(pair, .01 * N, 5 * sqrt(.01 * N), "neighbours independently");
	ok(wrong == 0, "what is left is scaled by 1 / .9");
	rk_ops_dropout(x, x, .1f, key, N);
	ok(memcmp(x, y, N * sizeof *x) == 0, "the same key drops the same");
	ok(key != rk_ops_key(1, 2, 3, 5, 4) && key != rk_ops_key(2, 1, 3, 4, 5),
	    "each part of a key has its place");
	free(x);
	free(y);
}

/* --- losses, AdamW ------------------------------------------------------------ */

static void
check_losses(void)
{
	enum { N = 5 };
	float *z, *t, dz[N], loss;
	double p[N], sum = 0;
	int i;

	strcpy(op, "entropy");
	z = in("z", N);
	t = in("t", N);
	loss = (float)rk_ops_cross_entropy(dz, z, t, 1, N);
	want(&loss, "y", 1);
	want(dz, "dz", N);
	rk_ops_softmax(p, z, N);
	for (i = 0; i < N; i++)
		sum += fabs(p[i] - t[i] - dz[i]);
	near(sum, 0, 1e-6, "softmax less the shares is that gradient");
	near(rk_ops_squared(dz, z, t, .5, 1), pow(z[0] - t[0], 2), 1e-7,
	    "squared error");
	near(dz[0], z[0] - t[0], 1e-6, "and half of its gradient");
	free(z);
	free(t);
}

static void
check_adamw(void)
{
	enum { W = 15, B = 5, WARM = 2, STEPS = 6 };
	struct rk_optim_adam o = rk_optim_adam_default(0);
	float *w, *b, mw[W] = { 0 }, vw[W] = { 0 }, mb[B] = { 0 };
	float vb[B] = { 0 };
	long t;

	strcpy(op, "adamw");
	w = in("w", W);
	b = in("b", B);
	for (t = 0; t < STEPS; t++) {
		float *dw = in("dw", W), *db = in("db", B), rate;
		double squares = rk_optim_squares(dw, W) +
		    rk_optim_squares(db, B);
		o.lr = .05 * rk_optim_ramp(t, WARM, STEPS);
		o.scale = rk_optim_clip(squares, 1);
		o.decay = .2;
		rk_optim_adam_step(&o, t + 1, w, mw, vw, dw, W, 1, W);
		o.decay = 0;
		rk_optim_adam_step(&o, t + 1, b, mb, vb, db, B, 1, B);
		rate = (float)(.05 * rk_optim_ramp(t + 1, WARM, STEPS));
		want(&rate, "rate", 1);
		free(dw);
		free(db);
	}
	want(w, "w", W);
	want(b, "b", B);
	free(w);
	free(b);
}

int
main(void)
{
	static const char *const acts[] = { "gelu", "relu", "silu", "tanh",
		"gelu_new" };
	const float half = .70710678f;
	size_t i;

	golden = numbers_open("tests/golden/nn/ops.txt");
	check_linear();
	for (i = 0; i < sizeof acts / sizeof *acts; i++)
		check_act(acts[i]);
	ok(rk_ops_act_find("mish") < 0, "an unknown activation is not found");
	check_gelu();
	check_norm();
	check_embed();
	check_attention("attention",
	    &(struct rk_attention){ 9, 9, 2, 2, 3, 0, 1 / sqrtf(3), 0, 0, 0 });
	check_attention("causal",
	    &(struct rk_attention){ 5, 8, 4, 2, 3, 1, 1 / sqrtf(3), 0, 0, 0 });
	check_attention("blocks",
	    &(struct rk_attention){ 131, 131, 1, 1, 2, 1, half, 0, 0, 0 });
	check_losses();
	check_adamw();
	check_rms();
	check_rotary();
	check_gated();
	check_attention("window",
	    &(struct rk_attention){ 5, 8, 4, 2, 3, 1, 1 / sqrtf(3), 0, 0, 3 });
	check_attention("windows",
	    &(struct rk_attention){ 131, 140, 2, 1, 2, 1, half, 0, 0, 50 });
	check_dropped();
	check_dropout();
	fclose(golden);
	return done();
}
