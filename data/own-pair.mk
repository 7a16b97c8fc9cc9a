# own-pair.mk - a router for two models of your own, from questions with known
# answers. Copy it, or use it where it is:
#
#	make -f own-pair.mk QUESTIONS=questions.jsonl \
#		WEAK=small WEAK_URL=http://localhost:8081/v1 \
#		STRONG=large STRONG_URL=https://api.example.com/v1
#
# A question is a line {"prompt":"...","answer":"..."}. Both models are asked
# them all; an answer is worth 1 if it is the key's, by rl-label's rule MATCH,
# and else 0; how many of each model's are right is said. A router is trained on
# two thirds of the questions, and the table says what it is worth on the
# third. With PRICES, a file as rl-route --models reads it, there are dollars
# too, and the models' URLs may stand there.
#
# The target "plan" asks nothing and writes nothing: it says how many requests
# each model would get and, with PRICES, what they would cost. The targets
# "answers" and "labels" stop there, to be looked at; make -n shows commands.
#
# All is kept in DIR. answers.db holds every answer that was paid for, so that a
# run that broke off, or one with another MATCH, asks nothing twice. What other
# settings, questions, prices or lines of this file concern is made again, and
# no more. What changes in files that ASK, LABEL or TRAIN name is not seen: then
# make -B.

QUESTIONS =
STRONG =
WEAK =
STRONG_URL = $(OPENAI_BASE_URL)
WEAK_URL = $(STRONG_URL)
PRICES =
MATCH = exact
# the requests' parameters, and how many are in flight; what differs between the
# models stands in STRONG_ASK and WEAK_ASK, and not in ASK
ASK = --param temperature=0 --param max_tokens=300 -j 8
STRONG_ASK =
WEAK_ASK =
LABEL =
ROUTER = auto
TRAIN =
DIR = own-pair

$(if $(and $(QUESTIONS),$(STRONG),$(WEAK)),,$(error give QUESTIONS, a file, \
	and STRONG and WEAK, the models' names))
$(if $(findstring ',$(STRONG)$(WEAK)$(STRONG_URL)$(WEAK_URL)),$(error a name \
	or URL with a quote in it does not work here))
ifeq ($(STRONG),$(WEAK))
$(error STRONG and WEAK are both $(WEAK): give two models)
endif
$(if $(filter 1,$(words $(DIR))),,$(error DIR is '$(DIR)': give one folder, \
	without spaces in its name))
files := $(MAKEFILE_LIST) $(QUESTIONS) $(PRICES)
$(foreach f,$(files),$(if $(wildcard $f),,$(error there is no file $f, or its \
	name has a space, which does not work here)))
$(foreach o,$(filter --d% --batch --cache-s%,$(ASK) $(WEAK_ASK) \
	$(STRONG_ASK)),$(error $o brings no answers: the target plan says \
	what they would cost))

pair = --strong '$(STRONG)' --weak '$(WEAK)'
# $(call ask,MODEL,URL,OPTIONS)
ask = rl-ask -m '$(1)' $(if $(2),--url '$(2)') $(if $(PRICES),--models \
	'$(PRICES)') --cache $(DIR)/answers.db $(ASK) $(3)

# The steps, and what each of them makes with all that comes of it.
input := $(shell cat $(files) | cksum)
weak = $(call ask,$(WEAK),$(WEAK_URL),$(WEAK_ASK))
answers = $(call ask,$(STRONG),$(STRONG_URL),$(STRONG_ASK))
labels = rl-label key --match $(MATCH) $(LABEL)
router = rl-train -r $(ROUTER) $(pair) $(TRAIN)
made.router = router.rk train.log scored.jsonl table.txt
made.labels = labels.jsonl train.jsonl test.jsonl $(made.router)
made.answers = answers.jsonl $(made.labels)
made.weak = weak.jsonl $(made.answers)
made.input = $(made.weak)
$(foreach f,$(files),$(if $(filter $(abspath $(made.input:%=$(DIR)/%)), \
	$(abspath $f)),$(error $f would be overwritten: give another DIR)))

# DIR/STEP.set says how a step was done; those that are now done otherwise
steps = input weak answers labels router
new := $(foreach s,$(steps),$(if $(subst <$(shell cat $(DIR)/$s.set \
	2>/dev/null)>,,<$($s)>),$s))

.PHONY: all plan answers labels $(new:%=$(DIR)/%.set)
.DELETE_ON_ERROR:
all: $(DIR)/table.txt
	@cat $(DIR)/table.txt
answers: $(DIR)/answers.jsonl
labels: $(DIR)/labels.jsonl
plan:
	@echo '$(WEAK):' && $(weak) --dry-run $(QUESTIONS)
	@echo '$(STRONG):' && $(answers) --dry-run $(QUESTIONS)

$(steps:%=$(DIR)/%.set): $(DIR)/%.set:
	@mkdir -p $(DIR) && cd $(DIR) && rm -f $(made.$*) && \
		printf '%s\n' '$(subst ','\'',$($*))' >$*.set

$(DIR)/weak.jsonl: $(DIR)/input.set $(DIR)/weak.set
	$(weak) -o $@ $(QUESTIONS)

$(DIR)/answers.jsonl: $(DIR)/weak.jsonl $(DIR)/answers.set
	$(answers) -o $@ $<

$(DIR)/labels.jsonl: $(DIR)/answers.jsonl $(DIR)/labels.set
	$(labels) -o $@ $<

$(DIR)/train.jsonl: $(DIR)/labels.jsonl
	awk 'NR % 3' $< >$@

$(DIR)/test.jsonl: $(DIR)/labels.jsonl
	awk 'NR % 3 == 0' $< >$@

$(DIR)/router.rk: $(DIR)/train.jsonl $(DIR)/router.set
	$(router) -o $@ $< >$(DIR)/train.log

$(DIR)/table.txt: $(DIR)/router.rk $(DIR)/test.jsonl
	rl-score -m $(DIR)/router.rk -o $(DIR)/scored.jsonl $(DIR)/test.jsonl
	rl-eval $(pair) --table -o $@ $(DIR)/scored.jsonl
