// SPDX-License-Identifier: Apache-2.0
#include "boot/grub_config.h"

#include "boot/env_block.h"
#include "boot/reasons.h"
#include "core/text.h"

#include <algorithm>

namespace cairn::boot {
namespace {

constexpr std::size_t kMaxWords = 4096;

// GRUB's script language has no arithmetic and only global variables; functions take $1, $2, ...
constexpr std::string_view kConfig =
    R"grub(# Which system starts: Cairn's docs/formats/bootstate.md. Written at install, not by upgrades.
set timeout=@TIMEOUT@
if serial --unit=0 --speed=115200; then
  terminal_input console serial
  terminal_output console serial
fi
regexp --set=1:disk --set=2:esp '^([^,]+),(.*)$' "$root"
probe --set=partuuid --part-uuid ($root)
set states="($root)/cairn"
set snapshots="($disk,gpt@STATE@)/.snapshots"
set recoveries="($disk,gpt@RECOVERY@)/.snapshots"

# A byte copy of this disk has the same ids. If there is one, a mark that no copy has tells the kernel which was booted.
set marks=
for other in (*,$esp); do
  set id=
  if [ "$other" != "($root)" ]; then probe --set=id --part-uuid $other; fi
  if [ "$id" = "$partuuid" ]; then
    set mark=0
    if [ -s "$other/cairn/twin" ]; then load_env --file "$other/cairn/twin" mark; fi
    set marks="$marks,$mark,"
  fi
done
set twin=
if [ -n "$marks" ]; then
  set mark=0
  if [ -s "$states/twin" ]; then load_env --file "$states/twin" mark; fi
  if regexp '^[1-9]$' "$mark"; then
    if regexp ",$mark," "$marks"; then true; else set twin=cairn.twin=$mark; fi
  fi
  if [ -z "$twin" ]; then
    for number in 1 2 3 4 5 6 7 8 9; do
      if [ -n "$twin" ]; then true
      elif regexp ",$number," "$marks"; then true
      else
        set mark=$number
        set twin=cairn.twin=$number
      fi
    done
    if save_env --file "$states/twin" mark; then true; else set twin=; fi
  fi
fi

# Sets seq to the sequence of the copy $1, or to 0 if it is not valid.
function read_sequence {
  set seq=0
  set end=
  if [ -s "$1" ]; then load_env --file "$1" seq end; fi
  if [ "$seq" != "$end" ]; then set seq=0; fi
  if regexp '^[1-9][0-9]*$' "$seq"; then true; else set seq=0; fi
}

read_sequence "$states/bootstate.a"
set seq_a="$seq"
read_sequence "$states/bootstate.b"
set copy=
if [ "$seq" -gt "$seq_a" ]; then
  set copy="$states/bootstate.b"
elif [ "$seq_a" -gt 0 ]; then
  set copy="$states/bootstate.a"
fi

set active=
set passives=
set tries=0
set verdict=
set recovery=
set once=
if [ -n "$copy" ]; then
  load_env --file "$copy" active passives tries verdict recovery once
  set failed=
  if [ "$verdict" = trying -a "$tries" = 0 ]; then set failed=1; fi
else
  echo 'No copy of the boot state is valid: starting recovery.'
  set failed=1
  for found in $recoveries/*; do
    if regexp --set=1:number '/([1-9][0-9]*)$' "$found"; then
      if [ -z "$recovery" ]; then set recovery="$number"; fi
      if [ "$number" -gt "$recovery" ]; then set recovery="$number"; fi
    fi
  done
fi

# Starts snapshot $2 of the folder $1 in the mode $3; comes back if it can't.
function start {
  if [ -z "$2" -o "$2" = 0 ]; then return; fi
  for file in vmlinuz initrd rootfs.squashfs cmdline; do
    if [ ! -s "$1/$2/$file" ]; then
      echo "$1/$2/$file is missing."
      set fellback=cairn.fallback=1
      return
    fi
  done
  set cmdline=
  load_env --file "$1/$2/cmdline" cmdline
  echo "Starting snapshot $2 ($3) ..."
  if linux "$1/$2/vmlinuz" cairn.disk=$partuuid cairn.snapshot=$2 cairn.mode=$3 $twin $fellback $cmdline; then
    if initrd "$1/$2/initrd"; then boot; fi
  fi
  set fellback=cairn.fallback=1
}

function start_passives {
  for number in $passives; do start "$snapshots" "$number" passive; done
}

# Takes a try of the active snapshot. Fails if that can't be written: then it must not start, or it might for ever.
function count_down {
  if [ "$verdict" != trying -o "$tries" = 0 ]; then return 0; fi
  if [ "$tries" = 1 ]; then set tries=0
  elif [ "$tries" = 2 ]; then set tries=1
  elif [ "$tries" = 3 ]; then set tries=2
  elif [ "$tries" = 4 ]; then set tries=3
  elif [ "$tries" = 5 ]; then set tries=4
  elif [ "$tries" = 6 ]; then set tries=5
  elif [ "$tries" = 7 ]; then set tries=6
  elif [ "$tries" = 8 ]; then set tries=7
  else set tries=8; fi
  save_env --file "$copy" tries
}

# Starts what was chosen, $1 = active, passive, recovery or once and $2 = its number, then whatever else starts.
function run {
  if [ -n "$once" ]; then
    set once=
    if save_env --file "$copy" once; then set cleared=1; else set cleared=; fi
  fi
  if [ "$1" = once -a -n "$cleared" ]; then start "$recoveries" "$recovery" recovery; fi
  if [ "$1" = recovery ]; then start "$recoveries" "$recovery" recovery; fi
  if [ "$1" = passive ]; then start "$snapshots" "$2" passive; fi
  if [ "$1" = active -o -z "$failed" ]; then
    if count_down; then start "$snapshots" "$active" active; fi
  fi
  set fellback=cairn.fallback=1
  start_passives
  start "$recoveries" "$recovery" recovery
  start "$snapshots" "$active" active
  echo 'Nothing on this disk starts.'
  sleep 10
  exit
}

set fellback=
set default=active
if [ -n "$failed" ]; then
  set fellback=cairn.fallback=1
  set default=recovery
  for number in $passives; do
    if [ "$default" = recovery ]; then set default="passive$number"; fi
  done
fi
if [ "$once" = recovery ]; then set default=once; fi

if [ "$once" = recovery ]; then
  menuentry 'Recovery, as requested' --id once { run once }
fi
if [ -n "$active" ]; then
  menuentry "Snapshot $active" --id active { run active }
fi
for number in $passives; do
  menuentry "Snapshot $number (older)" --id "passive$number" "$number" { run passive "$2" }
done
menuentry 'Recovery' --id recovery { run recovery }
)grub";

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// GRUB splits the value at spaces, expands wildcards in what it finds, and passes quotes and backslashes on escaped.
bool is_plain_word(std::string_view word) {
  constexpr std::string_view kSpecial = "'\"\\*?[";
  const auto plain = [&](char c) { return c > ' ' && c <= '~' && kSpecial.find(c) == std::string_view::npos; };
  return std::all_of(word.begin(), word.end(), plain);
}

}  // namespace

std::string twin_block(std::string_view mark) { return compose_env_block({{"mark", std::string(mark)}}); }

std::string grub_config(const GrubConfigSpec& spec) {
  std::string text(kConfig);
  replace_all(text, "@TIMEOUT@", std::to_string(spec.timeout));
  replace_all(text, "@STATE@", std::to_string(spec.state_partition));
  replace_all(text, "@RECOVERY@", std::to_string(spec.recovery_partition));
  return text;
}

std::string kernel_words_block(const std::string& words) {
  std::string plain;
  for (const std::string& word : split(words, ' ')) {
    if (word.empty()) continue;
    if (!is_plain_word(word)) {
      throw Error(reason::kBadKernelWord, "the loader can't pass on the kernel word {}", printable(word));
    }
    if (!plain.empty()) plain += ' ';
    plain += word;
  }
  if (plain.size() > kMaxWords)
    throw Error(reason::kBadKernelWord, "the kernel words are longer than {} bytes", kMaxWords);
  return compose_env_block({{"cmdline", plain}});
}

}  // namespace cairn::boot
