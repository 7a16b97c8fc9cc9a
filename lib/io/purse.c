/* purse.c - two sums under a lock. */
#include "io/purse.h"

void
rk_purse_init(struct rk_purse *p, double most)
{
	pthread_mutex_init(&p->lock, NULL);
	p->most = most;
	p->spent = p->aside = 0;
}

void
rk_purse_free(struct rk_purse *p)
{
	pthread_mutex_destroy(&p->lock);
}

/* Adds X to *SUM, of the two, if there is room for it. */
static int
add(struct rk_purse *p, double *sum, double x)
{
	int room;

	pthread_mutex_lock(&p->lock);
	/* (ten times .1 is 1, though their sum is not) */
	room = p->most < 0 ||
	    p->spent + p->aside + x <= p->most * (1 + 1e-12) + 1e-15;
	if (room)
		*sum += x;
	pthread_mutex_unlock(&p->lock);
	return room;
}

int
rk_purse_take(struct rk_purse *p, double x)
{
	return add(p, &p->aside, x);
}

int
rk_purse_again(struct rk_purse *p, double x)
{
	return add(p, &p->spent, x);
}

void
rk_purse_pay(struct rk_purse *p, double x, double cost)
{
	pthread_mutex_lock(&p->lock);
	p->aside -= x;
	p->spent += cost;
	pthread_mutex_unlock(&p->lock);
}

double
rk_purse_spent(struct rk_purse *p)
{
	double spent;

	pthread_mutex_lock(&p->lock);
	spent = p->spent;
	pthread_mutex_unlock(&p->lock);
	return spent;
}
