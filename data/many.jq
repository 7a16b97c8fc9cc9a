# many.jq - what rl-eval said of many models, for people. Reads its records as an
# array; $name is the data set's.

# x to n decimals.
def fixed($n):
	. as $x
	| (fabs * pow(10; $n) | round | tostring) as $d
	| ("0" * ([$n + 1 - ($d | length), 0] | max) // "") + $d
	| (if $x < 0 then "-" else "" end) + .[:length - $n] + "." + .[length - $n:];
def of($f; $n): "\(.[$f] | fixed($n)) [\(.["\($f)_lo"] | fixed($n)), \(
	.["\($f)_hi"] | fixed($n))]";
def dollars($f): with_entries(select(.key | startswith($f)) | .value |= 1000 * .)
	| of($f; 3);
def named($router): map(select(.router == $router))[0];

named("scores") as $r
| named("best_single") as $b
| named("route") as $cheap
| "\n\($name): \($r.models) models, \($r.n) questions, 5 folds; out of fold, by -r many",
"best single         \($b | of("quality"; 3))  \($b.model)",
"routed              \($r | of("quality"; 3))  highest predicted quality",
"  less best single  \($r | of("vs_best_single"; 4))  \($r.verdict)",
"  less shuffled     \($r | of("vs_shuffled"; 4))  its decisions, dealt at random",
"oracle              \(named("oracle") | of("quality"; 3))",
"most used           \($r.share_max * 100 | fixed(1)) % \($r.share_max_model)",
if $b.cost then
	"$/1000 queries      \($b | dollars("cost"))  best single",
	"                    \($r | dollars("cost"))  routed",
	"  at equal quality  \($r | dollars("cost_at_equal_quality"))  on the curve",
	"quality at equal $  \($r | of("quality_at_equal_cost"; 3))  on the curve",
	"AIQ less the mix's  \($r | of("aiq_vs_mix"; 4))  of single models",
	"rl-route --quality 1, the policy of the other folds:",
	"  $/1000 queries    \($cheap | dollars("cost"))",
	"  less best single  \($cheap | of("vs_best_single"; 4))  \($cheap.verdict)"
else empty end
