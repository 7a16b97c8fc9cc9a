/* Numbers, JSON strings, messages and random numbers. */
#include "base/num.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/rng.h"

#include "tap.h"

/* Is all of S one JSON number, and the one that strtod reads? */
static int
scans(const char *s)
{
	size_t n = strlen(s);
	double x = -1, want = strtod(s, NULL);

	return rk_num_scan(s, s + n, &x) == n && memcmp(&x, &want, 8) == 0;
}

/* Numbers around every border of what is printed without printf. */
static void
test_print(struct rk_rng *r)
{
	static const double some[] = { 0, 1e-4, 0.1, 0.5, 1, 9.5, 10, 100,
		999999999.5, 1e9, 123456789.5, 0.000099999999996, 1.0 / 3 };
	char got[32], want[32];
	size_t i, f = 0, d = 0;
	double x, back;

	for (i = 0; i < 300000; i++) {
		x = some[rk_rng_below(r, sizeof some / sizeof *some)];
		if (i % 3 == 0)
			x = nextafter(x, i % 2 ? 1e300 : -1e300);
		else if (i % 3 == 1)
			x = ldexp(
			    rk_rng_unit(r), (int)rk_rng_below(r, 60) - 20);
		if (i % 7 == 0) /* ties of nine digits */
			x = floor(x * 1e3) / 1024;
		if (i % 5 == 0)
			x = -x;
		snprintf(want, sizeof want, "%.9g", (double)(float)x);
		f += rk_num_print_f32(got, (float)x) == strlen(want) &&
		    strcmp(got, want) == 0;
		snprintf(want, sizeof want, "%.15g", x);
		back = strtod(want, NULL);
		if (back != x)
			snprintf(want, sizeof want, "%.17g", x);
		d += rk_num_print_f64(got, x) == strlen(want) &&
		    strcmp(got, want) == 0;
	}
	ok(f == i, "%zu of %zu floats are printed as printf does", f, i);
	ok(d == i, "%zu of %zu doubles are printed as printf does", d, i);
}

static void
test_scan(void)
{
	static const char *const good[] = { "0", "-0", "1e2", "0.1", "-0.30",
		"9007199254740993", "1.7976931348623157e308", "4.9e-324",
		"123456789012345678901234567890", "1e22", "1e23", "1e-22",
		"0.1e-400", "1e400", "-1E+0005", "0.0000000000000000000000001",
		"8.41470984807896506652502321630298999622563060798371065673" };
	static const char *const bad[] = { "", "-", "+1", ".5", "01", "-01",
		"1.", "1.e5", "1e", "1e+", "x", "NaN", "Infinity" };
	struct rk_rng r;
	char s[64];
	size_t i, n = 0;
	double x;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		ok(scans(good[i]), "%s is read as strtod reads it", good[i]);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(rk_num_scan(bad[i], bad[i] + strlen(bad[i]), &x) == 0,
		    "'%s' is no JSON number", bad[i]);
	rk_rng_init(&r, 1, 0);
	for (i = 0; i < 100000; i++) {
		snprintf(s, sizeof s, "%.*g", (int)rk_rng_below(&r, 20) + 1,
		    ldexp(rk_rng_unit(&r), (int)rk_rng_below(&r, 200) - 100));
		n += scans(s);
	}
	ok(n == i, "100000 numbers are read as strtod reads them");
	for (i = n = 0; i < 100000; i++) {
		uint64_t bits = rk_rng_u64(&r);
		double y;
		memcpy(&x, &bits, 8);
		if (!isfinite(x)) {
			n++;
			continue;
		}
		rk_num_print_f64(s, x);
		n += rk_num_scan(s, s + strlen(s), &y) == strlen(s) && x == y;
	}
	ok(n == i, "100000 doubles read back from what is printed");
	test_print(&r);
	rk_num_print_f64(s, NAN);
	same(s, "null", "NaN is printed as null");
	rk_num_print_f32(s, -INFINITY);
	same(s, "null", "an infinite float too");
	ok(rk_num_parse("1e309", &x) != 0 && rk_num_parse("0x1", &x) != 0 &&
		rk_num_parse(" 1", &x) != 0 && rk_num_parse("nan", &x) != 0,
	    "an option's number is finite and decimal");
}

static void
test_halves(void)
{
	static uint16_t h[65536];
	static float x[65536];
	size_t i, back = 0, one = 0, mid = 0, up = 0;

	for (i = 0; i < 65536; i++)
		h[i] = (uint16_t)i;
	rk_num_widen_f16(x, h, 65536);
	for (i = 0; i < 65536; i++) {
		float y = rk_num_from_f16(h[i]);
		int nan = (i & 0x7fff) > 0x7c00;
		one += nan ? isnan(y) && isnan(x[i])
			   : memcmp(&y, &x[i], 4) == 0;
		back += nan ? isnan(rk_num_from_f16(rk_num_to_f16(y)))
			    : rk_num_to_f16(y) == h[i];
	}
	ok(one == 65536, "the wide way and the plain one agree on all halves");
	ok(back == 65536, "every half is itself again");
	ok(x[0x3c00] == 1 && x[0xc000] == -2 && x[0x7bff] == 65504 &&
		x[1] == 0x1p-24f && isinf(x[0x7c00]),
	    "the halves that IEEE 754 gives as examples");
	for (i = 0; i < 0x7bff; i++) {
		float m = (x[i] + x[i + 1]) / 2;
		mid += rk_num_to_f16(m) == i + (i & 1);
		up += rk_num_to_f16(nextafterf(m, INFINITY)) == i + 1 &&
		    rk_num_to_f16(nextafterf(m, 0)) == i;
	}
	ok(mid == 0x7bff, "a tie goes to the even half");
	ok(up == 0x7bff, "all else to the nearest");
	ok(rk_num_to_f16(65519) == 0x7bff && rk_num_to_f16(65520) == 0x7c00,
	    "what rounds beyond the largest half is infinite");
}

static const char *
json(const char *s)
{
	static struct rk_buf b;

	b.n = 0;
	rk_buf_json(&b, s, strlen(s));
	return b.p;
}

static void
test_texts(void)
{
	char out[16];

	same(json("a\"\\\n\x01\x7f\xc3\xa9\xf0\x9f\x98\x80"),
	    "\"a\\\"\\\\\\n\\u0001\\u007f\xc3\xa9\xf0\x9f\x98\x80\"",
	    "a JSON string");
	same(json("\xff.\xc3"), "\"\\ufffd.\\ufffd\"", "bytes beyond UTF-8");
	same(json("\xc0\x80"), "\"\\ufffd\\ufffd\"", "an overlong NUL");
	same(json("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"", "a surrogate");
	same(json("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"",
	    "beyond U+10FFFF");
	same(rk_err_quote(out, sizeof out, "a\x1b[\xc2\x9b\xc3\xa9", 7),
	    "a?[??\xc3\xa9", "controls become question marks");
	same(rk_err_quote(out, 8,
		 "abc\xc3\xa9"
		 "fgh",
		 8),
	    "abc...", "a text is cut between characters");
}

static void
test_random(void)
{
	/* the outputs from state 1, 2, 3, 4 by the authors' xoshiro256** */
	static const uint64_t want[] = { 11520, 0, 1509978240,
		1215971899390074240u };
	struct rk_rng r = { { 1, 2, 3, 4 }, 0, 0 }, s;
	uint32_t a[100];
	size_t i, n = 0;
	double sum = 0, square = 0;

	for (i = 0; i < 4; i++)
		n += rk_rng_u64(&r) == want[i];
	ok(n == 4, "xoshiro256** gives the published numbers");
	rk_rng_init(&r, 1, 2);
	rk_rng_init(&s, 2, 1);
	ok(rk_rng_u64(&r) != rk_rng_u64(&s), "seed and stream do not swap");
	for (i = 0; i < 100000; i++) {
		double x = rk_rng_normal(&r);
		sum += x;
		square += x * x;
	}
	near(sum / 1e5, 0, .0127, "mean of normals, to four standard errors");
	near(square / 1e5, 1, .018, "their variance, to four standard errors");
	for (i = 0; i < 100; i++)
		a[i] = (uint32_t)i;
	rk_rng_shuffle(&r, a, 100);
	for (i = n = 0; i < 100; i++)
		n += a[i] == i;
	ok(n < 10, "a shuffle moves nearly all");
	for (i = 0, sum = 0; i < 100; i++)
		sum += (double)a[i] * a[i];
	ok(sum == 328350, "and loses none");
}

int
main(void)
{
	test_scan();
	test_halves();
	test_texts();
	test_random();
	return done();
}
