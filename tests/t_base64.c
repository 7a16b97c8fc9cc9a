/* t_base64.c - base64 as RFC 4648 has it, and nothing besides. */
#include "io/base64.h"

#include "base/mem.h"
#include "base/rng.h"
#include "tap.h"

static void
vector(const char *plain, const char *coded)
{
	char text[32];
	unsigned char back[32];
	size_t n = rk_base64_encode(text, plain, strlen(plain)), m;

	text[n] = '\0';
	same(text, coded, "RFC 4648, section 10, encoded");
	ok(rk_base64_decode(back, &m, coded, strlen(coded)) == 0 &&
		m == strlen(plain) && memcmp(back, plain, m) == 0,
	    "and decoded");
}

/* Buffers of exactly the promised size, so that a sanitizer sees more. */
static int
roundtrip(struct rk_rng *rng, size_t n)
{
	size_t i, c, m = 0, len = (n + 2) / 3 * 4;
	unsigned char *a = rk_malloc(n), *b = rk_malloc(len / 4 * 3);
	char *text = rk_malloc(len);
	int pass;

	for (i = 0; i < n; i++)
		a[i] = (unsigned char)rk_rng_u64(rng);
	c = rk_base64_encode(text, a, n);
	pass = c == len && rk_base64_decode(b, &m, text, c) == 0 && m == n &&
	    memcmp(a, b, n) == 0;
	free(a);
	free(b);
	free(text);
	return pass;
}

/*
 * The reference: read with a plain table by position in the alphabet. One
 * character of a valid text is replaced by each of the 256 bytes.
 */
static int
strict_at(char *text, size_t n, size_t at)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char *out = rk_malloc(n / 4 * 3);
	char old = text[at];
	size_t m;
	int c, pass = 1;

	for (c = 0; c < 256; c++) {
		int want = c != 0 && strchr(abc, c) != NULL;
		text[at] = (char)c;
		if ((rk_base64_decode(out, &m, text, n) == 0) != want)
			pass = 0;
	}
	text[at] = old;
	free(out);
	return pass;
}

static void
refuses(const char *text, const char *why)
{
	unsigned char out[16];
	size_t m;

	ok(rk_base64_decode(out, &m, text, strlen(text)) == -1,
	    "%s is refused: %s", text, why);
}

int
main(void)
{
	struct rk_rng rng;
	char text[160];
	size_t i;
	int pass;

	vector("", "");
	vector("f", "Zg==");
	vector("fo", "Zm8=");
	vector("foo", "Zm9v");
	vector("foob", "Zm9vYg==");
	vector("fooba", "Zm9vYmE=");
	vector("foobar", "Zm9vYmFy");
	rk_rng_init(&rng, 1, 0);
	for (pass = 1, i = 0; i < 600; i++)
		pass &= roundtrip(&rng, i);
	pass &= roundtrip(&rng, 1 << 20);
	ok(pass, "decode(encode(s)) is s for every length to 600");
	for (i = 0; i < sizeof text; i++)
		text[i] = "azAZ09+/XYX"[i % 11];
	text[sizeof text - 2] = 'X'; /* its low bits are 11 */
	for (pass = 1, i = 0; i < sizeof text; i++)
		pass &= strict_at(text, sizeof text, i);
	ok(pass, "any byte outside the alphabet is refused, anywhere");
	refuses("Zg=", "its length");
	refuses("Zg", "no padding");
	refuses("Zh==", "bits left over");
	refuses("Zm9=", "bits left over");
	refuses("Zg==Zg==", "padding inside");
	refuses("Z===", "three paddings");
	refuses("====", "padding alone");
	refuses("Zm9v Zg=", "white space");
	refuses("Zm-_", "the URL alphabet");
	return done();
}
