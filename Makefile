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

.PHONY: all demo manual test bench fuzz install format deps asan tsan clang clean
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

# The tree of clang: its opinion on all there is, the address and undefined behaviour sanitizers, the fuzzers.
clang: $(BUILD)-clang/build.ninja
	cmake --build $(BUILD)-clang -j $(JOBS)

$(BUILD)-clang/build.ninja:
	@tools/deps build test fuzz
	cmake -S . -B $(BUILD)-clang -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Debug -DBUILD_FUZZERS=ON \
	  -DSANITIZE=address,undefined

fuzz: $(BUILD)-clang/build.ninja
	cmake --build $(BUILD)-clang --target fuzzers -j $(JOBS)
	fuzz/run $(BUILD)-clang $(FUZZ_SECONDS) $(FUZZ_SEED)

asan: clang
	ctest --test-dir $(BUILD)-clang --output-on-failure

tsan:
	@tools/deps build test
	cmake -S . -B $(BUILD)-tsan -G Ninja -DCMAKE_BUILD_TYPE=Debug -DSANITIZE=thread
	cmake --build $(BUILD)-tsan -j $(JOBS)
	ctest --test-dir $(BUILD)-tsan --output-on-failure

install: all
	install -D -m 755 -s $(BUILD)/sluice $(DESTDIR)$(SBINDIR)/sluice
	install -D -m 644 docs/sluice.1 $(DESTDIR)$(MANDIR)/man1/sluice.1

# Only the lines changed since the last commit, or since another one: make format SINCE=main
SINCE ?= HEAD
format:
	@tools/deps format
	git clang-format --force --extensions cpp,hpp $(SINCE)

clean:
	rm -rf $(BUILD) $(BUILD)-clang $(BUILD)-tsan
