/* causal-labels.c - scores as labels. */
#include "route/causal-labels.h"

#include <math.h>
#include <string.h>

#include "nn/ops.h"

const char *const rk_causal_label[RK_CAUSAL_LABELS] = { "[[1]]", "[[2]]",
	"[[3]]", "[[4]]", "[[5]]" };

static void
set_gains(struct rk_tuned_labels *l, int strong, int tie, int weak)
{
	int k;

	for (k = 1; k <= RK_CAUSAL_LABELS; k++)
		l->gain[k - 1] = k <= strong ? 1
		    : k <= tie ? (double)(tie - k) / (tie - strong)
		    : k < weak ? -(double)(k - tie) / (weak - tie)
			       : -1;
}

int
rk_causal_labels_read(
    struct rk_tuned_labels *l, const char *text, struct rk_err *err)
{
	char shown[64];

	*l = (struct rk_tuned_labels){ .n = RK_CAUSAL_LABELS };
	if (strcmp(text, "score") == 0) {
		l->graded = 1;
		return 0;
	}
	if (strlen(text) == 5 && text[1] == ',' && text[3] == ',' &&
	    text[0] >= '1' && text[0] < text[2] && text[2] < text[4] &&
	    text[4] <= '5') {
		set_gains(l, text[0] - '0', text[2] - '0', text[4] - '0');
		return 0;
	}
	return rk_err_set(err,
	    "labels: found '%s', expected three rising scores from 1 to 5, such "
	    "as 1,4,5, or score",
	    rk_err_quote(shown, sizeof shown, text, strlen(text)));
}

int
rk_causal_labels_open(double *gain, const struct rk_st *st, const char *prefix,
    struct rk_err *err)
{
	const size_t five = RK_CAUSAL_LABELS;
	const struct rk_tensor *t = rk_router_tensor(
	    st, prefix, "causal.gain", RK_F64, 1, &five, err);
	size_t k;

	if (t == NULL)
		return -1;
	memcpy(gain, t->data, five * sizeof *gain);
	for (k = 0; k < five; k++)
		if (!(gain[k] >= -1 && gain[k] <= 1))
			return rk_err_set(err,
			    "%s: found %g at %zu, expected -1 to 1", t->name,
			    gain[k], k);
	return 0;
}

double
rk_causal_labels_score(const float *z, const double *gain, int routellm)
{
	double p[RK_CAUSAL_LABELS], g = 0, s;
	size_t k;

	rk_ops_softmax(p, z, RK_CAUSAL_LABELS);
	for (k = 0; k < RK_CAUSAL_LABELS; k++)
		g += p[k] * gain[k];
	s = routellm ? p[0] + p[1] + p[2] : (1 + g) / 2;
	if (!isfinite(s))
		return .5;
	return s < 0 ? 0 : s > 1 ? 1 : s;
}
