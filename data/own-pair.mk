# own-pair.mk - a router for two models of your own, from questions whose answers
# are known. Copy it, or use it where it is:
#
#	make -f own-pair.mk QUESTIONS=questions.jsonl \
#		WEAK=small WEAK_URL=http://localhost:8081/v1 \
#		STRONG=large STRONG_URL=https://api.example.com/v1
#
# A question is a line {"prompt":"...","answer":"..."}. Both models are asked
# all of them; an answer is worth 1 if it is the key's, by rl-label's rule MATCH,
# and else 0. A router is trained on two thirds of the questions, and the table
# says what it is worth on the third. All is kept in DIR: answers.db holds every
# answer that was paid for, so that a run that broke off, or another MATCH, asks
# nothing twice. With PRICES, a file as rl-route --models reads it, there are
# dollars too, and the models' URLs may stand there. make -n shows the commands;
# the targets "answers" and "labels" stop there, to be looked at.

QUESTIONS =
STRONG =
WEAK =
STRONG_URL =
WEAK_URL = $(STRONG_URL)
PRICES =
MATCH = exact
# a request's parameters, and how many are in flight
ASK = --param temperature=0 --param max_tokens=300 -j 8
STRONG_ASK =
WEAK_ASK =
LABEL =
ROUTER = auto
TRAIN =
DIR = own-pair

pair = --strong '$(STRONG)' --weak '$(WEAK)'
# $(call ask,MODEL,URL,OPTIONS)
ask = rl-ask -m '$(1)' $(if $(2),--url '$(2)') $(if $(PRICES),--models \
	'$(PRICES)') --cache $(DIR)/answers.db $(ASK) $(3)

.PHONY: all answers labels given
.DELETE_ON_ERROR:
all: $(DIR)/table.txt
	@cat $(DIR)/table.txt
answers: $(DIR)/answers.jsonl
labels: $(DIR)/labels.jsonl

given:
	@test -n '$(QUESTIONS)' && test -n '$(STRONG)' && test -n '$(WEAK)' || \
		{ echo "own-pair: give QUESTIONS, a file, and STRONG and WEAK," \
		"the models' names" >&2; exit 2; }

$(DIR)/weak.jsonl: $(QUESTIONS) | given
	@mkdir -p $(DIR)
	$(call ask,$(WEAK),$(WEAK_URL),$(WEAK_ASK)) -o $@ $(QUESTIONS)

$(DIR)/answers.jsonl: $(DIR)/weak.jsonl
	$(call ask,$(STRONG),$(STRONG_URL),$(STRONG_ASK)) -o $@ $<

$(DIR)/labels.jsonl: $(DIR)/answers.jsonl
	rl-label key --match $(MATCH) $(LABEL) -o $@ $<

$(DIR)/train.jsonl: $(DIR)/labels.jsonl
	awk 'NR % 3' $< >$@

$(DIR)/test.jsonl: $(DIR)/labels.jsonl
	awk 'NR % 3 == 0' $< >$@

$(DIR)/router.rk: $(DIR)/train.jsonl
	rl-train -r $(ROUTER) $(pair) $(TRAIN) -o $@ $< >$(DIR)/train.log

$(DIR)/table.txt: $(DIR)/router.rk $(DIR)/test.jsonl
	rl-score -m $(DIR)/router.rk -o $(DIR)/scored.jsonl $(DIR)/test.jsonl
	rl-eval $(pair) --table -o $@ $(DIR)/scored.jsonl
