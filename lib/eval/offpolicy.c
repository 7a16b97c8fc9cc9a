/* offpolicy.c - sums over the log. */
#include "eval/offpolicy.h"

#include <math.h>

void
rk_off_figures(double *fig, const struct rk_log *log, const uint32_t *times)
{
	double n = (double)log->n;
	double reward = 0, w = 0, ww = 0, wr = 0, robust = 0;

	for (size_t i = 0; i < log->n; i++) {
		double t = times ? times[i] : 1, r = log->reward[i];
		double wi = log->weight[i];

		reward += t * r;
		w += t * wi;
		ww += t * wi * wi;
		wr += t * wi * r;
		if (log->served_value != NULL)
			robust += t *
			    (log->chosen_value[i] +
				wi * (r - log->served_value[i]));
	}
	fig[RK_OFF_LOGGED] = reward / n;
	fig[RK_OFF_IPS] = wr / n;
	fig[RK_OFF_SNIPS] = w > 0 ? wr / w : NAN;
	fig[RK_OFF_DR] = log->served_value != NULL ? robust / n : NAN;
	fig[RK_OFF_ESS] = ww > 0 ? w * w / ww : 0;
	fig[RK_OFF_WEIGHT] = w / n;
}
