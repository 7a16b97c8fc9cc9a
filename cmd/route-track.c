/* route-track.c - the state is there before the work, and written behind it. */
#include "route-track.h"

#include <math.h>

#include "base/num.h"
#include "io/file.h"

#define ALARM 0.05

/* That it can be written is known before the work begins, not behind it. */
static void
try_to_write(const struct route_track *f)
{
	struct rk_err err = { { 0 } };
	struct rk_file *file = rk_file_create(f->path, &err);

	if (file == NULL)
		cmd_die(f->cmd, "%s", err.msg);
	rk_file_abandon(file, 0);
}

int
route_track_open(const struct route_track *f, int sample)
{
	struct rk_err err = { { 0 } };
	char digits[32];
	int rc;

	try_to_write(f);
	rc = rk_track_lock(f->track, f->path, 0, &err);
	if (rc == 1) {
		cmd_note(f->cmd, "%s: waiting for another run", f->path);
		rc = rk_track_lock(f->track, f->path, 1, &err);
	}
	if (rc == 0)
		rc = rk_track_read(f->track, f->path, f->field, f->share, &err);
	if (rc < 0)
		cmd_die(f->cmd, "%s", err.msg);
	if (rc == 0 && !sample)
		cmd_die(f->cmd,
		    "%s: not there: a --sample is needed to start it", f->path);
	if (rc == 0)
		return 0;
	rk_num_print_f64(digits, f->track->threshold);
	cmd_note(f->cmd, "%s: threshold %s after %.0f decisions", f->path,
	    digits, f->track->decisions);
	return 1;
}

int
route_track_close(const struct route_track *f, double alarm)
{
	double off = f->track->recent - f->track->share;
	struct rk_err err = { { 0 } };

	if (rk_track_save(f->track, f->path, f->field, &err) != 0)
		cmd_die(f->cmd, "%s", err.msg);
	rk_track_unlock(f->track);
	if (fabs(off) <= (isnan(alarm) ? ALARM : alarm))
		return 0;
	cmd_warn(f->cmd,
	    "%s: the share of the last decisions is %.3g, and %g was asked: "
	    "the scores jump or tie; without the file it starts anew from a "
	    "--sample",
	    f->path, f->track->recent, f->track->share);
	return !isnan(alarm);
}
