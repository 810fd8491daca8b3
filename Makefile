# Thin fronts over CMake and scripts; each target is the only command that a fresh Debian 12 machine needs.
# `make` alone explains them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
preset ?= dev
build_dir := out/build/$(preset)

.PHONY: help deps build test test-full demo bench lint fuzz package chart loaders clean

help: ## this list
	@echo "Cairn: an operating system for the edge, defined by a Dockerfile. Targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

deps: ## install the Debian packages that are missing (packaging/deps.list); silent when all are there
	@packaging/install-deps

build: deps ## build everything; programs land in out/bin/ (preset=release|asan|shared for others)
	@packaging/build $(preset)

loaders: deps ## make the boot loader files that media carry
	@images/loaders/build

demo: deps ## from a Dockerfile to a machine that boots, with all real parts
	@demo/run

test: deps ## every label of tests with the core of its cases; ends with "N passed, N failed, N skipped"
	@tests/run core

test-full: deps ## every case of every label, or of one: make test-full L=vm; goes on where it was interrupted
	@tests/run full $(L)

lint: build ## only the lints
	@cd $(build_dir) && ctest -L '^lint$$' --output-on-failure --parallel 2

fuzz: deps ## fuzz each target for long (SECONDS_EACH=600)
	@tests/fuzz/run long

bench: deps ## measure against the usual tools, as ratios in one run; BENCH_ARGS=--quick for a small tree
	@bench/run $(BENCH_ARGS)

package: deps ## the Debian package, out/package/*.deb
	@packaging/build-deb

chart: deps ## the operator as plain manifests, out/cairn.yaml (CHART_VALUES=FILE)
	@packaging/chart $(CHART_VALUES)

clean: ## remove out/; caches outside the tree stay
	rm -rf out
