/* template.c - templates cut into pieces once, and filled in many times. */
#include "text/template.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "io/file.h"

enum { MAX_BYTES = 1 << 20, MAX_NAME = 64 };

struct parser {
	struct rk_template *t;
	const char *file;
	const struct rk_template_place *places;
	const char *p, *end; /* [p, end) is left */
};

/* Puts "FILE:LINE:COLUMN: " of the byte AT before the message. */
static int
complain(const struct parser *s, const char *at, struct rk_err *err)
{
	const char *p, *start = s->t->source;
	size_t line = 1;

	for (p = start; p < at; p++)
		if (*p == '\n') {
			line++;
			start = p + 1;
		}
	return rk_err_in(
	    err, "%s:%zu:%zu", s->file, line, (size_t)(at - start) + 1);
}

/* --- pieces ------------------------------------------------------------------- */

static void
add_place(struct rk_template *t, int place)
{
	RK_GROW(t->piece, t->n, t->cap);
	t->piece[t->n++] = (struct rk_template_piece){ place, { NULL, 0 } };
}

/* Into t->text, which has room; pieces of it that touch are one. */
static void
add_text(struct rk_template *t, const char *p, size_t n)
{
	struct rk_template_piece *last;

	if (n == 0)
		return;
	if (t->n == 0 || t->piece[t->n - 1].place >= 0) {
		add_place(t, -1);
		t->piece[t->n - 1].text.p = t->text.p + t->text.n;
	}
	last = &t->piece[t->n - 1];
	last->text.n += n;
	rk_buf_add(&t->text, p, n);
}

/* "{a}, {b}, {c}" */
static void
list_places(struct rk_buf *out, const struct rk_template_place *places)
{
	for (; places->name != NULL; places++)
		rk_buf_addf(
		    out, "%s{%s}", out->n > 0 ? ", " : "", places->name);
}

/* The row of the name p[0..n); -1: there is none. */
static int
find_place(const struct rk_template_place *places, const char *p, size_t n)
{
	int i;

	for (i = 0; places[i].name != NULL; i++)
		if (strlen(places[i].name) == n &&
		    memcmp(places[i].name, p, n) == 0)
			return i;
	return -1;
}

/* A place, from its '{' on. */
static int
read_place(struct parser *s, struct rk_err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	const char *name = s->p + 1, *p = name;
	struct rk_buf known = { 0 };
	int place;

	while (p < s->end && p - name < MAX_NAME && strchr(letters, *p) != NULL)
		p++;
	if (p == name || p == s->end || *p != '}') {
		rk_err_set(err,
		    "'{' begins no place such as {prompt} (a brace itself is "
		    "{{ or }})");
		return complain(s, s->p, err);
	}
	place = find_place(s->places, name, (size_t)(p - name));
	if (place < 0) {
		list_places(&known, s->places);
		rk_err_set(err, "{%.*s} is no place here: expected one of %s",
		    (int)(p - name), name, known.p);
		rk_buf_free(&known);
		return complain(s, s->p, err);
	}
	add_place(s->t, place);
	s->p = p + 1;
	return 0;
}

/* A brace at s->p: one of a pair, or the start of a place. */
static int
read_brace(struct parser *s, struct rk_err *err)
{
	if (s->p + 1 < s->end && s->p[1] == *s->p) {
		add_text(s->t, s->p, 1);
		s->p += 2;
		return 0;
	}
	if (*s->p == '{')
		return read_place(s, err);
	rk_err_set(err, "'}' without its '{' (a brace itself is {{ or }})");
	return complain(s, s->p, err);
}

static int
check_needed(struct parser *s, struct rk_err *err)
{
	int i;

	for (i = 0; s->places[i].name != NULL; i++)
		if (s->places[i].needed && !rk_template_has(s->t, i)) {
			rk_err_set(err, "the template ends without {%s}",
			    s->places[i].name);
			return complain(s, s->end, err);
		}
	return 0;
}

static int
check_bytes(struct parser *s, struct rk_err *err)
{
	const char *p;
	size_t n;

	for (p = s->p; p < s->end; p += n) {
		n = *p == '\0' ? 0
		    : (unsigned char)*p < 0x80
		    ? 1
		    : rk_utf8_sequence(p, (size_t)(s->end - p));
		if (n == 0) {
			rk_err_set(err,
			    *p == '\0' ? "a NUL byte"
				       : "bytes that are no UTF-8");
			return complain(s, p, err);
		}
	}
	return 0;
}

static int
parse(struct parser *s, struct rk_err *err)
{
	const char *brace;

	if (check_bytes(s, err) != 0)
		return -1;
	if (s->end > s->p && s->end[-1] == '\n')
		s->end--;
	while (s->p < s->end) {
		for (brace = s->p; brace < s->end; brace++)
			if (*brace == '{' || *brace == '}')
				break;
		add_text(s->t, s->p, (size_t)(brace - s->p));
		s->p = brace;
		if (brace < s->end && read_brace(s, err) != 0)
			return -1;
	}
	return check_needed(s, err);
}

int
rk_template_read(struct rk_template *t, const char *file,
    const struct rk_template_place *places, const char *p, size_t n,
    struct rk_err *err)
{
	struct parser s = { .t = t, .file = file, .places = places };

	*t = (struct rk_template){ .bytes = n };
	t->source = rk_malloc(n + 1);
	memcpy(t->source, p, n);
	t->source[n] = '\0';
	rk_buf_need(&t->text, n); /* never moves: pieces point into it */
	s.p = t->source;
	s.end = s.p + n;
	if (parse(&s, err) == 0)
		return 0;
	rk_template_free(t);
	return -1;
}

void
rk_template_free(struct rk_template *t)
{
	free(t->source);
	free(t->piece);
	rk_buf_free(&t->text);
	*t = (struct rk_template){ 0 };
}

/* --- files -------------------------------------------------------------------- */

int
rk_template_open(struct rk_template *t, const char *path,
    const struct rk_template_place *places, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	int rc = rk_file_read(path, MAX_BYTES, &b, err);

	*t = (struct rk_template){ 0 };
	if (rc == 0)
		rc = rk_template_read(
		    t, path, places, b.p != NULL ? b.p : "", b.n, err);
	rk_buf_free(&b);
	return rc;
}

/* The folder of the running program; "" where it is not known. */
static void
own_folder(char *out, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", out, size - 1);
	char *slash;

	out[n > 0 ? n : 0] = '\0';
	slash = strrchr(out, '/');
	if (slash != NULL)
		*slash = '\0';
}

/* PATH becomes the first of the project's folders that has the file NAME. */
static int
find_file(struct rk_buf *path, const char *name)
{
	/* a build's, its tests', with sanitizers; a moved installation's */
	static const char *const near[] = { "/../data", "/../../data",
		"/../../../data", "/../share/routekit" };
	const char *data = getenv("RK_DATA");
	char own[4096];
	size_t i;

	if (data != NULL && *data != '\0') {
		rk_buf_addf(path, "%s/templates/%s", data, name);
		return 1;
	}
	own_folder(own, sizeof own);
	for (i = 0; *own != '\0' && i < sizeof near / sizeof *near; i++) {
		path->n = 0;
		rk_buf_addf(path, "%s%s/templates/%s", own, near[i], name);
		if (access(path->p, R_OK) == 0)
			return 1;
	}
	path->n = 0;
	rk_buf_addf(path, "%s/templates/%s", RK_DATADIR, name);
	return access(path->p, R_OK) == 0;
}

int
rk_template_find(struct rk_template *t, const char *name,
    const struct rk_template_place *places, struct rk_err *err)
{
	struct rk_buf path = { 0 };
	int rc;

	*t = (struct rk_template){ 0 };
	if (find_file(&path, name))
		rc = rk_template_open(t, path.p, places, err);
	else
		rc = rk_err_set(err,
		    "%s is not there: set RK_DATA to the folder which has "
		    "templates/%s",
		    path.p, name);
	rk_buf_free(&path);
	return rc;
}

/* --- filling in --------------------------------------------------------------- */

int
rk_template_has(const struct rk_template *t, int place)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->piece[i].place == place)
			return 1;
	return 0;
}

void
rk_template_fill(
    const struct rk_template *t, const struct rk_str *value, struct rk_buf *out)
{
	const struct rk_str *s;
	size_t i;

	for (i = 0; i < t->n; i++) {
		s = t->piece[i].place < 0 ? &t->piece[i].text
					  : &value[t->piece[i].place];
		rk_buf_add(out, s->p, s->n);
	}
}
