/*
 * num.c - JSON numbers. Most have few digits: those are read exactly by one
 * multiplication or division by a power of ten that a double holds (Clinger
 * 1990); strtod reads the rest.
 */
#include "base/num.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t pow10_int[] = { 1, 10, 100, 1000, 10000, 100000, 1000000,
	10000000, 100000000, 1000000000, 10000000000, 100000000000,
	1000000000000, 10000000000000, 100000000000000, 1000000000000000,
	10000000000000000, 100000000000000000 };

static const double pow10_exact[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
	1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
	1e20, 1e21, 1e22 };

static int
digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

static double
slow(const char *p, size_t n)
{
	char small[64], *copy = n < sizeof small ? small : malloc(n + 1);
	double x;

	if (copy == NULL)
		return NAN;
	memcpy(copy, p, n);
	copy[n] = '\0';
	x = strtod(copy, NULL);
	if (copy != small)
		free(copy);
	return x;
}

size_t
rk_num_scan(const char *p, const char *end, double *out)
{
	const char *s = p, *e;
	uint64_t m = 0;
	int neg = 0, digits = 0, scale = 0, expo = 0, eneg = 0;

	if (s < end && *s == '-') {
		neg = 1;
		s++;
	}
	if (!digit(s, end))
		return 0;
	if (*s == '0' && digit(s + 1, end))
		return 0;
	for (; digit(s, end); s++) {
		if (digits < 19)
			m = m * 10 + (uint64_t)(*s - '0');
		digits += digits > 0 || *s != '0';
	}
	if (s < end && *s == '.') {
		if (!digit(s + 1, end))
			return 0;
		for (s++; digit(s, end); s++) {
			if (digits < 19)
				m = m * 10 + (uint64_t)(*s - '0');
			digits += digits > 0 || *s != '0';
			scale++;
		}
	}
	if (s < end && (*s == 'e' || *s == 'E')) {
		e = s + 1;
		if (e < end && (*e == '+' || *e == '-'))
			eneg = *e++ == '-';
		if (!digit(e, end))
			return 0;
		for (; digit(e, end); e++)
			if (expo < 100000)
				expo = expo * 10 + (*e - '0');
		s = e;
	}
	if (digits <= 19 && m <= (1ull << 53)) {
		long ten = (eneg ? -(long)expo : expo) - (long)scale;
		if (ten >= -22 && ten <= 22) {
			double x = (double)m;
			x = ten < 0 ? x / pow10_exact[-ten]
				    : x * pow10_exact[ten];
			*out = neg ? -x : x;
			return (size_t)(s - p);
		}
	}
	*out = slow(p, (size_t)(s - p));
	return (size_t)(s - p);
}

int
rk_num_parse(const char *s, double *out)
{
	size_t n = strlen(s);
	char *end;
	double x;

	if (n == 0 || strspn(s, "0123456789+-.eE") != n)
		return -1;
	errno = 0;
	x = strtod(s, &end);
	if (*end != '\0' || !isfinite(x))
		return -1;
	*out = x;
	return 0;
}

/*
 * |X| to SIG significant digits, as printf's %g writes it with that precision:
 * the same bytes, for |x| from 1e-4 to below 1e9, where %g has no exponent; 0
 * for others. X is m 2^-s, so that m 10^p, below 2^123 for SIG up to 17, is cut
 * to an integer of SIG digits exactly, and ties go to the even one.
 */
static size_t
print_fixed(char *out, double x, int sig)
{
	uint64_t n, m, low = pow10_int[sig - 1], bits;
	unsigned __int128 v, rest, half;
	int e, d, p, i;
	size_t at = 0;

	if (!(x >= 1e-4 && x < 1e9))
		return 0;
	memcpy(&bits, &x, sizeof bits);
	e = 1075 - (int)(bits >> 52); /* x >= 0: no sign; 23..66 */
	m = (bits & ((1ull << 52) - 1)) | 1ull << 52;
	half = (unsigned __int128)1 << (e - 1);
	/* the tens' exponent, or one less: mended below */
	d = ((52 - e) * 1233 >> 12) - 1;
	do {
		p = sig - 1 - ++d;
		v = (unsigned __int128)m * pow10_int[p / 2] *
		    pow10_int[p - p / 2];
		n = (uint64_t)(v >> e);
		rest = v - ((unsigned __int128)n << e);
		n += rest > half || (rest == half && (n & 1));
	} while (n >= 10 * low);
	for (; sig > 1 && sig > d + 1 && n % 10 == 0; sig--)
		n /= 10;
	if (d < 0) {
		memcpy(out, "0.000", 5);
		at = (size_t)(1 - d);
	}
	for (i = sig - 1; i >= 0; i--, n /= 10)
		out[at + (size_t)i + (d >= 0 && i > d)] = (char)('0' + n % 10);
	if (d >= 0 && sig > d + 1)
		out[d + 1] = '.';
	at += (size_t)sig + (d >= 0 && sig > d + 1);
	out[at] = '\0';
	return at;
}

/* X, finite, as %g writes it with the precision SIG. */
static size_t
print(char *out, double x, int sig)
{
	size_t n = print_fixed(out + (x < 0), fabs(x), sig);

	if (n == 0)
		return (size_t)snprintf(out, 32, "%.*g", sig, x);
	if (x < 0)
		*out = '-';
	return n + (x < 0);
}

size_t
rk_num_print_f32(char *out, float x)
{
	if (!isfinite(x)) {
		memcpy(out, "null", 5);
		return 4;
	}
	return print(out, (double)x, 9);
}

size_t
rk_num_print_f64(char *out, double x)
{
	double back;
	size_t n;

	if (!isfinite(x)) {
		memcpy(out, "null", 5);
		return 4;
	}
	n = print(out, x, 15);
	if (rk_num_scan(out, out + n, &back) != n || back != x)
		n = print(out, x, 17);
	return n;
}

float
rk_num_from_f16(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000u) << 16, bits;
	uint32_t e = (h >> 10) & 31, m = h & 1023;
	float x;

	if (e == 0) {
		x = (float)m * 0x1p-24f;
		return sign ? -x : x;
	}
	bits = e == 31 ? 0x7f800000u | m << 13 : (e + 112) << 23 | m << 13;
	bits |= sign;
	memcpy(&x, &bits, sizeof x);
	return x;
}

uint16_t
rk_num_to_f16(float x)
{
	uint32_t bits, sign, mag, e, m, half, rest;

	memcpy(&bits, &x, sizeof bits);
	sign = bits >> 16 & 0x8000u;
	mag = bits & 0x7fffffffu;
	if (mag > 0x7f800000u)
		return (uint16_t)(sign | 0x7e00u); /* NaN */
	if (mag >= 0x477ff000u)
		return (uint16_t)(sign | 0x7c00u); /* rounds to infinity */
	if (mag < 0x38800000u) {
		/* subnormal: a multiple of 2^-24, rounded by the FPU */
		float a;
		memcpy(&a, &mag, sizeof a);
		a = rintf(a * 0x1p24f);
		return (uint16_t)(sign | (uint32_t)a);
	}
	e = (mag >> 23) - 112;
	m = mag & 0x7fffffu;
	half = e << 10 | m >> 13;
	rest = m & 0x1fffu;
	if (rest > 0x1000u || (rest == 0x1000u && (half & 1)))
		half++;
	return (uint16_t)(sign | half);
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

__attribute__((target("avx,f16c"))) static void
widen_f16c(float *out, const uint16_t *in, size_t n)
{
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		__m128i h = _mm_loadu_si128((const __m128i *)(in + i));
		_mm256_storeu_ps(out + i, _mm256_cvtph_ps(h));
	}
	for (; i < n; i++)
		out[i] = rk_num_from_f16(in[i]);
}

static int
have_f16c(void)
{
	/* clang 14 cannot ask for f16c; what has AVX2 has it */
	return __builtin_cpu_supports("avx2");
}
#else
static void
widen_f16c(float *out, const uint16_t *in, size_t n)
{
	(void)out, (void)in, (void)n;
}

static int
have_f16c(void)
{
	return 0;
}
#endif

void
rk_num_widen_f16(float *out, const uint16_t *in, size_t n)
{
	size_t i;

	if (have_f16c()) {
		widen_f16c(out, in, n);
		return;
	}
	for (i = 0; i < n; i++)
		out[i] = rk_num_from_f16(in[i]);
}

uint64_t
rk_num_hash(const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t h = RK_NUM_FNV;
	size_t i;

	for (i = 0; i < n; i++)
		h = rk_num_fnv(h, s[i]);
	return rk_num_mix(h);
}
