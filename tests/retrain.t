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
touch log.jsonl
mk
is "$? $(wc -l <retrain.jsonl)" "0 2" "the same log again is no failure"
same router.rk first "... and the model stays"
is "$(cat out err)" "" "... in silence, as cron's mail is for what went wrong"
like "$(tail -1 retrain.jsonl)" '*"replaced":false*' "... and the journal says so"
mk MARGIN=1
is "$? $(wc -l <retrain.jsonl)" "0 3" \
	"the same log with another margin is tried"
like "$(tail -1 retrain.jsonl)" '*"replaced":true*' \
	"... which replaces the model"
mk MARGIN=1
is "$? $(wc -l <retrain.jsonl)" "0 3" "... once"
mk MARGIN=1 WEAK=fern-small-0.3b
[ $? -ne 0 ]
ok $? "another pair is no silence"
like "$(cat err)" "*no model 'fern-small-0.3b' in the model file*" \
	"... but the word that the old model knows only its own"
mk MARGIN=1 WEAK=fern-small-0.3b MODEL=other.rk OPTIONS="--set 'form=bt'"
is "$? $(ls other.rk)" "0 other.rk" "... and a file of its own is made"
mk MARGIN=1 WEAK=fern-small-0.3b MODEL=other.rk OPTIONS="--set 'form=bt'"
is "$? $(wc -l <retrain.jsonl)" "0 4" "... once, with quotes in its settings"
rm router.rk
mk MARGIN=1
is "$? $(wc -l <retrain.jsonl) $(ls router.rk)" "0 5 router.rk" \
	"a model that is gone is made again"
cp router.rk first

# a log that grows while it is read
cat >rl-train <<END
#!/bin/sh
"$RK_BUILD/rl-train" "\$@"
status=\$?
sleep 0.1
[ ! -e grow ] || tail -1 log.jsonl >>log.jsonl
exit \$status
END
chmod +x rl-train
touch grow log.jsonl
PATH=.:$PATH mk MARGIN=1
rm grow
mk MARGIN=1
is "$? $(wc -l <retrain.jsonl)" "0 7" \
	"what the log gets in a run is for the next"
cp router.rk first

echo bad >>log.jsonl
mk
[ $? -ne 0 ]
ok $? "a bad log is a failure"
is "$(ls | grep -c 'new$\|made$')" 0 "... which leaves nothing behind"
same router.rk first "... and the model stays"
mk
[ $? -ne 0 ]
ok $? "... and is one the next time"
make -s -f "$root/data/retrain.mk" >out 2>err
like "$(cat err)" "*give STRONG and WEAK*" "the names must be given"
make -s -f "$root/data/retrain.mk" STRONG="a's" WEAK=b >out 2>err
like "$(cat err)" "*with a quote*" "... and have no quote in them"
finish
