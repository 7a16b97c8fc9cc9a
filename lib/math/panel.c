/*
 * panel.c - a panel is [k, RK_PANEL]; a kernel keeps some rows of a panel's
 * product in registers while the inner index runs over a part of the panel that
 * stays in the first cache for all rows. Between parts the sums lie in y, which
 * does not change their bits. Each kernel is compiled for each number of rows up
 * to its own, so that what is left over at the end goes the same way.
 */
#include "math/panel.h"

#include <string.h>

size_t
rk_panel_floats(size_t n, size_t k)
{
	return (n + RK_PANEL - 1) / RK_PANEL * RK_PANEL * k;
}

enum {
	PART = 192 /* of the inner index: 24 KiB of a panel */
};

/* c[rows, RK_PANEL] += x[rows, k] panel[k, RK_PANEL] */
struct tile {
	float *c;
	size_t ldc;
	const float *x;
	size_t ldx;
	const float *panel;
	size_t k;
	const char *next; /* of what comes after the panel's part, to be */
	size_t step;      /* fetched meanwhile: STEP bytes for each of k */
};

#define UNROLL _Pragma("GCC unroll 16")
#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f")))
enum { ROWS_512 = 12 };

INLINE AVX512 void
tile_512(const struct tile *t, const int rows)
{
	__m512 s[ROWS_512][2];
	const float *b = t->panel;
	const char *next = t->next;
	size_t k;
	int i;

	UNROLL
	for (i = 0; i < rows; i++) {
		s[i][0] = _mm512_loadu_ps(t->c + (size_t)i * t->ldc);
		s[i][1] = _mm512_loadu_ps(t->c + (size_t)i * t->ldc + 16);
	}
	for (k = 0; k < t->k; k++, b += RK_PANEL) {
		__m512 b0 = _mm512_loadu_ps(b), b1 = _mm512_loadu_ps(b + 16);
		__builtin_prefetch(next, 0, 2);
		next += t->step;
		UNROLL
		for (i = 0; i < rows; i++) {
			__m512 a = _mm512_set1_ps(t->x[(size_t)i * t->ldx + k]);
			s[i][0] = _mm512_fmadd_ps(a, b0, s[i][0]);
			s[i][1] = _mm512_fmadd_ps(a, b1, s[i][1]);
		}
	}
	UNROLL
	for (i = 0; i < rows; i++) {
		_mm512_storeu_ps(t->c + (size_t)i * t->ldc, s[i][0]);
		_mm512_storeu_ps(t->c + (size_t)i * t->ldc + 16, s[i][1]);
	}
}

#define CASE(r) \
	case r: tile_512(t, r); break;

static AVX512 void
kernel_512(const struct tile *t, size_t rows)
{
	switch (rows) {
		CASE(1)
		CASE(2)
		CASE(3)
		CASE(4)
		CASE(5)
		CASE(6)
		CASE(7)
		CASE(8)
		CASE(9)
		CASE(10)
		CASE(11)
	default: tile_512(t, ROWS_512);
	}
}
#undef CASE

#define AVX2 __attribute__((target("avx2,fma")))
enum { ROWS_2 = 6 };

/* Half a panel: 16 columns. */
INLINE AVX2 void
tile_2(const struct tile *t, size_t at, const int rows)
{
	__m256 s[ROWS_2][2];
	const float *b = t->panel + at;
	size_t k;
	int i;

	UNROLL
	for (i = 0; i < rows; i++) {
		s[i][0] = _mm256_loadu_ps(t->c + (size_t)i * t->ldc + at);
		s[i][1] = _mm256_loadu_ps(t->c + (size_t)i * t->ldc + at + 8);
	}
	for (k = 0; k < t->k; k++, b += RK_PANEL) {
		__m256 b0 = _mm256_loadu_ps(b), b1 = _mm256_loadu_ps(b + 8);
		UNROLL
		for (i = 0; i < rows; i++) {
			__m256 a = _mm256_set1_ps(t->x[(size_t)i * t->ldx + k]);
			s[i][0] = _mm256_fmadd_ps(a, b0, s[i][0]);
			s[i][1] = _mm256_fmadd_ps(a, b1, s[i][1]);
		}
	}
	UNROLL
	for (i = 0; i < rows; i++) {
		_mm256_storeu_ps(t->c + (size_t)i * t->ldc + at, s[i][0]);
		_mm256_storeu_ps(t->c + (size_t)i * t->ldc + at + 8, s[i][1]);
	}
}

#define CASE(r) \
	case r: tile_2(t, at, r); break;

static AVX2 void
kernel_2(const struct tile *t, size_t rows)
{
	size_t at;

	for (at = 0; at < RK_PANEL; at += 16)
		switch (rows) {
			CASE(1)
			CASE(2)
			CASE(3)
			CASE(4)
			CASE(5)
		default: tile_2(t, at, ROWS_2);
		}
}
#undef CASE
#endif

enum { ROWS_PLAIN = 4, ROWS_MOST = 12 /* of any kernel */ };

static void
kernel_plain(const struct tile *t, size_t rows)
{
	const float *b = t->panel;
	size_t k, i, j;

	for (k = 0; k < t->k; k++, b += RK_PANEL)
		for (i = 0; i < rows; i++)
			for (j = 0; j < RK_PANEL; j++)
				t->c[i * t->ldc + j] += t->x[i * t->ldx + k] *
				    b[j];
}

/* --- laying out ------------------------------------------------------------------- */

#if defined(__x86_64__) && defined(__GNUC__)
/* out[k, RK_PANEL] = rows[8, ld]' of 8 columns by 8 */
static AVX2 void
turn_8(float *out, const float *rows, size_t ld)
{
	__m256 r[8], t[8];
	int i;

	UNROLL
	for (i = 0; i < 8; i++)
		r[i] = _mm256_loadu_ps(rows + (size_t)i * ld);
	UNROLL
	for (i = 0; i < 8; i += 2) {
		t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
		t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
	}
	UNROLL
	for (i = 0; i < 8; i += 4) {
		r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
		r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
		r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
		r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
	}
	UNROLL
	for (i = 0; i < 4; i++) {
		_mm256_storeu_ps(out + (size_t)i * RK_PANEL,
		    _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
		_mm256_storeu_ps(out + (size_t)(i + 4) * RK_PANEL,
		    _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
	}
}
#endif

/* Of a whole panel, the columns that go by eights; returns how many. */
static size_t
put_eights(float *out, const float *rows, size_t k)
{
	size_t i = 0;
#if defined(__x86_64__) && defined(__GNUC__)
	size_t r;

	if (__builtin_cpu_supports("avx2"))
		for (; i + 8 <= k; i += 8)
			for (r = 0; r < RK_PANEL; r += 8)
				turn_8(out + i * RK_PANEL + r, rows + r * k + i,
				    k);
#else
	(void)out, (void)rows, (void)k;
#endif
	return i;
}

void
rk_panel_put(float *out, const float *rows, size_t j, size_t n, size_t k)
{
	size_t wide = n - j < RK_PANEL ? n - j : RK_PANEL, i, r;

	out += j * k;
	if (wide < RK_PANEL)
		memset(out, 0, k * RK_PANEL * sizeof *out);
	i = wide < RK_PANEL ? 0 : put_eights(out, rows, k);
	for (; i < k; i++)
		for (r = 0; r < wide; r++)
			out[i * RK_PANEL + r] = rows[r * k + i];
}

/* --- products --------------------------------------------------------------------- */

/* The kernel of this machine, and how many rows it takes at most. */
struct kernel {
	void (*mul)(const struct tile *t, size_t rows);
	size_t rows;
};

static struct kernel
find_kernel(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
	if (__builtin_cpu_supports("avx512f"))
		return (struct kernel){ kernel_512, ROWS_512 };
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return (struct kernel){ kernel_2, ROWS_2 };
#endif
	return (struct kernel){ kernel_plain, ROWS_PLAIN };
}

/*
 * All rows by a part of one panel that has RK_PANEL columns in use; they begin
 * with START, or where that is NULL with what they are.
 */
static void
mul_part(struct kernel kernel, struct tile t, const float *start, size_t m)
{
	size_t i, r, rows;

	for (i = 0; i < m; i += rows) {
		rows = m - i < kernel.rows ? m - i : kernel.rows;
		t.step = RK_PANEL * sizeof *start * rows / m;
		for (r = 0; r < rows && start != NULL; r++)
			memcpy(
			    t.c + r * t.ldc, start, RK_PANEL * sizeof *start);
		kernel.mul(&t, rows);
		t.next += t.step * t.k;
		t.c += rows * t.ldc;
		t.x += rows * t.ldx;
	}
}

/* The same for the last panel, of WIDE columns, by way of a panel's width. */
static void
mul_edge(struct kernel kernel, struct tile t, const float *start, size_t m,
    size_t wide)
{
	float c[ROWS_MOST * RK_PANEL] = { 0 }, *y = t.c;
	size_t i, r, rows, ldy = t.ldc;

	t.c = c;
	t.ldc = RK_PANEL;
	for (i = 0; i < m; i += rows) {
		rows = m - i < kernel.rows ? m - i : kernel.rows;
		for (r = 0; r < rows; r++)
			memcpy(c + r * RK_PANEL, start ? start : y + r * ldy,
			    wide * sizeof *c);
		kernel.mul(&t, rows);
		for (r = 0; r < rows; r++)
			memcpy(y + r * ldy, c + r * RK_PANEL, wide * sizeof *c);
		y += rows * ldy;
		t.x += rows * t.ldx;
	}
}

void
rk_panel_mul(float *y, size_t ldy, const float *x, size_t ldx,
    struct rk_panel_of w, const float *bias, size_t m, size_t from, size_t k,
    int add)
{
	static const float zero[RK_PANEL];
	const struct kernel kernel = find_kernel();
	size_t j, at, n;

	for (j = 0; j < w.n; j += RK_PANEL)
		for (at = 0; at < k; at += n) {
			const float *p = w.p + j * w.kk;
			const float *start = bias ? bias + j : zero;
			struct tile t = { y + j, ldy, x + at, ldx,
				p + (from + at) * RK_PANEL, 0, NULL, 0 };
			if (add || at > 0)
				start = NULL;
			n = t.k = k - at < PART ? k - at : PART;
			t.next = (const char *)(t.panel + n * RK_PANEL);
			if (w.n - j >= RK_PANEL)
				mul_part(kernel, t, start, m);
			else
				mul_edge(kernel, t, start, m, w.n - j);
		}
}
