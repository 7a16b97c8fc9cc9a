/* t_sha256.c - the examples of FIPS 180-4, and every length around a block. */
#include "base/sha256.h"
#include "tests/tap.h"

static void
hex(char *out, const void *p, size_t n, size_t piece)
{
	unsigned char d[RK_SHA256_SIZE];
	struct rk_sha256 s;
	size_t i;

	rk_sha256_start(&s);
	for (i = 0; i < n; i += piece)
		rk_sha256_add(
		    &s, (const char *)p + i, n - i < piece ? n - i : piece);
	rk_sha256_end(&s, d);
	for (i = 0; i < sizeof d; i++)
		snprintf(out + 2 * i, 3, "%02x", d[i]);
}

/* The digests of 0, 1, ... 200 letters a, each in hex, one after another. */
static void
lengths(char *out)
{
	char text[201 * 64 + 1], a[200];
	size_t n;

	memset(a, 'a', sizeof a);
	for (n = 0; n <= sizeof a; n++)
		hex(text + 64 * n, a, n, 7);
	hex(out, text, 201 * 64, 201 * 64);
}

int
main(void)
{
	char got[65];
	static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklm"
				  "klmnlmnomnopnopq";
	static char million[1000000];

	hex(got, "", 0, 1);
	same(got,
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	    "the digest of nothing");
	hex(got, "abc", 3, 3);
	same(got,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    "the digest of abc");
	hex(got, two, sizeof two - 1, 10);
	same(got,
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	    "the digest of a message of two blocks");
	memset(million, 'a', sizeof million);
	hex(got, million, sizeof million, 999);
	same(got,
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
	    "the digest of a million letters a");
	lengths(got);
	same(got,
	    "eb555248bd20c7831e511d4461b42c9b084e3a64b44d57b00051172f8afe03ff",
	    "all lengths from 0 to 200 (of hashlib)");
	return done();
}
