/*
 * answer-choice.c - how texts state the letter of an option, as patterns. Each
 * is tried all along the text; of what they find the letter that stands last
 * counts.
 */
#include <stdlib.h>
#include <string.h>

#include "text/answer.h"
#include "text/regex.h"

/*
 * the letter ends here: not the A of A-level, nor the C of C++; and it is not
 * the I of "I, for one"
 */
#define END                                                         \
	"(?![\\p{L}\\p{N}_+#]|[-\\x{2010}\\x{2011}][\\p{L}\\p{N}]|" \
	"(?<=[Ii])\\s?,)"
#define CLOSE  "(?=\\s?(?:[])}.:;,!?/&]|</|\\r?\\n|\\z))"
#define REASON "(?=,?\\s+(?i:because|since|as|for|and|or)\\b)"
/*
 * A letter after words that announce it: in brackets; where a clause ends;
 * or a capital which is no word.
 */
#define BRACKETED "[(\\[{]\\s?([A-Ja-j])\\s?[)\\]}]"
#define LETTER(more)                                                       \
	"(?|" BRACKETED "|([A-Ja-j])" END CLOSE "|([A-HJa-hj])" END REASON \
	"|([B-HJ])" END more ")"
#define BRACKETED_NO "[(\\[{]\\s?[A-Ja-j]\\s?[)\\]}]"
/*
 * And another after it, so that it is no answer: "or C", "/C", ", C", also with
 * words between that leave the choice open, "or maybe it is C".
 */
#define OTHER                                                        \
	"(?:\\\\(?:boxed|fbox)\\{[\\s({]*[A-J]" END "|" BRACKETED_NO \
	"|[A-HJ]" END ")"
#define DOUBT \
	"(?i:maybe|perhaps|possibly|potentially|alternatively|could|might|may)\\b"
#define WORDS                                                               \
	"(?:[\\s,]+(?:" DOUBT "|(?i:probably|likely|even|also|else|rather|" \
	"it|its|is|be|the|correct|option|choice|letter|answer)\\b))*+"      \
	"[\\s,]*"
#define HEDGED                                                                   \
	"\\s?[)\\]}]?(?:\\s*[/&]\\s*" OTHER                                      \
	"|(?:[\\s,;.(]*\\b(?i:or)|[\\s,;(]*\\b(?i:and))\\b" WORDS OTHER          \
	"|\\s*,\\s*" OTHER                                                       \
	"(?=\\s*(?:,|\\b(?i:or|and)\\b|[.!]?\\s*(?:\\n|\\z)))"                   \
	"|[\\s,;(\\x{2013}\\x{2014}-]*(?<!\\w)(?i:(?:but|though|although)\\s+)?" \
	"(?i:(?:it|the\\s+answer)\\s+)?" DOUBT WORDS OTHER ")"
/* "The answer is B? No." */
#define RECANTED "|\\s?[)\\]}]?\\s*\\?\\s*(?i:no|not|nope|wrong|actually)\\b"
#define HEDGE    "(" HEDGED RECANTED ")?"
#define NOUN     "(?:option|choice|letter|answer)"
#define ADVERBS                                                    \
	"(?:,?\\s+(?:therefore|thus|hence|then|so|here|clearly|"   \
	"probably|likely|most\\s+likely|definitely|indeed|simply|" \
	"actually|obviously|certainly|in\\s+fact),?)*+"
#define ABOUT                                                     \
	"(?:,?\\s+(?:to|for|of|in)\\s+(?:this|the|that|your)\\s+" \
	"(?:\\w+\\s+)?(?:question|problem|quiz|case|riddle))?+"
#define ANSWER \
	"(?i:\\b(?:answer|choice|option|solution|verdict)\\b" ABOUT ADVERBS
#define IS \
	"(?:is|was|would\\s+be|must\\s+be|should\\s+be|has\\s+to\\s+be|will\\s+be)"
#define SAY                                                              \
	"(?i:\\b(?:choose|chose|pick|picked|select|selected|go\\s+with|" \
	"going\\s+with|went\\s+with|say|guess|think|believe|its|thats|"  \
	"(?:therefore|thus|hence|so),?|(?:it|that|this)\\s+" IS          \
	")\\s+(?:(?:it|that)\\s+is\\s+|its\\s+)?"                        \
	"(?:" NOUN "\\s+)?)"
/* in front of what stands at the start of a line */
#define MARGIN "[\\h#>\\x{2022}-]*"
#define TO     "(?:[:=]|->|=>|\\x{2192})"
/*
 * Between a letter and what is said of it, which no subtraction and no range is;
 * nor is it said that it is wrong, or just no.
 */
#define DASH                                                                  \
	"(?:\\s?\\x{2014}\\s?|\\s\\x{2013}\\s|\\s--?\\s)(?=\\p{L}{2})(?!(?i:" \
	"(?:(?:it|its|this|thats|that|which|is|was|the|an?|has|been|can|be|"  \
	"most|clearly|definitely|therefore|option|choice|answer|one|totally|" \
	"completely|quite)\\s+){0,6}(?:wrong|incorrect|untrue|rejected|"      \
	"eliminated|excluded|ruled\\s+out|unlikely)\\b|"                      \
	"(?:no|nope|not|never|out)\\b(?:\\s+(?:this|that|the|it))?"           \
	"(?:\\s+(?:one|option|answer|choice))?\\s*(?:[.!,;]|\\n|\\z)))"
#define LINE                                                                \
	"[\\s#>\\x{2022}-]*+(?i:(?:the\\s+)?(?:(?:final|correct|best)\\s+)" \
	"{0,4}+" NOUN "\\s*+(?:[:-]\\s*+)?)?[(\\[{]?\\s?([A-Ja-j])\\s?"     \
	"[)\\]}]?[\\h\\r]*+[.:!]?"

/*
 * What denies a statement that follows it, with nothing between but words that
 * lead from the one to the other: "I would not choose", "I dont think that the",
 * "the incorrect", "it is false that". (Apostrophes are gone by now.)
 */
#define LEADS                                                               \
	"(?i:\\h+(?:i|we|you|one|it|its|that|this|the|a|an|my|is|was|be|"   \
	"am|are|to|can|could|would|should|will|do|think|believe|say|said|"  \
	"choose|pick|select|go|with|guess|true|(?<!\\bthe\\x20)(?:correct|" \
	"right)|sure|certain|able|whether|if|case|either|really)(?!\\w))*+" \
	"\\h*"
#define DENIAL                                                              \
	"(?i:\\b(?:not|never|cannot|neither|nor|nobody|hardly|unlikely|"    \
	"wrong|wrongly|incorrect|incorrectly|false|falsely|untrue|"         \
	"(?:do|does|did|is|was|were|would|could|should|ca|wo|must|have|has" \
	"|had)nt)\\b|\\b(?<!\\bno )(?<!\\bwithout )(?<!\\bany )"            \
	"(?<!\\blittle )(?:doubt|doubts|doubtful)\\b)" LEADS "\\z"

static const char *const statements[] = {
	/* the answer is (B); the correct option would be B */
	ANSWER "\\s+" IS ADVERBS "\\s+(?:" NOUN "\\s+)?)" LETTER("|(A)(?=\\s)")
	    HEDGE,
	/* Answer: B; answer is: b; answer = B; answer -> B */
	ANSWER "(?:\\s+" IS ")?\\s*(?::|=|->|=>|\\x{2192}|\\s[-\\x{2013}]\\s)"
	       "\\s*(?:(?:the\\s+)?" NOUN "(?:\\s+is|:)?\\s+)?)" LETTER("")
		   HEDGE,
	/* Correct: B; Selected: (B) */
	"(?:\\A|\\n|[.!?;]\\s)" MARGIN
	"(?i:(?:the\\s+|my\\s+)?(?:correct|selected|selection|chosen|choose|"
	"picked|pick|final|response)\\s*" TO "\\s*(?:" NOUN "\\s+)?)" LETTER("")
	    HEDGE,
	/* <answer>B</answer> */
	"(?i:<(?:final[_-]?)?" NOUN ">\\s*(?:" NOUN "\\s+)?)" LETTER("") HEDGE,
	/* I choose B. It is B. So it must be (B). */
	SAY "[(\\[]?([A-HJ])[)\\]]?" END "(?:" CLOSE "|" REASON ")" HEDGE,
	/* Option B is correct. (B) is the right answer. */
	"(?:(?<![^.!?:;,\\n(])|(?<=[.!?:;,\\n(]\\s)|"
	"(?i:\\b(?:" NOUN "|so|therefore|thus|hence|that|only)\\s+))"
	"[(\\[]?([A-J])[)\\]]?(?i:\\s+(?:is|seems|looks)" ADVERBS
	"\\s+(?:(?:the|clearly|definitely)\\s+)*+(?:answer|"
	"(?:correct|right|best)(?:\\s+(?:answer|option|choice|one))?))"
	"(?:(?=\\s?(?:[.,;:!)]|\\n|\\z))|" REASON ")" HEDGE,
	/* \boxed{B} */
	"\\\\(?:boxed|fbox)\\{[\\s({]*([A-Ja-j])(?=\\s?[]).:}])" HEDGE,
	/* nothing else on the first line, or on the last */
	"\\A" LINE "(?=\\n|\\z)",
	"(?:\\A|\\n)" LINE "\\z",
	/* ... so option B. */
	"(?<!\\bor )(?<!\\band )(?<!\\bnor )(?<!\\bnot )"
	"(?i:\\b" NOUN "\\s+)[(\\[]?([A-J])[)\\]]?[.!]?\\z",
};

/* what stands there without being stated, unless it is denied */
#define DENIED                                                      \
	"\\s*(?i:is|was|cannot|isnt|would|seems|looks)\\s+(?i:not|" \
	"in|wrong|false|un)"

static const char *const mentions[] = {
	"(?:\\A|\\n)" MARGIN "(?i:" NOUN "\\s+)?[(\\[]?([A-J])[)\\].:]"
	"(?!" DENIED ")(?!" HEDGED ")(?=\\s)",
	"(?:\\A|\\n)" MARGIN "(?i:" NOUN "\\s+)?([A-HJ])" DASH,
	"\\A\\s*[(\\[]?([a-j])[)\\]](?!" DENIED ")(?=\\s)",
	"\\A\\s*([A-HJ])" END "(?=,?\\s+(?i:because|since)\\b)",
	"(?<!not )(?<!not option )(?<!nor )[(\\[]([A-J])[)\\]](?!" DENIED
	")(?!" HEDGED ")",
};

enum {
	STATEMENTS = sizeof statements / sizeof *statements,
	MENTIONS = sizeof mentions / sizeof *mentions
};

struct rk_answer_choice {
	struct rk_regex *statement[STATEMENTS], *mention[MENTIONS], *denial;
};

static int
compile(
    struct rk_regex **to, const char *const *from, size_t n, struct rk_err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		to[i] = rk_regex_new(
		    from[i], strlen(from[i]), RK_REGEX_PLAIN, err);
		if (to[i] == NULL)
			return -1;
	}
	return 0;
}

struct rk_answer_choice *
rk_answer_choice_new(struct rk_err *err)
{
	struct rk_answer_choice *c = rk_calloc(1, sizeof *c);

	static const char *const denial[] = { DENIAL };

	if (compile(c->statement, statements, STATEMENTS, err) == 0 &&
	    compile(c->mention, mentions, MENTIONS, err) == 0 &&
	    compile(&c->denial, denial, 1, err) == 0)
		return c;
	rk_answer_choice_free(c);
	return NULL;
}

void
rk_answer_choice_free(struct rk_answer_choice *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < STATEMENTS; i++)
		rk_regex_free(c->statement[i]);
	for (i = 0; i < MENTIONS; i++)
		rk_regex_free(c->mention[i]);
	rk_regex_free(c->denial);
	free(c);
}

static int
upper(char c)
{
	return c >= 'a' ? c - 'a' + 'A' : c;
}

enum { LETTERS = 10, CLAUSE_MOST = 120 };

/* What was found so far; each is where it stands, plus 1, the last of them. */
struct found {
	size_t stated[LETTERS], denied[LETTERS];
	size_t open; /* one of several letters */
};

/* Is what begins at P + AT denied by what comes before it? Or -1. */
static int
is_denied(const struct rk_regex *denial, struct rk_regex_match *m,
    const char *p, size_t at, struct rk_err *err)
{
	size_t from = at > CLAUSE_MOST ? at - CLAUSE_MOST : 0, start, end;

	while (from < at && (p[from] & 0xc0) == 0x80)
		from++;
	return rk_regex_find(
	    denial, m, p + from, at - from, 0, &start, &end, err);
}

/* Puts the match from START on, whose letter is at AT, where it belongs. */
static int
put(struct found *f, const struct rk_regex *denial, struct rk_regex_match *m,
    const char *p, size_t start, size_t at, struct rk_err *err)
{
	int k = upper(p[at]) - 'A', denied = 0;
	size_t *to;

	/* the end of what comes before is no part of it */
	while (start < at && memchr(" \t\r\n.!?;#>-", p[start], 11) != NULL)
		start++;
	/* \boxed{} and <answer> leave no doubt */
	if (denial != NULL && p[start] != '\\' && p[start] != '<')
		denied = is_denied(denial, m, p, start, err);
	if (denied < 0)
		return -1;
	to = denied ? &f->denied[k] : &f->stated[k];
	if (at >= *to)
		*to = at + 1;
	return 0;
}

/* DENIAL NULL: what R finds says itself that it is not denied. */
static int
find_all(const struct rk_regex *r, const struct rk_regex *denial,
    struct rk_regex_match *m, const char *p, size_t n, struct found *f,
    struct rk_err *err)
{
	size_t from = 0, start, end, at, to, a, b;
	int rc;

	while (from <= n &&
	    (rc = rk_regex_find(r, m, p, n, from, &start, &end, err)) != 0) {
		if (rc < 0)
			return -1;
		rk_regex_group(m, 1, &at, &to);
		from = to;
		/* "B or maybe the answer is C" states no C either */
		if (rk_regex_groups(r) > 1 && rk_regex_group(m, 2, &a, &b))
			f->open = b + 1 > f->open ? b + 1 : f->open;
		else if (put(f, denial, m, p, start, at, err) != 0)
			return -1;
	}
	return 0;
}

/* The letter that was stated last and not denied after; -1: nothing was said. */
static int
last_stated(const struct found *f)
{
	size_t best = 0;
	int k, letter = f->open > 0 ? 0 : -1;

	for (k = 0; k < LETTERS; k++) {
		if (f->denied[k] > 0 && letter < 0)
			letter = 0;
		if (f->stated[k] > f->denied[k] && f->stated[k] > best) {
			best = f->stated[k];
			letter = 'A' + k;
		}
	}
	return f->open > best ? 0 : letter;
}

/* The only letter that was; 0: none, or several. */
static int
only_stated(const struct found *f)
{
	int k, letter = 0;

	for (k = 0; k < LETTERS; k++)
		if (f->stated[k] > 0)
			letter = letter == 0 ? 'A' + k : -1;
	return letter > 0 ? letter : 0;
}

int
rk_answer_choice_find(const struct rk_answer_choice *c,
    struct rk_regex_match *m, const char *p, size_t n, struct rk_err *err)
{
	struct found stated = { .open = 0 }, mentioned = { .open = 0 };
	size_t i;
	int letter;

	while (n > 0 && memchr(" \t\r\n", p[n - 1], 4) != NULL)
		n--;
	for (i = 0; i < STATEMENTS; i++)
		if (find_all(
			c->statement[i], c->denial, m, p, n, &stated, err) != 0)
			return -1;
	letter = last_stated(&stated);
	if (letter >= 0)
		return letter;
	for (i = 0; i < MENTIONS; i++)
		if (find_all(c->mention[i], NULL, m, p, n, &mentioned, err) !=
		    0)
			return -1;
	return only_stated(&mentioned);
}
