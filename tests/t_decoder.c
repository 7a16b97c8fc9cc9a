/*
 * t_decoder.c - the decoder's logits, against PyTorch's of tiny models
 * (tests/golden/decoder) and, where it is there, of stories15M; and that a
 * text's are the same bytes in any company, on any number of threads, however
 * much is widened, and behind a prefix that was kept.
 */
#include "nn/decoder.h"

#include <unistd.h>

#include "base/buf.h"
#include "io/json.h"
#include "math/mat.h"
#include "tests/states.h"
#include "text/tokenizer.h"

#define GOLDEN "tests/golden/decoder/"

static struct rk_pool *pool;

static struct rk_decoder *
open_decoder(const char *dir, size_t budget)
{
	struct rk_err err = { "" };
	struct rk_decoder *e = rk_decoder_open(dir, &err);

	if (!ok(e != NULL && rk_decoder_widen(e, budget, pool, &err) == 0,
		"%s opens", dir)) {
		printf("# %s\n", err.msg);
		rk_decoder_free(e);
		return NULL;
	}
	return e;
}

/* --- the tiny ones -------------------------------------------------------------- */

/* The states of all tokens of one text, by all ways; are they X, to the byte? */
static int
same_ways(const struct rk_decoder *e, struct rk_decoder_scratch *s,
    const struct rk_text *text, const float *x)
{
	size_t d = e->config.d, t = text->t, cut;
	const float *got = rk_decoder_forward(
	    e, s, NULL, text, 1, RK_DECODER_ALL);
	int bytes = memcmp(got, x, t * d * sizeof *x) == 0;

	got = rk_decoder_forward(e, s, NULL, text, 1, RK_DECODER_LAST);
	bytes &= memcmp(got, x + (t - 1) * d, d * sizeof *x) == 0;
	for (cut = 1; cut < t; cut += cut < 4 ? 1 : 12) {
		struct rk_decoder_prefix *p = rk_decoder_prefix_new(
		    e, text->ids, cut);
		struct rk_text rest = { text->ids + cut, t - cut };
		got = rk_decoder_forward(e, s, p, &rest, 1, RK_DECODER_ALL);
		bytes &= memcmp(got, x + cut * d, rest.t * d * sizeof *x) == 0;
		got = rk_decoder_forward(e, s, p, &rest, 1, RK_DECODER_LAST);
		bytes &= memcmp(got, x + (t - 1) * d, d * sizeof *x) == 0;
		rk_decoder_prefix_free(p);
	}
	return bytes;
}

/* Logits of some tokens are those of all, to the byte. */
static int
same_logits(const struct rk_decoder *e, const float *x, const float *z)
{
	const uint32_t ids[3] = { 28, 0, 17 };
	float some[3];
	size_t i;
	int bytes = 1;

	rk_decoder_logits(e, some, x, 1, ids, 3);
	for (i = 0; i < 3; i++)
		bytes &= memcmp(&some[i], &z[ids[i]], sizeof *z) == 0;
	return bytes;
}

/* All states of the TEXT[n], one after another. New. */
static float *
states_of(const struct rk_decoder *e, const struct rk_text *text, size_t n)
{
	struct rk_decoder_scratch s = { 0 };
	size_t tokens = 0, i, d = e->config.d;
	float *all;

	for (i = 0; i < n; i++)
		tokens += text[i].t;
	all = rk_floats(tokens * d);
	memcpy(all, rk_decoder_forward(e, &s, NULL, text, n, RK_DECODER_ALL),
	    tokens * d * sizeof *all);
	rk_decoder_scratch_free(&s);
	return all;
}

static void
is_golden(const char *name)
{
	char dir[128];
	struct states g[STATES_TEXTS];
	struct rk_text text[STATES_TEXTS];
	struct rk_decoder_scratch s = { 0 };
	struct rk_decoder *e, *mapped, *half;
	double most = 0;
	size_t n, i, at = 0, d, vocab, tokens = 0;
	float *all, *other, *z;
	int ways = 1, rows = 1;

	snprintf(dir, sizeof dir, GOLDEN "%s", name);
	e = open_decoder(dir, RK_DECODER_BUDGET);
	mapped = open_decoder(dir, 0);
	half = open_decoder(dir, 3000);
	if (e == NULL || mapped == NULL || half == NULL)
		return;
	d = e->config.d;
	vocab = e->config.vocab;
	n = states_read(g, GOLDEN "decoder.txt", name, vocab);
	ok(n == 3, "there are three texts of it");
	for (i = 0; i < n; tokens += text[i++].t)
		text[i] = (struct rk_text){ g[i].ids, g[i].t };
	all = states_of(e, text, n);
	z = rk_floats(tokens * vocab);
	rk_decoder_logits(e, z, all, tokens, NULL, vocab);
	for (i = 0; i < n; at += text[i++].t) {
		most = fmax(most,
		    states_apart(z + at * vocab, g[i].x, text[i].t * vocab));
		ways &= same_ways(e, &s, &text[i], all + at * d);
		rows &= same_logits(e, all + at * d, z + at * vocab);
		free(g[i].x);
	}
	/* logits are of size 4 to 10, after some hundred roundings */
	near(most, 0, 2e-5, "the logits are PyTorch's");
	ok(ways, "%s: alone and behind a prefix the bytes are the same", name);
	ok(rows, "and so are single logits");
	other = states_of(mapped, text, n);
	ok(memcmp(all, other, tokens * d * sizeof *all) == 0,
	    "with nothing widened the bytes are the same");
	free(other);
	other = states_of(half, text, n);
	ok(memcmp(all, other, tokens * d * sizeof *all) == 0,
	    "and with some of it");
	free(other);
	free(all);
	free(z);
	rk_decoder_scratch_free(&s);
	rk_decoder_free(e);
	rk_decoder_free(mapped);
	rk_decoder_free(half);
}

/* Many texts over one thread and over four, and behind a prefix. */
static void
any_threads(void)
{
	enum { N = 200 };
	static uint32_t ids[N][40];
	struct rk_decoder *e = open_decoder(GOLDEN "llama", RK_DECODER_BUDGET);
	struct rk_text text[N], rest[N];
	struct rk_pool *four = rk_pool_new(4), *one = rk_pool_new(1);
	struct rk_decoder_last s = { .decoder = e };
	struct rk_decoder_prefix *p;
	size_t i, j, size = N * e->config.d;
	float *a = rk_floats(size), *b = rk_floats(size);

	for (i = 0; i < N; i++) {
		for (j = 0; j < 40; j++)
			ids[i][j] = (uint32_t)(j < 9 ? j : i * j * 7 % 29);
		text[i] = (struct rk_text){ ids[i], 10 + i * 13 % 31 };
		rest[i] = (struct rk_text){ ids[i] + 9, text[i].t - 9 };
	}
	rk_decoder_last(&s, a, NULL, text, N, one);
	rk_decoder_last(&s, b, NULL, text, N, four);
	ok(memcmp(a, b, size * sizeof *a) == 0,
	    "four threads give the bytes of one");
	p = rk_decoder_prefix_new(e, ids[0], 9);
	rk_decoder_last(&s, b, p, rest, N, four);
	ok(memcmp(a, b, size * sizeof *a) == 0,
	    "a prefix that all share gives them too");
	rk_decoder_last(&s, b, NULL, text + 5, 1, one);
	ok(memcmp(a + 5 * e->config.d, b, e->config.d * sizeof *a) == 0,
	    "and so does a text alone");
	rk_decoder_prefix_free(p);
	rk_decoder_last_free(&s);
	rk_decoder_free(e);
	rk_pool_free(four);
	rk_pool_free(one);
	free(a);
	free(b);
}

/* --- stories15M ------------------------------------------------------------------- */

static size_t
best(const float *z, size_t n)
{
	size_t i, top = 0;

	for (i = 1; i < n; i++)
		if (z[i] > z[top])
			top = i;
	return top;
}

static double
log_sum(const float *z, size_t n)
{
	double most = z[best(z, n)], sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += exp(z[i] - most);
	return most + log(sum);
}

struct stories {
	struct rk_decoder *e;
	struct rk_decoder_scratch s;
	struct rk_tok *tok;
	struct rk_tok_scratch *room;
	float *z;      /* [vocab] */
	double off;    /* the largest difference of a logit */
	size_t logits; /* lines */
	size_t wrong_ids, wrong_steps;
};

/* The logits of the last of ids[t]. */
static void
next(struct stories *m, const uint32_t *ids, size_t t)
{
	const struct rk_text text = { ids, t };
	const float *x = rk_decoder_forward(
	    m->e, &m->s, NULL, &text, 1, RK_DECODER_LAST);

	rk_decoder_logits(m->e, m->z, x, 1, NULL, m->e->config.vocab);
}

static void
logits_line(struct stories *m, const struct rk_json *line)
{
	const struct rk_json *ids = rk_json_get(line, "ids");
	const struct rk_json *top = rk_json_get(line, "top10_ids");
	const struct rk_json *want = rk_json_get(line, "top10_logits");
	const struct rk_json *more = rk_json_get(line, "greedy20_ids");
	size_t t = rk_json_count(ids), n = rk_json_count(more), i;
	uint32_t *id = rk_array(NULL, t + n, sizeof *id);

	for (i = 0; i < t; i++)
		id[i] = (uint32_t)rk_json_num(rk_json_at(ids, i));
	next(m, id, t);
	for (i = 0; i < rk_json_count(top); i++) {
		size_t at = (size_t)rk_json_num(rk_json_at(top, i));
		m->off = fmax(
		    m->off, fabs(m->z[at] - rk_json_num(rk_json_at(want, i))));
	}
	m->off = fmax(m->off,
	    fabs(log_sum(m->z, m->e->config.vocab) -
		rk_json_num(rk_json_get(line, "logsumexp"))));
	for (i = 0; i < n; i++) {
		id[t + i] = (uint32_t)best(m->z, m->e->config.vocab);
		m->wrong_steps += id[t + i] !=
		    (uint32_t)rk_json_num(rk_json_at(more, i));
		next(m, id, t + i + 1);
	}
	m->logits += n == 20 && rk_json_count(top) == 10;
	free(id);
}

/* Are the line's ids those of its text? */
static int
same_ids(struct stories *m, const struct rk_json *line)
{
	const struct rk_json *want = rk_json_get(line, "ids");
	const char *text = rk_json_str(rk_json_get(line, "text"));
	struct rk_ids ids = { 0 };
	struct rk_err err = { "" };
	size_t i;
	int rc = rk_tok_encode_max(
	    m->tok, m->room, text, strlen(text), SIZE_MAX, &ids, &err);

	for (i = 0; rc == 0 && i < ids.n; i++)
		if ((double)ids.p[i] != rk_json_num(rk_json_at(want, i)))
			rc = -1;
	i = ids.n;
	rk_ids_free(&ids);
	return rc == 0 && i == rk_json_count(want);
}

static void
stories(const char *shared)
{
	char dir[512], path[544];
	struct stories m = { 0 };
	struct rk_err err = { "" };
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	FILE *f;

	snprintf(dir, sizeof dir, "%s/models/stories15m", shared);
	snprintf(path, sizeof path, "%s/golden.jsonl", dir);
	f = fopen(path, "r");
	if (f == NULL) {
		skip("stories15M's logits", "it is not there");
		return;
	}
	m.e = open_decoder(dir, RK_DECODER_BUDGET);
	snprintf(path, sizeof path, "%s/tokenizer.json", dir);
	m.tok = rk_tok_open(path, &err);
	m.room = rk_tok_scratch_new();
	m.z = rk_floats(m.e->config.vocab);
	while (m.tok != NULL && (n = getline(&line, &cap, f)) > 0) {
		struct rk_json *doc = rk_json_new(line, (size_t)n, &err);
		const char *kind = rk_json_str(rk_json_get(doc, "kind"));
		if (kind != NULL && strcmp(kind, "logits") == 0) {
			m.wrong_ids += !same_ids(&m, doc);
			logits_line(&m, doc);
		}
		rk_json_free(doc);
	}
	ok(m.logits == 5, "five texts of stories15M");
	near(m.off, 0, 1e-4, "their logits are PyTorch's");
	ok(m.wrong_steps == 0, "their greedy continuations too");
	ok(m.wrong_ids == 0, "and the ids of their texts");
	free(line);
	fclose(f);
	free(m.z);
	rk_tok_free(m.tok);
	rk_tok_scratch_free(m.room);
	rk_decoder_scratch_free(&m.s);
	rk_decoder_free(m.e);
}

/* --- what is wrong ------------------------------------------------------------------ */

static const char small[] =
    "{\"model_type\":\"llama\",\"vocab_size\":4,\"hidden_size\":2,"
    "\"num_hidden_layers\":1,\"num_attention_heads\":1,"
    "\"intermediate_size\":2,\"max_position_embeddings\":4}";

/* All tensors of SMALL but the output's matrix, all X. */
static struct rk_st_writer *
tensors(enum rk_dtype type, const void *x)
{
	static const char *const names[] = { "self_attn.q_proj",
		"self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
		"mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
		"input_layernorm", "post_attention_layernorm" };
	const size_t table[] = { 4, 2 }, square[] = { 2, 2 };
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_buf name = { 0 };
	size_t i;

	rk_st_put(w, "model.embed_tokens.weight", type, 2, table, x);
	rk_st_put(w, "model.norm.weight", type, 1, square, x);
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		name.n = 0;
		rk_buf_addf(&name, "model.layers.0.%s.weight", names[i]);
		rk_st_put(w, name.p, type, i < 7 ? 2 : 1, square, x);
	}
	rk_buf_free(&name);
	return w;
}

static void
put_tensors(const char *dir, struct rk_st_writer *w)
{
	struct rk_err err = { "" };
	struct rk_buf b = { 0 };

	if (rk_st_write_mem(w, &b, &err) != 0)
		printf("# %s\n", err.msg);
	states_put_file(dir, "model.safetensors", b.p, b.n);
	rk_buf_free(&b);
	rk_st_writer_free(w);
}

static void
refuses(const char *dir, const char *what, const char *msg)
{
	struct rk_err err = { "" };
	struct rk_decoder *e = rk_decoder_open(dir, &err);
	int rc = e ? rk_decoder_widen(e, RK_DECODER_BUDGET, pool, &err) : -1;

	if (!ok(rc == -1 && strstr(err.msg, msg) != NULL, "%s is refused",
		what))
		printf("# got  %s\n# want %s\n", err.msg, msg);
	rk_decoder_free(e);
}

static void
bad_files(const char *dir)
{
	static const char index[] = "model.safetensors.index.json";
	static const char shard[] =
	    "{\"weight_map\":{\"x\":\"a.safetensors\"}}";
	const size_t wrong[] = { 2, 4 };
	const float x[8] = { 0 };
	struct rk_st_writer *w;

	refuses(dir, "a folder without a file", "config.json: No such file");
	states_put_file(dir, "config.json", small, sizeof small - 1);
	refuses(dir, "no weights", "model.safetensors: No such file");
	put_tensors(dir, tensors(RK_F32, x));
	refuses(dir, "no matrix of the output that is not tied",
	    "tensor lm_head.weight is missing");
	w = tensors(RK_F32, x);
	rk_st_put(w, "lm_head.weight", RK_F32, 2, wrong, x);
	put_tensors(dir, w);
	refuses(dir, "another shape",
	    "tensor lm_head.weight: shape [2, 4], the configuration asks for "
	    "[4, 2]");
	states_put_file(dir, index, shard, sizeof shard - 1);
	refuses(
	    dir, "a shard that is not there", "a.safetensors: No such file");
}

static void
not_finite(const char *dir)
{
	const float wide[8] = { 0, NAN };
	const uint16_t half[8] = { 0, 0, 0x7c00 }, brain[8] = { 0x7f80 };
	const size_t table[] = { 4, 2 };
	const void *const x[] = { wide, half, brain };
	const enum rk_dtype type[] = { RK_F32, RK_F16, RK_BF16 };
	const float zero[8] = { 0 };
	int i;

	for (i = 0; i < 3; i++) {
		struct rk_st_writer *w = tensors(RK_F32, zero);
		rk_st_put(w, "lm_head.weight", type[i], 2, table, x[i]);
		put_tensors(dir, w);
		refuses(dir, rk_dtype_name(type[i]),
		    "tensor lm_head.weight: found a number that is not "
		    "finite");
	}
}

static void
hostile(void)
{
	static const char *const files[] = { "model.safetensors.index.json",
		"config.json", "model.safetensors" };
	char dir[] = "/tmp/rk-decoder.XXXXXX", path[64];
	size_t i;

	if (mkdtemp(dir) == NULL)
		return;
	bad_files(dir);
	snprintf(path, sizeof path, "%s/%s", dir, files[0]);
	unlink(path);
	not_finite(dir);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

int
main(void)
{
	const char *shared = getenv("RK_SHARED");

	pool = rk_pool_new(2);
	is_golden("llama");
	is_golden("biased");
	is_golden("qwen2");
	is_golden("mistral");
	any_threads();
	hostile();
	stories(shared ? shared : "../shared");
	rk_pool_free(pool);
	return done();
}
