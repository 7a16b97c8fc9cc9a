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

static size_t
column_width(const struct rk_table *t, size_t col)
{
	size_t most = 0;

	for (size_t i = col; i < t->n; i += t->cols)
		if (width(t->cell[i]) > most)
			most = width(t->cell[i]);
	return most;
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

void
rk_table_write(const struct rk_table *t, struct rk_buf *out)
{
	size_t *wide = rk_array(NULL, t->cols, sizeof *wide);

	for (size_t c = 0; c < t->cols; c++)
		wide[c] = column_width(t, c);
	for (size_t i = 0; i < t->n; i++) {
		size_t c = i % t->cols, gap = wide[c] - width(t->cell[i]);

		if (c >= t->left)
			pad(out, gap);
		rk_buf_adds(out, t->cell[i]);
		if (c + 1 == t->cols) {
			end_line(out);
			continue;
		}
		if (c < t->left)
			pad(out, gap);
		pad(out, 2);
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
