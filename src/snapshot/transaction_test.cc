// SPDX-License-Identifier: Apache-2.0
#include "snapshot/transaction.h"

#include "core/reasons.h"
#include "snapshot/reasons.h"
#include "support/temp_tree.h"
#include "support/unfrozen_effects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::snapshot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A disk that lies: changes a byte of each write that has it.
class LyingEffects : public testing::UnfrozenEffects {
 public:
  void write(Handle file, std::uint64_t offset, Bytes data) override {
    std::string changed(as_text(data));
    std::replace(changed.begin(), changed.end(), '!', '?');
    ForwardingEffects::write(file, offset, as_bytes(changed));
  }
};

class TransactionTest : public ::testing::Test {
 protected:
  void SetUp() override { store_.ensure_root(); }

  void write(Transaction& transaction, const std::string& name, std::string_view text, std::uint64_t reserved) {
    TextSource source(text);
    transaction.write(transaction.reserve(name, reserved), source);
  }
  Manifest identity() { return {.digest = "sha256:" + std::string(64, 'a')}; }

  testing::TempTree tree_;
  LyingEffects effects_;
  SnapshotStore store_{tree_.path(), effects_};
};

TEST_F(TransactionTest, ASnapshotAppearsWhenItIsComplete) {
  {
    Transaction transaction(store_, 4);
    write(transaction, "rootfs.squashfs", "tree", 1 << 16);
    write(transaction, "vmlinuz", "kernel", 3);  // more than was reserved
    transaction.write_text("cmdline", "words");
    EXPECT_THAT(store_.list(), IsEmpty());
    transaction.finish(identity());
  }
  EXPECT_THAT(store_.list(), ElementsAre(4));
  EXPECT_EQ(tree_.read(".snapshots/4/rootfs.squashfs"), "tree");
  EXPECT_EQ(tree_.read(".snapshots/4/vmlinuz"), "kernel");
  EXPECT_EQ(tree_.read(".snapshots/4/cmdline"), "words");
  EXPECT_EQ(effects_.settled, 1);
  const Manifest manifest = store_.manifest(4);
  ASSERT_EQ(manifest.files.size(), 2U);
  EXPECT_EQ(manifest.files[0], (FileRecord{"rootfs.squashfs", 4, std::string(sha256(as_bytes("tree")).hex())}));
  EXPECT_EQ(manifest.files[1].sha256, sha256(as_bytes("kernel")).hex());
}

TEST_F(TransactionTest, AFileMayBeWrittenInAnyOrder) {
  Transaction transaction(store_, 1);
  SnapshotFile& file = transaction.reserve("rootfs.squashfs", 10);
  file.write_at(4, as_bytes("body"));
  file.write_at(0, as_bytes("head"));
  transaction.seal(file);
  transaction.finish(identity());
  EXPECT_EQ(tree_.read(".snapshots/1/rootfs.squashfs"), "headbody");
  EXPECT_EQ(store_.manifest(1).files[0].sha256, sha256(as_bytes("headbody")).hex());
}

TEST_F(TransactionTest, GivenUpItLeavesNothing) {
  {
    Transaction transaction(store_, 1);
    write(transaction, "rootfs.squashfs", "tree", 100);
    transaction.reserve("vmlinuz", 100);
  }
  EXPECT_THAT(tree_.names(), ElementsAre(".snapshots"));
  EXPECT_TRUE(std::filesystem::is_empty(tree_.path(".snapshots")));
}

TEST_F(TransactionTest, WhatTheDiskChangedIsFoundAndRemoved) {
  try {
    Transaction transaction(store_, 1);
    write(transaction, "rootfs.squashfs", "tree!", 0);
    FAIL() << "not noticed";
  } catch (const Error& error) {  // what the test is about
    EXPECT_EQ(error.reason().code, reason::kReadBack.code);
  }
  EXPECT_TRUE(std::filesystem::is_empty(tree_.path(".snapshots")));
}

TEST_F(TransactionTest, TooLittleRoomIsKnownAtOnceAndGivenBack) {
  try {
    Transaction transaction(store_, 1);
    transaction.reserve("vmlinuz", 1 << 20);
    transaction.reserve("rootfs.squashfs", std::uint64_t{1} << 50);
    FAIL() << "a petabyte was reserved";
  } catch (const Error& error) {  // what the test is about; file systems with smaller files say so otherwise
    EXPECT_TRUE(error.kind() == ErrorKind::no_space || error.reason().code == cairn::reason::kSystem.code)
        << error.what();
  }
  EXPECT_TRUE(std::filesystem::is_empty(tree_.path(".snapshots")));
}

TEST_F(TransactionTest, StopsWhenAsked) {
  Transaction transaction(store_, 1);
  std::stop_source stop;
  stop.request_stop();
  TextSource source("tree");
  EXPECT_THROW(transaction.write(transaction.reserve("rootfs.squashfs", 0), source, stop.get_token()), Error);
}

}  // namespace
}  // namespace cairn::snapshot
