/* cmd-watch.c - signals, and who waits for a long run. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd-state.h"

static struct cmd *watching;
static volatile sig_atomic_t told_to_stop; /* the signal */

static void
say_raw(const char *text)
{
	(void)!write(STDERR_FILENO, text, strlen(text));
}

/* Where the output so far is, by calls that a handler may make. */
static void
name_part(void)
{
	const struct cmd_state *s = watching->state;
	const char *part;

	if (s == NULL || s->out == NULL)
		return;
	part = rk_file_part(s->out);
	if (access(part, F_OK) != 0)
		return;
	say_raw(watching->name);
	say_raw(": what was written is in ");
	say_raw(part);
	say_raw("\n");
}

static void
on_signal(int sig)
{
	rk_file_on_signal();
	name_part();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
handle(void (*handler)(int sig))
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa, old;
	size_t i;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = handler;
	for (i = 0; i < sizeof sigs / sizeof *sigs; i++) {
		sigaction(sigs[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(sigs[i], &sa, NULL);
	}
}

void
cmd_catch_signals(struct cmd *c)
{
	watching = c;
	handle(on_signal);
}

/* --- who waits --------------------------------------------------------------- */

static void
on_signal_told(int sig)
{
	if (told_to_stop != 0)
		on_signal(sig);
	told_to_stop = sig;
}

static int
asked_to_stop(void *ctx)
{
	struct cmd_state *s = ctx;

	if (!s->asked)
		handle(on_signal_told);
	s->asked = 1;
	return told_to_stop != 0;
}

static void
watched(void *ctx, double done, const char *text)
{
	struct cmd *c = watching;
	struct cmd_state *s = ctx;
	char line[320];

	if (s->on_terminal && rk_meter_due(&s->meter))
		cmd_progress(c,
		    rk_meter_share(&s->watch, done, text, line, sizeof line));
}

struct rk_watch
cmd_watch(struct cmd *c)
{
	rk_meter_start(&c->state->watch);
	c->state->meter.last = 0; /* the first that it says is shown */
	return (struct rk_watch){
		.ctx = c->state, .say = watched, .stop = asked_to_stop, .to = 1
	};
}

void
cmd_watch_end(struct cmd *c)
{
	cmd_clear_progress(c);
	if (told_to_stop != 0)
		on_signal(told_to_stop);
	if (c->state->asked)
		handle(on_signal);
	c->state->asked = 0;
}
