/*
 * base64.c - four characters are three bytes. Where the processor has AVX2, 32
 * characters are done at once: each class of characters ('A'-'Z', 'a'-'z',
 * digits, '+', '/') is one constant away from its value, which a comparison
 * selects, and the six-bit values are packed and unpacked by multiplications
 * (after Mula and Lemire, Faster Base64 Encoding and Decoding Using AVX2
 * Instructions, 2018). The rest goes by tables.
 */
#include "io/base64.h"

#include <stdint.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a character, with OK set in it; 0 where there is none. */
enum { OK = 0x80 };
#define V(c, v) [c] = OK | (v)
#define V6(a, b, c, d, e, f, v)                                              \
	V(a, v), V(b, (v) + 1), V(c, (v) + 2), V(d, (v) + 3), V(e, (v) + 4), \
	    V(f, (v) + 5)
static const unsigned char value[256] = { V6('A', 'B', 'C', 'D', 'E', 'F', 0),
	V6('G', 'H', 'I', 'J', 'K', 'L', 6),
	V6('M', 'N', 'O', 'P', 'Q', 'R', 12),
	V6('S', 'T', 'U', 'V', 'W', 'X', 18),
	V6('Y', 'Z', 'a', 'b', 'c', 'd', 24),
	V6('e', 'f', 'g', 'h', 'i', 'j', 30),
	V6('k', 'l', 'm', 'n', 'o', 'p', 36),
	V6('q', 'r', 's', 't', 'u', 'v', 42),
	V6('w', 'x', 'y', 'z', '0', '1', 48),
	V6('2', '3', '4', '5', '6', '7', 54), V('8', 60), V('9', 61),
	V('+', 62), V('/', 63) };

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

/* Bytes of C that lie in LO..HI, as a mask. C is signed: >= 0x80 is below. */
#define IN(c, lo, hi)                                                      \
	_mm256_and_si256(_mm256_cmpgt_epi8((c), _mm256_set1_epi8((lo)-1)), \
	    _mm256_cmpgt_epi8(_mm256_set1_epi8((hi) + 1), (c)))
#define EQ(c, x)        _mm256_cmpeq_epi8((c), _mm256_set1_epi8(x))
#define SELECT(mask, x) _mm256_and_si256((mask), _mm256_set1_epi8(x))
#define OR5(a, b, c, d, e)                                         \
	_mm256_or_si256(_mm256_or_si256(_mm256_or_si256((a), (b)), \
			    _mm256_or_si256((c), (d))),            \
	    (e))

/*
 * Decodes as many whole groups of 32 characters as leave 16 behind them (a
 * group's 24 bytes are stored as 32); returns how many characters, stopping
 * before a group that holds something else.
 */
__attribute__((target("avx2"))) static size_t
decode_wide(unsigned char *out, const char *p, size_t n)
{
	const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14,
	    13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1,
	    -1, -1, -1);
	const __m256i close = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
	size_t i;

	for (i = 0; i + 48 <= n; i += 32, out += 24) {
		__m256i c = _mm256_loadu_si256((const __m256i *)(p + i));
		__m256i up = IN(c, 'A', 'Z'), low = IN(c, 'a', 'z');
		__m256i dig = IN(c, '0', '9');
		__m256i plus = EQ(c, '+'), slash = EQ(c, '/');

		if (_mm256_movemask_epi8(OR5(up, low, dig, plus, slash)) != -1)
			break;
		c = _mm256_add_epi8(c,
		    OR5(SELECT(up, 0 - 'A'), SELECT(low, 26 - 'a'),
			SELECT(dig, 52 - '0'), SELECT(plus, 62 - '+'),
			SELECT(slash, 63 - '/')));
		/* 6 + 6 bits, 12 + 12 bits, then the three bytes in order */
		c = _mm256_maddubs_epi16(c, _mm256_set1_epi32(0x01400140));
		c = _mm256_madd_epi16(c, _mm256_set1_epi32(0x00011000));
		c = _mm256_shuffle_epi8(c, order);
		c = _mm256_permutevar8x32_epi32(c, close);
		_mm256_storeu_si256((__m256i *)out, c);
	}
	return i;
}

/* Encodes groups of 24 bytes; returns how many bytes. 28 are read for each. */
__attribute__((target("avx2"))) static size_t
encode_wide(char *out, const unsigned char *p, size_t n)
{
	const __m256i spread = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8,
	    7, 10, 9, 11, 10, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11,
	    10);
	size_t i;

	for (i = 0; i + 28 <= n; i += 24, out += 32) {
		const void *hi = p + i + 12, *lo = p + i;
		__m256i c = _mm256_set_m128i(
		    _mm_loadu_si128(hi), _mm_loadu_si128(lo));
		__m256i a, b;

		c = _mm256_shuffle_epi8(c, spread);
		a = _mm256_and_si256(c, _mm256_set1_epi32(0x0fc0fc00));
		b = _mm256_and_si256(c, _mm256_set1_epi32(0x003f03f0));
		a = _mm256_mulhi_epu16(a, _mm256_set1_epi32(0x04000040));
		b = _mm256_mullo_epi16(b, _mm256_set1_epi32(0x01000010));
		c = _mm256_or_si256(a, b);
		a = OR5(SELECT(IN(c, 0, 25), 'A'),
		    SELECT(IN(c, 26, 51), 'a' - 26),
		    SELECT(IN(c, 52, 61), '0' - 52),
		    SELECT(EQ(c, 62), '+' - 62), SELECT(EQ(c, 63), '/' - 63));
		_mm256_storeu_si256(
		    (__m256i *)(void *)out, _mm256_add_epi8(c, a));
	}
	return i;
}

static int
have_wide(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
static size_t
decode_wide(unsigned char *out, const char *p, size_t n)
{
	(void)out, (void)p, (void)n;
	return 0;
}

static size_t
encode_wide(char *out, const unsigned char *p, size_t n)
{
	(void)out, (void)p, (void)n;
	return 0;
}

static int
have_wide(void)
{
	return 0;
}
#endif

/* The last four characters, of which PAD are padding: 0, or -1. */
static int
decode_tail(unsigned char *out, const unsigned char *s, int pad)
{
	uint32_t a = value[s[0]], b = value[s[1]];
	uint32_t c = pad > 1 ? OK : value[s[2]], d = pad ? OK : value[s[3]], w;

	if (!(a & b & c & d & OK))
		return -1;
	w = (a & 63) << 18 | (b & 63) << 12 | (c & 63) << 6 | (d & 63);
	if (w & ((1u << 8 * pad) - 1)) /* bits that belong to no byte */
		return -1;
	out[0] = (unsigned char)(w >> 16);
	if (pad < 2)
		out[1] = (unsigned char)(w >> 8);
	if (pad < 1)
		out[2] = (unsigned char)w;
	return 0;
}

int
rk_base64_decode(unsigned char *out, size_t *out_n, const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	unsigned good = OK;
	size_t i = 0, o;
	int pad;

	*out_n = 0;
	if (n % 4 != 0)
		return -1;
	if (n == 0)
		return 0;
	pad = s[n - 1] != '=' ? 0 : s[n - 2] != '=' ? 1 : 2;
	if (have_wide())
		i = decode_wide(out, p, n - 4);
	for (o = i / 4 * 3; i < n - 4; i += 4, o += 3) {
		unsigned a = value[s[i]], b = value[s[i + 1]];
		unsigned c = value[s[i + 2]], d = value[s[i + 3]];
		good &= a & b & c & d;
		out[o] = (unsigned char)(a << 2 | (b & 63) >> 4);
		out[o + 1] = (unsigned char)(b << 4 | (c & 63) >> 2);
		out[o + 2] = (unsigned char)(c << 6 | (d & 63));
	}
	if (!(good & OK) || decode_tail(out + o, s + i, pad) != 0)
		return -1;
	*out_n = n / 4 * 3 - (size_t)pad;
	return 0;
}

size_t
rk_base64_encode(char *out, const void *p, size_t n)
{
	const unsigned char *s = p;
	char *o = out;
	size_t i = 0;

	if (have_wide())
		i = encode_wide(out, s, n);
	for (o += i / 3 * 4; i < n; i += 3, o += 4) {
		unsigned b = i + 1 < n ? s[i + 1] : 0;
		unsigned c = i + 2 < n ? s[i + 2] : 0;
		o[0] = alphabet[s[i] >> 2];
		o[1] = alphabet[(s[i] << 4 | b >> 4) & 63];
		o[2] = i + 1 < n ? alphabet[(b << 2 | c >> 6) & 63] : '=';
		o[3] = i + 2 < n ? alphabet[c & 63] : '=';
	}
	return (size_t)(o - out);
}
