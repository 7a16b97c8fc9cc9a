/* why.c - reasons, printed. */
#include "policy/why.h"

#include <string.h>

#include "base/num.h"

static void
add_number(struct rk_buf *out, double x)
{
	char digits[32];

	rk_buf_add(out, digits, rk_num_print_f64(digits, x));
}

static void
add_name(struct rk_buf *out, const char *sep, const char *name)
{
	rk_buf_adds(out, sep);
	rk_buf_json(out, name, strlen(name));
	rk_buf_addc(out, ':');
}

/* ,"guards":{"small":"tools"} */
static void
add_guards(struct rk_buf *out, const struct rk_option *o, size_t n)
{
	size_t i, any = 0;

	for (i = 0; i < n; i++) {
		if (o[i].guard == NULL)
			continue;
		add_name(out, any++ > 0 ? "," : ",\"guards\":{", o[i].name);
		rk_buf_addf(out, "\"%s\"", o[i].guard);
	}
	if (any > 0)
		rk_buf_addc(out, '}');
}

static void
add_raw(struct rk_buf *out, const char *name, const struct rk_str *json)
{
	if (json->n == 0)
		return;
	rk_buf_addf(out, ",\"%s\":", name);
	rk_buf_add(out, json->p, json->n);
}

static void
add_said(struct rk_buf *out, const struct rk_why_said *said)
{
	add_raw(out, "unlike", &said->unlike);
	add_raw(out, "nearest", &said->nearest);
}

void
rk_why_pair(struct rk_buf *out, double score, double threshold,
    const struct rk_option *pair, const struct rk_why_said *said)
{
	rk_buf_adds(out, "{\"score\":");
	add_number(out, score);
	rk_buf_adds(out, ",\"threshold\":");
	add_number(out, threshold);
	add_guards(out, pair, 2);
	add_said(out, said);
	rk_buf_addc(out, '}');
}

void
rk_why_many(struct rk_buf *out, const struct rk_option *o, size_t n,
    double lambda, int mixed, const struct rk_why_said *said)
{
	size_t i;

	rk_buf_adds(out, "{\"lambda\":");
	add_number(out, lambda);
	for (i = 0; i < n; i++) {
		add_name(out, i > 0 ? "," : ",\"qualities\":{", o[i].name);
		add_number(out, o[i].quality);
	}
	for (i = 0; i < n; i++) {
		add_name(out, i > 0 ? "," : "},\"costs\":{", o[i].name);
		add_number(out, o[i].cost);
	}
	rk_buf_addc(out, '}');
	add_guards(out, o, n);
	if (mixed)
		rk_buf_adds(out, ",\"mixed\":true");
	add_said(out, said);
	rk_buf_addc(out, '}');
}

void
rk_why_default(struct rk_buf *out, const char *message)
{
	rk_buf_adds(out, "{\"default\":");
	rk_buf_json(out, message, strlen(message));
	rk_buf_addc(out, '}');
}
