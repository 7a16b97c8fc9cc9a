/*
 * t_answer.c - what texts give as their answers: by the tables of
 * tests/golden/answer, which were written by hand, and how answers compare.
 */
#include "text/answer.h"

#include <time.h>

#include "tap.h"

/* "\n" and "\r" in S become what they say. */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++)
		if (s[0] == '\\' && (s[1] == 'n' || s[1] == 'r') &&
		    strncmp(s, "\\right", 6) != 0)
			*to++ = *++s == 'n' ? '\n' : '\r';
		else
			*to++ = *s;
	*to = '\0';
}

static const char *
read_one(struct rk_answer_reader *r, const char *text, struct rk_buf *out)
{
	static struct rk_err err;
	int rc;

	err = (struct rk_err){ "" };
	rc = rk_answer_read(
	    r, (struct rk_str){ text, strlen(text) }, out, &err);

	return rc == 1 ? out->p : rc == 0 ? "-" : err.msg;
}

static void
holds_table(enum rk_answer_rule rule, const char *path)
{
	struct rk_err err = { "" };
	struct rk_answer *a = rk_answer_new(rule, 0, NULL, &err);
	struct rk_answer_reader *r;
	struct rk_buf out = { 0 };
	char line[1024], name[1100], *text;
	FILE *f = fopen(path, "r");
	int n = 0;

	if (!ok(a != NULL && f != NULL, "%s can be read", path)) {
		printf("# %s\n", err.msg);
		return;
	}
	r = rk_answer_reader_new(a);
	while (fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		text = strchr(line, '\t');
		if (*line == '#' || text == NULL)
			continue;
		*text++ = '\0';
		snprintf(name, sizeof name, "%s: %s", line, text);
		unescape(text);
		same(read_one(r, text, &out), line, name);
		n++;
	}
	ok(n > 50, "%s: %d cases", path, n);
	fclose(f);
	rk_answer_reader_free(r);
	rk_answer_free(a);
	rk_buf_free(&out);
}

static const struct {
	int fold;
	const char *pattern, *text, *want;
} exact[] = {
	{ 0, NULL, "Paris", "Paris" },
	{ 0, NULL, "  Paris\n", "Paris" },
	{ 0, NULL, "New \n\t York", "New York" },
	{ 0, NULL, "\xe2\x80\x83New\xc2\xa0York\xe3\x80\x80", "New York" },
	{ 0, NULL, "Ame\xcc\x81lie", "Am\xc3\xa9lie" },
	{ 0, NULL, "x\xc2\xb2", "x\xc2\xb2" },
	{ 0, NULL, "PARIS", "PARIS" },
	{ 1, NULL, "PARIS", "paris" },
	{ 1, NULL,
	    "Stra\xc3\x9f"
	    "e",
	    "strasse" },
	{ 0, NULL, "<think>Rome?</think>\n\nParis", "Paris" },
	{ 0, NULL, "Rome?</think>Paris", "Paris" },
	{ 0, NULL, "Paris <think> or Rome <think>", "Paris" },
	{ 0, NULL, "<think>Paris", "-" },
	{ 0, NULL, "<think></think>", "-" },
	{ 0, "is (\\w+)", "<think>is this</think> is that", "that" },
	{ 0, NULL, "", "-" },
	{ 0, NULL, " \n", "-" },
	{ 0, "#### (.*)", "so\n#### 18 eggs\n", "18 eggs" },
	{ 0, "####.*", "so\n#### 18\n", "#### 18" },
	{ 0, "#### (.*)", "so 18", "-" },
	{ 0, "(?s).*is (\\w+)", "is this, is that", "that" },
	{ 0, "is (\\w+)", "is this, is that", "this" },
	{ 0, "a(b)?c", "ac", "-" },
	{ 0, "(x*)", "y", "-" },
	{ 0, "\\p{Lu}+", "der \xc3\x84RGER", "\xc3\x84RGER" },
};

static void
reads_exact(void)
{
	struct rk_buf out = { 0 };
	char name[32];
	size_t i;

	for (i = 0; i < sizeof exact / sizeof *exact; i++) {
		struct rk_err err = { "" };
		struct rk_answer *a = rk_answer_new(
		    RK_ANSWER_EXACT, exact[i].fold, exact[i].pattern, &err);
		struct rk_answer_reader *r = rk_answer_reader_new(a);

		snprintf(name, sizeof name, "exact %zu", i);
		same(read_one(r, exact[i].text, &out), exact[i].want, name);
		rk_answer_reader_free(r);
		rk_answer_free(a);
	}
	rk_buf_free(&out);
}

static void
has_patterns(void)
{
	struct rk_err err = { "" };
	struct rk_answer *a = rk_answer_new(
	    RK_ANSWER_NUMBER, 0, "total: (.*)", &err);
	struct rk_answer_reader *r = rk_answer_reader_new(a);
	struct rk_buf out = { 0 };

	same(read_one(r, "total: $1,200\nfor 3 days", &out), "1200",
	    "a pattern says where a number is looked for");
	ok(rk_answer_key(r, (struct rk_str){ "1,200", 5 }, &out, &err) == 1 &&
		strcmp(out.p, "1200") == 0,
	    "and does not apply to the key");
	rk_answer_reader_free(r);
	rk_answer_free(a);
	ok(rk_answer_new(RK_ANSWER_EXACT, 0, "(", &err) == NULL,
	    "no pattern is an error");
	same(err.msg,
	    "the pattern is not understood: missing closing parenthesis",
	    "that says what is wrong");
	rk_buf_free(&out);
}

/* Seconds that READ takes of a text of N bytes, PIECE again and again. */
static double
seconds(enum rk_answer_rule rule, const char *pattern, const char *piece,
    size_t n, int *rc)
{
	struct rk_err err = { "" };
	struct rk_answer *a = rk_answer_new(rule, 0, pattern, &err);
	struct rk_answer_reader *r = rk_answer_reader_new(a);
	struct rk_buf text = { 0 }, out = { 0 };
	clock_t start;

	while (text.n < n)
		rk_buf_adds(&text, piece);
	start = clock();
	*rc = rk_answer_read(r, (struct rk_str){ text.p, text.n }, &out, &err);
	rk_buf_free(&text);
	rk_buf_free(&out);
	rk_answer_reader_free(r);
	rk_answer_free(a);
	return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* Bounded loosely: linear is some ms, and what is quadratic takes minutes. */
static void
is_patient(void)
{
	static const char *const pieces[] = { "1", "1,111", "1 ", "1/", "-",
		"a", "A ", "(", "\\frac{1}{", "answer ", "answer is ",
		"answer, so, then ", "\n", "\n ", " ", "(A", "A or ", ", A",
		"it is ", "x10^", "#>", ".", "1.", "\n\t", "maybe ",
		"B or maybe ", "(B) or ", "answer is B or maybe ", "B, ",
		"B - ", "Correct: ", "<answer>", "</think>", "<think>", "10^",
		"10**", "^", "**", "final ", "clearly ", "B is the clearly ",
		"\nfinal ", "not ", "not the answer is B ", "^{", "x^(",
		"x^{1}", "2^", "2)^", "\\frac{1}{2}^", "1/2^", "2\\frac" };
	double s;
	size_t i;
	int rule, rc;

	for (rule = RK_ANSWER_EXACT; rule <= RK_ANSWER_NUMBER; rule++)
		for (i = 0; i < sizeof pieces / sizeof *pieces; i++) {
			s = seconds((enum rk_answer_rule)rule, NULL, pieces[i],
			    1 << 18, &rc);
			ok(s < 5 && rc >= 0, "rule %d reads \"%s...\" in time",
			    rule, *pieces[i] == '\n' ? "NL" : pieces[i]);
			if (s >= 1 || rc < 0)
				printf("# %.1f s, rc %d\n", s, rc);
		}
	s = seconds(RK_ANSWER_EXACT, "^(a|aa|a?)+$", "a", 1 << 16, &rc);
	ok(s < 10, "a pattern that backtracks without end ends");
	s = seconds(RK_ANSWER_EXACT, "^(a+)+[bc]$", "a", 5000, &rc);
	ok(rc == -1 && s < 10, "by giving up");
}

int
main(void)
{
	holds_table(RK_ANSWER_CHOICE, "tests/golden/answer/choice.tsv");
	holds_table(RK_ANSWER_NUMBER, "tests/golden/answer/number.tsv");
	reads_exact();
	has_patterns();
	is_patient();
	return done();
}
