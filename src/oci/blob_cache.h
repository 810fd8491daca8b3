// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.h"
#include "core/file.h"
#include "oci/manifest.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cairn::oci {

// Blobs on disk by digest (docs/formats/cache.md), shared by all processes of a user. A blob is under its final name
// only when it is complete and verified; what was downloaded before a break is kept and gone on with. Beyond `limit`
// bytes the least recently used blobs go, but never one that is in use. Thread-safe.
class BlobCache {
 public:
  BlobCache(std::filesystem::path directory, std::uint64_t limit, Clock& clock);

  // While it lives, nobody removes the blob.
  class Pin {
   public:
    explicit Pin(UniqueFd fd) : fd_(std::move(fd)) {}
    int fd() const { return fd_.get(); }

   private:
    UniqueFd fd_;  // holds a shared flock
  };

  // The blob if it is there with the size of the descriptor; counts as a use of it.
  std::optional<Pin> find(const Descriptor& blob) const;

  // Bytes of a blob from an offset on.
  using OpenFrom = std::function<std::unique_ptr<Source>(std::uint64_t offset)>;
  // Told for each piece, downloaded or found in what an earlier run left.
  using OnBytes = std::function<void(std::uint64_t count)>;
  // Gets the blob unless it is there: goes on where an earlier run stopped, after that part was hashed again; verifies
  // digest and size; waits while another process gets the same one. Throws reason::kDigestMismatch (nothing is kept
  // then), kNoSpace saying how much is needed.
  Pin fetch(const Descriptor& blob, const OpenFrom& open, const OnBytes& on_bytes, const std::stop_token& stop) const;

  // The bytes of a pinned blob, verified as they flow; a damaged one is dropped from the cache.
  std::unique_ptr<Source> open(const Pin& pin, const Descriptor& blob) const;

  const std::filesystem::path& directory() const { return directory_; }

 private:
  std::filesystem::path path_of(const Digest& digest) const;
  std::optional<UniqueFd> lock_partial(const Descriptor& blob, const std::stop_token& stop) const;
  std::uint64_t rehash(int fd, const Descriptor& blob, Hasher& hasher, const OnBytes& on_bytes,
                       const std::stop_token& stop) const;
  void reserve(int fd, const Descriptor& blob, std::uint64_t have) const;
  void download(int fd, const Descriptor& blob, const OpenFrom& open, const OnBytes& on_bytes,
                const std::stop_token& stop) const;
  void publish(int fd, const Descriptor& blob) const;
  // Removes the least recently used blobs that nobody uses until `needed` more bytes fit under the limit.
  void make_room(std::uint64_t needed, std::uint64_t limit) const;

  std::filesystem::path directory_;
  std::uint64_t limit_;
  Clock& clock_;
};

}  // namespace cairn::oci
