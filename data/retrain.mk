# retrain.mk - keeps a model file up to date, from cron or by hand.
# usage: make -f retrain.mk STRONG=big WEAK=small [LOG=log.jsonl] [MODEL=router.rk]
#
# Trains on LOG, whose latest tenth by the field TS is kept out, and replaces
# MODEL only if the new one is surely better there. What was done is added to
# JOURNAL, a line of JSON a run; a model that stays is no failure of make's.
# Nothing is done where LOG is no newer than the last run.

LOG = log.jsonl
MODEL = router.rk
JOURNAL = retrain.jsonl
ROUTER = auto
TS = ts
MARGIN = 0
OPTIONS =

.PHONY: all
all: $(MODEL).stamp

$(MODEL).stamp: $(LOG)
	@test -n "$(STRONG)" && test -n "$(WEAK)" || \
		{ echo "retrain: give STRONG and WEAK, the models' names" >&2; \
		exit 2; }
	rl-train -q -r $(ROUTER) --strong '$(STRONG)' --weak '$(WEAK)' \
		--valid-by $(TS) --if-better $(MODEL) --margin $(MARGIN) \
		$(OPTIONS) -o $(MODEL) $(LOG) >$@.new || \
		grep -q '"replaced":false' $@.new || { rm -f $@.new; exit 1; }
	cat $@.new >>$(JOURNAL)
	mv $@.new $@
