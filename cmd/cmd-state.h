/* cmd-state.h - what the parts of cmd.h share among themselves. */
#ifndef RK_CMD_STATE_H
#define RK_CMD_STATE_H

#include <sys/stat.h>

#include "cmd.h"
#include "io/file.h"
#include "io/meter.h"

struct cmd_state {
	struct rk_reader *reader;
	struct rk_file *out; /* -o, else NULL: standard output */
	int rejects;         /* file descriptor, -1: none */
	size_t lines, bad;
	int stopped; /* a bad line ended the run */
	int unread;  /* and an input that cannot be read did */
	int failed;
	int piped;       /* SIGPIPE is put off: see cmd_print */
	int on_terminal; /* progress may be shown */
	int shown;       /* a line of progress stands there */
	int asked;       /* a run asked whether it is to stop */
	struct rk_meter meter;
	struct rk_meter watch; /* of a run that cmd_watch waits for */
	struct rk_buf *tile;   /* output of each tile of a batch */
	size_t tiles;
};

/* Clears the line of progress, if one stands there. */
void cmd_clear_progress(struct cmd *c);

/*
 * Reads the options into C and its tables, and the operands; answers -h and
 * -V. Ends the program on wrong usage.
 */
void cmd_options(struct cmd *c, int argc, char **argv);

/* Keeps the files that options of TABLES, as they were given, name. */
void cmd_name_files(const struct rk_opt *const *tables);
/*
 * Ends the program on wrong usage where -o or --rejects is a file that another
 * option names.
 */
void cmd_check_files(struct cmd *c);
/* Is the file one of the inputs? */
int cmd_is_input(const struct cmd *c, const struct stat *file);

/*
 * INT, TERM and HUP, where they are not ignored, take files away that are not
 * whole and end the program. C is the one that a watch shows progress of.
 */
void cmd_catch_signals(struct cmd *c);

#endif
