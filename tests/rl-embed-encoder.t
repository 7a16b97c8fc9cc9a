#!/bin/sh
# rl-embed -m, and the programs that find its encoder again: on the tiny models
# of tests/golden/encoder, and on all-MiniLM-L6-v2 where it is there.
. "$(dirname "$0")/tap.sh"

models=$root/tests/golden/encoder
bert=$models/bert
unset RK_MODELS

# text TEXT...: a record each
text() {
	for t; do printf '{"prompt":"%s"}\n' "$t"; done
}

# vector TEXT [option ...]: the numbers of its embedding by the tiny BERT
vector() {
	t=$1
	shift
	text "$t" | rl-embed -q -m "$bert" --array "$@" 2>err |
		sed 's/.*"embedding":\[\(.*\)\].*/\1/'
}

# words N: as many words, which are tokens of the tiny models
words() {
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
		printf "%s%s", i ? " " : "", substr("abcde", i * i % 5 + 1, 1) }'
}

i=0
while [ $i -lt 300 ]; do
	echo "{\"i\":$i,\"prompt\":\"$(words $((i * 7 % 60))) $i?\"}"
	i=$((i + 1))
done >many
rl-embed -q -j1 -m "$bert" many >one 2>err
ok $? "-m embeds by the encoder in a folder"
rl-embed -q -j7 -m "$bert" many >seven
same one seven "-j1 and -j7 write the same bytes"
rl-embed -q -u -m "$bert" <many >stalled
same one stalled "and so does -u"
tail -n 40 many | rl-embed -q -m "$bert" >tail40
tail -n 40 one >want
same tail40 want "a text has the same bytes in another batch"
sed 's/,"embedding":"[^"]*"//' one | cmp -s - many
ok $? "without the embedding the output is the input"
rl-embed -q -e encoder --set dir="$bert" many | cmp -s - one &&
	rl-embed -q -e "$bert" many | cmp -s - one
ok $? "-e takes a folder too, or its name and --set dir="

is "$(vector '' | tr , '\n' | wc -l)" 18 "an empty text has a vector"
vector 'a b c d e' | tr , '\n' |
	awk '{ s += $1 * $1 } END { exit !(s > .9999 && s < 1.0001) }'
ok $? "a vector has length 1"
vector 'a b c d e' --set normalize=no | tr , '\n' |
	awk '{ s += $1 * $1 } END { exit s > .9999 && s < 1.0001 }'
ok $? "unless normalize=no"
is "$(vector 'b c' --prefix 'a ')" "$(vector 'a b c')" \
	"--prefix stands before each text"
is "$(vector "$(words 500)")" "$(vector "$(words 38)")" \
	"of a long text the beginning counts"
is "$(vector "$(words 500)" --max-tokens 12)" "$(vector "$(words 10)")" \
	"up to --max-tokens, with the two that stand around it"
is "$(vector "$(words 10)" --long mean)" "$(vector "$(words 10)")" \
	"--long mean is the same where one window holds the text"
rl-embed -q -m "$bert" --array --max-tokens 5 --long mean \
	--set normalize=no >got 2>err <<END
{"prompt":"a b c d"}
{"prompt":"a b c"}
{"prompt":"d"}
END
sed 's/.*\[\(.*\)\].*/\1/' got | awk -F, '
	{ for (i = 1; i <= NF; i++) x[NR, i] = $i; n = NF }
	END {
		# windows of 5 and of 3 tokens
		for (i = 1; i <= n; i++) {
			d = x[1, i] - (5 * x[2, i] + 3 * x[3, i]) / 8
			bad += d > 1e-6 || d < -1e-6
		}
		exit bad || n != 18
	}'
ok $? "else the mean of the windows, by their tokens"
words 100000 >long
echo "{\"prompt\":\"$(cat long)\"}" | rl-embed -q -m "$bert" --long mean >got 2>err
ok $? "100,000 words are no failure"
for how in mean cls last; do vector 'a b c' --set pooling=$how; done |
	sort -u >got
is "$(wc -l <got)" 3 "mean, cls and last are three vectors"

# a tokenizer that puts nothing around a text
mkdir bare
cp "$bert"/* bare
jq -c '.post_processor = null' "$bert/tokenizer.json" >bare/tokenizer.json
for how in mean cls last; do
	text '' ' ' a '' | rl-embed -q -m bare --array --set pooling=$how >few 2>err
	jq -cs 'map(.embedding | map(. * .) | add | . * 1000 | round)' few
	text '' | rl-embed -q -m bare --array --set pooling=$how 2>err |
		jq -c '.embedding | add'
done >got
is "$(tr '\n' ' ' <got)" "$(printf '[0,0,1000,0] 0 %.0s' 1 2 3)" \
	"a text of no token has the zero vector, in any company"

# what the folder says of pooling
mkdir said said/1_Pooling
cp "$bert"/* said
cat >said/modules.json <<'END'
[{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},
{"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"}]
END
echo '{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}' \
	>said/1_Pooling/config.json
echo '{"max_seq_length":7}' >said/sentence_bert_config.json
text 'a b c d e a b c' | rl-embed -q -m said --array >got 2>err
text 'a b c d e a b c' | rl-embed -q -m "$bert" --array --max-tokens 7 \
	--set pooling=cls --set normalize=no >want
same got want "modules.json, the pooling's config.json and max_seq_length count"

# refuses FOLDER MESSAGE SENTENCE [option ...]
refuses() {
	folder=$1 message=$2 sentence=$3
	shift 3
	text a | rl-embed -m "$folder" "$@" >out 2>err
	[ $? -ne 0 ] && grep -qF "$message" err
	ok $? "$sentence"
	grep -qF "$message" err || sed 's/^/# /' err
}

sed 's/models.Pooling"/models.Dense"/' said/modules.json >x && mv x said/modules.json
refuses said "said/modules.json: the module 'Dense' is not supported" \
	"a module that is not known is refused by name"
sed 's/1_Pooling/2_Pooling/; s/models.Dense"/models.Pooling"/' \
	said/modules.json >x && mv x said/modules.json
refuses said "said/2_Pooling/config.json: No such file" \
	"a module's folder must be there"
rm said/modules.json
echo '{"pooling_mode_max_tokens":true}' >said/1_Pooling/config.json
refuses said "said/1_Pooling: pooling_mode_max_tokens is not supported" \
	"and so is a way of pooling"
refuses "$bert" "max-tokens: 41, the model takes at most 40" \
	"more tokens than the model has are refused" --max-tokens 41
refuses "$bert" "max-tokens: 2, expected more than the 2 that stand around" \
	"and so few that no text fits" --max-tokens 2
refuses "$models/none" "none/config.json: No such file" \
	"a folder that is not there is an error"
rm said/tokenizer.json
echo '{"pooling_mode_mean_tokens":true}' >said/1_Pooling/config.json
refuses said "said/tokenizer.json: No such file" "and so is a missing tokenizer"
exits 2 "an embedder that is not there is wrong usage" \
	rl-embed -e nothing -m "$bert"
grep -q "unknown embedder 'nothing'" err
ok $? "also with -m"

# --- the encoder of a model file ------------------------------------------------

mini=$root/data/mini
head -400 "$mini/train.jsonl" >train
head -50 "$mini/test.jsonl" >test
pair='--strong larch/large-1.5 --weak larch/medium-0.9'
rl-train -q -r knn $pair -e "$bert/" -o m.rk train >log 2>err
ok $? "rl-train -e takes the folder of an encoder"
[ $failed -eq 0 ] || sed 's/^/# /' err
rl-score -m m.rk --info | grep -q '"rk.embedder":{"kind":"encoder","dim":18,'
ok $? "the model file names it"
cp -r "$models" moved
rl-score -q -m m.rk --embedder moved/bert test >a 2>err
ok $? "rl-score --embedder finds it wherever it lies"
RK_MODELS=/nowhere:moved rl-score -q -m m.rk test >b 2>err && cmp -s a b
ok $? "and so does RK_MODELS, by its digest, in a folder of models"
RK_MODELS=moved/bert rl-score -q -m m.rk test | cmp -s - a
ok $? "or as the model's folder itself"
rl-embed -q -m "$bert" test | rl-score -q -m m.rk --drop | cmp -s - a
ok $? "lines that rl-embed -m has embedded have the same scores"
exits 1 "without either it is an error" rl-score -m m.rk test
grep -q 'no encoder with the digest [0-9a-f]* in the folders of RK_MODELS' err
ok $? "which names the digest"
exits 1 "another encoder is an error" \
	rl-score -m m.rk --embedder moved/roberta test
grep -q 'the encoder there has the digest [0-9a-f]*, expected [0-9a-f]*' err
ok $? "which names both digests"
rl-train -q -r knn $pair -o h.rk train >log 2>err
exits 1 "a model of hash wants no folder" \
	rl-score -m h.rk --embedder "$bert" test
rl-embed -q -m "$bert" train >train.emb &&
	rl-train -q -r knn $pair -e "$bert/" -o n.rk train.emb >log 2>err
same m.rk n.rk "embedded before or in rl-train: the same model file"

# --- all-MiniLM-L6-v2 --------------------------------------------------------------

minilm=$RK_SHARED/models/minilm
if [ -f "$minilm/model.safetensors" ]; then
	/usr/bin/time -f %M -o peak rl-embed -q -m "$minilm" --array \
		--max-tokens 256 --prompt text "$minilm/golden.jsonl" >got 2>err
	ok $? "all-MiniLM-L6-v2 embeds its golden texts"
	# the input's embedding was replaced in its place
	paste -d '\n' "$minilm/golden.jsonl" got |
		sed 's/.*"embedding":\[\([^]]*\)\].*/\1/' | awk -F, '
		NR % 2 { for (i = 1; i <= NF; i++) want[i] = $i; next }
		{
			if (NF != 384) bad = 1
			for (i = 1; i <= NF; i++) {
				d = $i - want[i]
				if (d > 1e-5 || d < -1e-5) bad = 1
			}
		}
		END { exit bad || NR != 102 }'
	ok $? "their embeddings are the golden ones, to 1e-5"
	[ "$(cat peak)" -lt 400000 ]
	ok $? "in less than 400 MB"
else
	for t in runs golden memory; do
		skip "all-MiniLM-L6-v2: $t" "it is not there"
	done
fi

finish
