/* t_embed.c - every embedder of the table keeps the contract of embedder.h. */
#include "embed/embedder.h"
#include "embed/remote.h"

#include "io/json.h"
#include "tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 100 };

#define MODELS "tests/golden/encoder"

/* The vectors of N texts, by one call and JOBS threads. New. */
static float *
vectors(struct rk_embed *e, const struct rk_str *texts, int jobs)
{
	struct rk_pool *pool = rk_pool_new(jobs);
	float *v = rk_floats(N * e->dim);
	struct rk_err err = { "" };

	if (rk_embed_texts(e, texts, N, pool, v, &err) != 0)
		printf("# %s\n", err.msg);
	rk_pool_free(pool);
	return v;
}

static void
keeps_bytes(struct rk_embed *e, const struct rk_str *texts)
{
	struct rk_pool *one = rk_pool_new(1);
	float *a = vectors(e, texts, 1), *b = vectors(e, texts, 7);
	float *alone = rk_floats(e->dim);
	const size_t size = e->dim * sizeof *a;
	double length = 0;
	size_t i;

	ok(memcmp(a, b, N * size) == 0, "%s: the same bytes by 1 and 7 threads",
	    e->kind->name);
	rk_embed_texts(e, texts + 42, 1, one, alone, NULL);
	ok(memcmp(alone, a + 42 * e->dim, size) == 0,
	    "%s: the same bytes alone and in a batch", e->kind->name);
	for (i = 0; i < e->dim; i++)
		length += (double)alone[i] * alone[i];
	near(sqrt(length), 1, 1e-5, "the vector has length 1");
	if (strcmp(e->kind->name, "hash") == 0) {
		memset(alone, 0, size);
		ok(memcmp(alone, a, size) == 0,
		    "hash: an empty text is the zero vector");
	}
	free(a);
	free(b);
	free(alone);
	rk_pool_free(one);
}

/* Opened by its id, it has the same id and gives the same vectors. */
static void
reopens(struct rk_embed *e, const struct rk_str *texts)
{
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_embed twin;
	struct rk_err err = { "" };
	float *a, *b;
	double dim = 0;

	ok(rk_json_number(e->id, "dim", &dim, &err) == 1 &&
		(size_t)dim == e->dim,
	    "%s: the id has the dimension", e->kind->name);
	if (!ok(rk_embed_open_id(&twin, e->id, NULL, pool, &err) == 0,
		"%s: opens by its id", e->kind->name)) {
		printf("# %s\n", err.msg);
		rk_pool_free(pool);
		return;
	}
	same(twin.id, e->id, "and has that id");
	a = vectors(e, texts, 1);
	b = vectors(&twin, texts, 1);
	ok(twin.dim == e->dim && memcmp(a, b, N * e->dim * sizeof *a) == 0,
	    "and gives the same vectors");
	free(a);
	free(b);
	rk_embed_close(&twin);
	rk_pool_free(pool);
}

static void
contract(const struct rk_embedder *kind, const char *set)
{
	static char text[N][64];
	struct rk_str texts[N];
	struct rk_pool *pool = rk_pool_new(2);
	struct rk_params *p = rk_params_new(kind->params);
	struct rk_embed e;
	struct rk_err err = { "" };
	int i;

	for (i = 0; i < N; i++) {
		snprintf(text[i], sizeof text[i], "text number %d of %d", i, N);
		texts[i].p = text[i];
		texts[i].n = i == 0 ? 0 : strlen(text[i]);
	}
	ok((set == NULL || rk_params_set(p, set, &err) == 0) &&
		rk_embed_open(&e, kind->name, p, pool, &err) == 0,
	    "%s opens with %s", kind->name, set ? set : "its defaults");
	keeps_bytes(&e, texts);
	reopens(&e, texts);
	rk_embed_close(&e);
	rk_params_free(p);
	rk_pool_free(pool);
}

static void
refuses(const char *id, const char *msg)
{
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_embed e;
	struct rk_err err = { "" };

	ok(rk_embed_open_id(&e, id, NULL, pool, &err) == -1, "%s is refused",
	    id);
	ok(strncmp(err.msg, msg, strlen(msg)) == 0, "and the message says why");
	if (strncmp(err.msg, msg, strlen(msg)) != 0)
		printf("# got  %s\n# want %s\n", err.msg, msg);
	rk_pool_free(pool);
}

/* What -e says. */
static void
chooses(void)
{
	struct rk_err err = { "" };
	struct rk_params *p;
	const struct rk_embedder *kind = rk_embedder_choose("hash", &p, &err);

	ok(kind != NULL && strcmp(kind->name, "hash") == 0, "hash is hash");
	ok(rk_embedder_set_dir(p, kind, "x", &err) == -1, "it has no folder");
	same(err.msg, "the embedder 'hash' has no folder", "and says so");
	rk_params_free(p);
	kind = rk_embedder_choose("remote:a/b:c", &p, &err);
	ok(kind != NULL && strcmp(kind->name, "remote") == 0,
	    "a colon tells the model of a server");
	same(rk_params_text(p, "model"), "a/b:c", "whose name may have any");
	rk_params_free(p);
	kind = rk_embedder_choose("some/folder", &p, &err);
	ok(kind != NULL && strcmp(kind->name, "encoder") == 0,
	    "a folder is an encoder's");
	same(rk_params_text(p, "dir"), "some/folder", "which has it");
	rk_params_free(p);
	err.msg[0] = '\0';
	ok(rk_embedder_choose("folder", &p, &err) == NULL && p == NULL,
	    "a name that is neither in the table nor of a folder is refused");
	kind = rk_embedder_choose("bert", &p, &err);
	ok(kind != NULL && strcmp(kind->name, "encoder") == 0,
	    "a folder of RK_MODELS may be told by its name");
	same(rk_params_text(p, "dir"), MODELS "/bert", "and is found there");
	rk_params_free(p);
	kind = rk_embedder_choose("hash,bert", &p, &err);
	ok(kind != NULL && strcmp(kind->name, "several") == 0,
	    "names with commas between are several");
	rk_params_free(p);
}

/* Opens SET of several embedders; a message that begins with MSG is wanted. */
static void
several_refuses(const char *set, const char *msg)
{
	const struct rk_embedder *kind = rk_embedder_find("several", NULL);
	struct rk_params *p = rk_params_new(kind->params);
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_embed e;
	struct rk_err err = { "" };
	int rc = rk_params_set(p, set, &err) != 0 ||
	    rk_embed_open(&e, kind->name, p, pool, &err) != 0;

	ok(rc && strncmp(err.msg, msg, strlen(msg)) == 0,
	    "several: %s is refused", set);
	if (strncmp(err.msg, msg, strlen(msg)) != 0)
		printf("# got  %s\n# want %s\n", err.msg, msg);
	rk_params_free(p);
	rk_pool_free(pool);
}

/* The vector is those of its embedders, each as long as the others. */
static void
several(void)
{
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_embed e, one[2];
	struct rk_err err = { "" };
	struct rk_params *p;
	const struct rk_str text[2] = { { "two words", 9 }, { "", 0 } };
	const char *const what[] = { "hash", MODELS "/roberta" };
	float a[2 * 1024], b[2 * 64], ab[2 * 2048];
	double off = 0;
	size_t i, j, d;

	for (i = 0; i < 2; i++) {
		rk_embedder_choose(what[i], &p, &err);
		rk_embed_open(&one[i], i ? "encoder" : "hash", p, pool, &err);
		rk_params_free(p);
	}
	rk_embedder_choose("hash," MODELS "/roberta", &p, &err);
	ok(rk_params_set(p, "dim=100", &err) == 0 &&
		rk_embed_open(&e, "several", p, pool, &err) == 0 &&
		e.part[0].d == 100 - one[1].dim,
	    "the one that can choose makes what is wanted in all");
	rk_embed_close(&e);
	rk_params_set(p, "dim=0", &err);
	rk_embed_open(&e, "several", p, pool, &err);
	rk_params_free(p);
	d = one[0].dim + one[1].dim;
	ok(e.dim == d && e.parts == 2 && e.part[0].d == one[0].dim &&
		e.part[1].d == one[1].dim,
	    "several: the dimensions add up");
	ok(strcmp(e.part[0].name, "hash") == 0 &&
		strcmp(e.part[1].name, "roberta") == 0,
	    "parts are named by embedder or folder");
	rk_embed_texts(&one[0], text, 2, pool, a, &err);
	rk_embed_texts(&one[1], text, 2, pool, b, &err);
	rk_embed_texts(&e, text, 2, pool, ab, &err);
	for (j = 0; j < d; j++) {
		double w = j < one[0].dim ? (double)a[j]
					  : (double)b[j - one[0].dim];
		off = fmax(off, fabs((double)ab[j] - w / sqrt(2)));
	}
	near(off, 0, 1e-7,
	    "several: the unit vectors side by side, by 1/sqrt 2");
	for (off = 0, j = 0; j < one[1].dim; j++)
		off = fmax(off,
		    fabs((double)ab[d + one[0].dim + j] -
			(double)b[one[1].dim + j]));
	near(off, 0, 1e-7, "several: one that is zero leaves the other whole");
	rk_embed_close(&e);
	rk_embed_close(&one[0]);
	rk_embed_close(&one[1]);
	rk_pool_free(pool);
	several_refuses("of=hash",
	    "several embedders: expected two or more, such as hash,minilm, "
	    "found 1");
	several_refuses("dim=0", "several embedders: expected two or more");
	several_refuses("of=hash,magic", "several embedders: unknown embedder");
	several_refuses(
	    "of=hash,several", "several embedders: 'several' within");
	several_refuses(
	    "of=hash,hash", "several embedders: 'hash' comes twice");
	several_refuses("of=hash,", "several embedders: unknown embedder ''");
	several_refuses("parts=[{]", "several embedders: parts: line 1: ");
	several_refuses("parts=[1,2]",
	    "several embedders: expected a JSON object, found '1'");
	several_refuses("of=hash,hash,hash,hash,hash,hash,hash,hash,hash",
	    "several embedders: expected at most 8 embedders");
}

/* A model file's encoder is another than the one that there is. */
static void
encoder_by_digest(void)
{
	static const char id[] =
	    "{\"kind\":\"encoder\",\"digest\":\"0123456789abcdef\"}";
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_embed e;
	struct rk_err err = { "" };

	refuses(id,
	    "no encoder with the digest 0123456789abcdef in the folders of "
	    "RK_MODELS (tests/none:" MODELS "): ");
	ok(rk_embed_open_id(&e, id, MODELS "/roberta", pool, &err) == -1,
	    "another encoder is refused");
	ok(strstr(err.msg,
	       MODELS "/roberta: the encoder there has the digest "
		      "") != NULL &&
		strstr(err.msg, "expected 0123456789abcdef"),
	    "and the message has both digests");
	err.msg[0] = '\0';
	ok(rk_embed_open_id(&e, "{\"kind\":\"hash\",\"dim\":64}",
	       MODELS "/bert", pool, &err) == -1,
	    "hash wants no folder");
	rk_pool_free(pool);
}

/* The tests' own server, and the leave to ask it. */
static pid_t
serve(void)
{
	static char url[64];
	const char *build = getenv("RK_BUILD");
	struct rk_remote_net net = { .url = url, .max_cost = -1 };
	char path[1024];
	int out[2], port = 0;
	FILE *f;
	pid_t pid;

	snprintf(path, sizeof path, "%s/tests/fault-server",
	    build != NULL ? build : "build");
	if (pipe(out) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		execl(path, path, "/dev/null", (char *)NULL);
		_exit(1);
	}
	close(out[1]);
	f = fdopen(out[0], "r");
	ok(f != NULL && fscanf(f, "%d", &port) == 1, "there is a server");
	snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/embeddings", port);
	net.paid.http = rk_http_defaults();
	rk_remote_allow(&net);
	return pid;
}

/* What it needs: a tiny model in a folder, a name of a server's model. */
static const char *
needs(const struct rk_embedder *kind)
{
	return strcmp(kind->name, "encoder") == 0 ? "dir=" MODELS "/bert"
	    : strcmp(kind->name, "several") == 0  ? "of=hash,bert"
	    : strcmp(kind->name, "remote") == 0   ? "model=M"
						  : NULL;
}

int
main(void)
{
	pid_t server = serve();
	size_t i;

	setenv("RK_MODELS", "tests/none:" MODELS, 1);
	for (i = 0; rk_embedders[i] != NULL; i++)
		contract(rk_embedders[i], needs(rk_embedders[i]));
	rk_remote_allow(NULL);
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
	refuses("{\"kind\":\"remote\",\"model\":\"M\",\"dim\":8}",
	    "vectors of the remote model 'M' come over the network");
	refuses("{\"kind\":\"remote\",\"dim\":8}",
	    "the name of the remote model is not given");
	contract(rk_embedder_find("hash", NULL), "dim=77");
	chooses();
	encoder_by_digest();
	several();
	refuses("{\"kind\":\"several\",\"dim\":1024,\"parts\":"
		"[{\"kind\":\"hash\",\"dim\":512}]}",
	    "several embedders: expected two or more");
	refuses("{\"kind\":\"several\",\"dim\":1024,\"parts\":"
		"[{\"kind\":\"hash\",\"dim\":512},"
		"{\"kind\":\"hash\",\"dim\":500}]}",
	    "several embedders: together they make 1012 numbers, expected 1024");
	refuses("{\"kind\":\"several\",\"parts\":[{\"kind\":\"given\"},"
		"{\"kind\":\"hash\"}]}",
	    "expected the embedder");
	refuses("hash", "expected a JSON object, found 'hash'");
	refuses("[]", "expected a JSON object, found '[]'");
	refuses("{\"dim\":8}", "the embedder {\"dim\":8} has no kind");
	refuses("{\"kind\":\"magic\"}", "unknown embedder 'magic': expected");
	refuses("{\"kind\":\"hash\",\"dim\":4}",
	    "parameter dim: found '4', expected a whole number from 8 to");
	refuses("{\"kind\":\"hash\",\"dim\":64,\"version\":0}",
	    "expected the embedder {\"kind\":\"hash\",\"dim\":64,\"version\":0}"
	    ", this is {\"kind\":\"hash\",\"dim\":64,\"version\":1,");
	return done();
}
