"""A Linux kernel image in the eyes of a boot loader: says on the serial line who it is and what it was given, then stands still.

It stands in for a system where only the loader is in question. Format: the kernel's Documentation/x86/boot.rst; entered in
32-bit protected mode with the boot parameters at ESI.
"""

import struct

SETUP_SECTORS = 1
LOAD_ADDRESS = 0x100000
PUT = bytes([
    # put: sends the text at EDI to COM1
    0x8a, 0x27,              # next: mov ah, [edi]
    0x47,                    # inc edi
    0x84, 0xe4,              # test ah, ah
    0x74, 0x12,              # jz done
    0x66, 0xba, 0xfd, 0x03,  # mov dx, 0x3fd
    0xec,                    # wait: in al, dx
    0xa8, 0x20,              # test al, 0x20: room for a byte
    0x74, 0xfb,              # jz wait
    0x66, 0xba, 0xf8, 0x03,  # mov dx, 0x3f8
    0x88, 0xe0,              # mov al, ah
    0xee,                    # out dx, al
    0xeb, 0xe7,              # jmp next
    0xc3,                    # done: ret
])


def call(target, here):
    return b"\xe8" + struct.pack("<i", target - (here + 5))


def program(tag):
    """Machine code and texts. Position independent: the loader may move a relocatable kernel."""
    texts = [f"\r\nkernel={tag} initrd=", "\0", " words=", "\0", " end\r\n", "\0"]
    who = (texts[0] + texts[1]).encode()
    words = (texts[2] + texts[3]).encode()
    end = (texts[4] + texts[5]).encode()
    # jmp over PUT; then: call $+5 / pop ebx gives the place of the code.
    code = bytearray(b"\xeb" + bytes([len(PUT)]) + PUT)
    put = 2
    code += b"\xe8\0\0\0\0\x5b"  # call next; next: pop ebx
    base = len(code) - 1
    fixups = []

    def put_text(index):
        nonlocal code
        fixups.append((len(code) + 2, index))
        code += b"\x8d\xbb" + b"\0\0\0\0"  # lea edi, [ebx + text]
        code += call(put, len(code))

    put_text(0)
    code += b"\x8b\xbe" + struct.pack("<I", 0x218)  # mov edi, [esi + ramdisk_image]: its first bytes are a text
    code += call(put, len(code))
    put_text(1)
    code += b"\x8b\xbe" + struct.pack("<I", 0x228)  # mov edi, [esi + cmd_line_ptr]
    code += call(put, len(code))
    put_text(2)
    code += b"\xfa\xf4\xeb\xfd"  # cli; hlt, for ever
    place = len(code)
    for text in (who, words, end):
        offset, _ = fixups.pop(0)
        struct.pack_into("<i", code, offset, place - base)
        code += text
        place = len(code)
    return bytes(code)


def marker_kernel(tag):
    """Bytes of a kernel that says `tag`. Its initrd must start with a text that ends with a zero byte."""
    code = program(tag).ljust(4096, b"\0")
    setup = bytearray(512 * (SETUP_SECTORS + 1))
    struct.pack_into("<BHIHHH", setup, 0x1f1, SETUP_SECTORS, 0, len(code) // 16, 0, 0, 0)
    struct.pack_into("<H", setup, 0x1fe, 0xaa55)
    setup[0x200:0x202] = b"\xeb\x66"
    setup[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", setup, 0x206, 0x020c)
    setup[0x211] = 1  # loaded high
    struct.pack_into("<I", setup, 0x214, LOAD_ADDRESS)
    struct.pack_into("<I", setup, 0x22c, 0x7fffffff)  # the highest address for an initrd
    struct.pack_into("<I", setup, 0x230, 0x1000)  # alignment
    setup[0x234] = 1  # relocatable
    setup[0x235] = 12
    struct.pack_into("<I", setup, 0x238, 4095)  # longest command line
    struct.pack_into("<Q", setup, 0x258, LOAD_ADDRESS)
    struct.pack_into("<I", setup, 0x260, 0x10000)  # memory while it starts
    return bytes(setup) + code
