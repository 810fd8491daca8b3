#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Cairn's dracut module: an initramfs that finds the medium or the disk it was started from and makes the root of it, by one program
# (`cairn mount`). Installed by `cairn init`.

check() {
    require_binaries cairn || return 1
}

depends() {
    echo base udev-rules
}

# Drivers by name, not dracut's `kernel-modules`: a third of the size. All for any machine, so never "hostonly".
installkernel() {
    # The root: loop device, squashfs, overlay; the file systems of media and disks, and FAT's character sets for the ESP.
    hostonly='' instmods loop squashfs overlay isofs ext4 crc32c_generic crc32c_intel vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8
    # Disks of virtual machines.
    hostonly='' instmods virtio_pci virtio_mmio virtio_blk virtio_scsi vmw_pvscsi mptspi mptsas hv_storvsc xen-blkfront
    # Disks and CD drives of real ones.
    hostonly='' instmods nvme ahci ata_piix ata_generic sd_mod sr_mod cdrom mmc_block sdhci_pci sdhci_acpi \
        megaraid_sas mpt3sas
    # USB: sticks, and keyboards for the one who needs a shell here.
    hostonly='' instmods xhci_pci ehci_pci uhci_hcd ohci_pci usb_storage uas usbhid hid_generic
    # The watchdog must be there before systemd opens it.
    hostonly='' instmods i6300esb
}

install() {
    inst_multiple cairn cp
    inst_multiple -o e2fsck
    inst_hook cmdline 30 "$moddir/cairn-cmdline.sh"
    inst_hook mount 10 "$moddir/cairn-mount.sh"
}
