#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sourced by dracut again and again until a root is mounted. A medium that can't be used does not get better by trying:
# `cairn mount` has said on the console why, so give up.

# Restarts if the kernel words ask for that, as late as after a panic. Dracut itself would end in a panic, whose many lines
# push the reason off the screen.
cairn_restart() {
    [ "$(getarg rd.emergency=)" = reboot ] || return 1
    ! getargbool 0 rd.shell || return 1
    _seconds=$(getarg panic=)
    case "$_seconds" in
        '' | 0 | *[!0-9]*) _seconds=10 ;;
    esac
    echo "<3>cairn: restarting in $_seconds s" > /dev/kmsg
    sleep "$_seconds"
    echo b > /proc/sysrq-trigger
}

if [ "$root" = cairn ] && ! ismounted "$NEWROOT"; then
    cairn mount --sysroot "$NEWROOT" || cairn_restart || die "Cairn found no system to start; the reason stands above"
fi
