/* prices.c - by jansson; one table says which members a model may have. */
#include "io/prices.h"

#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/rows.h"

enum kind { MONEY, TOKENS, YES_NO, URL, VARIABLE, NAME, IGNORED };

static const struct member {
	const char *name;
	enum kind kind;
	size_t at; /* in struct rk_price */
} members[] = {
	{ "input", MONEY, offsetof(struct rk_price, input) },
	{ "output", MONEY, offsetof(struct rk_price, output) },
	{ "input_price", MONEY, offsetof(struct rk_price, input) },
	{ "output_price", MONEY, offsetof(struct rk_price, output) },
	{ "call", MONEY, offsetof(struct rk_price, call) },
	{ "context", TOKENS, offsetof(struct rk_price, context) },
	{ "tools", YES_NO, offsetof(struct rk_price, tools) },
	{ "images", YES_NO, offsetof(struct rk_price, images) },
	{ "url", URL, offsetof(struct rk_price, url) },
	{ "key_env", VARIABLE, offsetof(struct rk_price, key_env) },
	{ "model", NAME, offsetof(struct rk_price, model) },
	{ "size", IGNORED, 0 },
};

static const struct member *
find_member(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof members / sizeof *members; i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

static int
read_money(double *to, const json_t *v, struct rk_err *err)
{
	if (!json_is_number(v))
		return rk_err_set(err, "expected dollars, a number");
	if (!isnan(*to))
		return rk_err_set(err, "said twice, by two names");
	*to = json_number_value(v);
	if (!(*to >= 0 && *to <= RK_DOLLARS_MAX))
		return rk_err_set(err,
		    "expected dollars, from 0 to %g, found %g", RK_DOLLARS_MAX,
		    *to);
	return 0;
}

static int
read_url(char **to, const json_t *v, struct rk_err *err)
{
	const char *s = json_string_value(v);

	if (s == NULL ||
	    (strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0))
		return rk_err_set(err, "expected https://... or http://...");
	*to = rk_strdup(s);
	return 0;
}

/* What is no name may be the key, written here by mistake: it is not shown. */
static int
read_variable(char **to, const json_t *v, struct rk_err *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	const char *s = json_string_value(v);

	if (s == NULL || *s == '\0' || s[strspn(s, letters)] != '\0' ||
	    (*s >= '0' && *s <= '9'))
		return rk_err_set(err,
		    "expected the name of an environment variable, in capital "
		    "letters; the key itself is never written here");
	*to = rk_strdup(s);
	return 0;
}

static int
read_member(struct rk_price *p, const struct member *m, const json_t *v,
    struct rk_err *err)
{
	char *to = (char *)p + m->at;

	switch (m->kind) {
	case MONEY: return read_money((double *)to, v, err);
	case TOKENS:
		if (!json_is_integer(v) || json_integer_value(v) < 1)
			return rk_err_set(err,
			    "expected tokens, a whole number of at least 1");
		*(double *)to = json_number_value(v);
		return 0;
	case YES_NO:
		if (!json_is_boolean(v))
			return rk_err_set(err, "expected true or false");
		*(int *)to = json_is_true(v);
		return 0;
	case URL: return read_url((char **)to, v, err);
	case VARIABLE: return read_variable((char **)to, v, err);
	case NAME:
		if (json_string_length(v) == 0)
			return rk_err_set(err, "expected a name, a text");
		*(char **)to = rk_strdup(json_string_value(v));
		return 0;
	case IGNORED: break;
	}
	return 0;
}

/* Either tokens or calls have a price; the others' become 0. */
static int
check_price(struct rk_price *p, struct rk_err *err)
{
	if (isnan(p->call) && isnan(p->input) && isnan(p->output))
		return rk_err_set(
		    err, "no price: expected input and output, or call");
	if (!isnan(p->call) && !(isnan(p->input) && isnan(p->output)))
		return rk_err_set(err,
		    "two prices: expected input and output, or call, and not "
		    "both");
	if (isnan(p->call) && isnan(p->input))
		return rk_err_set(err, "input: missing");
	if (isnan(p->call) && isnan(p->output))
		return rk_err_set(err, "output: missing");
	if (isnan(p->call))
		p->call = 0;
	else
		p->input = p->output = 0;
	return 0;
}

static int
read_price(struct rk_price *p, const char *name, json_t *o, struct rk_err *err)
{
	const struct member *m;
	const char *key;
	char shown[64];
	json_t *v;

	*p = (struct rk_price){ .name = rk_strdup(name),
		.input = NAN,
		.output = NAN,
		.call = NAN,
		.context = INFINITY };
	if (!json_is_object(o))
		return rk_err_set(err, "expected an object of prices");
	json_object_foreach(o, key, v)
	{
		m = find_member(key);
		if (m == NULL)
			return rk_err_set(err,
			    "'%s': expected input, output, call, context, "
			    "tools, images, url, key_env or model",
			    rk_err_quote(
				shown, sizeof shown, key, strlen(key)));
		if (read_member(p, m, v, err) != 0)
			return rk_err_in(err, "%s", key);
	}
	return check_price(p, err);
}

static int
by_name(const void *a, const void *b)
{
	const struct rk_price *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
read_models(struct rk_prices *p, json_t *root, struct rk_err *err)
{
	const char *name;
	char shown[64];
	json_t *v;

	if (!json_is_object(root) || json_object_size(root) == 0)
		return rk_err_set(
		    err, "expected an object of at least one model");
	p->price = rk_calloc(json_object_size(root), sizeof *p->price);
	json_object_foreach(root, name, v)
	{
		if (*name == '\0')
			return rk_err_set(err, "a model's name is empty");
		if (read_price(&p->price[p->k++], name, v, err) != 0)
			return rk_err_in(err, "%s",
			    rk_err_quote(
				shown, sizeof shown, name, strlen(name)));
	}
	qsort(p->price, p->k, sizeof *p->price, by_name);
	return 0;
}

int
rk_prices_read(struct rk_prices *p, const char *path, struct rk_err *err)
{
	char *text = rk_rows_text(path, err);
	json_error_t e;
	json_t *root;
	int rc;

	*p = (struct rk_prices){ NULL, 0 };
	if (text == NULL)
		return -1;
	root = json_loads(text, JSON_REJECT_DUPLICATES, &e);
	free(text);
	if (root == NULL)
		return rk_err_set(err, "%s:%d: %s", path, e.line, e.text);
	rc = read_models(p, root, err);
	json_decref(root);
	if (rc == 0)
		return 0;
	rk_prices_free(p);
	return rk_err_in(err, "%s", path);
}

void
rk_prices_free(struct rk_prices *p)
{
	size_t i;

	for (i = 0; i < p->k; i++) {
		free(p->price[i].name);
		free(p->price[i].url);
		free(p->price[i].key_env);
		free(p->price[i].model);
	}
	free(p->price);
	*p = (struct rk_prices){ NULL, 0 };
}

static int
name_to_price(const void *name, const void *price)
{
	return strcmp(name, ((const struct rk_price *)price)->name);
}

int
rk_prices_lacks(const struct rk_prices *p, const char *path, const char *name,
    struct rk_err *err)
{
	struct rk_buf b = { 0 };
	size_t i;

	for (i = 0; i < p->k; i++)
		rk_buf_addf(&b, "%s%s", i > 0 ? ", " : "", p->price[i].name);
	rk_err_set(err, "%s: no model '%s'; it has: %s", path, name, b.p);
	rk_buf_free(&b);
	return -1;
}

const struct rk_price *
rk_prices_find(const struct rk_prices *p, const char *name)
{
	return bsearch(name, p->price, p->k, sizeof *p->price, name_to_price);
}

double
rk_prices_cost(const struct rk_price *p, double input, double output)
{
	return p == NULL
	    ? 0
	    : p->call + (p->input * input + p->output * output) / 1e6;
}
