// SPDX-License-Identifier: Apache-2.0
#include "stage/cloud_config.h"

#include "core/text.h"
#include "stage/fields.h"
#include "stage/key_source.h"
#include "stage/reasons.h"
#include "tool/shell.h"

#include <array>

namespace cairn::stage {
namespace {

struct Refusal {
  std::string_view key;
  std::string_view instead;
};

constexpr std::array kRefusals = {
    Refusal{"packages", "the system is an image: install packages in its Dockerfile"},
    Refusal{"package_update", "the system is an image: install packages in its Dockerfile"},
    Refusal{"package_upgrade", "the system is an image: upgrade it by `cairn upgrade`"},
    Refusal{"package_reboot_if_required", "the system is an image: upgrade it by `cairn upgrade`"},
    Refusal{"apt", "the system is an image: configure apt in its Dockerfile"},
    Refusal{"yum_repos", "the system is an image: configure repositories in its Dockerfile"},
    Refusal{"zypper", "the system is an image: configure repositories in its Dockerfile"},
    Refusal{"snap", "the system is an image: install packages in its Dockerfile"},
    Refusal{"bootcmd", "write a step with `commands` in the stage it should run at"},
    Refusal{"chpasswd", "give `passwd` with the user in `users`"},
    Refusal{"password", "give `passwd` with a user in `users`"},
    Refusal{"ntp", "write a step with `timesyncd`"},
    Refusal{"timezone", "write a step with `systemd_firstboot`"},
    Refusal{"locale", "write a step with `systemd_firstboot`"},
    Refusal{"keyboard", "write a step with `systemd_firstboot`"},
    Refusal{"mounts", "write a unit (.mount) by `write_files` and enable it by a step with `systemctl`"},
    Refusal{"swap", "write a unit (.swap) by `write_files`"},
    Refusal{"disk_setup", "`cairn install` makes partitions"},
    Refusal{"fs_setup", "`cairn install` makes file systems"},
    Refusal{"ca_certs", "write the certificates by `write_files`"},
    Refusal{"manage_etc_hosts", "`hostname` keeps /etc/hosts by itself"},
    Refusal{"manage_resolv_conf", "write a step with `dns`"},
    Refusal{"resolv_conf", "write a step with `dns`"},
    Refusal{"network", "write the configuration of your network service by `write_files`"},
    Refusal{"power_state", "write a command that restarts the machine"},
    Refusal{"phone_home", "write a command"},
    Refusal{"groups", "write a step with `ensure_entities`"},
    Refusal{"ssh_pwauth", "write a file in /etc/ssh/sshd_config.d by `write_files`"},
    Refusal{"disable_root", "write a file in /etc/ssh/sshd_config.d by `write_files`"},
    Refusal{"ssh_keys", "write the keys by `write_files`"},
};

class PlainReader {
 public:
  PlainReader(const Yaml& root, Document& document) : root_(root), document_(document) {}

  void read() {
    boot_.name = "cloud-config";
    boot_.place = place_of(root_);
    network_ = boot_;
    for (const auto& [key, value] : root_.members()) {
      if (value.is_null()) continue;
      guard("boot", [&, &name = key, &what = value] { read_key(name, what); });
    }
    share_keys();
    document_.stages["boot"].push_back(std::move(boot_));
    if (!network_.authorized_keys.empty()) document_.stages["network"].push_back(std::move(network_));
  }

 private:
  void add(const std::string& stage, Finding finding) {
    document_.findings.push_back({.stage = stage, .finding = std::move(finding)});
  }

  // Runs `body` for one entry: its error is told and the next entries go on.
  template <class Body>
  void guard(const std::string& stage, Body&& body) {
    try {
      body();
    } catch (const Error& error) {  // a bad entry is a finding, and the others go on
      add(stage, make_error(error));
    }
  }

  void read_key(const std::string& key, const Yaml& value) {
    if (key == "hostname" || key == "fqdn") return read_hostname(key, value);
    if (key == "users") return each(value, [&](const Yaml& item) { read_one_user(item); });
    if (key == "ssh_authorized_keys") return static_cast<void>(all_keys_ = read_names(value));
    if (key == "write_files") return each(value, [&](const Yaml& item) { read_one_file(item); });
    if (key == "runcmd") return each(value, [&](const Yaml& item) { boot_.commands.push_back(read_command(item)); });
    if (key == "name" || key == "stages") return;
    if (key == "growpart" || key == "resize_rootfs") {
      return add("",
                 make_warning(value.error(fmt::format(
                     "\"{}\" has no effect: the persistent partition grows to the end of the disk by itself", key))));
    }
    for (const Refusal& refusal : kRefusals) {
      if (refusal.key == key) {
        throw Error(reason::kRefused, "{}: \"{}\" is not done by Cairn; {}", place_of(value), key, refusal.instead);
      }
    }
    add("", make_warning(root_.unknown_key(key, {"hostname", "fqdn", "users", "ssh_authorized_keys", "write_files",
                                                 "runcmd", "growpart", "name", "stages"})));
  }

  template <class Read>
  void each(const Yaml& list, Read&& read) {
    for (const Yaml& item : list.items()) guard("boot", [&] { read(item); });
  }

  // The rules of a step's own keys hold here, too, so its reader does the work.
  Step read_as_step(const std::string& key, const Yaml& value) {
    Findings findings;
    Step step = read_step_key(key, value, findings);
    for (Finding& finding : findings) add("boot", std::move(finding));
    return step;
  }

  void read_hostname(const std::string& key, const Yaml& value) {
    if (key == "fqdn" && root_.find("hostname") != nullptr) return;
    Step step = read_as_step("hostname", value);
    step.name = boot_.name;
    step.place = place_of(value);
    document_.stages["initramfs"].push_back(std::move(step));
  }

  void read_one_user(const Yaml& item) {
    // The distribution's own user, which an image of ours does not have.
    if (item.kind() == Yaml::Kind::scalar && item.text() == "default") return;
    static_cast<void>(item.at("name"));
    Findings findings;
    UserWant user = read_user("", item, findings);
    for (Finding& finding : findings) add("boot", std::move(finding));
    add_keys(user.name, std::exchange(user.keys, {}));
    boot_.users.push_back(std::move(user));
  }

  // Keys that must be fetched wait for the network; the others are there from the beginning.
  void add_keys(const std::string& user, const Names& keys) {
    UserWant now{.name = user};
    UserWant later{.name = user};
    for (const std::string& key : keys) (is_fetched_key(key) ? later : now).keys.push_back(key);
    if (!now.keys.empty()) boot_.authorized_keys.push_back(std::move(now));
    if (!later.keys.empty()) network_.authorized_keys.push_back(std::move(later));
  }

  void share_keys() {
    if (all_keys_.empty()) return;
    if (boot_.users.empty()) add_keys("root", all_keys_);
    for (const UserWant& user : boot_.users) add_keys(user.name, all_keys_);
  }

  void read_one_file(const Yaml& item) {
    Findings findings;
    boot_.files.push_back(read_file_want(item, findings));
    for (Finding& finding : findings) add("boot", std::move(finding));
  }

  // A shell line, or a list of words.
  std::string read_command(const Yaml& item) {
    if (item.kind() == Yaml::Kind::scalar) return read_as_step("commands", item).commands.front();
    std::string line;
    for (const Yaml& word : item.items()) line += (line.empty() ? "" : " ") + tool::quote_word(word.text());
    return line;
  }

  const Yaml& root_;
  Document& document_;
  Step boot_;
  Step network_;
  Names all_keys_;
};

}  // namespace

void read_plain_cloud_config(const Yaml& root, Document& document) { PlainReader(root, document).read(); }

}  // namespace cairn::stage
