/* table.c - cells in aligned columns. */
#include "io/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"

void
rk_table_add(struct rk_table *t, const char *fmt, ...)
{
	char raw[512], cell[100];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof raw, fmt, ap);
	va_end(ap);
	rk_err_quote(cell, sizeof cell, raw, strlen(raw));
	RK_GROW(t->cell, t->n, t->cap);
	t->cell[t->n++] = rk_strdup(cell);
}

static size_t
width(const char *s)
{
	return rk_utf8_count(s, strlen(s));
}

/* Where the code point number N of S begins. */
static const char *
nth(const char *s, size_t n)
{
	for (; *s != '\0'; s++)
		if ((*s & 0xc0) != 0x80 && n-- == 0)
			break;
	return s;
}

const char *
rk_table_short(struct rk_buf *out, const char *s, size_t most)
{
	size_t n = width(s), head = (most - 2) / 2;

	out->n = 0;
	if (n <= most) {
		rk_buf_adds(out, s);
	} else {
		rk_buf_add(out, s, (size_t)(nth(s, head) - s));
		rk_buf_adds(out, "...");
		rk_buf_adds(out, nth(s, n - (most - 3 - head)));
	}
	return out->p;
}

static size_t
column_width(const struct rk_table *t, size_t col)
{
	size_t most = 0;

	for (size_t i = col; i < t->n; i += t->cols)
		if (width(t->cell[i]) > most)
			most = width(t->cell[i]);
	return most;
}

/* The names at the left give way first. */
static void
shorten(struct rk_table *t, size_t *wide)
{
	struct rk_buf b = { 0 };

	for (size_t i = 0; i < t->n; i++) {
		char **cell = &t->cell[i];

		if (i % t->cols >= t->left || width(*cell) <= RK_TABLE_NAME)
			continue;
		rk_table_short(&b, *cell, RK_TABLE_NAME);
		free(*cell);
		*cell = rk_strdup(b.p);
	}
	for (size_t c = 0; c < t->left; c++)
		wide[c] = column_width(t, c);
	rk_buf_free(&b);
}

static size_t
sum(const size_t *v, size_t n)
{
	size_t s = 0;

	for (size_t i = 0; i < n; i++)
		s += v[i] + 2;
	return s;
}

/*
 * Where the part ends that begins with column FROM: as many columns as LIMIT
 * has room for beside those at the left, but at least one.
 */
static size_t
part_end(
    const struct rk_table *t, const size_t *wide, size_t from, size_t limit)
{
	size_t left = sum(wide, t->left), end = from + 1;

	while (end < t->cols &&
	    left + sum(wide + from, end + 1 - from) <= limit + 2)
		end++;
	return end;
}

static size_t
parts(const struct rk_table *t, const size_t *wide, size_t limit)
{
	size_t n = 0;

	for (size_t c = t->left; c < t->cols; n++)
		c = part_end(t, wide, c, limit);
	return n;
}

static void
pad(struct rk_buf *out, size_t n)
{
	while (n-- > 0)
		rk_buf_addc(out, ' ');
}

/* Without the spaces that only align what is not there. */
static void
end_line(struct rk_buf *out)
{
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		out->n--;
	rk_buf_addc(out, '\n');
}

static void
put_cell(struct rk_buf *out, const char *cell, size_t wide, int left)
{
	size_t gap = wide - width(cell);

	if (!left)
		pad(out, gap);
	rk_buf_adds(out, cell);
	pad(out, left ? gap + 2 : 2);
}

/* The columns at the left, and those from FROM to END. */
static void
write_part(const struct rk_table *t, const size_t *wide, size_t from,
    size_t end, struct rk_buf *out)
{
	for (size_t row = 0; row + t->cols <= t->n; row += t->cols) {
		for (size_t c = 0; c < t->left; c++)
			put_cell(out, t->cell[row + c], wide[c], 1);
		for (size_t c = from; c < end; c++)
			put_cell(out, t->cell[row + c], wide[c], 0);
		end_line(out);
	}
}

void
rk_table_write(struct rk_table *t, struct rk_buf *out)
{
	size_t *wide = rk_array(NULL, t->cols, sizeof *wide);
	size_t limit = RK_TABLE_WIDE, n;

	for (size_t c = 0; c < t->cols; c++)
		wide[c] = column_width(t, c);
	if (sum(wide, t->cols) > limit + 2)
		shorten(t, wide);
	/* the parts as narrow as so many can be: of like width */
	n = parts(t, wide, limit);
	while (limit > 0 && parts(t, wide, limit - 1) == n)
		limit--;
	for (size_t c = t->left, end; c < t->cols; c = end) {
		end = part_end(t, wide, c, limit);
		if (c > t->left)
			rk_buf_addc(out, '\n');
		write_part(t, wide, c, end, out);
	}
	free(wide);
}

void
rk_table_free(struct rk_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cell[i]);
	free(t->cell);
	t->cell = NULL;
	t->n = t->cap = 0;
}
