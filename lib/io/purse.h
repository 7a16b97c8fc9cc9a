/*
 * purse.h - a limit of dollars that several threads keep to: what a request may
 * cost at worst is set aside before it is sent, and paid out of that.
 */
#ifndef RK_IO_PURSE_H
#define RK_IO_PURSE_H

#include <pthread.h>

struct rk_purse {
	pthread_mutex_t lock;
	double most;         /* dollars; < 0: no limit */
	double spent, aside; /* together at most `most`, but for what servers
	                        charge above the worst */
};

void rk_purse_init(struct rk_purse *p, double most);
void rk_purse_free(struct rk_purse *p);
/* Sets X dollars aside: 1; 0: that could exceed the limit. */
int rk_purse_take(struct rk_purse *p, double x);
/*
 * What X was set aside for has failed and may have cost as much: counts it, and
 * sets X aside for another try. 1; 0: nothing is changed, that could exceed the
 * limit.
 */
int rk_purse_again(struct rk_purse *p, double x);
/* What X was set aside for has come to an end, and cost COST. */
void rk_purse_pay(struct rk_purse *p, double x, double cost);
double rk_purse_spent(struct rk_purse *p);

#endif
