/*
 * meter.h - how far a run has come, for a line on a terminal at most once a
 * second.
 */
#ifndef RK_IO_METER_H
#define RK_IO_METER_H

#include <stddef.h>

struct rk_meter {
	double start, last; /* seconds, monotonic */
};

/* Seconds of a clock that never goes back. */
double rk_meter_now(void);

void rk_meter_start(struct rk_meter *m);
/* Has a second passed since the last time this said yes? */
int rk_meter_due(struct rk_meter *m);
/*
 * "12000 lines, 40000/s, 31 %": DONE of TOTAL bytes (0: not known). Returns
 * OUT.
 */
char *rk_meter_text(const struct rk_meter *m, size_t lines, double done,
    double total, char *out, size_t size);
/*
 * "31 %, 1:20 left, TEXT" of a run that is DONE in [0,1]; the time left, in
 * minutes, or hours and minutes ("2 h 05"), is what it took so far in
 * proportion, and is not said of a run that has hardly begun. Returns OUT.
 */
char *rk_meter_share(const struct rk_meter *m, double done, const char *text,
    char *out, size_t size);
/* The same, SECONDS after the start. */
char *rk_meter_share_at(
    double seconds, double done, const char *text, char *out, size_t size);

#endif
