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

# The stages that come before systemd, on the new root; commands in them find the kernel's file systems there. A step that
# fails has said so; the boot goes on.
cairn_stages() {
    cairn stage run --help > /dev/null 2>&1 || return 0
    for _folder in dev proc sys run; do
        mount --bind "/$_folder" "$NEWROOT/$_folder"
    done
    for _stage in rootfs initramfs; do
        cairn stage run "$_stage" --root "$NEWROOT" ||
            echo "<3>cairn: the stage $_stage failed in part" > /dev/kmsg
    done
    for _folder in run sys proc dev; do
        umount "$NEWROOT/$_folder"
    done
}

if [ "$root" = cairn ] && ! ismounted "$NEWROOT"; then
    cairn mount --sysroot "$NEWROOT" || cairn_restart || die "Cairn found no system to start; the reason stands above"
    cairn_stages
fi
