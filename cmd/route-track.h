/* route-track.h - the file that rl-route --track keeps. */
#ifndef RK_CMD_ROUTE_TRACK_H
#define RK_CMD_ROUTE_TRACK_H

#include "cmd.h"
#include "policy/track.h"

struct route_track {
	struct cmd *cmd;
	struct rk_track *track;
	const char *path, *field;
	double share;
};

/*
 * Locks the file, waiting for other runs, and reads it: 1. Where it is not
 * there, 0 if there is a SAMPLE to start from. Else ends the program.
 */
int route_track_open(const struct route_track *f, int sample);
/*
 * Writes the file and gives it free. Warns where the recent share is off by
 * more than ALARM (NAN: by a default); 1 where that was asked, else 0.
 */
int route_track_close(const struct route_track *f, double alarm);

#endif
