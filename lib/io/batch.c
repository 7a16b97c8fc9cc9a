/*
 * batch.c - a ring of batches between the thread that reads and the one that
 * works. Lines are copied once, from the read buffer into their batch.
 */
#include "io/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { SLOTS = 3, CHUNK = 256 << 10 };

struct slot {
	struct rk_batch batch;
	size_t *off; /* [cap] where each record's line begins in batch.text */
	int last;    /* no batch follows */
	struct rk_err err;
};

struct rk_reader {
	struct rk_input in;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled, freed;
	struct slot slot[SLOTS];
	unsigned long put, got; /* batches filled, batches handed out */
	int holding;            /* the caller has batch got - 1 */
	int quit;               /* the caller needs it no more */
	int finished;           /* the reading thread needs it no more */
	double done, total;
	/* the reading thread's own */
	struct slot *cur;
	char *chunk;
};

/* --- the reading thread -------------------------------------------------- */

/* Waits for a slot to fill; NULL when the reader is being freed. */
static struct slot *
take_slot(struct rk_reader *r)
{
	struct slot *s = NULL;

	pthread_mutex_lock(&r->lock);
	/* one slot may be in the caller's hands */
	while (!r->quit && r->put - r->got + (unsigned long)r->holding >= SLOTS)
		pthread_cond_wait(&r->freed, &r->lock);
	if (!r->quit)
		s = &r->slot[r->put % SLOTS];
	pthread_mutex_unlock(&r->lock);
	if (s != NULL) {
		s->batch.n = 0;
		s->batch.text.n = 0;
		s->last = 0;
		s->err.msg[0] = '\0';
	}
	return s;
}

/* Hands the current slot on. 0 when there is no next one to fill. */
static int
give_slot(struct rk_reader *r, int last)
{
	struct slot *s = r->cur;
	size_t i;

	for (i = 0; i < s->batch.n; i++)
		s->batch.rec[i].p = s->batch.text.p + s->off[i];
	s->last = last;
	pthread_mutex_lock(&r->lock);
	r->put++;
	pthread_cond_signal(&r->filled);
	pthread_mutex_unlock(&r->lock);
	r->cur = last ? NULL : take_slot(r);
	return r->cur != NULL;
}

/* Begins a record in the current slot. */
static void
begin_line(struct slot *s, const char *file, size_t line)
{
	struct rk_batch *b = &s->batch;
	struct rk_rec *rec;

	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 16;
		b->rec = rk_array(b->rec, cap, sizeof *b->rec);
		s->off = rk_array(s->off, cap, sizeof *s->off);
		memset(b->rec + b->cap, 0, (cap - b->cap) * sizeof *b->rec);
		b->cap = cap;
	}
	s->off[b->n] = b->text.n;
	rec = &b->rec[b->n];
	rec->n = 0;
	rec->file = file;
	rec->line = line;
	rec->cut = 0;
	rec->err.msg[0] = '\0';
}

static void
add_to_line(struct rk_reader *r, const char *p, size_t n)
{
	struct rk_batch *b = &r->cur->batch;
	struct rk_rec *rec = &b->rec[b->n];

	if (n > r->in.max_line - rec->n) {
		rk_err_set(
		    &rec->err, "line longer than %zu bytes", r->in.max_line);
		n = r->in.max_line - rec->n;
		rec->cut = 1;
	}
	rk_buf_add(&b->text, p, n);
	rec->n += n;
}

static int
full(const struct slot *s)
{
	return s->batch.n >= RK_BATCH_LINES ||
	    s->batch.text.n >= RK_BATCH_BYTES;
}

static int
input_waits(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

static void
wait_for_input(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	poll(&p, 1, -1);
}

/*
 * Cuts the N bytes of the chunk into lines. *OPEN says whether a line has
 * begun. 0; or -1 when the reader is being freed.
 */
static int
cut_lines(
    struct rk_reader *r, size_t n, const char *name, size_t *line, int *open)
{
	const char *p = r->chunk, *end = p + n;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		if (!*open) {
			begin_line(r->cur, name, ++*line);
			*open = 1;
		}
		add_to_line(r, p, (size_t)((nl ? nl : end) - p));
		if (nl == NULL)
			break;
		r->cur->batch.n++;
		*open = 0;
		p = nl + 1;
		if (full(r->cur) && !give_slot(r, 0))
			return -1;
	}
	return 0;
}

/*
 * Sends what is there when nobody is writing to us: a line that has begun is
 * carried over into the next batch.
 */
static int
send_partial(struct rk_reader *r, int open)
{
	struct slot *s = r->cur;
	struct rk_batch *b = &s->batch;
	struct rk_buf rest = { 0 };
	struct rk_rec *rec = open ? &b->rec[b->n] : NULL;
	const char *file = rec ? rec->file : NULL;
	size_t line = rec ? rec->line : 0;
	struct rk_err err = { { 0 } };
	int ok, cut = rec ? rec->cut : 0;

	if (b->n == 0)
		return 0;
	if (rec != NULL) {
		rk_buf_add(&rest, b->text.p + s->off[b->n], rec->n);
		err = rec->err;
	}
	ok = give_slot(r, 0);
	if (ok && file != NULL) {
		begin_line(r->cur, file, line);
		r->cur->batch.rec[r->cur->batch.n].err = err;
		r->cur->batch.rec[r->cur->batch.n].cut = cut;
		add_to_line(r, rest.p, rest.n);
	}
	rk_buf_free(&rest);
	return ok ? 0 : -1;
}

static int
read_fd(struct rk_reader *r, int fd, const char *name)
{
	size_t line = 0;
	int open = 0;

	for (;;) {
		ssize_t n;
		if (r->in.unbuffered && !input_waits(fd) &&
		    send_partial(r, open) != 0)
			return -1;
		n = read(fd, r->chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			wait_for_input(fd); /* another made it non-blocking */
			continue;
		}
		if (n < 0)
			return rk_err_set(
			    &r->cur->err, "%s: %s", name, strerror(errno));
		if (n == 0)
			break;
		pthread_mutex_lock(&r->lock);
		r->done += (double)n;
		pthread_mutex_unlock(&r->lock);
		if (cut_lines(r, (size_t)n, name, &line, &open) != 0)
			return -1;
	}
	if (open) /* the last line may lack its newline */
		r->cur->batch.n++;
	return open && full(r->cur) && !give_slot(r, 0) ? -1 : 0;
}

static int
read_file(struct rk_reader *r, const char *file)
{
	int fd, rc;

	/* a pipe that nobody writes to blocks when it is opened */
	if (r->in.unbuffered && send_partial(r, 0) != 0)
		return -1;
	if (strcmp(file, "-") == 0)
		return read_fd(r, STDIN_FILENO, "stdin");
	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) < 0)
		return rk_err_set(
		    &r->cur->err, "%s: %s", file, strerror(errno));
	rc = read_fd(r, fd, file);
	close(fd);
	return rc;
}

static void
release(struct rk_reader *r)
{
	size_t i, k;

	for (i = 0; i < SLOTS; i++) {
		struct rk_batch *b = &r->slot[i].batch;
		for (k = 0; k < b->cap; k++)
			rk_rec_free(&b->rec[k]);
		free(b->rec);
		free(r->slot[i].off);
		rk_buf_free(&b->text);
	}
	free(r->chunk);
	free(r);
}

static void *
reader_main(void *arg)
{
	struct rk_reader *r = arg;
	size_t i;
	int quit;

	r->cur = take_slot(r);
	for (i = 0; r->cur != NULL && i < r->in.count; i++)
		if (read_file(r, r->in.files[i]) != 0)
			break;
	if (r->cur != NULL)
		give_slot(r, 1);
	pthread_mutex_lock(&r->lock);
	r->finished = 1;
	quit = r->quit;
	pthread_mutex_unlock(&r->lock);
	if (quit)
		release(r);
	return NULL;
}

/* --- the caller's side ---------------------------------------------------- */

/* Every file must be there before any work begins; adds up their sizes. */
static int
look(struct rk_reader *r, struct rk_err *err)
{
	struct stat st;
	int known = 1;
	size_t i;

	for (i = 0; i < r->in.count; i++) {
		const char *f = r->in.files[i];
		int in = strcmp(f, "-") == 0;
		if (in ? fstat(STDIN_FILENO, &st) : stat(f, &st))
			return rk_err_set(
			    err, "%s: %s", in ? "stdin" : f, strerror(errno));
		if (S_ISDIR(st.st_mode))
			return rk_err_set(
			    err, "%s: is a directory", in ? "stdin" : f);
		if (!in && access(f, R_OK) != 0)
			return rk_err_set(err, "%s: %s", f, strerror(errno));
		known &= S_ISREG(st.st_mode) != 0;
		r->total += (double)st.st_size;
	}
	if (!known)
		r->total = 0;
	return 0;
}

struct rk_reader *
rk_reader_new(const struct rk_input *in, struct rk_err *err)
{
	struct rk_reader *r = rk_calloc(1, sizeof *r);

	r->in = *in;
	if (look(r, err) != 0) {
		free(r);
		return NULL;
	}
	r->chunk = rk_malloc(CHUNK);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->filled, NULL);
	pthread_cond_init(&r->freed, NULL);
	if (pthread_create(&r->thread, NULL, reader_main, r) != 0) {
		rk_err_set(err, "cannot start a thread");
		free(r->chunk);
		free(r);
		return NULL;
	}
	return r;
}

int
rk_reader_next(struct rk_reader *r, struct rk_batch **batch, struct rk_err *err)
{
	struct slot *s;
	int over = 0;

	*batch = NULL;
	pthread_mutex_lock(&r->lock);
	if (r->holding) {
		over = r->slot[(r->got - 1) % SLOTS].last;
		r->holding = over;
		pthread_cond_signal(&r->freed);
	}
	while (!over && r->put == r->got)
		pthread_cond_wait(&r->filled, &r->lock);
	if (!over) {
		r->got++;
		r->holding = 1;
	}
	s = &r->slot[(r->got - 1) % SLOTS];
	pthread_mutex_unlock(&r->lock);
	if (!over && s->batch.n > 0) {
		*batch = &s->batch;
		return 0;
	}
	/* an error comes after the lines that were read before it */
	return rk_err_is(&s->err) ? rk_err_set(err, "%s", s->err.msg) : 0;
}

void
rk_reader_free(struct rk_reader *r)
{
	pthread_t thread;
	int finished;

	if (r == NULL)
		return;
	/* the thread may be blocked in read for ever: the last one frees */
	pthread_mutex_lock(&r->lock);
	thread = r->thread;
	finished = r->finished;
	r->quit = 1;
	pthread_cond_broadcast(&r->freed);
	pthread_mutex_unlock(&r->lock);
	if (finished) {
		pthread_join(thread, NULL);
		release(r);
	} else {
		pthread_detach(thread);
	}
}

void
rk_reader_progress(struct rk_reader *r, double *done, double *total)
{
	pthread_mutex_lock(&r->lock);
	*done = r->done;
	*total = r->total;
	pthread_mutex_unlock(&r->lock);
}

static void
parse_tile(void *ctx, size_t tile, int thread)
{
	struct rk_batch *b = ctx;
	size_t i = tile * RK_BATCH_TILE, end = i + RK_BATCH_TILE;

	(void)thread;
	for (; i < end && i < b->n; i++)
		rk_rec_parse(&b->rec[i]);
}

void
rk_batch_parse(struct rk_batch *b, struct rk_pool *pool)
{
	size_t tiles = (b->n + RK_BATCH_TILE - 1) / RK_BATCH_TILE, i;

	/* what a longer batch left here would be held beside this one's */
	for (i = b->n; i < b->cap; i++)
		rk_rec_free(&b->rec[i]);
	rk_pool_run(pool, tiles, parse_tile, b);
}
