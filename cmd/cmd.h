/*
 * cmd.h - what every program shares: the common options, the loop's ends, and
 * the only code that prints or exits.
 *
 *	int
 *	main(int argc, char **argv)
 *	{
 *		struct rk_batch *b;
 *
 *		cmd_start(&cmd, argc, argv);
 *		while ((b = cmd_next(&cmd)) != NULL) {
 *			transform(b);
 *			cmd_put(&cmd, b);
 *		}
 *		return cmd_end(&cmd);
 *	}
 *
 * Exit statuses: 0 all done; 1 some input, the machine or a gate failed; 2
 * wrong usage.
 */
#ifndef RK_CMD_H
#define RK_CMD_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/watch.h"
#include "io/batch.h"
#include "io/pool.h"

enum {
	CMD_INPUT = 1,  /* reads records: -k, --rejects, --max-line, operands */
	CMD_OUTPUT = 2, /* writes records: -o, -u */
	CMD_PROMPT = 4, /* looks at the prompt: --prompt, --turns */
	CMD_FILTER = CMD_INPUT | CMD_OUTPUT,
	CMD_NO_READ = 8, /* cmd_start opens no input: the program does, by
	                    cmd_open, when it knows that it needs it */
	CMD_NETWORK = 16 /* -j counts requests in flight, not threads */
};

struct cmd {
	/* set by the program, before cmd_start */
	const char *name;          /* "rl-score" */
	const char *usage;         /* "-m MODEL [option ...] [file ...]" */
	const char *about;         /* what it does, in a line or two */
	const struct rk_opt *opts; /* its own options */
	/* more of them, which it shares with some programs. May be NULL. */
	const struct rk_opt *shared;
	unsigned kind; /* CMD_* */
	/* More text for --help, after the options. May be NULL. */
	void (*more_help)(struct rk_buf *out);
	/* the common options */
	long jobs;
	int keep_going, unbuffered, quiet;
	const char *rejects, *output, *turns;
	long max_line;
	struct rk_prompt prompt;
	/* cmd_next shows no progress: the program shows its own */
	int own_progress;
	/* What cmd_die saves before it ends the program. May be NULL. */
	void (*at_death)(void);
	/* set by cmd_start */
	char **operands;
	int operand_count;
	struct rk_pool *pool;
	struct cmd_state *state;
};

/*
 * Reads the options, answers -h and -V, makes the threads and (unless
 * CMD_NO_READ) opens the input. Ends the program on wrong usage.
 */
void cmd_start(struct cmd *c, int argc, char **argv);
void cmd_open(struct cmd *c);
/* Is standard input among the operands, or meant by there being none? */
int cmd_reads_stdin(const struct cmd *c);

/*
 * The next batch, parsed; NULL at the end, or when a bad line stopped it. An
 * input that cannot be read ends the program; with CMD_NETWORK it is as if it
 * ended there, and cmd_end returns 1: what is in flight is paid for.
 */
struct rk_batch *cmd_next(struct cmd *c);
/*
 * Writes the batch's records as they have been changed, but for those marked
 * omit. A record whose err is set is reported; it stops the program, or with -k
 * is left out. CMD_OUTPUT.
 */
void cmd_put(struct cmd *c, struct rk_batch *b);
/*
 * For programs that take records in and write none: reports the bad ones.
 * Returns how many records, from the first, may be used (with -k all: skip
 * those with err set).
 */
size_t cmd_take(struct cmd *c, struct rk_batch *b);

/* Do two names mean one file? */
int cmd_is_same(const char *a, const char *b);

/*
 * Ends the program on wrong usage where AS, the field that is to be written, is
 * one that programs read: it would be destroyed.
 */
void cmd_check_as(struct cmd *c, const char *as);

/*
 * FN for each good record of the batch, over the pool's threads; it sets
 * rec->err where the record is wrong.
 */
void cmd_each(struct cmd *c, struct rk_batch *b,
    void (*fn)(struct rk_rec *rec, size_t i, int thread, void *ctx), void *ctx);

/* Closes what is open, with every error looked at; the exit status. */
int cmd_end(struct cmd *c);
/* Has something failed so far (a bad line)? cmd_end will return 1. */
int cmd_failed(const struct cmd *c);

/* A failure that was reported already: cmd_end will return 1. */
void cmd_fail(struct cmd *c);
/* Text to standard output (or -o), for programs that do not use cmd_put. */
void cmd_print(struct cmd *c, const char *p, size_t n);

/* "rl-score: MESSAGE" on standard error; control characters become '?'. */
void cmd_warn(struct cmd *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, but not with -q: what went well and is worth knowing. */
void cmd_note(struct cmd *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * Lines of text to standard error as they are: where it is a terminal, or
 * where ANYHOW, and not with -q.
 */
void cmd_show(struct cmd *c, int anyhow, const struct rk_buf *lines);
/* Warns, keeps partial output as -o says, and exits 1. */
void cmd_die(struct cmd *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));
/* Wrong usage: warns, points to --help, and exits 2. */
void cmd_usage(struct cmd *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));
/* A line of progress, where standard error is a terminal and -q is not given.
 * TEXT NULL clears it. */
void cmd_progress(struct cmd *c, const char *text);
/* Bytes of the input read so far, and in all (0: not known). */
void cmd_input_progress(struct cmd *c, double *done, double *total);

/*
 * Someone who waits for a long run, from now on: progress with the time left
 * on a terminal. As soon as the run asks whether it is to stop, INT, TERM and
 * HUP only say so, once; a second one ends the program at once.
 */
struct rk_watch cmd_watch(struct cmd *c);
/*
 * The run is over: clears its progress. Where a signal told it to stop, the
 * program ends by that signal.
 */
void cmd_watch_end(struct cmd *c);

#endif
