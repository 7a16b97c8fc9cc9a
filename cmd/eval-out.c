/* eval-out.c - flat records, tables and the tests of --require. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "eval.h"
#include "pref/routed.h"

/* --- flat records -------------------------------------------------------------- */

void
eval_add(struct eval_items *t, const char *key, const char *tail, double x)
{
	struct eval_item *i = &t->item[t->n++];

	snprintf(i->key, sizeof i->key, "%s%s", key, tail);
	i->x = x;
}

void
eval_add_interval(struct eval_items *t, const char *key, const char *tail,
    struct rk_interval in)
{
	char stem[EVAL_KEY_MAX];

	if (eval_opt.reps == 0)
		return;
	snprintf(stem, sizeof stem, "%s%s", key, tail);
	eval_add(t, stem, "_lo", in.lo);
	eval_add(t, stem, "_hi", in.hi);
}

void
eval_put_head(struct rk_buf *b, const char *name, const struct rk_category *k,
    int control)
{
	rk_buf_adds(b, "{\"router\":");
	rk_buf_json(b, name, strlen(name));
	if (eval_opt.by && k == NULL)
		rk_buf_adds(b, ",\"category\":null");
	else if (eval_opt.by && k->is_text)
		eval_put_text(b, "category", k->text);
	else if (eval_opt.by)
		eval_put_number(b, "category", k->num);
	rk_buf_addf(b, ",\"control\":%s", control ? "true" : "false");
}

void
eval_put_text(struct rk_buf *b, const char *key, const char *s)
{
	rk_buf_addf(b, ",\"%s\":", key);
	rk_buf_json(b, s, strlen(s));
}

void
eval_put_number(struct rk_buf *b, const char *key, double x)
{
	char num[32];

	rk_buf_addf(b, ",\"%s\":", key);
	rk_buf_add(b, num, rk_num_print_f64(num, x));
}

void
eval_put_items(struct rk_buf *b, const struct eval_items *t)
{
	for (size_t i = 0; i < t->n; i++)
		eval_put_number(b, t->item[i].key, t->item[i].x);
}

/* --- verdicts ------------------------------------------------------------------ */

const char *
eval_verdict(struct rk_interval in)
{
	return in.lo > 0 ? "better than"
	    : in.hi < 0  ? "worse than"
			 : "no better than";
}

void
eval_put_verdict(
    struct rk_buf *b, const char *key, struct rk_interval in, const char *other)
{
	struct rk_buf text = { 0 };

	if (isnan(in.lo))
		return;
	rk_buf_addf(&text, "%s %s", eval_verdict(in), other);
	eval_put_text(b, key, text.p);
	rk_buf_free(&text);
}

void
eval_add_name(struct rk_buf *b, const char *name, size_t most)
{
	struct rk_buf cut = { 0 };
	char shown[256];

	rk_table_short(
	    &cut, rk_err_quote(shown, sizeof shown, name, strlen(name)), most);
	rk_buf_add(b, cut.p, cut.n);
	rk_buf_free(&cut);
}

/* "+.062", "-1.250" */
static void
add_signed(struct rk_buf *b, double x)
{
	char num[64];
	size_t skip;

	snprintf(num, sizeof num, "%+.3f", x);
	skip = num[1] == '0' && num[2] == '.';
	rk_buf_addf(b, "%c%s", num[0], num + 1 + skip);
}

void
eval_say_verdict(struct rk_buf *b, const char *name, const char *other,
    double x, struct rk_interval in)
{
	if (isnan(in.lo))
		return;
	eval_add_name(b, name, 22);
	rk_buf_addf(b, ": %s ", eval_verdict(in));
	eval_add_name(b, other, 36);
	rk_buf_adds(b, ": ");
	add_signed(b, x);
	rk_buf_adds(b, " [");
	add_signed(b, in.lo);
	rk_buf_adds(b, ", ");
	add_signed(b, in.hi);
	rk_buf_adds(b, "]\n");
}

/* --- requirements --------------------------------------------------------------- */

struct require {
	const char *text; /* as it was given */
	char key[EVAL_KEY_MAX];
	char op[3];
	int diff; /* of the first there is none */
	double x;
};

static struct require *require;
static size_t requires;

static int
cut_tail(char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	if (n <= m || strcmp(s + n - m, tail) != 0)
		return 0;
	s[n - m] = '\0';
	return 1;
}

static const struct eval_key *
find_key(const struct eval_key *keys, const char *name)
{
	for (; keys->key != NULL; keys++)
		if (strcmp(keys->key, name) == 0)
			return keys;
	return NULL;
}

/* Is the key one of the numbers that a record will hold? Else why not. */
static void
check_key(struct require *r, const struct eval_key *keys, int several)
{
	const char *text = r->text;
	char stem[EVAL_KEY_MAX];
	const struct eval_key *k;
	int of_resamples;

	snprintf(stem, sizeof stem, "%s", r->key);
	of_resamples = cut_tail(stem, "_lo") || cut_tail(stem, "_hi");
	r->diff = cut_tail(stem, "_diff");
	k = find_key(keys, stem);
	if (k == NULL || (r->diff && !k->diff) ||
	    (of_resamples && !k->interval && !r->diff))
		cmd_usage(&eval_cmd, "--require %s: no figure is named '%s'",
		    text, r->key);
	if (strcmp(stem, "resamples") == 0 || strcmp(stem, "no_gap") == 0)
		of_resamples = 1;
	if (of_resamples && eval_opt.reps == 0)
		cmd_usage(
		    &eval_cmd, "--require %s: there are no intervals", text);
	if (r->diff && !several)
		cmd_usage(&eval_cmd,
		    "--require %s: a difference needs a second router", text);
}

static void
parse_require(struct require *r, const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
	const char *p = text + n;

	p += strspn(p, " ");
	r->text = text;
	snprintf(r->op, sizeof r->op, "%.*s", (int)strspn(p, "<>="), p);
	p += strspn(p, "<>=");
	p += strspn(p, " ");
	if (n == 0 || n >= EVAL_KEY_MAX || rk_num_parse(p, &r->x) != 0 ||
	    (strcmp(r->op, ">") != 0 && strcmp(r->op, ">=") != 0 &&
		strcmp(r->op, "<") != 0 && strcmp(r->op, "<=") != 0))
		cmd_usage(&eval_cmd,
		    "--require %s: expected a key, one of > >= < <=, and a "
		    "number",
		    text);
	snprintf(r->key, sizeof r->key, "%.*s", (int)n, text);
}

void
eval_requires_parse(
    const struct rk_list *tests, const struct eval_key *keys, int several)
{
	require = rk_calloc(tests->n + 1, sizeof *require);
	requires = tests->n;
	for (size_t i = 0; i < tests->n; i++) {
		parse_require(&require[i], tests->p[i]);
		check_key(&require[i], keys, several);
	}
}

static int
holds(const struct require *r, double x)
{
	int equal = r->op[1] == '=' && x == r->x;

	return equal || (r->op[0] == '>' ? x > r->x : x < r->x);
}

static void
check_require(
    const struct require *r, const char *name, const struct eval_items *t)
{
	const struct eval_item *i = t->item, *end = t->item + t->n;

	while (i < end && strcmp(i->key, r->key) != 0)
		i++;
	if ((i == end && r->diff) || (i < end && holds(r, i->x)))
		return;
	if (i == end)
		cmd_warn(&eval_cmd, "%s: there is no %s, required: %s", name,
		    r->key, r->text);
	else if (isnan(i->x))
		cmd_warn(&eval_cmd, "%s: %s is null, required: %s", name,
		    r->key, r->text);
	else
		cmd_warn(&eval_cmd, "%s: %s is %.6g, required: %s", name,
		    r->key, i->x, r->text);
	cmd_fail(&eval_cmd);
}

void
eval_requires_check(const char *name, const struct eval_items *t)
{
	for (size_t q = 0; q < requires; q++)
		check_require(&require[q], name, t);
}

void
eval_requires_free(void)
{
	free(require);
}

/* --- tables ---------------------------------------------------------------------- */

void
eval_start_sheet(struct rk_table *t, const char *const *head)
{
	if (eval_opt.by) {
		rk_table_add(t, "%s", eval_opt.by);
		rk_table_add(t, "n");
	}
	rk_table_add(t, "router");
	for (; *head != NULL; head++)
		rk_table_add(t, "%s", *head);
	t->left = eval_opt.by ? 3 : 1;
	t->cols = t->n;
}

void
eval_start_row(
    struct rk_table *t, const char *name, const struct rk_category *k, size_t n)
{
	if (eval_opt.by) {
		rk_table_add(t, "%s", k ? k->text : "(all)");
		rk_table_add(t, "%zu", n);
	}
	rk_table_add(t, "%s", name);
}

void
eval_cell(struct rk_table *sheet, int digits, double x, struct rk_interval in,
    double unit, struct eval_seen *seen)
{
	struct rk_buf b = { 0 };

	seen->none |= isnan(x);
	seen->unsure |= !isnan(x) && eval_opt.reps > 0 && isnan(in.lo);
	if (isnan(x)) {
		rk_table_add(sheet, "-");
		return;
	}
	rk_buf_addf(&b, "%.*f", digits, x * unit);
	if (eval_opt.reps > 0 && isnan(in.lo)) {
		rk_buf_adds(&b, " [-]");
	} else if (eval_opt.reps > 0) {
		rk_buf_addf(&b, " [%.*f, %.*f]", digits, in.lo * unit, digits,
		    in.hi * unit);
	}
	rk_table_add(sheet, "%s", b.p);
	rk_buf_free(&b);
}

void
eval_put_sheet(struct rk_buf *out, struct rk_table *t)
{
	if (t->n > 0) {
		rk_buf_addc(out, '\n');
		rk_table_write(t, out);
	}
	rk_table_free(t);
}

/* --- reading ----------------------------------------------------------------------- */

int
eval_read_routed(struct rk_routed *routed)
{
	struct rk_batch *b;

	while ((b = cmd_next(&eval_cmd)) != NULL) {
		for (size_t i = 0; i < b->n; i++)
			if (!rk_err_is(&b->rec[i].err))
				rk_routed_take(routed, &b->rec[i]);
		cmd_take(&eval_cmd, b);
	}
	if (cmd_failed(&eval_cmd) && !eval_cmd.keep_going)
		return -1;
	if (routed->n == 0)
		cmd_die(&eval_cmd, "no records");
	rk_routed_settle(routed);
	return 0;
}
