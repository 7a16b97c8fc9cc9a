/* t_watch.c - parts of a run say how far the whole is. */
#include "base/watch.h"

#include <math.h>
#include <string.h>

#include "io/meter.h"
#include "tap.h"

struct heard {
	double done;
	char text[256];
	int said, asked;
};

static void
hear(void *ctx, double done, const char *text)
{
	struct heard *h = ctx;

	h->done = done;
	snprintf(h->text, sizeof h->text, "%s", text);
	h->said++;
}

static int
third_time(void *ctx)
{
	struct heard *h = ctx;

	return ++h->asked >= 3;
}

static void
parts(void)
{
	struct heard h = { 0 };
	struct rk_watch all = { .ctx = &h, .say = hear, .to = 1 };
	struct rk_watch part = rk_watch_part(&all, .2, .6, "fold %d of 5", 2);
	struct rk_watch inner = rk_watch_part(&part, .5, 1, "%s", "mf");
	struct rk_watch plain = rk_watch_part(&inner, 0, 1, "%s", "");

	rk_watch_say(&all, .25, "loss %.1f", .5);
	ok(h.done == .25, "the whole counts as it is");
	same(h.text, "loss 0.5", "and says its text");
	rk_watch_say(&part, .5, "step %d", 7);
	ok(fabs(h.done - .4) < 1e-12, "a part counts within its borders");
	same(h.text, "fold 2 of 5, step 7", "and says its name first");
	rk_watch_say(&inner, 0, "step 1");
	ok(fabs(h.done - .4) < 1e-12, "a part of a part begins in its middle");
	same(h.text, "fold 2 of 5, mf, step 1", "and says both names");
	rk_watch_say(&inner, 1, "%s", "");
	ok(fabs(h.done - .6) < 1e-12, "and ends where its part does");
	rk_watch_say(&plain, 1, "end");
	same(h.text, "fold 2 of 5, mf, end", "a part without a name adds none");
	ok(h.said == 5, "each is said once");
}

static void
nobody(void)
{
	struct rk_watch part = rk_watch_part(NULL, .2, .6, "alone");
	struct heard h = { 0 };
	struct rk_watch w = { .ctx = &h, .stop = third_time, .to = 1 };
	struct rk_watch in = rk_watch_part(&w, 0, .5, "in");

	rk_watch_say(NULL, .5, "unheard");
	rk_watch_say(&part, .5, "unheard");
	ok(!rk_watch_stop(NULL) && !rk_watch_stop(&part),
	    "where nobody waits nothing stops");
	ok(!rk_watch_stop(&w) && !rk_watch_stop(&in) && rk_watch_stop(&in),
	    "a part asks the one who waits");
}

static void
long_names(void)
{
	struct heard h = { 0 };
	struct rk_watch w = { .ctx = &h, .say = hear, .to = 1 };
	struct rk_watch p;
	char name[400];
	int i;

	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = '\0';
	p = rk_watch_part(&w, 0, 1, "%s", name);
	ok(strlen(p.what) == sizeof p.what - 1, "a long name is cut off");
	for (i = 0; i < 3; i++)
		p = rk_watch_part(&p, 0, 1, "%s", name);
	rk_watch_say(&p, 1, "%s", name);
	ok(strlen(h.text) == sizeof h.text - 1, "and so is a long text");
}

static void
time_left(void)
{
	char text[64];

	same(rk_meter_share_at(.5, .5, "knn", text, sizeof text), "50 %, knn",
	    "in the first second nothing is said of the time left");
	same(rk_meter_share_at(20, 0, "knn", text, sizeof text), "0 %, knn",
	    "nor before anything is done");
	same(rk_meter_share_at(20, .2, "knn", text, sizeof text),
	    "20 %, 1:20 left, knn", "then it is what was used, in proportion");
	same(rk_meter_share_at(1500, .25, "", text, sizeof text),
	    "25 %, 1 h 15 left", "in hours, where it is long");
	same(rk_meter_share_at(9, 1, "", text, sizeof text), "100 %, 0:00 left",
	    "and none at the end");
}

int
main(void)
{
	time_left();
	parts();
	nobody();
	long_names();
	return done();
}
