/*
 * t_tokenizer.c - ids are the reference's: on the small tokenizers of
 * tests/golden/tokenizer, whose ids a slow program computed by itself, and,
 * where the shared folder is, on real ones, whose ids the Rust library gave.
 */
#include "text/tokenizer.h"

#include <jansson.h>
#include <pthread.h>
#include <time.h>

#include "base/mem.h"
#include "tap.h"

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- goldens --- */

static int
ids_are(const struct rk_ids *ids, const json_t *want)
{
	size_t i;

	if (ids->n != json_array_size(want))
		return 0;
	for (i = 0; i < ids->n; i++)
		if (ids->p[i] != json_integer_value(json_array_get(want, i)))
			return 0;
	return 1;
}

static void
show(const char *what, const struct rk_ids *ids, const json_t *want)
{
	char *s = json_dumps(want, JSON_COMPACT);
	size_t i;

	printf("# %s: got ", what);
	for (i = 0; i < ids->n && i < 60; i++)
		printf("%ld,", (long)ids->p[i]);
	printf("\n#   want %.400s\n", s);
	free(s);
}

/* One line of a golden file; the members it has are held. */
static int
line_holds(const struct rk_tok *t, struct rk_tok_scratch *s, const json_t *o)
{
	const json_t *text = json_object_get(o, "text");
	const json_t *all = json_object_get(o, "ids");
	const json_t *full = json_object_get(o, "ids_full");
	const json_t *plain = json_object_get(o, "ids_no_special");
	const json_t *stranger = json_object_get(o, "ids_plain");
	const json_t *back = json_object_get(o, "decoded");
	const char *p = json_string_value(text);
	const char *name = json_string_value(json_object_get(o, "name"));
	size_t n = json_string_length(text);
	struct rk_err err = { { 0 } };
	struct rk_ids ids = { 0 }, wrapped = { 0 };
	struct rk_buf out = { 0 };
	int good = 1;

	if (rk_tok_encode(t, s, p, n, 1, &ids, &err) != 0 ||
	    !ids_are(&ids, full ? full : all)) {
		show(name, &ids, full ? full : all);
		good = 0;
	}
	ids.n = 0;
	if (rk_tok_encode_max(t, s, p, n, json_array_size(all), &ids, &err) ||
	    !ids_are(&ids, all)) {
		show(name, &ids, all);
		good = 0;
	}
	ids.n = 0;
	if (rk_tok_encode(t, s, p, n, 0, &ids, &err) != 0 ||
	    (plain && !ids_are(&ids, plain))) {
		show(name, &ids, plain);
		good = 0;
	}
	rk_tok_wrap(t, ids.p, ids.n, &wrapped);
	ids.n = 0;
	if (rk_tok_encode_plain(t, s, p, n, SIZE_MAX, &ids, &err) != 0 ||
	    (stranger && !ids_are(&ids, stranger))) {
		show(name, &ids, stranger);
		good = 0;
	}
	good &= ids_are(&wrapped, full ? full : all);
	if (back != NULL) {
		rk_tok_decode(t, wrapped.p, wrapped.n, 1, &out);
		if (out.n != json_string_length(back) ||
		    memcmp(out.p, json_string_value(back), out.n) != 0) {
			printf("# %s: decodes to \"%s\"\n#   want \"%s\"\n",
			    name, out.p, json_string_value(back));
			good = 0;
		}
	}
	if (rk_err_is(&err))
		printf("# %s: %s\n", name, err.msg);
	rk_ids_free(&ids);
	rk_ids_free(&wrapped);
	rk_buf_free(&out);
	return good;
}

static void
golden(const char *name, const char *tokenizer, const char *lines)
{
	struct rk_err err = { { 0 } };
	double start = now(), took;
	struct rk_tok *t = rk_tok_open(tokenizer, &err);
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	FILE *f = fopen(lines, "r");
	json_error_t je;
	json_t *o;
	int seen = 0, bad = 0;

	took = now() - start;
	if (t == NULL || f == NULL) {
		ok(0, "%s opens: %s", name, err.msg);
	} else {
		while (
		    (o = json_loadf(f, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL,
			 &je)) != NULL) {
			const char *kind = json_string_value(
			    json_object_get(o, "kind"));
			if (kind == NULL || strcmp(kind, "tokens") == 0) {
				seen++;
				bad += !line_holds(t, s, o);
			}
			json_decref(o);
		}
		ok(bad == 0 && seen > 0, "%s: ids of %d texts", name, seen);
		printf("# opened in %.1f ms\n", took * 1e3);
	}
	if (f != NULL)
		fclose(f);
	rk_tok_scratch_free(s);
	rk_tok_free(t);
}

static void
shared(const char *name)
{
	const char *root = getenv("RK_SHARED");
	char tokenizer[512], lines[512];
	FILE *f;

	snprintf(tokenizer, sizeof tokenizer, "%s/models/%s/tokenizer.json",
	    root ? root : "../shared", name);
	snprintf(lines, sizeof lines, "%s/models/%s/golden.jsonl",
	    root ? root : "../shared", name);
	f = fopen(lines, "r");
	if (f == NULL) {
		skip(name, "no shared models");
		return;
	}
	fclose(f);
	golden(name, tokenizer, lines);
}

static void
own(const char *name)
{
	char tokenizer[128], lines[128];

	snprintf(tokenizer, sizeof tokenizer, "tests/golden/tokenizer/%s.json",
	    name);
	snprintf(lines, sizeof lines, "tests/golden/tokenizer/%s.jsonl", name);
	golden(name, tokenizer, lines);
}

/* --- what is refused --- */

#define VOCAB "\"vocab\":{\"[UNK]\":0,\"a\":1,\"b\":2,\"ab\":3}"
#define WORDPIECE \
	"\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\"," VOCAB "}"
#define BPE     "\"model\":{\"type\":\"BPE\"," VOCAB ","
#define UNIGRAM "\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":"

static const struct {
	const char *json, *message;
} refused[] = {
	{ "", "not JSON" },
	{ "[]", "expected an object" },
	{ "{}", "model: expected an object" },
	{ "{\"model\":{}}", "model: the type \"\" is not supported" },
	{ "{\"model\":{\"type\":\"WordLevel\"," VOCAB "}}",
	    "\"WordLevel\" is not supported" },
	{ "{\"model\":{\"type\":\"WordPiece\"}}",
	    "model: vocab: there is none" },
	{ "{" WORDPIECE ",\"extra\":1}", "member \"extra\"" },
	{ "{" WORDPIECE ",\"\":1}", "member \"\"" },
	{ "{" WORDPIECE ",\"version model\":1}", "member \"version model\"" },
	{ "{" WORDPIECE ",\"model\":1}", "duplicate" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0}}}",
	    "unk_token: expected a text" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"u\"," VOCAB "}}",
	    "unk_token: \"u\" is not in the vocabulary" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"unk_token\":7," VOCAB "}}",
	    "unk_token: expected a text" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0,\"a\":1}}}",
	    "\"a\" is there twice" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0,\"b\":0}}}",
	    "\"a\" and \"b\" have the id 0" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":-1}}}",
	    "has the id -1" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0.5}}}",
	    "has the id 0.5" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":1e300}}}",
	    "the id" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":99999999}}}",
	    "too large for so few pieces" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":\"x\"}}}",
	    "expected a number" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":[\"a\"]}}",
	    "vocab: expected '{'" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\" 1}}}",
	    "expected ':'" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":1 \"b\":2}}}",
	    "expected ','" },
	{ "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"\\ud800\":1}}}",
	    "bad escape" },
	{ "{" BPE "\"merges\":[\"a\"]}}", "\"a\" is no merge" },
	{ "{" BPE "\"merges\":[\"a b c\"]}}", "\"a b c\" is no merge" },
	{ "{" BPE "\"merges\":[\"a c\"]}}", "\"c\" is not in the vocabulary" },
	{ "{" BPE "\"merges\":[\"b a\"]}}", "\"ba\" is not in the vocabulary" },
	{ "{" BPE "\"merges\":[\"a b\",\"a b\"]}}",
	    "[1]: \"ab\" is there twice" },
	{ "{" BPE "\"merges\":[[\"a\",\"b\",\"c\"]]}}", "expected ']'" },
	{ "{" BPE "\"merges\":{}}}", "merges: expected '['" },
	{ "{" BPE "\"merges\":[],\"dropout\":0.1}}", "dropout" },
	{ "{" BPE "\"merges\":[],\"end_of_word_suffix\":\"</w>\"}}",
	    "end_of_word_suffix" },
	{ "{" UNIGRAM "[]}}", "unk_id" },
	{ "{" UNIGRAM "[[\"a\"]]}}", "expected ','" },
	{ "{" UNIGRAM "[[\"a\",null]]}}", "expected a number" },
	{ "{" UNIGRAM "[[\"a\",1e999]]}}", "expected a number" },
	{ "{" UNIGRAM "[[\"a\",1],[\"a\",2]]}}", "twice" },
	{ "{" UNIGRAM
	  "[[\"a\",1]]},\"pre_tokenizer\":{\"type\":\"ByteLevel\"}}",
	    "ByteLevel is supported with BPE alone" },
	{ "{" WORDPIECE ",\"normalizer\":{}}",
	    "normalizer: expected an object" },
	{ "{" WORDPIECE ",\"normalizer\":{\"type\":\"Nmt\"}}",
	    "normalizer: the component \"Nmt\" is not supported" },
	{ "{" WORDPIECE ",\"normalizer\":{\"type\":\"NFC\",\"x\":1}}",
	    "normalizer: NFC: the member \"x\"" },
	{ "{" WORDPIECE ",\"normalizer\":{\"type\":\"Sequence\","
	  "\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Nmt\"}]}}",
	    "normalizer: normalizers[1]: the component \"Nmt\"" },
	{ "{" WORDPIECE ",\"normalizer\":{\"type\":\"BertNormalizer\","
	  "\"lowercase\":1}}",
	    "BertNormalizer: lowercase: expected true or false" },
	{ "{" WORDPIECE ",\"normalizer\":{\"type\":\"Precompiled\","
	  "\"precompiled_charsmap\":\"####\"}}",
	    "precompiled_charsmap: expected base64" },
	{ "{" WORDPIECE ",\"normalizer\":{\"type\":\"Precompiled\","
	  "\"precompiled_charsmap\":\"/////w==\"}}",
	    "says that its array has 4294967295" },
	{ "{" WORDPIECE ",\"normalizer\":{\"type\":\"Precompiled\","
	  "\"precompiled_charsmap\":\"\"}}",
	    "a map of 0 bytes" },
	{ "{" WORDPIECE ",\"pre_tokenizer\":{\"type\":\"Whitespace\"}}",
	    "pre_tokenizer: the component \"Whitespace\"" },
	{ "{" WORDPIECE ",\"pre_tokenizer\":{\"type\":\"Split\","
	  "\"pattern\":{\"Regex\":\"(\"},\"behavior\":\"Isolated\"}}",
	    "the pattern is not understood" },
	{ "{" WORDPIECE ",\"pre_tokenizer\":{\"type\":\"Split\","
	  "\"pattern\":{\"Regex\":\"[^\\\\S]\"},\"behavior\":\"Isolated\"}}",
	    "\\S within a class" },
	{ "{" WORDPIECE ",\"pre_tokenizer\":{\"type\":\"Split\","
	  "\"pattern\":{\"String\":\"a\"},\"behavior\":\"Contiguous\"}}",
	    "behavior: \"Contiguous\"" },
	{ "{" WORDPIECE ",\"pre_tokenizer\":{\"type\":\"Metaspace\","
	  "\"replacement\":\"ab\"}}",
	    "replacement: expected one character" },
	{ "{" WORDPIECE ",\"pre_tokenizer\":{\"type\":\"Metaspace\","
	  "\"replacement\":\"_\",\"prepend_scheme\":\"maybe\"}}",
	    "expected always, first or never" },
	{ "{" WORDPIECE ",\"post_processor\":{\"type\":\"TemplateProcessing\","
	  "\"single\":[],\"special_tokens\":{}}}",
	    "has the text 0 times" },
	{ "{" WORDPIECE ",\"post_processor\":{\"type\":\"TemplateProcessing\","
	  "\"single\":[{\"SpecialToken\":{\"id\":\"x\",\"type_id\":0}}]}}",
	    "single[0]: special_tokens: no ids for \"x\"" },
	{ "{" WORDPIECE ",\"post_processor\":{\"type\":\"BertProcessing\","
	  "\"cls\":[\"a\",1],\"sep\":[\"z\",77]}}",
	    "there is no id 77" },
	{ "{" WORDPIECE ",\"decoder\":{\"type\":\"CTC\"}}",
	    "decoder: the component \"CTC\"" },
	{ "{" WORDPIECE ",\"added_tokens\":{}}", "expected an array" },
	{ "{" WORDPIECE ",\"added_tokens\":[{\"id\":9,\"content\":\"\"}]}",
	    "added_tokens[0]: content" },
	{ "{" WORDPIECE ",\"added_tokens\":[{\"id\":9,\"content\":\"a\"}]}",
	    "\"a\" has the id 9, and 1 in the vocabulary" },
	{ "{" WORDPIECE ",\"added_tokens\":[{\"id\":1,\"content\":\"z\"}]}",
	    "id 1 of another piece" },
	{ "{" WORDPIECE ",\"added_tokens\":[{\"id\":99999999,"
	  "\"content\":\"z\"}]}",
	    "beyond all others" },
};

static void
refusals(void)
{
	size_t i;

	for (i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct rk_err err = { { 0 } };
		struct rk_tok *t = rk_tok_open_mem(
		    refused[i].json, strlen(refused[i].json), &err);
		int good = t == NULL && rk_err_is(&err) &&
		    strstr(err.msg, refused[i].message) != NULL;
		if (!ok(good, "refused: %s", refused[i].message))
			printf("# %s\n# says: %s\n", refused[i].json, err.msg);
		rk_tok_free(t);
	}
}

/* --- hostile texts --- */

enum { LONG = 1 << 20 };

/* A text of LONG bytes that repeats S. */
static void
hostile(
    const struct rk_tok *t, const char *tok, const char *s, const char *what)
{
	struct rk_tok_scratch *scratch = rk_tok_scratch_new();
	struct rk_err err = { { 0 } };
	struct rk_ids ids = { 0 };
	size_t n = strlen(s), i;
	char *p = rk_malloc(LONG);
	double start;
	int e;

	for (i = 0; i + n <= LONG; i += n)
		memcpy(p + i, s, n);
	start = now();
	e = rk_tok_encode(t, scratch, p, i, 1, &ids, &err);
	start = now() - start;
	/* a second or less alone; quadratic time takes minutes */
	ok(e == 0 && start < 30, "%s: a megabyte of %s in linear time", tok,
	    what);
	if (e != 0 || start >= 30)
		printf("# %.1f s %s\n", start, err.msg);
	rk_ids_free(&ids);
	rk_tok_scratch_free(scratch);
	free(p);
}

static void
hostile_texts(void)
{
	static const char *const name[] = { "wordpiece", "unigram",
		"unigram-bytes", "gpt2", "llama3", "qwen2", "llama2" };
	size_t i;

	for (i = 0; i < sizeof name / sizeof *name; i++) {
		struct rk_err err = { { 0 } };
		char path[128];
		struct rk_tok *t;
		snprintf(path, sizeof path, "tests/golden/tokenizer/%s.json",
		    name[i]);
		t = rk_tok_open(path, &err);
		if (t == NULL) {
			ok(0, "%s opens: %s", name[i], err.msg);
			continue;
		}
		hostile(t, name[i], "w", "one word");
		hostile(t, name[i], "otter", "known pieces");
		hostile(t, name[i], "\xcc\x81\xcc\xa3", "combining marks");
		hostile(t, name[i], " ", "spaces");
		hostile(t, name[i], "<s", "beginnings of a token");
		hostile(t, name[i], "\n \t ", "line breaks");
		rk_tok_free(t);
	}
}

static void
limits(void)
{
	struct rk_err err = { { 0 } };
	struct rk_tok *t = rk_tok_open(
	    "tests/golden/tokenizer/wordpiece.json", &err);
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	struct rk_ids ids = { 0 };
	const char *json;
	struct rk_tok *again;
	size_t n;
	int e;

	e = rk_tok_encode_max(t, s, "the otter", 9, 2, &ids, &err);
	ok(e == 0 && ids.n == 2 && ids.p[0] == 2 && ids.p[1] == 3,
	    "room for the specials alone gives them alone");
	ids.n = 0;
	e = rk_tok_encode_max(t, s, "the otter", 9, 1, &ids, &err);
	ok(e == -1 && ids.n == 0 && strstr(err.msg, "2 are special"),
	    "less room than for the specials is an error");
	err.msg[0] = '\0';
	e = rk_tok_encode(t, s, "a\xff", 2, 1, &ids, &err);
	ok(e == -1 && ids.n == 0 && strstr(err.msg, "UTF-8 at byte 1"),
	    "a text that is no UTF-8 is an error, and the ids are as before");
	ok(rk_tok_id(t, "[MASK]", 6) == 4 && rk_tok_id(t, "otter", 5) == 6 &&
		rk_tok_id(t, "no such piece", 13) == -1 &&
		rk_tok_piece(t, 1 << 30, &n) == NULL &&
		rk_tok_piece(t, -1, &n) == NULL,
	    "pieces and ids are found either way");
	json = rk_tok_json(t, &n);
	again = rk_tok_open_mem(json, n, &err);
	ok(again != NULL && rk_tok_count(again) == rk_tok_count(t),
	    "the JSON text that it keeps opens again");
	ok(rk_tok_open("tests/golden/tokenizer/none.json", &err) == NULL,
	    "a file that is not there is an error");
	rk_tok_free(again);
	again = rk_tok_open("tests/golden/tokenizer/gpt2.json", &err);
	ids.n = 0;
	e = rk_tok_encode(t, s, "the otter", 9, 0, &ids, &err) ||
	    rk_tok_encode(again, s, "the otter", 9, 0, &ids, &err) ||
	    rk_tok_encode(t, s, "the otter", 9, 0, &ids, &err);
	ok(e == 0 && ids.n > 4 && ids.p[0] == 5 && ids.p[1] == 6 &&
		ids.p[2] > 6 && ids.p[ids.n - 2] == 5 && ids.p[ids.n - 1] == 6,
	    "one scratch serves several tokenizers");
	rk_tok_free(again);
	rk_ids_free(&ids);
	rk_tok_scratch_free(s);
	rk_tok_free(t);
}

/* Two tokens more in T, which has JSON for its text, as it is opened again. */
static void
adds(const char *what, const char *json)
{
	static const char *const more[] = { "[[1]]", "[[2]]" };
	struct rk_err err = { { 0 } };
	struct rk_tok *t = rk_tok_open_mem(json, strlen(json), &err), *big;
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	struct rk_buf out = { 0 };
	struct rk_ids ids = { 0 };
	int32_t first = (int32_t)rk_tok_count(t);

	rk_tok_json_add(t, more, 2, &out);
	big = rk_tok_open_mem(out.p, out.n, &err);
	if (!ok(big != NULL, "%s: with tokens more it opens", what)) {
		printf("# %s\n# %s\n", err.msg, out.p);
	} else {
		ok(rk_tok_id(big, "[[1]]", 5) == first &&
			rk_tok_id(big, "[[2]]", 5) == first + 1 &&
			(int32_t)rk_tok_count(big) == first + 2,
		    "%s: they have the next ids", what);
		ok(rk_tok_encode(big, s, "a[[2]]b", 7, 0, &ids, &err) == 0 &&
			ids.n == 3 && ids.p[1] == first + 1,
		    "%s: a text spells them", what);
		ids.n = 0;
		rk_tok_encode_plain(big, s, "a[[2]]b", 7, 9, &ids, &err);
		ok(ids.n == 1 && ids.p[0] == 0, "%s: a stranger's does not",
		    what);
	}
	rk_tok_free(big);
	rk_tok_free(t);
	rk_ids_free(&ids);
	rk_buf_free(&out);
	rk_tok_scratch_free(s);
}

static void
added(void)
{
#define MODEL WORDPIECE "}"
	adds("no added tokens", "{" MODEL);
	adds("null", " { \"added_tokens\" : null, " MODEL);
	adds("an empty array", "{\"added_tokens\":[ ]," MODEL);
	adds("an array",
	    "{\"added_tokens\":[{\"id\":0,\"content\":\"[UNK]\","
	    "\"special\":true}\n]," MODEL);
#undef MODEL
}

/* --- threads --- */

struct job {
	const struct rk_tok *t;
	struct rk_ids ids;
	int e;
};

static void *
work(void *arg)
{
	static const char text[] =
	    "The otter's river, unaffable 12 345; caf\xc3"
	    "\xa9 <tok> and the rest of it";
	struct job *j = arg;
	struct rk_tok_scratch *s = rk_tok_scratch_new();
	struct rk_err err = { { 0 } };
	size_t i;

	for (i = 0; i < 500 && j->e == 0; i++)
		j->e = rk_tok_encode(j->t, s, text + i % 40,
		    sizeof text - 1 - i % 40, 1, &j->ids, &err);
	rk_tok_scratch_free(s);
	return NULL;
}

static void
threads(void)
{
	struct rk_err err = { { 0 } };
	struct rk_tok *t = rk_tok_open(
	    "tests/golden/tokenizer/llama3.json", &err);
	struct job job[4] = { { 0 } };
	pthread_t id[4];
	int i, good = 1;

	for (i = 0; i < 4; i++) {
		job[i].t = t;
		pthread_create(id + i, NULL, work, job + i);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(id[i], NULL);
		good &= job[i].e == 0 && job[i].ids.n == job[0].ids.n &&
		    memcmp(job[i].ids.p, job[0].ids.p,
			job[0].ids.n * sizeof *job[0].ids.p) == 0;
	}
	ok(good && job[0].ids.n > 500, "threads that share one get the same");
	for (i = 0; i < 4; i++)
		rk_ids_free(&job[i].ids);
	rk_tok_free(t);
}

int
main(void)
{
	refusals();
	limits();
	added();
	threads();
	hostile_texts();
	own("wordpiece");
	own("wordpiece-cased");
	own("unigram");
	own("unigram-bytes");
	own("gpt2");
	own("llama3");
	own("qwen2");
	own("llama2");
	shared("minilm");
	shared("stories15m");
	shared("tokenizers/gpt2");
	shared("tokenizers/qwen2_5");
	shared("tokenizers/xlm-roberta");
	return done();
}
