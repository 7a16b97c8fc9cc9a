/*
 * t_encoder.c - the encoder's hidden states, against PyTorch's of tiny models
 * (tests/golden/encoder) and, where it is there, of all-MiniLM-L6-v2; and that
 * a text's are the same bytes in any company.
 */
#include "nn/encoder.h"

#include <unistd.h>

#include "base/mem.h"
#include "io/json.h"
#include "tests/states.h"

#define GOLDEN "tests/golden/encoder/"

static struct rk_pool *pool;

static struct rk_encoder *
open_encoder(const char *dir)
{
	struct rk_err err = { "" };
	struct rk_encoder *e = rk_encoder_open(dir, &err);

	if (!ok(e != NULL, "%s opens", dir))
		printf("# %s\n", err.msg);
	else
		rk_encoder_widen(e, pool);
	return e;
}

/* --- the tiny ones -------------------------------------------------------------- */

static void
is_golden(const char *name)
{
	char dir[128];
	struct states g[STATES_TEXTS];
	struct rk_text text[STATES_TEXTS];
	struct rk_encoder_scratch s = { 0 };
	struct rk_encoder *e;
	const float *x;
	double most = 0;
	float *all;
	size_t n, i, at = 0, d, tokens = 0;
	int bytes = 1;

	snprintf(dir, sizeof dir, GOLDEN "%s", name);
	e = open_encoder(dir);
	if (e == NULL)
		return;
	d = e->config.d;
	n = states_read(g, GOLDEN "encoder.txt", name, d);
	ok(n == 4, "there are four texts of it");
	for (i = 0; i < n; tokens += text[i++].t)
		text[i] = (struct rk_text){ g[i].ids, g[i].t };
	all = rk_floats(tokens * d);
	x = rk_encoder_forward(e, &s, text, n);
	memcpy(all, x, tokens * d * sizeof *all);
	for (i = 0; i < n; at += text[i++].t) {
		most = fmax(
		    most, states_apart(all + at * d, g[i].x, g[i].t * d));
		x = rk_encoder_forward(e, &s, &text[i], 1);
		bytes &= memcmp(x, all + at * d, g[i].t * d * sizeof *x) == 0;
		free(g[i].x);
	}
	/* hidden states are of size 1, after some 10 roundings each */
	near(most, 0, 5e-6, "the hidden states are PyTorch's");
	ok(bytes, "%s: a text alone has the same bytes", name);
	free(all);
	rk_encoder_scratch_free(&s);
	rk_encoder_free(e);
}

/* --- all-MiniLM-L6-v2 ------------------------------------------------------------- */

/* Mean over the tokens, as a unit vector. */
static void
mean(double *out, const float *x, size_t t, size_t d)
{
	double sq = 0;
	size_t i, j;

	memset(out, 0, d * sizeof *out);
	for (i = 0; i < t; i++)
		for (j = 0; j < d; j++)
			out[j] += (double)x[i * d + j];
	for (j = 0; j < d; j++)
		sq += out[j] * out[j];
	for (j = 0; j < d; j++)
		out[j] /= sqrt(sq);
}

static double
line_error(const struct rk_encoder *e, struct rk_encoder_scratch *s,
    const struct rk_json *line)
{
	const struct rk_json *ids = rk_json_get(line, "ids");
	const struct rk_json *want = rk_json_get(line, "embedding");
	size_t t = rk_json_count(ids), d = e->config.d, i;
	uint32_t *id = rk_array(NULL, t, sizeof *id);
	struct rk_text text = { id, t };
	double *got = rk_calloc(d, sizeof *got), most = 0;

	for (i = 0; i < t; i++)
		id[i] = (uint32_t)rk_json_num(rk_json_at(ids, i));
	mean(got, rk_encoder_forward(e, s, &text, 1), t, d);
	for (i = 0; i < d; i++)
		most = fmax(
		    most, fabs(got[i] - rk_json_num(rk_json_at(want, i))));
	free(id);
	free(got);
	return most;
}

static void
minilm(const char *shared)
{
	char dir[512], path[544];
	struct rk_encoder_scratch s = { 0 };
	struct rk_encoder *e;
	struct rk_err err = { "" };
	char *line = NULL;
	double most = 0;
	size_t cap = 0, texts = 0;
	ssize_t n;
	FILE *f;

	snprintf(dir, sizeof dir, "%s/models/minilm", shared);
	snprintf(path, sizeof path, "%s/golden.jsonl", dir);
	f = fopen(path, "r");
	if (f == NULL) {
		skip("all-MiniLM-L6-v2's embeddings", "it is not there");
		return;
	}
	e = open_encoder(dir);
	while (e != NULL && (n = getline(&line, &cap, f)) > 0) {
		struct rk_json *doc = rk_json_new(line, (size_t)n, &err);
		most = fmax(most, line_error(e, &s, doc));
		texts++;
		rk_json_free(doc);
	}
	ok(texts == 51, "51 texts of all-MiniLM-L6-v2");
	near(most, 0, 2e-6, "their embeddings are PyTorch's");
	free(line);
	fclose(f);
	rk_encoder_scratch_free(&s);
	rk_encoder_free(e);
}

/* --- what is wrong ------------------------------------------------------------------ */

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
	struct rk_encoder *e = rk_encoder_open(dir, &err);
	const char *at = strstr(err.msg, msg);

	if (!ok(e == NULL && at != NULL, "%s is refused", what))
		printf("# got  %s\n# want %s\n", err.msg, msg);
	rk_encoder_free(e);
}

static void
hostile(void)
{
	static const char config[] =
	    "{\"model_type\":\"bert\",\"vocab_size\":4,\"hidden_size\":2,"
	    "\"num_hidden_layers\":1,\"num_attention_heads\":1,"
	    "\"intermediate_size\":2,\"max_position_embeddings\":4}";
	static const char index[] = "model.safetensors.index.json";
	static const char shard[] =
	    "{\"weight_map\":{\"x\":\"a.safetensors\"}}";
	static const char out[] = "{\"weight_map\":{\"x\":\"../a\"}}";
	static const char none[] = "{\"weight_map\":[]}";
	const size_t right[] = { 4, 2 }, wrong[] = { 2, 4 };
	const float x[8] = { 0 };
	const int32_t whole[8] = { 0 };
	char dir[] = "/tmp/rk-encoder.XXXXXX", path[64];
	struct rk_st_writer *w;

	if (mkdtemp(dir) == NULL)
		return;
	refuses(dir, "a folder without a file", "config.json: No such file");
	states_put_file(dir, "config.json", "{", 1);
	refuses(dir, "a configuration that is cut", "config.json: line 1:");
	states_put_file(dir, "config.json", config, sizeof config - 1);
	refuses(dir, "no weights", "model.safetensors: No such file");
	states_put_file(dir, "model.safetensors", "12345678", 8);
	refuses(dir, "a file that is no safetensors", "model.safetensors: ");
	w = rk_st_writer_new();
	rk_st_put(
	    w, "bert.embeddings.word_embeddings.weight", RK_F32, 2, right, x);
	put_tensors(dir, w);
	refuses(dir, "a tensor that is not there",
	    "tensor bert.embeddings.position_embeddings.weight is missing");
	w = rk_st_writer_new();
	rk_st_put(
	    w, "embeddings.position_embeddings.weight", RK_F32, 2, wrong, x);
	put_tensors(dir, w);
	refuses(dir, "another shape",
	    "tensor embeddings.position_embeddings.weight: shape [2, 4], the "
	    "configuration asks for [4, 2]");
	w = rk_st_writer_new();
	rk_st_put(w, "embeddings.position_embeddings.weight", RK_I32, 2, right,
	    whole);
	put_tensors(dir, w);
	refuses(dir, "another type",
	    "tensor embeddings.position_embeddings.weight: type I32, expected "
	    "F32, F16 or BF16");
	states_put_file(dir, index, shard, sizeof shard - 1);
	refuses(
	    dir, "a shard that is not there", "a.safetensors: No such file");
	states_put_file(dir, index, out, sizeof out - 1);
	refuses(dir, "a shard in another folder",
	    "x: expected a file's name in the same folder");
	states_put_file(dir, index, none, sizeof none - 1);
	refuses(dir, "an index without a map",
	    "weight_map: found an array, expected an object");
	snprintf(path, sizeof path, "%s/%s", dir, index);
	unlink(path);
	snprintf(path, sizeof path, "%s/config.json", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/model.safetensors", dir);
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const char *shared = getenv("RK_SHARED");

	pool = rk_pool_new(2);
	is_golden("bert");
	is_golden("roberta");
	is_golden("distilbert");
	minilm(shared ? shared : "../shared");
	hostile();
	rk_pool_free(pool);
	return done();
}
