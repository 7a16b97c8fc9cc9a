# questions.awk - 200 short questions, each with a number for its answer: facts
# (facts.txt), and nine kinds of task that are drawn. How hard they are for a
# small model differs from kind to kind, which is what a router has to learn.
# The same questions every time, on any awk.
#
#	awk -f questions.awk facts.txt > questions.jsonl

# A whole number from LO to HI.
function draw(lo, hi) {
	seed = (seed * 16807) % 2147483647
	return lo + int(seed / 2147483647 * (hi - lo + 1))
}

function name() {
	return names[draw(1, 12)]
}

# A question, unless it was put before.
function put(kind, prompt, answer) {
	if (n == 200 || prompt in seen)
		return
	seen[prompt] = 1
	line[++n] = sprintf("\"kind\":\"%s\",\"prompt\":\"%s\",\"answer\":\"%s\"",
	    kind, prompt, answer)
}

function in_words(x) {
	return tens[int(x / 10)] "-" ones[x % 10]
}

function copy(a) {
	a = draw(12, 9999)
	if (draw(1, 2) == 1)
		put("copy", "The ticket of " name() " has the number " a \
		    ". What number does the ticket have?", a)
	else
		put("copy", name() " lives in house number " a \
		    ". What is the number of the house?", a)
}

function small_sum(a, b) {
	a = draw(1, 9)
	b = draw(1, 9)
	put("small sum", "What is " a " + " b "?", a + b)
}

function large_sum(a, b) {
	a = draw(120, 989)
	b = draw(120, 989)
	put("large sum", "What is " a " + " b "?", a + b)
}

function small_product(a, b) {
	a = draw(2, 9)
	b = draw(2, 9)
	put("small product", "What is " a " * " b "?", a * b)
}

function large_product(a, b) {
	a = draw(12, 98)
	b = draw(12, 98)
	put("large product", "What is " a " * " b "?", a * b)
}

function sequence(a, b) {
	a = draw(1, 20)
	b = draw(1, 10)
	put("sequence", "Which number comes next: " a ", " a + b ", " \
	    a + 2 * b ", " a + 3 * b "?", a + 4 * b)
}

function digits(a) {
	a = 10 * draw(2, 9) + draw(1, 9)
	put("digits", "Write the number " in_words(a) " in digits.", a)
}

function story(a, b, who) {
	a = draw(5, 20)
	b = draw(1, 4)
	who = name()
	if (draw(1, 2) == 1)
		put("story", who " has " a " apples and eats " b \
		    ". How many apples are left?", a - b)
	else
		put("story", who " has " a " coins and finds " b \
		    " more. How many coins does " who " have now?", a + b)
}

function larger(a, b) {
	a = draw(10, 999)
	b = draw(10, 999)
	if (a == b)
		b++
	put("larger", "Which number is larger, " a " or " b "?", a > b ? a : b)
}

BEGIN {
	FS = "|"
	seed = 20240618
	split("Ada Ben Cleo Dan Eva Finn Gina Hugo Ida Jon Kim Leo", names, " ")
	split("one two three four five six seven eight nine", ones, " ")
	split("ten twenty thirty forty fifty sixty seventy eighty ninety",
	    tens, " ")
}

{ put("fact", $1, $2) }

END {
	while (n < 200) {
		copy()
		small_sum()
		large_sum()
		small_product()
		large_product()
		sequence()
		digits()
		story()
		larger()
	}
	# shuffled, so that the first two thirds are of every kind
	for (i = n; i > 1; i--) {
		j = draw(1, i)
		t = line[i]
		line[i] = line[j]
		line[j] = t
	}
	for (i = 1; i <= n; i++)
		printf "{\"id\":\"own-%03d\",%s}\n", i, line[i]
}
