/* fault-embeddings.c - vectors of texts, right or wrong as it is asked. */
#include "fault-embeddings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/base64.h"
#include "io/json.h"

struct reply {
	const char *fault;
	size_t d;
	int base64;
};

static int
is(const struct reply *r, const char *fault)
{
	return strcmp(r->fault, fault) == 0;
}

static void
make_vector(float *x, size_t d, const char *text)
{
	uint64_t h = rk_num_hash(text, strlen(text));
	unsigned axis;
	size_t k;

	for (k = 0; k < d; k++) {
		h = h * 6364136223846793005u + 1442695040888963407u;
		x[k] = (float)((double)(h >> 40) / (1 << 23) - 1);
	}
	if (sscanf(text, "axis %u", &axis) == 1 && axis < d)
		for (k = 0; k < d; k++)
			x[k] = k == axis ? 2 : 0;
}

static void
put_base64(struct rk_buf *out, const float *x, size_t d)
{
	size_t n = d * sizeof *x;

	rk_buf_addc(out, '"');
	rk_buf_need(out, (n + 2) / 3 * 4);
	out->n += rk_base64_encode(out->p + out->n, x, n);
	rk_buf_addc(out, '"');
}

static void
put_array(struct rk_buf *out, const float *x, size_t d, int words)
{
	size_t k;

	for (k = 0; k < d; k++) {
		rk_buf_addc(out, k == 0 ? '[' : ',');
		if (isnan(x[k]))
			rk_buf_adds(out, "NaN");
		else if (isinf(x[k]))
			rk_buf_adds(out, "1e39");
		else
			rk_buf_addf(
			    out, words ? "\"%.9g\"" : "%.9g", (double)x[k]);
	}
	rk_buf_addc(out, ']');
}

static void
put_row(struct rk_buf *out, const struct reply *r, const char *text, size_t i,
    size_t index)
{
	float *x = rk_floats(r->d);
	size_t d = r->d;

	make_vector(x, d, text);
	if (is(r, "nan") || is(r, "nanbits"))
		x[d / 2] = NAN;
	if (is(r, "huge"))
		x[d / 2] = INFINITY;
	if (is(r, "short") && i == 0)
		d--;
	if (i > 0)
		rk_buf_addc(out, ',');
	rk_buf_adds(out, "{\"object\":\"embedding\",");
	if (!is(r, "noindex"))
		rk_buf_addf(out, "\"index\":%zu,", index);
	rk_buf_adds(out, "\"embedding\":");
	if (is(r, "bits"))
		rk_buf_adds(
		    out, "\"*AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"");
	else if (r->base64 && !is(r, "nan") && !is(r, "huge") &&
	    !is(r, "words"))
		put_base64(out, x, d);
	else
		put_array(out, x, d, is(r, "words"));
	rk_buf_addc(out, '}');
	free(x);
}

static void
put_rows(struct rk_buf *out, const struct reply *r, const struct rk_json *in)
{
	size_t n = rk_json_count(in), i, text, rows = n;

	if (is(r, "missing"))
		rows = n - 1;
	if (is(r, "more"))
		rows = n + 1;
	for (i = 0; i < rows; i++) {
		text = is(r, "shuffle") ? n - 1 - i : i < n ? i : 0;
		put_row(out, r, rk_json_str(rk_json_at(in, text)), i,
		    is(r, "twice")       ? 0
			: is(r, "index") ? text + 1
					 : text);
	}
}

int
fault_embeddings(struct rk_buf *out, struct rk_buf *what, const char *body,
    const char *fault)
{
	struct rk_json *doc = rk_json_new(body, strlen(body), NULL);
	const struct rk_json *in = rk_json_get(doc, "input");
	const struct rk_json *dim = rk_json_get(doc, "dimensions");
	struct reply r = { fault, 8, 0 };
	size_t i, bytes = 0;
	int bad;

	if (dim != NULL)
		r.d = (size_t)rk_json_num(dim);
	r.base64 = rk_json_get(doc, "encoding_format") != NULL;
	rk_buf_addf(what, "%zu %s %.0f", rk_json_count(in),
	    r.base64 ? "base64" : "array", rk_json_num(dim));
	for (i = 0; i < rk_json_count(in); i++)
		bytes += strlen(rk_json_str(rk_json_at(in, i)));
	bad = is(&r, "refuse") || (r.base64 && is(&r, "no64"));
	r.base64 &= !is(&r, "arrays");
	if (bad) {
		rk_buf_adds(out, "{\"error\":{\"message\":\"no such input\"}}");
	} else {
		rk_buf_adds(out, "{\"object\":\"list\",\"data\":[");
		put_rows(out, &r, in);
		rk_buf_addf(out, "],\"model\":\"x\"%s%zu}}",
		    is(&r, "nousage") ? ",\"other\":{\"a\":"
				      : ",\"usage\":{\"prompt_tokens\":",
		    (bytes + 3) / 4);
	}
	rk_json_free(doc);
	return bad ? 400 : 200;
}
