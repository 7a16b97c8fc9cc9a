# routekit: GNU make, no configuration needed. `make help` says what there is.
# CC, CFLAGS, CPPFLAGS, LDFLAGS, DESTDIR and prefix are yours to set; what
# `configure` finds out comes in through config.mk, after the defaults.

VERSION = 0.1.0

CC ?= cc
CFLAGS ?= -O3 -g
prefix ?= /usr/local
bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/routekit
datadir ?= $(prefix)/share/routekit
INSTALL ?= install
PKG_CONFIG ?= pkg-config
PROVE ?= prove

-include config.mk

# V=1 shows the commands of the build.
Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $(1) $@')

# SAN=address,undefined builds with sanitizers, in a folder of its own.
SAN ?=
WERROR ?=
comma = ,
B = build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))

# The network's libraries are not linked, but loaded when first used
# (lib/io/curl.h, lib/io/sqlite.h).
PKGS_LOADED = libcurl sqlite3
PKGS = jansson openblas libutf8proc libpcre2-8 $(PKGS_LOADED)

# The goals that first install what is missing, and then run make anew.
GOALS_DEPS = demo check lint bench fuzz paper paper-full

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla -Wundef \
	$(if $(WERROR),-Werror)
RK_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -Ilib -Icmd -I. \
	-DRK_VERSION='"$(VERSION)"' -DRK_DATADIR='"$(datadir)"' $(PKG_CFLAGS)
RK_CFLAGS = -std=c11 -ffp-contract=off -fno-math-errno -pthread $(WARN) \
	$(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
RK_LDFLAGS = -pthread $(if $(SAN),-fsanitize=$(SAN)) -Wl,--as-needed

LIBSRC := $(sort $(wildcard lib/*/*.c))
LIBOBJ := $(LIBSRC:%.c=$B/%.o)
CMDSRC := $(sort $(wildcard cmd/*.c))
PROGS := $(patsubst cmd/%.c,$B/%,$(filter cmd/rl-%,$(CMDSRC)))
# the objects of the files cmd/NAME.c and cmd/NAME-*.c
part = $(patsubst %.c,$B/%.o,$(filter cmd/$(1).c cmd/$(1)-%,$(CMDSRC)))
TESTC := $(sort $(wildcard tests/t_*.c))
TESTS := $(TESTC:tests/%.c=$B/tests/%)
BENCHC := $(sort $(wildcard tests/bench/*.c))
BENCHES := $(BENCHC:tests/bench/%.c=$B/bench/%)
FUZZC := $(sort $(wildcard tests/fuzz_*.c))
FUZZERS := $(FUZZC:tests/%.c=$B/fuzz/%)
REPLAYS := $(FUZZC:tests/fuzz_%.c=$B/tests/replay_%)
MANS := $(sort $(wildcard man/*.[157]))

.DEFAULT_GOAL = all
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all help deps demo check check-llama llama lint bench fuzz paper paper-full install uninstall dist \
	clean distclean tests

# --- what is missing -------------------------------------------------------
# pkg-config itself may be missing when this file is read: then the libraries
# count as missing too, and the goals above install them and start make anew.

HAVE := $(shell $(PKG_CONFIG) --exists $(PKGS) 2>/dev/null && echo yes)
ifeq ($(HAVE),yes)
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS))
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(filter-out $(PKGS_LOADED),$(PKGS))) \
	-ldl
endif

# file that must be there : Debian package
DEPS_build = pkg-config:pkg-config jansson.pc:libjansson-dev \
	openblas.pc:libopenblas-dev libutf8proc.pc:libutf8proc-dev \
	libpcre2-8.pc:libpcre2-dev \
	libcurl.pc:libcurl4-openssl-dev sqlite3.pc:libsqlite3-dev
DEPS_demo = $(DEPS_build) gnuplot:gnuplot-nox
DEPS_check = $(DEPS_build) /usr/bin/time:time prove:perl jq:jq mlr:miller gnuplot:gnuplot-nox \
	mandoc:mandoc
DEPS_lint = $(DEPS_check) clang-format:clang-format clang:clang
DEPS_bench = $(DEPS_build) jq:jq mlr:miller /usr/bin/time:time /usr/bin/python3:python3 \
	/usr/lib/python3/dist-packages/sklearn:python3-sklearn \
	/usr/lib/python3/dist-packages/torch:python3-torch
DEPS_fuzz = $(DEPS_build) clang:clang
DEPS_paper = $(DEPS_check)
DEPS_paper-full = $(DEPS_check)
DEPS_all = $(DEPS_build)
DEPS_deps = $(sort $(DEPS_check) $(DEPS_lint))

# $(call lacks,ITEMS): the Debian packages of those ITEMS that are not here.
lacks = $(strip $(foreach d,$(1),$(if $(shell \
	f='$(firstword $(subst :, ,$d))'; case $$f in \
	(*.pc) $(PKG_CONFIG) --exists "$${f%.pc}" 2>/dev/null ;; \
	(/*) test -e "$$f" ;; \
	(*) command -v "$$f" >/dev/null 2>&1 ;; esac && echo y),,$(lastword \
	$(subst :, ,$d)))))

ifeq ($(RK_DEPS_DONE),)
WANT := $(filter $(GOALS_DEPS),$(MAKECMDGOALS))
MISSING := $(if $(WANT),$(sort $(call lacks,$(foreach g,$(WANT),$(DEPS_$g)))))
endif

ifneq ($(MISSING),)
# Something is missing: install it, then run the same goals in a new make.
FIRST_GOAL := $(firstword $(MAKECMDGOALS))
.PHONY: $(MAKECMDGOALS)
$(FIRST_GOAL):
	+@$(MAKE) --no-print-directory install-deps DEPS_NEED='$(MISSING)' \
		RK_DEPS_DONE=1
	+@$(MAKE) --no-print-directory $(MAKECMDGOALS) RK_DEPS_DONE=1
$(filter-out $(FIRST_GOAL),$(MAKECMDGOALS)): $(FIRST_GOAL)
	@:
else

all: $(PROGS)

help:
	@printf '%s\n' \
	'make          build the programs into build/' \
	'make demo     the whole pipeline on data/mini, with what it shows' \
	'make check    the tests' \
	'make check-llama  the tests that need llama.cpp; make llama builds it' \
	'make lint     format, warnings, manuals' \
	'make bench    the speed figures, each beside its baseline' \
	'make fuzz     fuzz each target for FUZZ_SECONDS (60) seconds' \
	'make paper    RouteLLM'"'"'s tables on its own evaluation data' \
	'make paper-full  with the cells that take longest' \
	'make deps     install what building and testing need' \
	'make install  to DESTDIR and prefix (/usr/local); make uninstall' \
	'make dist     a tar file of the sources' \
	'make SAN=address,undefined ...   any of these, with sanitizers'

ifneq ($(HAVE),yes)
# A missing library is one line that names the package.
$(LIBOBJ) $(CMDSRC:%.c=$B/%.o): need-libs
.PHONY: need-libs
need-libs:
	@echo "missing: $(call lacks,$(DEPS_build)) (run 'make deps')" >&2; \
	exit 2
endif

$B/%.o: %.c
	@mkdir -p $(@D)
	$(call say,cc)
	$(Q)$(CC) $(RK_CPPFLAGS) $(CPPFLAGS) $(RK_CFLAGS) $(CFLAGS) -MMD -MP -c \
		-o $@ $<

# The archive is made anew, so that no object of a deleted file stays in it.
$B/librk.a: $(LIBOBJ)
	@rm -f $@
	$(call say,ar)
	$(Q)$(AR) rcs $@ $(LIBOBJ)

# A program links only what it uses: objects come out of the archive as they
# are called for, and --as-needed drops the libraries that nothing calls.
$(PROGS): $B/%: $B/cmd/%.o $(call part,cmd) $B/librk.a
	$(call say,ld)
	$(Q)$(CC) $(RK_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) \
		$B/librk.a $(PKG_LIBS) -lm

# Some programs are of several parts; those that need a network share some.
$B/rl-eval: $(call part,eval)
$B/rl-train: $(call part,train)
$B/rl-label: $(call part,label)
$B/rl-route: $(call part,route)
$B/rl-score: $(call part,score)
$B/rl-ask $B/rl-embed $B/rl-label $B/rl-score: $(call part,net)

$(TESTS): $B/tests/%: $B/tests/%.o $B/librk.a
	$(call say,ld)
	$(Q)$(CC) $(RK_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $B/librk.a \
		$(PKG_LIBS) -lm

$(BENCHES): $B/bench/%: $B/tests/bench/%.o $B/librk.a
	@mkdir -p $(@D)
	$(call say,ld)
	$(Q)$(CC) $(RK_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $B/librk.a \
		$(PKG_LIBS) -lm

# Each fuzz target is built twice: with a main that replays its corpus, for
# make check, and with libFuzzer (clang), for make fuzz.
$(REPLAYS): $B/tests/replay_%: $B/tests/fuzz_%.o $B/tests/replay.o $B/librk.a
	$(call say,ld)
	$(Q)$(CC) $(RK_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< \
		$B/tests/replay.o $B/librk.a $(PKG_LIBS) -lm

-include $(LIBOBJ:.o=.d) $(CMDSRC:%.c=$B/%.d) \
	$(TESTC:%.c=$B/%.d) $(BENCHC:%.c=$B/%.d) $(FUZZC:%.c=$B/%.d)

# The server that the tests of the network talk to.
$B/tests/fault-server: $B/tests/fault-server.o $B/tests/fault-embeddings.o \
		$B/librk.a
	$(call say,ld)
	$(Q)$(CC) $(RK_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $B/librk.a \
		$(PKG_LIBS) -lm

tests: $(TESTS) $(REPLAYS) $B/tests/fault-server

# --- check, lint -----------------------------------------------------------

RK_SHARED ?= ../shared
TESTENV = RK_BUILD=$(abspath $B) RK_SHARED=$(RK_SHARED)
T ?= $(sort $(wildcard tests/*.t)) $(TESTS) $(REPLAYS)

check: all tests
	$(TESTENV) $(PROVE) -j2 -e '' $(T)

# What needs a real language model: the programs of llama.cpp in the folder
# LLAMA, and TINYLLAMA, a GGUF file. Skipped where they are not there; `make
# llama` gets and builds them.
LLAMA ?= $(abspath build/llama/build/bin)
TINYLLAMA ?= $(abspath build/llama/tinyllama.gguf)

check-llama: all
	$(TESTENV) LLAMA=$(LLAMA) TINYLLAMA=$(TINYLLAMA) $(PROVE) -v -e '' \
		tests/llama/*.t

llama:
	@sh tests/llama/build.sh

FORMATTED = $(wildcard lib/*/*.[ch] cmd/*.[ch] tests/*.[ch] \
	tests/bench/*.[ch] data/mini/*.c)

lint:
	@echo "  clang-format"; clang-format --dry-run -Werror $(FORMATTED)
	@echo "  mandoc"; mandoc -T lint -W warning $(MANS)
	$(MAKE) --no-print-directory WERROR=1 CC=clang CFLAGS=-O1 \
		SAN= B=build/lint-clang all tests
	$(MAKE) --no-print-directory WERROR=1 CC=gcc CFLAGS=-O2 \
		SAN= B=build/lint-gcc all tests

# --- demo, paper, bench, fuzz ----------------------------------------------

demo: all
	@RK_BUILD=$(abspath $B) sh data/demo.sh

paper: all
	@RK_BUILD=$(abspath $B) RK_SHARED=$(RK_SHARED) sh data/paper.sh

paper-full: all
	@RK_BUILD=$(abspath $B) RK_SHARED=$(RK_SHARED) sh data/paper.sh full

bench: all $(BENCHES) $B/tests/fault-server
	@RK_BUILD=$(abspath $B) RK_SHARED=$(RK_SHARED) sh tests/bench/run.sh \
		$(BENCH)

FUZZ_SECONDS ?= 60
FUZZ ?= $(FUZZC:tests/fuzz_%.c=%)
FUZZ_SAN = address,undefined

fuzz:
	@mkdir -p build/fuzz
	@set -e; for f in $(FUZZ); do \
		echo "fuzz: $$f for $(FUZZ_SECONDS) s"; \
		clang $(RK_CPPFLAGS) $(CPPFLAGS) -std=c11 -pthread -g -O1 \
			-fsanitize=fuzzer,$(FUZZ_SAN) \
			-fno-sanitize-recover=all -o build/fuzz/$$f \
			tests/fuzz_$$f.c $(LIBSRC) $(PKG_LIBS) -lm; \
		mkdir -p build/fuzz/corpus-$$f tests/corpus/$$f; \
		build/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
			-artifact_prefix=build/fuzz/$$f- $(FUZZ_FLAGS) \
			build/fuzz/corpus-$$f tests/corpus/$$f; \
	done

# --- install, dist ---------------------------------------------------------

install: all
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(docdir) \
		$(DESTDIR)$(datadir)
	$(INSTALL) -m 755 $(PROGS) $(DESTDIR)$(bindir)
	@set -e; for m in $(MANS); do \
		d=$(DESTDIR)$(mandir)/man$${m##*.}; \
		echo "$(INSTALL) -m 644 $$m $$d"; \
		$(INSTALL) -d $$d; $(INSTALL) -m 644 $$m $$d; done
	$(INSTALL) -m 644 README COPYING $(DESTDIR)$(docdir)
	$(INSTALL) -m 644 data/retrain.mk data/own-pair.mk $(DESTDIR)$(datadir)
	$(INSTALL) -d $(DESTDIR)$(datadir)/templates
	$(INSTALL) -m 644 data/templates/*.txt $(DESTDIR)$(datadir)/templates

uninstall:
	rm -f $(PROGS:$B/%=$(DESTDIR)$(bindir)/%)
	@set -e; for m in $(MANS:man/%=%); do \
		echo "rm -f $(DESTDIR)$(mandir)/man$${m##*.}/$$m"; \
		rm -f $(DESTDIR)$(mandir)/man$${m##*.}/$$m; done
	rm -rf $(DESTDIR)$(docdir) $(DESTDIR)$(datadir)

dist:
	@mkdir -p build
	git archive --prefix=routekit-$(VERSION)/ HEAD | \
		gzip -9n >build/routekit-$(VERSION).tar.gz
	@echo build/routekit-$(VERSION).tar.gz

clean:
	rm -rf build

distclean: clean
	rm -rf config.mk config.log config.status configure autom4te.cache

endif

# --- deps ------------------------------------------------------------------
# Says what it will install, then installs it: apt-get as root or by sudo -n.

deps:
	+@$(MAKE) --no-print-directory install-deps RK_DEPS_DONE=1 \
		DEPS_NEED='$(sort $(call lacks,$(DEPS_deps)))'

.PHONY: install-deps
install-deps:
	@need='$(DEPS_NEED)'; \
	if [ -z "$$need" ]; then echo "deps: nothing is missing"; exit 0; fi; \
	if ! command -v apt-get >/dev/null 2>&1; then \
		echo "deps: not a Debian system; please install what matches:" \
			"$$need" >&2; exit 2; fi; \
	if [ "$$(id -u)" = 0 ]; then s=; \
	elif sudo -n true 2>/dev/null; then s='sudo -n'; \
	else echo "deps: missing: $$need (not root and no sudo;" \
		"run: apt-get install $$need)" >&2; exit 2; fi; \
	echo "deps: installing $$need"; \
	$$s apt-get -qq update && \
	$$s env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
		--no-install-recommends $$need >/dev/null
