/* cmd.c - the common ends of every program. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cmd-state.h"

enum { TILE = 32 }; /* records that one thread formats at a time */

/* --- messages ------------------------------------------------------------ */

void
cmd_clear_progress(struct cmd *c)
{
	if (c->state != NULL && c->state->shown) {
		fputs("\r\033[K", stderr);
		c->state->shown = 0;
	}
}

static void __attribute__((format(printf, 2, 0)))
say(struct cmd *c, const char *fmt, va_list ap)
{
	char raw[1024], msg[1024];

	cmd_clear_progress(c);
	vsnprintf(raw, sizeof raw, fmt, ap);
	rk_err_quote(msg, sizeof msg, raw, strlen(raw));
	fprintf(stderr, "%s: %s\n", c->name, msg);
}

void
cmd_warn(struct cmd *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
}

void
cmd_note(struct cmd *c, const char *fmt, ...)
{
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
}

void
cmd_show(struct cmd *c, int anyhow, const struct rk_buf *lines)
{
	if (c->quiet || lines->n == 0 || (!anyhow && !c->state->on_terminal))
		return;
	cmd_clear_progress(c);
	fwrite(lines->p, 1, lines->n, stderr);
}

/* The output so far stays as FILE.part, and is named. */
static void
abandon_output(struct cmd *c)
{
	struct cmd_state *s = c->state;
	struct rk_file *out;
	char *part;

	if (s == NULL || s->out == NULL)
		return;
	out = s->out;
	s->out = NULL; /* a signal's handler looks at it */
	part = rk_strdup(rk_file_part(out));
	if (rk_file_abandon(out, 1))
		cmd_warn(c, "what was written is in %s", part);
	free(part);
}

void
cmd_die(struct cmd *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
	if (c->at_death != NULL)
		c->at_death();
	abandon_output(c);
	exit(1);
}

void
cmd_usage(struct cmd *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
	fprintf(stderr, "usage: %s %s\n(%s --help says more)\n", c->name,
	    c->usage, c->name);
	exit(2);
}

void
cmd_progress(struct cmd *c, const char *text)
{
	struct cmd_state *s = c->state;

	if (!s->on_terminal)
		return;
	if (text == NULL) {
		cmd_clear_progress(c);
		return;
	}
	fprintf(stderr, "\r%s: %s\033[K", c->name, text);
	fflush(stderr);
	s->shown = 1;
}

/* --- start -------------------------------------------------------------------- */

static struct cmd *current; /* for a message when memory runs out */

static void
out_of_memory(size_t size)
{
	fprintf(stderr, "%s: out of memory (%zu bytes were wanted)\n",
	    current->name, size);
	rk_file_on_signal(); /* in whatever thread this is */
	exit(1);
}

/*
 * A descriptor of these that is closed would be given to the next file that is
 * opened: records would end in --rejects, messages in -o. Opened like this
 * they still fail where they are used.
 */
static void
hold_standard_files(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null",
			    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* A run would never come to the end of an input that it appends to. */
static void
open_rejects(struct cmd *c)
{
	struct stat file;

	if (c->rejects == NULL)
		return;
	c->state->rejects = open(
	    c->rejects, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (c->state->rejects < 0 || fstat(c->state->rejects, &file) != 0)
		cmd_die(c, "%s: %s", c->rejects, strerror(errno));
	if ((c->kind & CMD_INPUT) && cmd_is_input(c, &file))
		cmd_usage(c,
		    "--rejects %s: it is an input, and would never end",
		    c->rejects);
}

static void
open_output(struct cmd *c)
{
	struct rk_err err = { { 0 } };
	struct stat part;

	if (c->output == NULL || strcmp(c->output, "-") == 0)
		return;
	c->state->out = rk_file_create(c->output, &err);
	if (c->state->out == NULL)
		cmd_die(c, "%s", err.msg);
	if (stat(rk_file_part(c->state->out), &part) == 0 &&
	    cmd_is_input(c, &part)) {
		rk_file_abandon(c->state->out, 0);
		cmd_usage(c,
		    "-o %s: an input is the partial file of a run that "
		    "failed, which would be lost: move it first",
		    c->output);
	}
	rk_file_keep_on_signal(c->state->out);
}

void
cmd_start(struct cmd *c, int argc, char **argv)
{
	hold_standard_files();
	current = c;
	rk_mem_out = out_of_memory;
	cmd_options(c, argc, argv);
	cmd_check_files(c);
	c->state = rk_calloc(1, sizeof *c->state);
	c->state->rejects = -1;
	c->state->on_terminal = !c->quiet && isatty(STDERR_FILENO);
	rk_meter_start(&c->state->meter);
	signal(SIGXFSZ, SIG_IGN); /* write says it: file too large */
	if (c->kind & CMD_NETWORK)
		c->state->piped = signal(SIGPIPE, SIG_IGN) == SIG_DFL;
	cmd_catch_signals(c);
	c->pool = rk_pool_new(c->kind & CMD_NETWORK ? 1 : (int)c->jobs);
	if (!(c->kind & CMD_NO_READ))
		cmd_open(c);
}

int
cmd_reads_stdin(const struct cmd *c)
{
	int i;

	for (i = 0; i < c->operand_count; i++)
		if (strcmp(c->operands[i], "-") == 0)
			return 1;
	return c->operand_count == 0;
}

void
cmd_open(struct cmd *c)
{
	static const char *const stdin_only[] = { "-" };
	struct rk_err err = { { 0 } };
	struct rk_input in = { (const char *const *)c->operands,
		(size_t)c->operand_count, (size_t)c->max_line, c->unbuffered };

	if (c->kind & CMD_INPUT) {
		if (in.count == 0) {
			if (isatty(STDIN_FILENO))
				cmd_usage(c,
				    "no file, and standard input is a "
				    "terminal");
			in.files = stdin_only;
			in.count = 1;
		}
		if (cmd_reads_stdin(c) && isatty(STDIN_FILENO))
			in.unbuffered = c->unbuffered = 1;
		c->state->reader = rk_reader_new(&in, &err);
		if (c->state->reader == NULL)
			cmd_die(c, "%s", err.msg);
	}
	open_rejects(c);
	open_output(c);
}

void
cmd_check_as(struct cmd *c, const char *as)
{
	static const char *const inputs[] = { "prompt", "messages", "embedding",
		"quality", "cost", "model_a", "model_b", "winner" };
	size_t i;

	for (i = 0; i < sizeof inputs / sizeof *inputs; i++)
		if (strcmp(as, inputs[i]) == 0)
			cmd_usage(c, "--as %s would replace an input", as);
}

void
cmd_input_progress(struct cmd *c, double *done, double *total)
{
	rk_reader_progress(c->state->reader, done, total);
}

/* --- the loop -------------------------------------------------------------- */

static void
show_progress(struct cmd *c)
{
	struct cmd_state *s = c->state;
	char text[128];
	double done, total;

	if (!s->on_terminal || c->own_progress || !rk_meter_due(&s->meter))
		return;
	rk_reader_progress(s->reader, &done, &total);
	cmd_progress(c,
	    rk_meter_text(&s->meter, s->lines, done, total, text, sizeof text));
}

struct rk_batch *
cmd_next(struct cmd *c)
{
	struct rk_err err = { { 0 } };
	struct cmd_state *s = c->state;
	struct rk_batch *b;

	if (s->stopped)
		return NULL;
	show_progress(c);
	if (rk_reader_next(s->reader, &b, &err) != 0) {
		if ((c->kind & CMD_NETWORK) == 0)
			cmd_die(c, "%s", err.msg);
		cmd_warn(c, "%s", err.msg);
		s->failed = s->unread = 1;
	}
	if (s->unread)
		return NULL;
	if (b != NULL)
		rk_batch_parse(b, c->pool);
	return b;
}

struct each {
	struct rk_batch *b;
	void (*fn)(struct rk_rec *, size_t, int, void *);
	void *ctx;
};

static void
each_tile(void *ctx, size_t tile, int thread)
{
	struct each *e = ctx;
	size_t i = tile * RK_BATCH_TILE, end = i + RK_BATCH_TILE;

	for (; i < end && i < e->b->n; i++)
		if (!rk_err_is(&e->b->rec[i].err))
			e->fn(&e->b->rec[i], i, thread, e->ctx);
}

void
cmd_each(struct cmd *c, struct rk_batch *b,
    void (*fn)(struct rk_rec *rec, size_t i, int thread, void *ctx), void *ctx)
{
	struct each e = { b, fn, ctx };

	rk_pool_run(
	    c->pool, (b->n + RK_BATCH_TILE - 1) / RK_BATCH_TILE, each_tile, &e);
}

/* "FILE:LINE:COLUMN: message", and the line itself to --rejects. */
static void
report(struct cmd *c, const struct rk_rec *r)
{
	struct cmd_state *s = c->state;

	s->bad++;
	if (r->col > 0)
		cmd_warn(
		    c, "%s:%zu:%zu: %s", r->file, r->line, r->col, r->err.msg);
	else
		cmd_warn(c, "%s:%zu: %s", r->file, r->line, r->err.msg);
	if (s->rejects >= 0 &&
	    (rk_file_write_all(s->rejects, r->p, r->n) != 0 ||
		rk_file_write_all(s->rejects, "\n", 1) != 0))
		cmd_die(c, "%s: %s", c->rejects, strerror(errno));
	if (s->rejects >= 0 && r->cut)
		cmd_warn(c, "%s:%zu: only its first %zu bytes are in %s",
		    r->file, r->line, r->n, c->rejects);
}

size_t
cmd_take(struct cmd *c, struct rk_batch *b)
{
	struct cmd_state *s = c->state;
	size_t i;

	for (i = 0; i < b->n && !s->stopped; i++) {
		s->lines++;
		if (!rk_err_is(&b->rec[i].err))
			continue;
		report(c, &b->rec[i]);
		if (!c->keep_going) {
			s->stopped = 1;
			return i;
		}
	}
	return b->n;
}

/* Nobody reads any more: the end is as quiet as without at_death. */
static void
end_of_pipe(struct cmd *c)
{
	if (c->at_death != NULL)
		c->at_death();
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

void
cmd_print(struct cmd *c, const char *p, size_t n)
{
	struct rk_err err = { { 0 } };

	if (c->state->out != NULL) {
		if (rk_file_write(c->state->out, p, n, &err) != 0)
			cmd_die(c, "%s", err.msg);
	} else if (rk_file_write_all(STDOUT_FILENO, p, n) != 0) {
		if (errno == EPIPE && c->state->piped)
			end_of_pipe(c);
		cmd_die(c, "standard output: %s", strerror(errno));
	}
}

struct format {
	struct rk_batch *b;
	struct rk_buf *tile;
	size_t n; /* records to write */
};

static void
format_tile(void *ctx, size_t tile, int thread)
{
	struct format *f = ctx;
	struct rk_buf *out = &f->tile[tile];
	size_t i = tile * TILE, end = i + TILE;

	(void)thread;
	out->n = 0;
	for (; i < end && i < f->n; i++)
		if (!rk_err_is(&f->b->rec[i].err) && !f->b->rec[i].omit)
			rk_rec_write(&f->b->rec[i], out);
}

void
cmd_put(struct cmd *c, struct rk_batch *b)
{
	struct cmd_state *s = c->state;
	struct format f = { b, NULL, 0 };
	size_t i, tiles, bad = 0;

	for (i = 0; i < b->n && (c->keep_going || bad == 0); i++)
		bad += rk_err_is(&b->rec[i].err) != 0;
	f.n = !c->keep_going && bad > 0 ? i - 1 : b->n;
	tiles = (f.n + TILE - 1) / TILE;
	for (; s->tiles < tiles; s->tiles++) {
		s->tile = rk_array(s->tile, s->tiles + 1, sizeof *s->tile);
		memset(&s->tile[s->tiles], 0, sizeof *s->tile);
	}
	f.tile = s->tile;
	rk_pool_run(c->pool, tiles, format_tile, &f);
	for (i = 0; i < tiles; i++)
		cmd_print(c, s->tile[i].p, s->tile[i].n);
	cmd_take(c, b); /* everything before a bad line is written first */
}

/* --- the end ---------------------------------------------------------------- */

int
cmd_failed(const struct cmd *c)
{
	return c->state->failed || c->state->stopped || c->state->bad > 0;
}

void
cmd_fail(struct cmd *c)
{
	c->state->failed = 1;
}

int
cmd_end(struct cmd *c)
{
	struct rk_err err = { { 0 } };
	struct cmd_state *s = c->state;
	struct rk_file *out;
	size_t i;

	cmd_progress(c, NULL);
	if (s->bad > 0 && c->keep_going)
		cmd_warn(c, "%zu of %zu lines were bad", s->bad, s->lines);
	if (s->rejects >= 0 && close(s->rejects) != 0)
		cmd_die(c, "%s: %s", c->rejects, strerror(errno));
	if (s->stopped || s->failed)
		abandon_output(c);
	out = s->out;
	s->out = NULL; /* commit takes it, also where it fails */
	if (out != NULL && rk_file_commit(out, &err) != 0)
		cmd_die(c, "%s", err.msg);
	if (close(STDOUT_FILENO) != 0)
		cmd_die(c, "standard output: %s", strerror(errno));
	rk_reader_free(s->reader);
	rk_pool_free(c->pool);
	for (i = 0; i < s->tiles; i++)
		rk_buf_free(&s->tile[i]);
	free(s->tile);
	i = (size_t)cmd_failed(c);
	c->state = NULL;
	free(s);
	return (int)i;
}
