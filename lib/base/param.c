/*
 * param.c - named parameters. A value is checked and kept both as it was typed
 * and as the number it means, so that reading it later cannot fail.
 */
#include "base/param.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

struct value {
	char *text;
	double num;
	int is_set;
};

struct rk_params {
	const struct rk_param *table;
	size_t n;
	struct value *v; /* [n] */
};

static size_t
table_size(const struct rk_param *table)
{
	size_t n = 0;

	while (table != NULL && table[n].name != NULL)
		n++;
	return n;
}

/* The row whose name is the LEN bytes at KEY, or p->n. */
static size_t
find(const struct rk_params *p, const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strlen(p->table[i].name) == len &&
		    memcmp(p->table[i].name, key, len) == 0)
			break;
	return i;
}

static const struct value *
get(const struct rk_params *p, const char *key)
{
	size_t i = find(p, key, strlen(key));

	assert(i < p->n);
	return &p->v[i];
}

static int
has_word(const char *words, const char *word)
{
	size_t n = strlen(word), len;

	for (;; words += len + 1) {
		len = strcspn(words, "|");
		if (len == n && n > 0 && memcmp(words, word, n) == 0)
			return 1;
		if (words[len] == '\0')
			return 0;
	}
}

/* "a whole number from 8 to 65536": what the row T takes, in words. */
static void
add_range(struct rk_buf *out, const struct rk_param *t)
{
	size_t len;
	const char *w;

	if (t->type == RK_PARAM_TEXT) {
		rk_buf_adds(out, "a text");
	} else if (t->type == RK_PARAM_PATH) {
		rk_buf_adds(out, "a path");
	} else if (t->type == RK_PARAM_WORD) {
		for (w = t->words;; w += len + 1) {
			len = strcspn(w, "|");
			rk_buf_add(out, w, len);
			if (w[len] == '\0')
				break;
			rk_buf_adds(
			    out, strchr(w + len + 1, '|') ? ", " : " or ");
		}
	} else {
		rk_buf_adds(out, "a ");
		rk_buf_adds(
		    out, t->type == RK_PARAM_INT ? "whole number" : "number");
		if (isfinite(t->lo))
			rk_buf_addf(out, " from %.9g", t->lo);
		if (isfinite(t->hi))
			rk_buf_addf(out, " to %.9g", t->hi);
	}
}

/* Is TEXT a value of T? Its number, where it has one, goes to *NUM. */
static int
takes(const struct rk_param *t, const char *text, double *num)
{
	*num = 0;
	if (t->type == RK_PARAM_TEXT || t->type == RK_PARAM_PATH)
		return 1;
	if (t->type == RK_PARAM_WORD)
		return has_word(t->words, text);
	if (rk_num_parse(text, num) != 0 || *num < t->lo || *num > t->hi)
		return 0;
	return t->type == RK_PARAM_NUM ||
	    (fabs(*num) <= 0x1p53 && *num == floor(*num));
}

struct rk_params *
rk_params_new(const struct rk_param *table)
{
	struct rk_params *p = rk_calloc(1, sizeof *p);
	size_t i;

	p->table = table;
	p->n = table_size(table);
	p->v = rk_calloc(p->n, sizeof *p->v);
	for (i = 0; i < p->n; i++) {
		int fits = takes(&table[i], table[i].def, &p->v[i].num);
		assert(fits);
		(void)fits;
		p->v[i].text = rk_strdup(table[i].def);
	}
	return p;
}

void
rk_params_free(struct rk_params *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++)
		free(p->v[i].text);
	free(p->v);
	free(p);
}

struct rk_params *
rk_params_copy(const struct rk_params *p)
{
	struct rk_params *to = rk_params_new(p->table);
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(to->v[i].text);
		to->v[i] = p->v[i];
		to->v[i].text = rk_strdup(p->v[i].text);
	}
	return to;
}

int
rk_params_has(const struct rk_params *p, const char *key)
{
	return find(p, key, strlen(key)) < p->n;
}

static int
unknown(
    const struct rk_params *p, const char *key, size_t len, struct rk_err *err)
{
	struct rk_buf names = { 0 };
	char quoted[64];
	size_t i;

	rk_err_quote(quoted, sizeof quoted, key, len);
	for (i = 0; i < p->n; i++)
		rk_buf_addf(
		    &names, "%s%s", i > 0 ? ", " : "", p->table[i].name);
	if (p->n == 0)
		rk_err_set(
		    err, "unknown parameter '%s': there are none", quoted);
	else
		rk_err_set(err, "unknown parameter '%s': expected one of %s",
		    quoted, names.p);
	rk_buf_free(&names);
	return -1;
}

int
rk_params_set(struct rk_params *p, const char *key_value, struct rk_err *err)
{
	size_t len = strcspn(key_value, "="), i;
	const char *text = key_value + len + 1;
	struct rk_buf want = { 0 };
	char quoted[64];
	double num;

	if (key_value[len] == '\0')
		return rk_err_set(err, "'%s': expected KEY=VALUE",
		    rk_err_quote(quoted, sizeof quoted, key_value, len));
	i = find(p, key_value, len);
	if (i == p->n)
		return unknown(p, key_value, len, err);
	if (!takes(&p->table[i], text, &num)) {
		add_range(&want, &p->table[i]);
		rk_err_quote(quoted, sizeof quoted, text, strlen(text));
		rk_err_set(err, "parameter %s: found '%s', expected %s",
		    p->table[i].name, quoted, want.p);
		rk_buf_free(&want);
		return -1;
	}
	text = rk_strdup(text);
	free(p->v[i].text);
	p->v[i].text = (char *)text;
	p->v[i].num = num;
	p->v[i].is_set = 1;
	return 0;
}

int
rk_params_is_set(const struct rk_params *p, const char *key)
{
	return get(p, key)->is_set;
}

double
rk_params_num(const struct rk_params *p, const char *key)
{
	return get(p, key)->num;
}

long
rk_params_int(const struct rk_params *p, const char *key)
{
	return (long)get(p, key)->num;
}

const char *
rk_params_text(const struct rk_params *p, const char *key)
{
	return get(p, key)->text;
}

static struct rk_str
last_part(const char *path)
{
	size_t end = strlen(path), at;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (at = end; at > 0 && path[at - 1] != '/'; at--)
		;
	return (struct rk_str){ path + at, end - at };
}

struct rk_str
rk_params_last(const struct rk_params *p, const char *key)
{
	return last_part(get(p, key)->text);
}

int
rk_params_is(const struct rk_params *p, const char *key, const char *word)
{
	return strcmp(get(p, key)->text, word) == 0;
}

static int
is_number(const struct rk_param *t)
{
	return t->type == RK_PARAM_NUM || t->type == RK_PARAM_INT;
}

void
rk_params_json(const struct rk_params *p, struct rk_buf *out)
{
	struct rk_str text;
	char num[32];
	size_t i;

	rk_buf_addc(out, '{');
	for (i = 0; i < p->n; i++) {
		if (i > 0)
			rk_buf_addc(out, ',');
		rk_buf_json(out, p->table[i].name, strlen(p->table[i].name));
		rk_buf_addc(out, ':');
		text = (struct rk_str){ p->v[i].text, strlen(p->v[i].text) };
		if (p->table[i].type == RK_PARAM_PATH)
			text = last_part(p->v[i].text);
		if (is_number(&p->table[i]))
			rk_buf_add(
			    out, num, rk_num_print_f64(num, p->v[i].num));
		else
			rk_buf_json(out, text.p, text.n);
	}
	rk_buf_addc(out, '}');
}

void
rk_params_help(const struct rk_param *table, struct rk_buf *out)
{
	size_t i;

	for (i = 0; i < table_size(table); i++) {
		rk_buf_addf(out, "  %s=%s  (", table[i].name, table[i].def);
		add_range(out, &table[i]);
		rk_buf_addf(out, ")\n      %s\n", table[i].about);
	}
}
