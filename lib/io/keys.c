/* keys.c - walks the key's JSON beside what jansson has read of it. */
#include "io/keys.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "io/record-parts.h"

#define EXPECTED "a number or a string, or an array of them"

/*
 * Takes the next scalar from *RAW, the inside of a field's JSON, which jansson
 * has found to be of such.
 */
static struct rk_str
next_scalar(struct rk_str *raw)
{
	const char *end = raw->p + raw->n, *p = raw->p, *start;

	while (p < end && strchr("[, \t\r\n", *p) != NULL)
		p++;
	start = p;
	if (p < end && *p == '"') {
		for (p++; p < end && *p != '"'; p++)
			p += *p == '\\';
		p++;
	} else {
		while (p < end && strchr(",] \t\r\n", *p) == NULL)
			p++;
	}
	*raw = (struct rk_str){ p, p < end ? (size_t)(end - p) : 0 };
	return (struct rk_str){ start, (size_t)(p - start) };
}

/* The text of V, whose JSON is RAW, or n 0, into *KEY; NUMBER is scratch. */
static int
read_key(const json_t *v, const char *name, struct rk_str raw, char number[32],
    struct rk_str *key, struct rk_err *err)
{
	double x;

	if (json_is_string(v)) {
		*key = (struct rk_str){ json_string_value(v),
			json_string_length(v) };
		return 0;
	}
	if (!json_is_number(v))
		return rk_rec_wrong(name, "a number or a string", v, err);
	x = json_number_value(v);
	if (fabs(x) >= 1e308) /* as in record.c: or what no double holds */
		return rk_err_set(err, "%s: number out of range", name);
	*key = raw;
	if (raw.n == 0)
		*key = (struct rk_str){ number, rk_num_print_f64(number, x) };
	return 0;
}

int
rk_keys_each(const struct rk_rec *r, const char *field,
    int (*fn)(void *ctx, struct rk_str key), void *ctx, struct rk_err *err)
{
	const json_t *v = rk_rec_at(r, field);
	struct rk_str raw = { "", 0 }, one = raw, key;
	struct rk_buf name = { 0 };
	char number[32];
	size_t i, n = json_is_array(v) ? json_array_size(v) : 1;
	int rc = 1;

	if (v == NULL)
		return 0;
	if (!json_is_array(v) && !json_is_string(v) && !json_is_number(v))
		return rk_rec_wrong(field, EXPECTED, v, err);
	if (n == 0)
		return rk_err_set(err,
		    "%s: expected " EXPECTED ", found an empty array", field);
	if (*field != '/')
		rk_rec_raw(r, field, &raw);
	for (i = 0; i < n && rc == 1; i++) {
		const json_t *e = json_is_array(v) ? json_array_get(v, i) : v;
		name.n = 0;
		rk_buf_adds(&name, field);
		if (e != v)
			rk_buf_addf(&name, ".%zu", i);
		if (raw.n > 0)
			one = next_scalar(&raw);
		if (read_key(e, name.p, one, number, &key, err) != 0 ||
		    fn(ctx, key) != 0)
			rc = -1;
	}
	rk_buf_free(&name);
	return rc;
}
