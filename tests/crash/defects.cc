// SPDX-License-Identifier: Apache-2.0
#include "defects.h"

#include "boot/reset_request.h"
#include "boot/transitions.h"

#include <map>

namespace cairn::crash {
namespace {

namespace fs = std::filesystem;
using testing::ForwardingEffects;

constexpr node::UpgradePolicy kPolicy{.tries = 2, .passives = 1};

bool is_boot_state(const fs::path& path) { return path.filename().string().starts_with("bootstate."); }

fs::path other_copy(const fs::path& path) {
  return path.parent_path() / (path.filename() == "bootstate.a" ? "bootstate.b" : "bootstate.a");
}

class Base : public ForwardingEffects {
 public:
  using ForwardingEffects::ForwardingEffects;
  Handle create(const Path& path, mode_t mode) override { return named(path, next_.create(path, mode)); }
  Handle open(const Path& path) override { return named(path, next_.open(path)); }

 protected:
  Handle named(const Path& path, Handle file) {
    names_[file] = path;
    return file;
  }
  bool boot_state(Handle file) { return is_boot_state(names_[file]); }
  std::map<Handle, Path> names_;
};

// Files are flushed, but the journal is never brought home: the loader does not find them.
struct NoSettle : Base {
  using Base::Base;
  void settle_filesystem(const Path&) override {}
};

// Nothing on the state partition is flushed at all.
struct NoFlush : NoSettle {
  using NoSettle::NoSettle;
  void sync(Handle file) override {
    if (boot_state(file)) next_.sync(file);
  }
  void sync_directory(const Path&) override {}
};

// The commit is only written.
struct CommitNotFlushed : Base {
  using Base::Base;
  void sync(Handle file) override {
    if (!boot_state(file)) next_.sync(file);
  }
};

// The boot state is committed before the snapshot is home.
struct CommitBeforeSettle : Base {
  using Base::Base;
  void settle_filesystem(const Path& mount_point) override { late_ = mount_point; }
  void close(Handle file) override {
    const bool committed = boot_state(file);
    next_.close(file);
    if (committed && !late_.empty()) next_.settle_filesystem(late_);
  }
  Path late_;
};

// The snapshot gets its number after it was brought home.
struct RenameAfterSettle : Base {
  using Base::Base;
  void rename(const Path& from, const Path& to) override { from_ = from, to_ = to; }
  void settle_filesystem(const Path& mount_point) override {
    next_.settle_filesystem(mount_point);
    if (!from_.empty()) next_.rename(from_, to_);
    from_.clear();
  }
  Path from_;
  Path to_;
};

// The snapshot never gets its number.
struct NoRename : Base {
  using Base::Base;
  void rename(const Path& from, const Path& to) override {
    if (!from.filename().string().starts_with(".new-")) next_.rename(from, to);
  }
};

// There is one copy that counts, and it is overwritten in place.
struct OverwriteTheCurrent : Base {
  using Base::Base;
  Handle open(const Path& path) override { return Base::open(is_boot_state(path) ? other_copy(path) : path); }
};

// The same, emptied before.
struct TruncateTheCurrent : OverwriteTheCurrent {
  using OverwriteTheCurrent::OverwriteTheCurrent;
  Handle open(const Path& path) override {
    const Handle file = OverwriteTheCurrent::open(path);
    if (is_boot_state(path)) next_.truncate(file, 0);
    return file;
  }
};

// The same, removed and made anew, as one does with a symbolic link.
struct RemoveAndCreateTheCurrent : Base {
  using Base::Base;
  Handle open(const Path& path) override {
    if (!is_boot_state(path)) return Base::open(path);
    next_.remove(other_copy(path));
    return create(other_copy(path), 0644);
  }
};

// What is booted is removed to make room before the new one is committed.
struct RemoveTheOldFirst : Base {
  using Base::Base;
  void rename(const Path& from, const Path& to) override {
    if (to.filename() == "3") {
      const Path old = to.parent_path() / "2";
      std::vector<Path> files;
      for (const auto& entry : fs::directory_iterator(old)) files.push_back(entry.path());
      for (const Path& file : files) next_.remove(file);
      next_.remove(old);
    }
    next_.rename(from, to);
  }
};

// Changes the text of a commit.
struct OtherText : Base {
  OtherText(Effects& next, std::string from, std::string to) : Base(next), from_(std::move(from)), to_(std::move(to)) {}
  void write(Handle file, std::uint64_t offset, Bytes data) override {
    std::string text(as_text(data));
    const std::size_t at = boot_state(file) ? text.find(from_) : std::string::npos;
    if (at != std::string::npos) {
      text.replace(at, from_.size(), to_);
      text.resize(data.size(), '#');
    }
    next_.write(file, offset, as_bytes(text));
  }
  std::string from_;
  std::string to_;
};

// The sequence stays what it was: the loader never takes the new copy.
struct SameSequence : Base {
  using Base::Base;
  void write(Handle file, std::uint64_t offset, Bytes data) override {
    std::string text(as_text(data));
    if (boot_state(file)) {
      auto state = boot::parse(text);
      --state->sequence;
      text = boot::compose(*state);
    }
    next_.write(file, offset, as_bytes(text));
  }
};

template <class Kind>
Defect made(std::string name, std::string flow = "upgrade") {
  return {std::move(name), std::move(flow), {.defect = [](Effects& next) { return std::make_unique<Kind>(next); }}};
}

Defect acting(std::string name, std::function<void(Machine&)> act) {
  return {std::move(name), "upgrade", {.act = std::move(act)}};
}

void upgrade(Machine& machine) {
  const SampleSystem system("v3");
  node::upgrade_system(machine.stores(), system.content(), 2, kPolicy);
}

}  // namespace

const std::vector<Defect>& defects() {
  static const std::vector<Defect> all = {
      made<NoSettle>("journal-not-home"),
      made<NoFlush>("nothing-flushed"),
      made<CommitNotFlushed>("commit-not-flushed"),
      made<CommitBeforeSettle>("commit-before-home"),
      made<RenameAfterSettle>("rename-after-home"),
      made<NoRename>("no-rename"),
      made<OverwriteTheCurrent>("current-copy-overwritten", "upgrade-after-rollback"),
      made<TruncateTheCurrent>("current-copy-truncated", "upgrade-after-rollback"),
      made<RemoveAndCreateTheCurrent>("current-copy-made-anew", "upgrade-after-rollback"),
      made<RemoveTheOldFirst>("old-removed-first"),
      made<SameSequence>("same-sequence"),
      {"no-tries",
       "upgrade",
       {.defect =
            [](Effects& next) {
              return std::make_unique<OtherText>(next, "tries=2\nverdict=trying", "tries=0\nverdict=good");
            }}},
      {"nothing-to-fall-back-to",
       "upgrade",
       {.defect = [](Effects& next) { return std::make_unique<OtherText>(next, "passives=2", "passives="); }}},
      {"reset-still-asked",
       "reset",
       {.defect =
            [](Effects& next) { return std::make_unique<OtherText>(next, "once=\nend", "once=\nreset=asked\nend"); }}},
      // What was left of a request once reset machines at the next start of recovery, whatever its cause.
      {"reset-asked-before-its-file",
       "ask-for-reset",
       {.act =
            [](Machine& machine) {
              const node::SystemStores stores = machine.stores();
              stores.boot.commit(boot::reset_asked(stores.boot.current()));
              machine.oem().replace(std::string(boot::kResetRequestFile), boot::compose(boot::ResetRequest{}), 0600);
            }}},
      acting("commit-first",
             [](Machine& machine) {
               const node::SystemStores stores = machine.stores();
               stores.boot.commit(boot::committed(stores.boot.current(), 3, 2, 2));
               const SampleSystem system("v3");
               node::write_snapshot(stores.state, 2, system.content());
             }),
      acting("old-removed-while-trying",
             [](Machine& machine) {
               upgrade(machine);
               machine.stores().state.remove({2});
             }),
      {"old-recovery-removed-first",
       "upgrade-recovery",
       {.act =
            [](Machine& machine) {
              machine.recovery().remove({1});
              const SampleSystem system("r2");
              node::replace_recovery_system(machine.stores().boot, machine.recovery(), system.content());
            }}},
  };
  return all;
}

}  // namespace cairn::crash
