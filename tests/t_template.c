/* t_template.c - templates: what is read, what is refused, what is filled in. */
#include "text/template.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static const struct rk_template_place places[] = {
	{ "prompt", 1 },
	{ "answer", 0 },
	{ "n_2", 0 },
	{ NULL, 0 },
};

static const struct rk_str value[] = {
	{ "say {answer}", 12 },
	{ "no{", 3 },
	{ "", 0 },
};

/* What TEXT is with VALUE in it; new. */
static char *
filled(const char *text, struct rk_err *err)
{
	struct rk_template t;
	struct rk_buf b = { 0 };

	if (rk_template_read(&t, "f", places, text, strlen(text), err) != 0)
		return NULL;
	rk_buf_adds(&b, "");
	rk_template_fill(&t, value, &b);
	rk_template_free(&t);
	return b.p;
}

static const struct {
	const char *text, *want;
} good[] = {
	{ "{prompt}", "say {answer}" },
	{ "a{prompt}b\n", "asay {answer}b" },
	{ "a{prompt}b\n\n", "asay {answer}b\n" },
	{ "{prompt}{answer}{n_2}{answer}", "say {answer}no{no{" },
	{ "{{{prompt}}}", "{say {answer}}" },
	{ "{{prompt}}{prompt}", "{prompt}say {answer}" },
	{ "{{\"a\": {{}}}}{prompt}{{", "{\"a\": {}}say {answer}{" },
	{ "\xc3\xa4{prompt}\xf0\x9f\x99\x82",
	    "\xc3\xa4say {answer}"
	    "\xf0\x9f\x99\x82" },
	{ "x\r\n{prompt}\r\n", "x\r\nsay {answer}\r" },
};

static const struct {
	const char *text, *msg;
} bad[] = {
	{ "", "f:1:1: the template ends without {prompt}" },
	{ "a\nb {answer}\n", "f:2:11: the template ends without {prompt}" },
	{ "{{prompt}}", "f:1:11: the template ends without {prompt}" },
	{ "{prompt}\n  {reply}",
	    "f:2:3: {reply} is no place here: expected one of {prompt}, "
	    "{answer}, {n_2}" },
	{ "{prompt}{",
	    "f:1:9: '{' begins no place such as {prompt} (a brace "
	    "itself is {{ or }})" },
	{ "{ prompt}",
	    "f:1:1: '{' begins no place such as {prompt} (a brace "
	    "itself is {{ or }})" },
	{ "{}{prompt}",
	    "f:1:1: '{' begins no place such as {prompt} (a brace "
	    "itself is {{ or }})" },
	{ "{Prompt}",
	    "f:1:1: '{' begins no place such as {prompt} (a brace "
	    "itself is {{ or }})" },
	{ "{prompt",
	    "f:1:1: '{' begins no place such as {prompt} (a brace "
	    "itself is {{ or }})" },
	{ "{prompt}}",
	    "f:1:9: '}' without its '{' (a brace itself is {{ or }})" },
	{ "\n{prompt}\xff", "f:2:9: bytes that are no UTF-8" },
};

static void
takes_and_refuses(void)
{
	struct rk_err err;
	struct rk_template t;
	char *got;
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++) {
		err = (struct rk_err){ "" };
		got = filled(good[i].text, &err);
		same(got, good[i].want, "a template is filled in");
		free(got);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		err = (struct rk_err){ "" };
		ok(filled(bad[i].text, &err) == NULL, "it is refused");
		same(err.msg, bad[i].msg, "with a message that says where");
	}
	err = (struct rk_err){ "" };
	ok(rk_template_read(&t, "f", places, "a\n\0{prompt}", 11, &err) == -1,
	    "a NUL byte is refused");
	same(err.msg, "f:2:1: a NUL byte", "with its place");
	ok(t.source == NULL && t.n == 0, "what is refused holds nothing");
}

static void
has_pieces(void)
{
	static const char text[] = "one {{two}} {prompt}three{answer}\n";
	struct rk_template t;
	struct rk_err err = { "" };

	ok(rk_template_read(&t, "f", places, text, strlen(text), &err) == 0,
	    "a template is read");
	ok(t.n == 4 && t.piece[0].place == -1 && t.piece[1].place == 0 &&
		t.piece[2].place == -1 && t.piece[3].place == 1,
	    "its pieces are in order, a text with braces is one");
	ok(t.n == 4 && t.piece[0].text.n == 10 &&
		memcmp(t.piece[0].text.p, "one {two} ", 10) == 0,
	    "a piece is the text as it will stand");
	ok(rk_template_has(&t, 1) && !rk_template_has(&t, 2),
	    "it knows which places it has");
	same(t.source, text, "its source is kept");
	ok(t.bytes == strlen(text), "with its length");
	rk_template_free(&t);
	ok(t.source == NULL && t.n == 0, "and is given back");
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		exit(1);
}

static void
finds_files(void)
{
	static const struct rk_template_place score[] = { { "prompt", 1 },
		{ "reference", 1 }, { "answer", 1 }, { "mark", 1 },
		{ NULL, 0 } };
	static const struct rk_template_place pair[] = { { "prompt", 1 },
		{ "answer_a", 1 }, { "answer_b", 1 }, { "mark", 1 },
		{ NULL, 0 } };
	char dir[] = "/tmp/rk-template.XXXXXX", path[200], want[300];
	struct rk_template t;
	struct rk_err err = { "" };

	unsetenv("RK_DATA");
	ok(rk_template_find(&t, "judge-score.txt", score, &err) == 0,
	    "judge-score.txt is found and has its places");
	rk_template_free(&t);
	ok(rk_template_find(&t, "judge-pair.txt", pair, &err) == 0,
	    "judge-pair.txt is found and has its places");
	rk_template_free(&t);
	ok(rk_template_find(&t, "no-such.txt", pair, &err) == -1 &&
		strstr(err.msg,
		    "set RK_DATA to the folder which has "
		    "templates/no-such.txt") != NULL,
	    "one that is not there is an error that says what to do");
	if (mkdtemp(dir) == NULL)
		exit(1);
	setenv("RK_DATA", dir, 1);
	snprintf(path, sizeof path, "%s/templates", dir);
	mkdir(path, 0777);
	err = (struct rk_err){ "" };
	snprintf(path, sizeof path, "%s/templates/own.txt", dir);
	ok(rk_template_find(&t, "own.txt", places, &err) == -1,
	    "RK_DATA is the only place where it is set");
	snprintf(want, sizeof want, "%s: No such file or directory", path);
	same(err.msg, want, "and the message names the file");
	write_file(path, "{prompt}\n{prompt\n");
	err = (struct rk_err){ "" };
	ok(rk_template_find(&t, "own.txt", places, &err) == -1,
	    "a wrong one is an error");
	snprintf(want, sizeof want,
	    "%s:2:1: '{' begins no place such as {prompt} (a brace itself is "
	    "{{ or }})",
	    path);
	same(err.msg, want, "by file, line and column");
	write_file(path, "{prompt}");
	err = (struct rk_err){ "" };
	ok(rk_template_find(&t, "own.txt", places, &err) == 0 && t.n == 1,
	    "a good one is read");
	rk_template_free(&t);
	unlink(path);
	snprintf(path, sizeof path, "%s/templates", dir);
	rmdir(path);
	rmdir(dir);
}

int
main(void)
{
	takes_and_refuses();
	has_pieces();
	finds_files();
	return done();
}
