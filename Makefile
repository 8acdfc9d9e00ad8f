# The two commands a newcomer needs: make demo, make test. Everything else is for daily work.
# Targets install missing Debian packages first (tools/packages.txt).
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
BUILD ?= build
FUZZ_SECONDS ?= 20
FUZZ_SEED ?= 0
JOBS ?= $(shell nproc)
CMAKE_ARGS ?=

.PHONY: all demo manual test bench fuzz install format deps asan tsan clean
all: $(BUILD)/build.ninja
	cmake --build $(BUILD) --target sluice -j $(JOBS)

$(BUILD)/build.ninja:
	@tools/deps build test bench
	cmake -S . -B $(BUILD) -G Ninja $(CMAKE_ARGS)

deps:
	@tools/deps build test bench fuzz format

demo: all
	@tools/demo $(BUILD)/sluice

manual: all
	$(BUILD)/sluice -dKmanual -q -c -f /dev/null > $(BUILD)/manual.md || test $$? = 2
	@echo "every keyword, explained: $(BUILD)/manual.md"

# Most tests mostly wait: one more at a time than there are processors.
test: all
	cmake --build $(BUILD) -j $(JOBS)
	ctest --test-dir $(BUILD) --output-on-failure -j $$(($(JOBS) + 1))

bench: all
	@tools/deps bench test
	cmake --build $(BUILD) --target bench_programs -j $(JOBS)
	bench/run $(BUILD)

fuzz:
	@tools/deps build fuzz
	cmake -S . -B $(BUILD)-fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DBUILD_FUZZERS=ON -DBUILD_TESTS=OFF \
	  -DSANITIZE=address,undefined -DCMAKE_BUILD_TYPE=RelWithDebInfo
	cmake --build $(BUILD)-fuzz --target fuzzers -j $(JOBS)
	fuzz/run $(BUILD)-fuzz $(FUZZ_SECONDS) $(FUZZ_SEED)

asan tsan:
	@tools/deps build test
	cmake -S . -B $(BUILD)-$@ -G Ninja -DCMAKE_BUILD_TYPE=Debug -DSANITIZE=$(if $(filter asan,$@),address$(,)undefined,thread)
	cmake --build $(BUILD)-$@ -j $(JOBS)
	ctest --test-dir $(BUILD)-$@ --output-on-failure
, := ,

install: all
	install -D -m 755 -s $(BUILD)/sluice $(DESTDIR)$(SBINDIR)/sluice
	install -D -m 644 docs/sluice.1 $(DESTDIR)$(MANDIR)/man1/sluice.1

# Only the lines changed since the last commit, or since another one: make format SINCE=main
SINCE ?= HEAD
format:
	@tools/deps format
	git clang-format --force --extensions cpp,hpp $(SINCE)

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz
