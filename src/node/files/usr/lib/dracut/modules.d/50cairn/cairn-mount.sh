#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sourced by dracut again and again until a root is mounted. A medium that can't be used does not get better by trying:
# `cairn mount` has said on the console why, so give up (kernel words panic= and rd.shell= decide what that means).

if [ "$root" = cairn ] && ! ismounted "$NEWROOT"; then
    cairn mount --sysroot "$NEWROOT" || die "Cairn found no system to start; the reason stands above"
fi
