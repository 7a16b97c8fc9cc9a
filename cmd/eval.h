/*
 * eval.h - what the parts of rl-eval share: its options, the flat records and
 * the tables that it writes, and the tests of --require.
 */
#ifndef RK_CMD_EVAL_H
#define RK_CMD_EVAL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/opt.h"
#include "cmd.h"
#include "eval/bootstrap.h"
#include "io/gnuplot.h"
#include "io/table.h"
#include "pref/groups.h"

extern struct cmd eval_cmd;

struct eval_options {
	struct rk_list fields;         /* -s */
	struct rk_list routes, scores; /* of any number of models */
	const char *strong, *weak, *by, *curve, *plot, *drift;
	int routellm, table, logged;
	long reps, seed;
	int has_range;
	double lo, hi; /* of quality, with has_range */
};

extern struct eval_options eval_opt;

/* --- flat records ------------------------------------------------------------ */

enum { EVAL_KEY_MAX = 48, EVAL_ITEM_MAX = 200 };

struct eval_item {
	char key[EVAL_KEY_MAX + 8];
	double x;
};

/* A record's numbers, in their order. */
struct eval_items {
	struct eval_item item[EVAL_ITEM_MAX];
	size_t n;
};

/* KEY and TAIL together are the item's key. */
void
eval_add(struct eval_items *t, const char *key, const char *tail, double x);
/* KEY TAIL "_lo" and "_hi"; nothing without resamples. */
void eval_add_interval(struct eval_items *t, const char *key, const char *tail,
    struct rk_interval in);

/* {"router":NAME,"category":...,"control":...; K: NULL for all records */
void eval_put_head(struct rk_buf *b, const char *name,
    const struct rk_category *k, int control);
void eval_put_text(struct rk_buf *b, const char *key, const char *s);
void eval_put_number(struct rk_buf *b, const char *key, double x);
void eval_put_items(struct rk_buf *b, const struct eval_items *t);

/* --- verdicts ------------------------------------------------------------------ */

/* "better than", "worse than", or "no better than" of a difference's interval. */
const char *eval_verdict(struct rk_interval in);
/* ,"KEY":"better than OTHER"; nothing without an interval. */
void eval_put_verdict(struct rk_buf *b, const char *key, struct rk_interval in,
    const char *other);
/* NAME, with no control characters and no longer than MOST. */
void eval_add_name(struct rk_buf *b, const char *name, size_t most);
/* A line for people: "sw: better than length: +.062 [+.035, +.090]". */
void eval_say_verdict(struct rk_buf *b, const char *name, const char *other,
    double x, struct rk_interval in);

/* --- requirements --------------------------------------------------------------- */

/* A figure that --require may name. */
struct eval_key {
	const char *key;
	int interval; /* has _lo and _hi */
	int diff;     /* has _diff, with _lo and _hi, for all but the first */
};

/* Wrong usage unless TESTS name figures of KEYS, which end with a NULL. */
void eval_requires_parse(
    const struct rk_list *tests, const struct eval_key *keys, int several);
/* Fails, with a message, where a requirement does not hold; of a router that
 * is the first, or the only one, no difference is asked. */
void eval_requires_check(const char *name, const struct eval_items *t);
void eval_requires_free(void);

/* --- tables --------------------------------------------------------------------- */

/* The columns that say whose figures a row has, then HEAD, up to a NULL. */
void eval_start_sheet(struct rk_table *t, const char *const *head);
/* The first cells of a row: N records of category K, or of all. */
void eval_start_row(struct rk_table *t, const char *name,
    const struct rk_category *k, size_t n);

struct eval_seen {
	int none;   /* some figure is not there: "-" */
	int unsure; /* some interval is not: "[-]" */
};

/* "35.4 [33.1, 37.9]"; "-" where there is no figure, "[-]" no interval. */
void eval_cell(struct rk_table *sheet, int digits, double x,
    struct rk_interval in, double unit, struct eval_seen *seen);

/* Appends the table, if it has any rows, after an empty line; frees it. */
void eval_put_sheet(struct rk_buf *out, struct rk_table *t);

/* --- curves --------------------------------------------------------------------- */

enum { EVAL_PLOT_STEPS = 500 }; /* no more points of a curve are drawn */

void eval_open_curve(void); /* with --curve */
void eval_put_points(const struct rk_buf *b);
/* Draws; eval_write puts it where --plot says. */
void eval_draw(const struct rk_plot *plot);
void eval_free_lines(struct rk_plot_line *line, size_t n);
/* The output, then the points and the picture to their files. */
void eval_write(struct rk_buf *out);

/* --- drift ------------------------------------------------------------------------ */

void eval_drift_read(void); /* with --drift */
void eval_drift_free(void);
/* The PSI of the scores of the -s field number J. */
double eval_drift_score(size_t j, const double *score, size_t n);
/* Of the choices of the --route field J: share[k] of the models. */
double
eval_drift_route(size_t j, const double *share, char *const *model, size_t k);
/*
 * Of the predictions x[n, k], NaN where there is none, of the --scores field F:
 * the largest of a model's, which WORST names; NaN where no model is in both.
 */
double eval_drift_scores(size_t f, const double *x, size_t n,
    char *const *model, size_t k, size_t *worst);

/* --- the parts ------------------------------------------------------------------- */

/* Everything from the first record to the last byte of output. */
void eval_pair(void);   /* scores of a pair */
void eval_policy(void); /* decisions among any number of models */
void eval_log(void);    /* decisions, from the log of another policy */
const struct eval_key *eval_pair_keys(void);
const struct eval_key *eval_policy_keys(void);
const struct eval_key *eval_log_keys(void);

struct rk_routed;

/* Takes all records: 0 where figures can be made of what was read. */
int eval_read_routed(struct rk_routed *routed);

#endif
