/*
 * generate.c - draws the synthetic data set of this folder. A prompt comes from
 * the grammar; its difficulty from its kind of task, its level (0 to 3, which
 * the prompt shows: longer numbers, more clauses, rarer languages) and a little
 * noise; whether a model is right, from its skill against that difficulty. The
 * README gives the model. The output depends on the grammar alone.
 *
 *	cc -Ilib -o generate data/mini/generate.c lib/base/rng.c -lm
 *	./generate data/mini/grammar.txt train > train.jsonl
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"

#define SHARP 2.5 /* how surely skill past the difficulty is right */

enum {
	RECORDS = 2000,
	TRAIN = 1400, /* the first so many; the rest is the test */
	SEED = 7,
	MODELS = 3,
	LEVELS = 4,
	RULES = 256,
	LINES = 1024,
	PROMPT = 4096, /* bytes a prompt may have */
	DEEP = 16      /* rules within rules */
};

/* A model: its skill on the logistic scale, US dollars for a million tokens
   in and out, and how many tokens it writes, relative to the others. */
static const struct {
	const char *name;
	double skill, in, out, wordy;
} models[MODELS] = {
	{ "larch/large-1.5", 3.0, 5, 15, 1.2 },
	{ "larch/medium-0.9", 1.7, 0.5, 1.5, 1.0 },
	{ "fern-small-0.3b", 0.6, 0.06, 0.12, 0.8 },
};

/* A kind of task: its share of the records, difficulty at level 0 and a
   level's worth of it, each model's bent for it, tokens of an answer. A graded
   kind has qualities in quarters, the others 0 or 1. */
static const struct kind {
	const char *rule;
	int share;
	double base, step, bent[MODELS];
	int tokens, graded;
} kinds[] = {
	{ "classify", 9, -1.9, 0.7, { 0, 0, 0.3 }, 4, 0 },
	{ "extract", 8, -1.7, 0.8, { 0, 0, 0 }, 60, 0 },
	{ "translate", 8, -1.3, 1.4, { 0, -0.2, -0.3 }, 50, 0 },
	{ "summarise", 7, -1.1, 0.5, { 0, 0, 0 }, 90, 1 },
	{ "write", 8, -1.2, 0.8, { 0, 0, 0 }, 220, 1 },
	{ "facts", 9, -1.4, 1.9, { 0.2, 0, 0 }, 40, 0 },
	{ "arithmetic", 9, -1.2, 1.8, { 0, 0, 0 }, 20, 0 },
	{ "problem", 9, 0.3, 0.8, { 0.5, 0, -0.8 }, 260, 0 },
	{ "logic", 8, 1.0, 0.9, { 0.5, -0.2, -0.8 }, 380, 0 },
	{ "code", 9, -0.5, 1.2, { 0.2, 0.6, -0.6 }, 320, 0 },
	{ "sql", 7, -0.3, 1.0, { 0, 0.6, -0.6 }, 160, 0 },
	{ "other_language", 9, -0.6, 1.3, { 0.2, -0.2, -0.4 }, 180, 0 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct grammar {
	char *line[LINES];
	struct {
		char *name;
		int first, n; /* its alternatives among the lines */
	} rule[RULES];
	int lines, rules;
};

/* One prompt being written. */
struct draft {
	const struct grammar *g;
	struct rk_rng *rng;
	int level;
	size_t len;
	char text[PROMPT];
	int last[RULES];  /* 1 + the alternative that a rule gave last */
	int keeps[RULES]; /* {$rule}: is it drawn, and where is its text? */
	size_t keep_at[RULES], keep_len[RULES];
};

static void
die(const char *what, const char *name)
{
	fprintf(stderr, "generate: %s: %s\n", what, name);
	exit(1);
}

static void
read_grammar(struct grammar *g, const char *name)
{
	static char buf[1 << 16];
	FILE *f = fopen(name, "rb");
	size_t n;
	char *s;

	if (f == NULL || (n = fread(buf, 1, sizeof(buf) - 1, f)) == 0 ||
	    !feof(f))
		die("cannot read, or too long", name);
	fclose(f);
	for (s = strtok(buf, "\n"); s != NULL; s = strtok(NULL, "\n")) {
		if (*s == '#')
			continue;
		if (*s == '[') {
			if (g->rules == RULES)
				die("too many rules", s);
			s[strcspn(s, "]")] = '\0';
			g->rule[g->rules].name = s + 1;
			g->rule[g->rules++].first = g->lines;
			continue;
		}
		if (g->lines == LINES || g->rules == 0)
			die("too many lines, or one before any rule", s);
		g->line[g->lines++] = s;
		g->rule[g->rules - 1].n++;
	}
}

static int
find(const struct grammar *g, const char *name)
{
	int i;

	for (i = 0; i < g->rules; i++)
		if (strcmp(g->rule[i].name, name) == 0)
			return i;
	die("no such rule", name);
	return -1;
}

static void
put(struct draft *d, const char *s, size_t n)
{
	if (n >= PROMPT - d->len)
		die("a prompt grew too long", d->text);
	memcpy(d->text + d->len, s, n);
	d->text[d->len += n] = '\0';
}

static void expand(struct draft *d, const char *s, int deep);

/* Never the same alternative of a rule twice running. */
static void
put_rule(struct draft *d, int rule, int deep)
{
	int i, n = d->g->rule[rule].n;

	if (n == 0)
		die("an empty rule", d->g->rule[rule].name);
	do
		i = (int)rk_rng_below(d->rng, (uint64_t)n);
	while (n > 1 && i + 1 == d->last[rule]);
	d->last[rule] = i + 1;
	expand(d, d->g->line[d->g->rule[rule].first + i], deep + 1);
}

/* {$rule}: the same text at each mention in this prompt. */
static void
put_kept(struct draft *d, int rule, int deep)
{
	if (!d->keeps[rule]) {
		d->keeps[rule] = 1;
		d->keep_at[rule] = d->len;
		put_rule(d, rule, deep);
		d->keep_len[rule] = d->len - d->keep_at[rule];
	} else {
		put(d, d->text + d->keep_at[rule], d->keep_len[rule]);
	}
}

/* {rule*}, {rule-}: 1 + level different alternatives, two more in a list. */
static void
put_several(struct draft *d, int rule, int list, int deep)
{
	uint32_t order[LINES];
	int i, n = d->g->rule[rule].n;
	int want = 1 + d->level + 2 * list;

	for (i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	rk_rng_shuffle(d->rng, order, (size_t)n);
	for (i = 0; i < n && i < want; i++) {
		if (list)
			put(d, i ? "\n- " : "- ", i ? 3 : 2);
		else if (i)
			put(d, " ", 1);
		expand(d, d->g->line[d->g->rule[rule].first + (int)order[i]],
		    deep + 1);
	}
}

static void
put_number(struct draft *d, long lo, long hi)
{
	char s[32];

	lo += (long)rk_rng_below(d->rng, (uint64_t)(hi - lo + 1));
	put(d, s, (size_t)snprintf(s, sizeof(s), "%ld", lo));
}

/* What stands between the braces. */
static void
put_slot(struct draft *d, const char *slot, int deep)
{
	/* {#}: one or two digits, then up to seven */
	static const long top[LEVELS] = { 30, 1000, 100000, 10000000 };
	char name[64], *last;
	long lo, hi;

	if (*slot == '\0')
		return;
	if (strcmp(slot, "#") == 0) {
		put_number(d, top[d->level] / 15, top[d->level]);
		return;
	}
	if (sscanf(slot, "%ld..%ld", &lo, &hi) == 2) {
		put_number(d, lo, hi);
		return;
	}
	if (*slot == '$') {
		put_kept(d, find(d->g, slot + 1), deep);
		return;
	}
	snprintf(name, sizeof(name) - 1, "%s", slot);
	last = name + strlen(name) - 1;
	if (*last == '*' || *last == '-') {
		int list = *last == '-';
		*last = '\0';
		put_several(d, find(d->g, name), list, deep);
		return;
	}
	if (*last == '@')
		*last = (char)('0' + d->level);
	put_rule(d, find(d->g, name), deep);
}

/* Writes s with its slots filled; a brace before a space is only a brace. */
static void
expand(struct draft *d, const char *s, int deep)
{
	char slot[64];
	size_t n;

	if (deep > DEEP)
		die("rules within rules without end", s);
	while (*s != '\0') {
		if (s[0] == '\\' && s[1] == 'n') {
			put(d, "\n", 1);
			s += 2;
		} else if (s[0] == '{' && s[1] != ' ') {
			n = strcspn(++s, "}");
			if (n >= sizeof(slot) || s[n] == '\0')
				die("a slot without an end", s);
			memcpy(slot, s, n);
			slot[n] = '\0';
			put_slot(d, slot, deep);
			s += n + 1;
		} else {
			put(d, s++, 1);
		}
	}
}

/* Empty alternatives leave blanks at the end, and two in a row. */
static void
tidy(struct draft *d)
{
	size_t i, n = 0;
	const char *t = d->text;

	for (i = 0; i < d->len; i++)
		if (t[i] != ' ' || (n > 0 && d->text[n - 1] == '\n') ||
		    (t[i + 1] != '\n' && t[i + 1] != '\0' &&
			!(t[i + 1] == ' ' && n > 0 && d->text[n - 1] != ' ')))
			d->text[n++] = t[i];
	while (n > 0 && (d->text[n - 1] == ' ' || d->text[n - 1] == '\n'))
		n--;
	d->text[d->len = n] = '\0';
}

static void
print_string(const char *s)
{
	putchar('"');
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			fputs("\\n", stdout);
		else if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

static const struct kind *
draw_kind(struct rk_rng *r)
{
	int sum = 0, at;
	size_t k;

	for (k = 0; k < KINDS; k++)
		sum += kinds[k].share;
	at = (int)rk_rng_below(r, (uint64_t)sum);
	for (k = 0; (at -= kinds[k].share) >= 0; k++)
		;
	return &kinds[k];
}

/* A model's quality on a task of that difficulty. */
static double
draw_quality(struct rk_rng *r, const struct kind *k, int m, double difficulty)
{
	double x = SHARP * (models[m].skill + k->bent[m] - difficulty);

	if (k->graded)
		return floor(4 / (1 + exp(-x - 0.7 * rk_rng_normal(r))) + 0.5) /
		    4;
	return rk_rng_unit(r) < 1 / (1 + exp(-x));
}

static double
draw_cost(struct rk_rng *r, const struct kind *k, int m, size_t bytes)
{
	double in = 12 + floor((double)bytes / 4);
	double out = floor(
	    k->tokens * models[m].wordy * (0.6 + 0.8 * rk_rng_unit(r)));

	return (in * models[m].in + (1 + out) * models[m].out) / 1e6;
}

/* Draws a prompt that no record before has. */
static void
draw_prompt(struct draft *d, const struct kind *k, char **seen, int n)
{
	int i;

	do {
		memset(d->keeps, 0, sizeof(d->keeps));
		memset(d->last, 0, sizeof(d->last));
		d->len = 0;
		put_rule(d, find(d->g, k->rule), 0);
		tidy(d);
		for (i = 0; i < n && strcmp(seen[i], d->text) != 0; i++)
			;
	} while (i < n);
	if ((seen[n] = malloc(d->len + 1)) == NULL)
		die("out of memory", "prompts");
	memcpy(seen[n], d->text, d->len + 1);
}

static void
print_record(int i, time_t when, const struct kind *k, const char *prompt,
    const double *quality, const double *cost)
{
	char ts[32];
	struct tm tm;
	int m;

	strftime(ts, sizeof(ts), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&when, &tm));
	printf("{\"id\":\"mini-%04d\",\"ts\":\"%s\",\"category\":\"%s\","
	       "\"prompt\":",
	    i + 1, ts, k->rule);
	print_string(prompt);
	for (m = 0; m < MODELS; m++)
		printf("%s\"%s\":%g", m ? "," : ",\"quality\":{",
		    models[m].name, quality[m]);
	for (m = 0; m < MODELS; m++)
		printf("%s\"%s\":%.7f", m ? "," : "},\"cost\":{",
		    models[m].name, cost[m]);
	puts("}}");
}

int
main(int argc, char **argv)
{
	static struct grammar g;
	static struct draft d;
	static char *seen[RECORDS];
	struct rk_rng rng;
	time_t when = 1736150400; /* 2025-01-06, 08:00 UTC */
	double quality[MODELS], cost[MODELS], difficulty;
	int i, m, test;

	test = argc == 3 && strcmp(argv[2], "test") == 0;
	if (argc != 3 || (!test && strcmp(argv[2], "train") != 0)) {
		fputs("usage: generate grammar.txt train|test\n", stderr);
		return 2;
	}
	read_grammar(&g, argv[1]);
	rk_rng_init(&rng, SEED, 0);
	d.g = &g;
	d.rng = &rng;
	for (i = 0; i < RECORDS; i++) {
		const struct kind *k = draw_kind(&rng);

		d.level = (int)rk_rng_below(&rng, LEVELS);
		draw_prompt(&d, k, seen, i);
		difficulty = k->base + k->step * d.level +
		    0.4 * rk_rng_normal(&rng);
		for (m = 0; m < MODELS; m++) {
			quality[m] = draw_quality(&rng, k, m, difficulty);
			cost[m] = draw_cost(&rng, k, m, d.len);
		}
		when += 60 + (time_t)rk_rng_below(&rng, 1200);
		if (test == (i >= TRAIN))
			print_record(i, when, k, d.text, quality, cost);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		die("cannot write", "standard output");
	return 0;
}
