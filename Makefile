# airlock: a thin front for meson.  `make help` lists what there is.
#
# make demo     install what is missing, build, make the image, run the demo
# make check    the same, with what tests need, then every test
#
# SETUP=no skips the installation of packages.

BUILD    = build
PREFIX   = /usr/local
DESTDIR  =
SETUP    = yes
# The image of the demo and of the tests stays in the build tree.
STORE    = $(CURDIR)/$(BUILD)/images
CACHE    = $(CURDIR)/$(BUILD)/cache
AIRLOCK  = $(BUILD)/src/cli/airlock

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

setup:
	@[ "$(SETUP)" != yes ] || sh test/lib/setup.sh

setup-tests:
	@[ "$(SETUP)" != yes ] || sh test/lib/setup.sh tests

setup-lab:
	@[ "$(SETUP)" != yes ] || sh test/lib/setup.sh lab

$(BUILD)/build.ninja: | setup
	meson setup --prefix $(PREFIX) $(BUILD) >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@mv $(BUILD).log $(BUILD)/setup.log

image: all
	$(AIRLOCK) -c test/lib/demo.conf image build --store $(STORE) --cache $(CACHE)

demo: image
	$(AIRLOCK) -c test/lib/demo.conf demo --store $(STORE)

check: setup-tests image
	sh test/run --build $(BUILD) --store $(STORE) --cache $(CACHE)

check-freebsd: setup-tests $(BUILD)/build.ninja
	sh test/run --build $(BUILD) --cache $(CACHE) freebsd

bench: setup-tests image
	sh test/bench/run --build $(BUILD) --store $(STORE) --cache $(CACHE)

# With a cache that is kept: make lab CACHE=...
lab: setup-lab all
	sh test/lab/run --build $(BUILD) --cache $(CACHE)

bench-images: all
	sh test/bench/images.sh --build $(BUILD) --cache $(CACHE)

install: $(BUILD)/build.ninja
	meson configure $(BUILD) -Dprefix=$(PREFIX)
	ninja -C $(BUILD)
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

# A copy of what git knows is packaged, so that nothing of this tree is in the way.
deb: setup-tests
	sh test/package/deb.sh build $(BUILD)/deb

# A release, and beside it FreeBSD's port that builds from it.
dist:
	sh freebsd/dist.sh $(BUILD)/dist

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

lint: setup-tests $(BUILD)/build.ninja
	sh test/lint/run $(BUILD)

clean:
	rm -rf $(BUILD) $(BUILD)-*

help:
	@echo "make          build"
	@echo "make demo     set up, build, make the image, see it work (root)"
	@echo "make check    set up, build, make the image, every test (root)"
	@echo "make check-freebsd  what FreeBSD builds, compiled and linked for it"
	@echo "make image    make the image in $(BUILD)/images"
	@echo "make bench    measure the limits, write bench.json (root)"
	@echo "make bench-images  images for five common cards, and what they weigh"
	@echo "make lab      a card really handed over, in an emulated machine (ten minutes)"
	@echo "make install  DESTDIR= PREFIX=/usr/local"
	@echo "make deb      the Debian package, in $(BUILD)/deb"
	@echo "make dist     a release and FreeBSD's port of it, in $(BUILD)/dist"
	@echo "make format   clang-format"
	@echo "make lint     clang-tidy, shellcheck, mandoc, the arrow table"
	@echo "make clean"

.PHONY: all setup setup-tests setup-lab image demo check check-freebsd lab bench bench-images install deb dist format lint clean help
