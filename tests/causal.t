#!/bin/sh
# rl-train -r causal on tiny language models: it learns a planted rule in each
# way of tuning, its scores are an independent program's, it stops and goes on,
# what is wrong is said, and the model file is a language model for others.
. "$(dirname "$0")/tap.sh"
models=$root/tests/golden/causal
tiny=$models/tiny
published=$models/published
template=$models/template.txt

# records N SEED: the strong model is better where there is the word "sum", worse
# where there is "plus"
records() {
	awk -v n="$1" -v seed="$2" 'BEGIN {
		k = split("a b c d e the what is of and two three number " \
		    "text 1 2 3 4 5 6 7 8 9", word, " ")
		x = seed
		for (i = 0; i < n; i++) {
			rule = i % 4 # two of four: the strong one is better
			s = rule < 2 ? "sum" : rule == 2 ? "plus" : "of"
			for (j = 0; j < 2 + i % 3; j++) {
				x = 16807 * x % 2147483647
				s = x % 2 ? s " " word[x % k + 1] : \
				    word[x % k + 1] " " s
			}
			printf "{\"prompt\":\"%s\",\"quality\":" \
			    "{\"big\":%s,\"small\":%s}}\n", s,
			    rule == 2 ? 0 : 1, rule < 2 ? 0 : 1
		}
	}'
}
records 240 1 >train.jsonl
records 120 99 >test.jsonl
pair="--strong big --weak small"
causal="-q -r causal $pair --set template=$template"
key() { sed 's/.*"'$1'":\([-0-9.e]*\).*/\1/' "$2"; }
above() { awk "BEGIN { exit !($1 > $2) }"; }

# --- a published router ---------------------------------------------------------

asis="--set init=$published --set epochs=0 --valid 0 --calibrate 0"
exits 0 "a published router becomes a model file without training" \
	rl-train $causal $asis -o asis.rk train.jsonl
rl-score -q -j1 -m asis.rk "$models/scores.jsonl" >scored
off=$(jq -s 'map(.score - .want | fabs) | max' scored)
above 1e-6 "$off"
ok $? "its scores are numpy's, of hostile and long prompts too: $off"
rl-score -q -j3 -m asis.rk "$models/scores.jsonl" >three
same scored three "any -j gives the same bytes"
tail -n 1 "$models/scores.jsonl" | rl-score -q -m asis.rk >alone
tail -n 1 scored >last
same alone last "and any company"
rl-train $causal $asis --set compat=routellm -o p3.rk train.jsonl >/dev/null
off=$(rl-score -q -m p3.rk "$models/scores.jsonl" |
	jq -s 'map(.score - .routellm | fabs) | max')
above 1e-6 "$off"
ok $? "compat=routellm is p1 + p2 + p3: $off"
head -c 100000 /dev/zero | tr '\0' 'x' |
	awk '{ printf "{\"prompt\":\"%s\"}\n", $0 }' >long
exits 0 "a prompt of 100,000 letters has a score" rl-score -q -m asis.rk long
exits 1 "without training the five tokens must be there" \
	rl-train $causal $asis --set init="$tiny" -o x.rk train.jsonl
like "$(cat err)" "*tiny: no training is asked for*[[]1[]]*" "... and it says so"

# --- learning -------------------------------------------------------------------

mkdir dir && cp "$tiny"/* dir
cp "$template" own.txt
learn="-q -r causal $pair --quality-range 0,1 --set template=own.txt
	--set init=dir"
# learns HOW SETTING ...: trains that way, and asks the file of other prompts
learns() {
	how=$1
	shift
	set=
	for x; do set="$set --set $x"; done
	rl-train -j1 $learn --set tune="$how" $set -o $how.rk train.jsonl >rec
	is $? 0 "tune=$how trains"
	rl-train -j3 $learn --set tune="$how" $set -o three.rk train.jsonl >/dev/null
	same $how.rk three.rk "tune=$how: any -j gives the same file"
	apgr=$(rl-score -q -m $how.rk test.jsonl |
		rl-eval -q $pair --bootstrap 0 | head -1 | jq .apgr)
	above "$apgr" 0.8
	ok $? "tune=$how finds the planted rule: APGR $apgr on other prompts"
}
learns all lr=0.01 epochs=4
rl-score -q -j1 -m all.rk test.jsonl >scored
learns lora lr=0.02 epochs=6 rank=4
learns head lr=0.1 epochs=20 balance=yes
rm -r dir own.txt
rl-score -q -j3 -m all.rk test.jsonl >alone
same scored alone "the file needs nothing of the folder or the template"
exits 2 "another pair is refused" \
	rl-score -m all.rk --strong small --weak big test.jsonl

# --- labels ------------------------------------------------------------------------

short="$causal --set init=$tiny --set steps=2 --calibrate 0 --valid 0"
sed 's/"small":1/"small":5/;s/"small":0/"small":2/;s/"big":1/"big":5/
	s/"big":0/"big":4/' train.jsonl >graded.jsonl
exits 0 "labels=score takes a judge's scores" rl-train $short \
	--set labels=score --quality-range 1,5 -o g.rk graded.jsonl
sed 's/"quality".*/"model_a":"big","model_b":"small","winner":"tie"}/' \
	train.jsonl >ties.jsonl
sed 's/tie/model_a/' ties.jsonl | head -n 200 >won.jsonl
exits 1 "labels of one class alone are refused" \
	rl-train $short -o x.rk won.jsonl
like "$(cat err)" "*all 1[78]? prompts to learn from have the score 1:*" \
	"... with the class"
exits 0 "two classes are enough" sh -c "cat ties.jsonl won.jsonl |
	rl-train $short -o two.rk"
for labels in 1,4 5,4,1 1,4,6 scores; do
	exits 1 "labels=$labels is refused" \
		rl-train $short --set labels=$labels -o x.rk train.jsonl
done
like "$(cat err)" "*'scores', expected three rising scores*or score*" \
	"... with what is expected"

# --- without a gap there is no APGR to stop by -------------------------------------

for stop in loss apgr; do
	rl-train $short --strong small --weak big --set lr=0.01 \
		--set steps=6 --set check=2 --set stop=$stop -o x.rk \
		train.jsonl >$stop.rec
done
rm -f x.rk
is "$(jq .train.kept_step apgr.rec)" "$(jq .train.kept_step loss.rec)" \
	"stop=apgr goes by the loss where the strong model is not better"
above "$(jq .train.kept_step apgr.rec)" 2
ok $? "... and so further than to the first look"

# --- the file is a language model ---------------------------------------------------

tensors() { rl-score -m "$1" --info | jq -r '.tensors | if type == "array"
	then .[] else to_entries[] end | tostring' | sort; }
has() { tensors "$1" | grep -c "$2"; }
is "$(has all.rk 'model.layers.*F16') $(has all.rk 'embed_tokens.*431.*16')" \
	"18 1" "the tied table has the rows of the five tokens"
is "$(has asis.rk 'model.layers.*BF16') $(has asis.rk 'lm_head.*386.*24')" \
	"24 1" "a published router's weights stay as they are"
# bytes FILE TENSOR: what a U8 tensor holds
bytes() {
	at=$(head -c 8 "$1" | od -An -tu8 | tr -d ' ')
	tail -c +9 "$1" | head -c "$at" >head.json
	from=$(jq -r --arg t "$2" '.[$t].data_offsets[0]' head.json)
	to=$(jq -r --arg t "$2" '.[$t].data_offsets[1]' head.json)
	tail -c +$((9 + at + from)) "$1" | head -c $((to - from))
}
for how in all lora; do
	for lr in 0.1 0.2; do
		rl-train $short --set tune=$how --set freeze=1 --set lr=$lr \
			-o fr$lr.rk train.jsonl >/dev/null
		for layer in 0 1; do
			bytes fr$lr.rk "model.layers.$layer.mlp.up_proj.weight" \
				>up$layer.$lr
		done
	done
	same up0.0.1 up0.0.2 "tune=$how, freeze=1: the first layer stays"
	cmp -s up1.0.1 up1.0.2
	is $? 1 "... and the second learns"
done
is "$(bytes all.rk config.json | jq .vocab_size)" 431 \
	"config.json has the new number of tokens"
is "$(bytes all.rk tokenizer.json | jq -c '[.added_tokens[-5:][] |
	[.id, .content, .special]] | [first, last]')" \
	'[[426,"[[1]]",true],[430,"[[5]]",true]]' \
	"tokenizer.json has the five, with the ids after its own"
mkdir again && for f in config.json tokenizer.json; do
	bytes all.rk $f >again/$f
done && cp all.rk again/model.safetensors
exits 0 "the file is a folder's model for another training" rl-train $causal \
	--set init=again --set epochs=0 --calibrate 0 --valid 0 -o again.rk \
	train.jsonl
rl-score -q -m again.rk test.jsonl | jq .score >a
rl-train $learn --set init="$tiny" --set template="$template" --set lr=0.01 \
	--set epochs=4 --calibrate 0 -o raw.rk train.jsonl >/dev/null
rl-score -q -m raw.rk test.jsonl | jq .score >b
same a b "... whose scores are the same"

# --- the manual's examples ------------------------------------------------------------

# example WORDS: the first command of the manual that has them
example() {
	awk -v words="$1" '/^\.Sh EXAMPLES/ { on = 1 }
		/^\.Bd/ { s = "" } /^\.Ed/ && on && index(s, words) { print s; exit }
		!/^\./ { gsub(/\\e/, "\\"); s = s $0 "\n" }' \
		"$root/man/rl-train.1"
}
mkdir again/templates && cp "$template" again/templates/causal.txt
ln -s "$tiny" llama && ln -s "$published" classifier
sed 's/"big"/"gpt-4"/;s/"small"/"mixtral"/' train.jsonl >own.jsonl
for init in llama classifier; do
	rm -f router.safetensors
	example "init=$init" >command
	RK_DATA=again sh ./command >rec 2>err
	is "$? $(jq -r .router rec)" "0 causal" \
		"the manual's example with $init runs"
	exits 0 "... and its file scores" \
		rl-score -q -m router.safetensors own.jsonl
done

# --- a model of 15 million weights ----------------------------------------------------

stories=$RK_SHARED/models/stories15m
if [ -f "$stories/model.safetensors" ]; then
	head -n 30 train.jsonl >few.jsonl
	for how in head lora all; do
		exits 0 "stories15m: tune=$how, with routekit's own template" \
			rl-train -q -r causal $pair --set init="$stories" \
			--set tune=$how --set steps=2 --set hold=0 --valid 0 \
			-o s.rk few.jsonl
	done
	rl-score -q -j1 -m s.rk few.jsonl long >scored
	rl-score -q -j3 -m s.rk few.jsonl long >three
	same scored three "stories15m: any -j gives the same scores"
	is "$(jq -s 'map(select(.score > 0 and .score < 1)) | length' scored)" \
		31 "stories15m: they are scores"
	exits 1 "stories15m reads 256 tokens" rl-train -q -r causal $pair \
		--set init="$stories" --set max-tokens=2048 -o x.rk few.jsonl
	like "$(cat err)" "*max-tokens: 2048, the model reads 256*" "... it says"
else
	skip "stories15m is tuned" "no shared models"
fi

# --- stopping and going on --------------------------------------------------------------

long="$causal --set init=$tiny --set lr=0.003 --set steps=150"
long="$long --set patience=0 --set check=50"
rl-train $long -o whole.rk train.jsonl >/dev/null
rl-train $long --checkpoint ck --checkpoint-every 0 -o parts.rk \
	train.jsonl >out 2>err &
pid=$!
while [ ! -e ck ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -TERM $pid 2>/dev/null
wait $pid 2>/dev/null
is $? 143 "a signal stops it"
ls >files
is "$(grep -c '^parts.rk' files) $(grep -c '^ck$' files)" "0 1" \
	"... with a checkpoint, and no model"
sed 's/Score/Grade/' "$template" >other.txt
exits 1 "a checkpoint with another template is refused" rl-train $long \
	--set template=other.txt --checkpoint ck --resume -o parts.rk train.jsonl
like "$(cat err)" "*ck: is of another training*" "... and says so"
exits 0 "--resume goes on" \
	rl-train $long --checkpoint ck --resume -o parts.rk train.jsonl
same parts.rk whole.rk "... to the same bytes as without a stop"

# --- what is refused ----------------------------------------------------------------------

# refuses WHAT MESSAGE OPTION ...
refuses() {
	what=$1 message=$2
	shift 2
	exits 1 "$what is refused" rl-train $short "$@" -o x.rk train.jsonl
	like "$(cat err)" "$message" "... with a reason"
}
exits 1 "init is needed" rl-train $causal -o x.rk train.jsonl
like "$(cat err)" "*init=DIR is needed: the folder of a decoder*" "... and says so"
refuses "an encoder's folder" "*of an encoder, which -r bert takes*" \
	--set init="$root/tests/golden/encoder/bert"
exits 1 "bert refuses a decoder's" rl-train -q -r bert $pair \
	--set init="$tiny" -o x.rk train.jsonl
like "$(cat err)" "*tiny/config.json: *of a decoder, which -r causal takes*" \
	"... and says who takes it"
refuses "a context longer than the model's" \
	"*max-tokens: 129, the model reads 128*" --set max-tokens=129
refuses "freezing more layers than there are" \
	"*freeze: 3, the decoder has 2 layers*" --set freeze=3
refuses "a template that leaves no room" \
	"*template: it takes 20 tokens of the 20*" --set max-tokens=20
printf 'What score?\n' >no.txt
refuses "a template without its question" "*no.txt*{prompt}*" \
	--set template=no.txt
printf 'Say\n{prompt}\n{answer}:' >odd.txt
refuses "a template with another place" "*odd.txt:3:*answer*" \
	--set template=odd.txt
refuses "a template that is not there" "*nowhere.txt*" \
	--set template=nowhere.txt
cp -r "$published" bad && rm bad/model-00002-of-00002.safetensors
refuses "a missing shard" "*bad/model-00002-of-00002.safetensors*" \
	--set init=bad
rm -rf bad && cp -r "$tiny" bad
sed 's/"vocab_size": 430/"vocab_size": 425/' "$tiny/config.json" \
	>bad/config.json
refuses "a tokenizer with more ids than the model" \
	"*the tokenizer has 426 ids, the model 425*" --set init=bad
cp "$tiny/config.json" bad && sed 's/<tok>/[[3]]/' "$tiny/tokenizer.json" \
	>bad/tokenizer.json
refuses "a tokenizer with some of the five tokens" \
	"*has 1 of the scores*expected all or none*" --set init=bad
cp "$tiny/tokenizer.json" bad
head -c 9000 "$tiny/model.safetensors" >bad/model.safetensors
refuses "a file that is cut short" "*bad/model.safetensors*" --set init=bad
sed 's/{prompt}/[[1]] {prompt}/' "$template" >label.txt
refuses "a template that spells a score's token" "*spells*[[]1[]]*" \
	--set template=label.txt
# large N: the first N bytes of weights are the largest BF16 that is finite
large() {
	file=bad/model-00001-of-00002.safetensors
	rm -rf bad && cp -r "$published" bad
	at=$(od -An -tu8 -N8 $file)
	head -c "$1" /dev/zero | tr '\0' '\177' |
		dd of=$file bs=1 seek=$((at + 8)) conv=notrunc 2>/dev/null
}
large 18528
refuses "weights that a half float does not hold" \
	"*embed_tokens.weight: * too large for store=f16: take store=f32" \
	--set init=bad --set tune=lora --set store=f16
large 40000
refuses "weights whose loss is not finite" "*init are too large*" \
	--set init=bad --set store=f32
[ ! -e x.rk ]
ok $? "none of these leaves a file"
finish
