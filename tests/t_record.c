/* Records: prompts, embeddings, and changes by position. */
#include "io/record.h"

#include "tap.h"

static struct rk_rec rec;

static int
parse(const char *line)
{
	rec.p = line;
	rec.n = strlen(line);
	rec.file = "t";
	rec.line = 1;
	rec.err.msg[0] = '\0';
	return rk_rec_parse(&rec);
}

static const char *
prompt(const char *line, const char *field, int turns)
{
	static char out[512];
	struct rk_prompt how = { field, turns };
	struct rk_err err = { { 0 } };
	struct rk_str s;
	int found;

	if (parse(line) != 0)
		return rec.err.msg;
	found = rk_rec_prompt(&rec, &how, &s, &err);
	if (found < 0)
		snprintf(out, sizeof out, "error: %s", err.msg);
	else if (found == 0)
		snprintf(out, sizeof out, "none");
	else
		snprintf(out, sizeof out, "%.*s", (int)s.n, s.p);
	return out;
}

static void
test_prompts(void)
{
	const char *m =
	    "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},"
	    "{\"role\":\"user\",\"content\":\"one\"},"
	    "{\"role\":\"assistant\",\"content\":null},"
	    "{\"role\":\"user\",\"content\":[{\"type\":\"text\","
	    "\"text\":\"two\"},{\"type\":\"image_url\"},"
	    "{\"type\":\"text\",\"text\":\"three\"}]}]}";

	same(prompt("{\"prompt\":\"p\",\"messages\":[]}", NULL, 0), "p",
	    "prompt goes before messages");
	same(prompt(m, NULL, RK_TURNS_LAST), "two\nthree",
	    "the last user turn, its text parts joined");
	same(prompt(m, NULL, RK_TURNS_FIRST), "one", "the first user turn");
	same(prompt(m, NULL, RK_TURNS_ALL), "one\n\ntwo\nthree",
	    "all user turns");
	same(
	    prompt("{\"a/b\":{\"~\":[0,{\"q\":\"deep\"}]}}", "/a~1b/~0/1/q", 0),
	    "deep", "a JSON pointer with escapes and an index");
	same(prompt("{\"a\":[1]}", "/a/1", 0), "none",
	    "a pointer beyond the end finds nothing");
	same(prompt("{\"a\":[\"x\"]}", "/a/-1", 0), "none",
	    "a negative index finds nothing");
	same(prompt("{\"q\":\"x\"}", "q", 0), "x", "a field by its name");
	same(prompt("{\"q\":\"x\"}", NULL, 0), "none", "no prompt is none");
	same(prompt("{\"prompt\":7}", NULL, 0),
	    "error: prompt: expected a string or chat messages, found a "
	    "number",
	    "a number is no prompt");
	same(prompt("{\"messages\":[{\"role\":\"system\",\"content\":\"s\"}]}",
		 NULL, 0),
	    "error: messages: no user turn", "messages without a user turn");
	same(prompt("{\"messages\":[{\"content\":\"s\"}]}", NULL, 0),
	    "error: messages: expected chat messages, but number 1 has no "
	    "role",
	    "a message without a role");
	same(prompt(
		 "{\"messages\":[{\"role\":\"user\",\"content\":7}]}", NULL, 0),
	    "error: messages: expected a user turn's content as a string or "
	    "an array of parts",
	    "a content that is a number");
}

/* The embedding of LINE as text, or the message. */
static const char *
embedding(const char *line)
{
	static char out[512];
	struct rk_err err = { { 0 } };
	float x[16];
	size_t d, i, n = 0;

	if (parse(line) != 0)
		return rec.err.msg;
	if (rk_rec_embedding_dim(&rec, &d, &err) != 1 || d > 16 ||
	    rk_rec_embedding(&rec, x, d, &err) != 1)
		return err.msg[0] ? strcpy(out, err.msg) : "none";
	for (i = 0; i < d; i++)
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%g",
		    i ? " " : "", (double)x[i]);
	return out;
}

static void
test_embeddings(void)
{
	same(embedding("{\"embedding\":\"AACAPwAAAMA=\"}"), "1 -2",
	    "base64 of little-endian float32");
	same(embedding("{\"embedding\":\"\\u0041ACAPwAAAMA=\"}"), "1 -2",
	    "the same with an escape");
	same(embedding("{\"\\u0065mbedding\":\"AACAPwAAAMA=\"}"), "1 -2",
	    "the same under an escaped key");
	same(embedding("{\"embedding\":[1, -2e0 ,0.5]}"), "1 -2 0.5",
	    "an array of numbers");
	same(embedding("{\"embedding\":[1,\n2]}"), "1 2",
	    "an array the general way");
	same(embedding("{\"x\":1}"), "none", "no embedding is none");
	same(embedding("{\"embedding\":[]}"), "embedding: empty", "empty");
	same(embedding("{\"embedding\":\"\"}"), "embedding: empty",
	    "empty base64");
	same(embedding("{\"embedding\":\"AACAPw==AACAPw==\"}"),
	    "embedding: expected base64 of float32 numbers, found 16 "
	    "characters",
	    "padding in the middle: a wrong length is seen");
	same(embedding("{\"embedding\":\"A*CAPwAAAMA=\"}"),
	    "embedding: invalid base64", "a character outside of base64");
	same(embedding("{\"embedding\":\"AACAPwAAgH8=\"}"),
	    "embedding: holds a number that is not finite", "an infinity");
	same(embedding("{\"embedding\":[1,1e40]}"),
	    "embedding: holds a number that is not finite",
	    "a number that no float holds");
	same(embedding("{\"embedding\":[1,\"2\"]}"),
	    "embedding: expected base64 of float32 numbers or an array of "
	    "numbers",
	    "an array with a string");
	same(embedding("{\"embedding\":7}"),
	    "embedding: expected base64 of float32 numbers or an array of "
	    "numbers",
	    "a number");
}

static const char *
written(void)
{
	static struct rk_buf out;

	out.n = 0;
	rk_rec_write(&rec, &out);
	return out.p;
}

static void
test_changes(void)
{
	parse("{ \"a\" : 1 , \"b\" : [2,3] , \"c\" : {} }");
	rk_rec_drop(&rec, "a");
	same(written(), "{ \"b\" : [2,3] , \"c\" : {} }\n",
	    "the first member goes with its comma");
	parse("{ \"a\" : 1 , \"b\" : [2,3] , \"c\" : {} }");
	rk_rec_drop(&rec, "b");
	same(written(), "{ \"a\" : 1 , \"c\" : {} }\n",
	    "one in the middle goes with its comma");
	parse("{ \"a\" : 1 , \"b\" : [2,3] , \"c\" : {} }");
	rk_rec_drop(&rec, "c");
	rk_rec_put(&rec, "d", "4", 1);
	rk_rec_put(&rec, "a", "5", 1);
	same(written(), "{ \"a\" : 5 , \"b\" : [2,3] ,\"d\":4}\n",
	    "the last goes, one is added, one replaced");
	parse("{\"a\":1}");
	rk_rec_drop(&rec, "a");
	rk_rec_put_text(&rec, "q\"", "\n\"\\", 3);
	same(written(), "{\"q\\\"\":\"\\n\\\"\\\\\"}\n",
	    "the only one goes, and a text is escaped");
	parse("{\"a\":1,\"b\":2}");
	rk_rec_drop(&rec, "a");
	rk_rec_drop(&rec, "b");
	rk_rec_put(&rec, "x", "0.5", 3);
	same(written(), "{\"x\":0.5}\n", "all go");
	parse("{\"\\u0061\":1}");
	rk_rec_put(&rec, "a", "2", 1);
	same(written(), "{\"\\u0061\":2}\n",
	    "a key written with an escape is found");
}

int
main(void)
{
	test_prompts();
	test_embeddings();
	test_changes();
	rk_rec_free(&rec);
	return done();
}
