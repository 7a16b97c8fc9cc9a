#!/bin/sh
# data/retrain.mk: a model is replaced by a better one, and by no other.
. "$(dirname "$0")/tap.sh"
cat "$root/data/mini/train.jsonl" >log.jsonl
mk() { make -s -f "$root/data/retrain.mk" STRONG=larch/large-1.5 \
	WEAK=larch/medium-0.9 ROUTER=sw "$@" >out 2>err; }
mk
is "$? $(wc -l <retrain.jsonl)" "0 1" "the first run writes the model"
[ -f router.rk ]
ok $? "... and the model is there"
cp router.rk first
mk
is "$? $(wc -l <retrain.jsonl)" "0 1" "nothing is done where the log is not newer"
sleep 1
touch log.jsonl
mk
is "$? $(wc -l <retrain.jsonl)" "0 2" "the same log again is no failure"
same router.rk first "... and the model stays"
is "$(cat out err)" "" "... in silence, as cron's mail is for what went wrong"
like "$(tail -1 retrain.jsonl)" '*"replaced":false*' "... and the journal says so"
sleep 1
echo bad >>log.jsonl
mk
[ $? -ne 0 ]
ok $? "a bad log is a failure"
is "$(ls | grep -c new)" 0 "... which leaves nothing behind"
same router.rk first "... and the model stays"
make -s -f "$root/data/retrain.mk" >out 2>err
like "$(cat err)" "*give STRONG and WEAK*" "the names must be given"
finish
