/*
 * auto-report.h - what the router auto chose, and what it says of that.
 */
#ifndef RK_ROUTE_AUTO_REPORT_H
#define RK_ROUTE_AUTO_REPORT_H

#include "route/members.h"
#include "route/search.h"

/* What is kept, and how sure it is that it is worth it. */
struct rk_auto_verdict {
	size_t members, member[RK_MEMBERS]; /* trials */
	int length_alone;                   /* as nothing else is better */
	int against;                        /* rising, against the labels */
	double error;
	struct rk_evidence_diff constant; /* the constant's error less ours */
	int has_length;
	struct rk_evidence_diff length; /* length's error less ours */
	int falls;    /* the gain, with the prompt's length, surely */
	double guard; /* the share that counts as unlike; 0: there is none */
	double *mean; /* [n], the members' mean ranks, out of fold */
};

/* Fills in the members of the record, the table and the notes. */
void rk_auto_report(const struct rk_search *s, const struct rk_auto_verdict *v,
    struct rk_report *report);

#endif
