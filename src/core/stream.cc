// SPDX-License-Identifier: Apache-2.0
#include "core/stream.h"

#include "core/reasons.h"
#include "core/text.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace cairn {

std::size_t read_full(Source& source, MutableBytes out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const std::size_t count = source.read(out.subspan(done));
    if (count == 0) break;
    done += count;
  }
  return done;
}

std::uint64_t copy_all(Source& source, Sink& sink) {
  std::vector<std::byte> buffer(128 * 1024);
  std::uint64_t total = 0;
  while (const std::size_t count = source.read(buffer)) {
    sink.write(Bytes(buffer).first(count));
    total += count;
  }
  return total;
}

std::string read_text(Source& source, std::size_t max_bytes, std::string_view what) {
  std::string text;
  std::byte buffer[16 * 1024];
  while (const std::size_t count = source.read(buffer)) {
    if (text.size() + count > max_bytes) {
      throw Error(reason::kTooLarge, "{} is larger than {}", what, human_size(max_bytes));
    }
    text.append(as_text(Bytes(buffer, count)));
  }
  return text;
}

std::size_t TextSource::read(MutableBytes out) {
  const std::size_t count = std::min(out.size(), rest_.size());
  std::memcpy(out.data(), rest_.data(), count);
  rest_.remove_prefix(count);
  return count;
}

}  // namespace cairn
