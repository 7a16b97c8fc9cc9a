# retrain.mk - keeps a model file up to date, from cron or by hand.
# usage: make -f retrain.mk STRONG=big WEAK=small [LOG=log.jsonl] [MODEL=router.rk]
#
# Trains on LOG, whose latest tenth by the field TS is kept out, and replaces
# MODEL only if the new one is surely better there. What was done is added to
# JOURNAL, a line of JSON a run; a model that stays is no failure of make's.
# Nothing is done where LOG is no newer than the last run, MODEL is there, and
# the settings are those of that run, which MODEL.stamp holds.

LOG = log.jsonl
MODEL = router.rk
JOURNAL = retrain.jsonl
ROUTER = auto
TS = ts
MARGIN = 0
OPTIONS =

$(if $(and $(STRONG),$(WEAK)),,$(error give STRONG and WEAK, the models' names))
$(if $(findstring ',$(STRONG)$(WEAK)),$(error a name with a quote in it does \
	not work here))

train = rl-train -q -r $(ROUTER) --strong '$(STRONG)' --weak '$(WEAK)' \
	--valid-by $(TS) --if-better $(MODEL) --margin $(MARGIN) $(OPTIONS) \
	-o $(MODEL) $(LOG)
last := $(if $(wildcard $(MODEL)),$(shell cat $(MODEL).stamp 2>/dev/null))

.PHONY: all $(if $(subst <$(last)>,,<$(train)>),$(MODEL).stamp)
all: $(MODEL).stamp

# the stamp is as old as the start: what the log gets meanwhile is newer
$(MODEL).stamp: $(LOG)
	@printf '%s\n' '$(subst ','\'',$(train))' >$@.new
	$(train) >$@.made || grep -q '"replaced":false' $@.made || \
		{ rm -f $@.made $@.new; exit 1; }
	cat $@.made >>$(JOURNAL)
	rm -f $@.made
	mv $@.new $@
