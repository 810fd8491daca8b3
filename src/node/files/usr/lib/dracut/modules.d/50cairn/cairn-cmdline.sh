#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tells dracut that the root is Cairn's matter, if the kernel was started with one of its words (docs/formats/media.md,
# docs/formats/bootstate.md).
# shellcheck disable=SC2034  # dracut reads root and rootok

if getarg cairn.live= > /dev/null || getarg cairn.netboot > /dev/null || getarg cairn.disk= > /dev/null; then
    root=cairn
    rootok=1
fi
