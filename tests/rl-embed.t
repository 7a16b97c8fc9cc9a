#!/bin/sh
# rl-embed: the golden vectors through the program, and what it does to lines.
# Run from the repository root.

RK_BUILD=${RK_BUILD:-$PWD/build}
E=$RK_BUILD/rl-embed
G=$PWD/tests/golden/hash
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0

ok() { # status name
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/err"
	fi
}

embeds() { # input output [option ...]: the output is exactly that
	printf '%s' "$1" >"$tmp/in"
	printf '%s\n' "$2" >"$tmp/want"
	shift 2
	"$E" "$@" "$tmp/in" >"$tmp/got" 2>"$tmp/err" &&
		diff "$tmp/want" "$tmp/got" >"$tmp/err" 2>&1
}

says() { # status message command...: its exit status and its standard error
	want=$1 said=$2
	shift 2
	"$@" >"$tmp/got" 2>"$tmp/err"
	[ $? -eq "$want" ] && grep -q -e "$said" "$tmp/err"
}

# Numbers of two texts of vectors, "DIM INDEX:VALUE ..." and [x,y,...], agree to
# 2e-7: the golden ones are written with nine digits.
"$E" -q --array "$G/texts.jsonl" 2>"$tmp/err" |
	sed 's/.*"embedding":\[\(.*\)\].*/\1/' >"$tmp/arrays"
head -n "$(wc -l <"$G/texts.jsonl")" "$G/vectors.txt" |
	awk -v arrays="$tmp/arrays" '
	{
		delete want
		for (i = 2; i <= NF; i++) {
			split($i, e, ":")
			want[e[1]] = e[2]
		}
		if ((getline line <arrays) != 1 || split(line, x, ",") != $1)
			exit bad = 1
		for (i = 0; i < $1; i++) {
			d = x[i + 1] - want[i]
			if (d > 2e-7 || d < -2e-7)
				bad = 1
		}
	}
	END { exit bad || NR < 20 }'
ok $? "the arrays are the golden vectors, in texts of fifteen scripts"

A=AAAAAAAAAAAAAAAAAAAAAAAAAADzBDW/8wQ1PwAAAAA=
V=0,0,0,0,0,-0.707106769,0.707106769,0
embeds '{"prompt":"a"}
' "{\"prompt\":\"a\",\"embedding\":\"$A\"}" --dim 8
ok $? "an embedding is base64 of little-endian float32"
embeds '{"prompt":"a"}
' "{\"prompt\":\"a\",\"embedding\":[$V]}" --set dim=8 --array
ok $? "--array writes numbers"
embeds '{ "n" : 1e2,"prompt":"a", "x":[1.0, 12345678901234567890123] } ' \
	"{ \"n\" : 1e2,\"prompt\":\"a\", \"x\":[1.0, 12345678901234567890123]\
 ,\"embedding\":\"$A\"} " --dim 8
ok $? "the rest of a line stays byte for byte, also without its newline"
embeds '{"embedding":[1,2,3],"prompt":"a"}
' "{\"embedding\":\"$A\",\"prompt\":\"a\"}" --dim 8
ok $? "an embedding that is there is replaced in its place"
embeds '{"embedding":[1,2,3],"z":0}
{"prompt":"a"}
' "{\"embedding\":[1,2,3],\"z\":0}
{\"prompt\":\"a\",\"embedding\":\"$A\"}" --dim 8 --keep
ok $? "--keep leaves an embedding, and needs no text there"
printf '%s' '{"prompt":"a"' >"$tmp/in"
says 1 'in:1:' "$E" "$tmp/in"
ok $? "a line that is cut is an error that names the line"
embeds '{"messages":[{"role":"user","content":"b"},{"role":"user","content":"a"}]}
' "{\"messages\":[{\"role\":\"user\",\"content\":\"b\"},\
{\"role\":\"user\",\"content\":\"a\"}],\"embedding\":\"$A\"}" --dim 8
ok $? "the text of messages is the last user turn"
embeds '{"q":{"text":"A"},"prompt":"b"}
' "{\"q\":{\"text\":\"A\"},\"prompt\":\"b\",\"embedding\":\"$A\"}" \
	--dim 8 --prompt /q/text
ok $? "--prompt takes a JSON pointer"
printf '{"prompt":"a"}\r\n' >"$tmp/crlf"
printf '{"prompt":"a","embedding":"%s"}\r\n' "$A" >"$tmp/want"
"$E" --dim 8 "$tmp/crlf" 2>"$tmp/err" | cmp -s - "$tmp/want"
ok $? "a CRLF stays"

Z=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
embeds '{"prompt":""}
{"prompt":" ?! "}
' "{\"prompt\":\"\",\"embedding\":\"$Z\"}
{\"prompt\":\" ?! \",\"embedding\":\"$Z\"}" --dim 8
ok $? "a text without words has the zero vector"
says 0 '^rl-embed: 2 of the embeddings are zero: their texts hold no words$' \
	"$E" "$tmp/in" && [ "$(wc -l <"$tmp/err")" -eq 1 ]
ok $? "and a run warns once"

i=0
while [ $i -lt 700 ]; do
	echo "{\"i\":$i,\"prompt\":\"question $i: what is $i + $((i * i))?\"}"
	i=$((i + 1))
done >"$tmp/many"
"$E" -j1 "$tmp/many" >"$tmp/one" 2>"$tmp/err" &&
	"$E" -j7 "$tmp/many" >"$tmp/seven" 2>"$tmp/err" &&
	cmp "$tmp/one" "$tmp/seven" >"$tmp/err" 2>&1
ok $? "-j1 and -j7 write the same bytes"
"$E" -u <"$tmp/many" 2>"$tmp/err" | cmp -s - "$tmp/one"
ok $? "and so does -u: a text's vector is its own"
sed 's/,"embedding":"[^"]*"//' "$tmp/one" | cmp -s - "$tmp/many"
ok $? "without the embedding the output is the input"
cp "$tmp/many" "$tmp/self"
"$E" -o "$tmp/self" "$tmp/self" 2>"$tmp/err" && cmp -s "$tmp/self" "$tmp/one"
ok $? "-o may name the input"

printf '%s\n' '{"prompt":"a"}' '{"x":1}' '{"prompt":7}' 'no' '{"prompt":"a"}' \
	>"$tmp/in"
says 1 "in:2: no text: expected prompt or messages" "$E" "$tmp/in" &&
	[ "$(wc -l <"$tmp/got")" -eq 1 ]
ok $? "a record without a text stops the run, after what came before it"
says 1 "in:3: prompt: expected a string or chat messages, found a number" \
	"$E" -k "$tmp/in" && [ "$(wc -l <"$tmp/got")" -eq 2 ]
ok $? "-k leaves bad lines out, and exits 1"
says 1 "no text: question is missing" "$E" --prompt question "$tmp/in"
ok $? "--prompt names what is missing"
says 1 'o such file' "$E" "$tmp/none"
ok $? "a file that is not there is an error"
if [ -c /dev/full ]; then
	says 1 'standard output' sh -c '"$1" "$2" >/dev/full' - "$E" "$tmp/many"
	ok $? "a full disk is an error"
else
	ok 0 "a full disk is an error # skip no /dev/full"
fi
says 2 "found '7', expected a whole number from 8 to 65536" "$E" --dim 7 "$tmp/in"
ok $? "a dimension out of range is wrong usage"
says 2 "unknown embedder 'magic': expected one of hash" \
	"$E" -e magic "$tmp/in"
ok $? "an embedder that is not there is wrong usage"
says 2 "unknown parameter 'x': expected one of dim" "$E" --set x=1 "$tmp/in"
ok $? "and so is a parameter that it does not have"
"$E" --list 2>"$tmp/err" | grep -q '^hash  *hashed words'
ok $? "--list names the embedders"

# The first display of the manual's EXAMPLES: commands, and what they print.
awk '/^\.Sh EXAMPLES/ { on = 1 } on && /^\.Ed/ { exit } on && !/^\./' \
	man/rl-embed.1 | sed 1d >"$tmp/example"
sed -n 's/^\$ //p' "$tmp/example" >"$tmp/commands"
grep -v '^\$ ' "$tmp/example" >"$tmp/want"
PATH="$RK_BUILD:$PATH" sh "$tmp/commands" >"$tmp/got" 2>"$tmp/err"
[ -s "$tmp/want" ] && diff "$tmp/want" "$tmp/got" >"$tmp/err" 2>&1
ok $? "the manual's example prints what it says"
echo "1..$n"
