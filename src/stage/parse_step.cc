// SPDX-License-Identifier: Apache-2.0
#include "core/text.h"
#include "stage/fields.h"
#include "stage/patterns.h"
#include "stage/reasons.h"
#include "stage/template.h"

namespace cairn::stage {
namespace {

// A text that will be rendered, so that a template that can't be read is found before anything runs.
std::string read_template(const Yaml& value) {
  try {
    static_cast<void>(Template::parse(value.text()));
  } catch (Error& error) {  // recovers nothing: says where
    if (&error.reason() == &reason::kBadTemplate) error.add_context(place_of(value));
    throw;
  }
  return value.text();
}

std::string read_pattern(const Yaml& value) {
  with_context(place_of(value), [&] { check_pattern(value.text()); });
  return value.text();
}

void read_owner(Owner& owner, const Yaml& value) {
  if (!value.text().empty() && value.text().find_first_not_of("-0123456789") == std::string::npos) {
    owner.user = read_id(value);
  } else {
    owner.names = read_filled(value);
  }
}

// What files, directories and downloads have in common.
template <class Want>
std::vector<Field<Want>> owned_fields(std::initializer_list<Field<Want>> more) {
  std::vector<Field<Want>> fields = {
      {"path", [](Want& out, const Yaml& value, Findings&) { out.path = read_path(value); }},
      {"permissions", [](Want& out, const Yaml& value, Findings&) { out.mode = read_mode(value); }},
      {"owner", [](Want& out, const Yaml& value, Findings&) { read_owner(out.owner, value); }},
      {"group", [](Want& out, const Yaml& value, Findings&) { out.owner.group = read_id(value); }},
      {"ownerstring", [](Want& out, const Yaml& value, Findings&) { out.owner.names = read_filled(value); }},
  };
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

template <class Want>
void require_path(const Want& want, const Yaml& value) {
  if (want.path.empty()) static_cast<void>(value.at("path"));
}

// A list of mappings, each read by `read`.
template <class Want, class Read>
std::vector<Want> read_list(const Yaml& value, Read&& read) {
  std::vector<Want> wants;
  for (const Yaml& item : value.items()) wants.push_back(read(item));
  return wants;
}

DirectoryWant read_directory_want(const Yaml& value, Findings& findings) {
  static const auto kFields = owned_fields<DirectoryWant>({});
  DirectoryWant want;
  read_fields<DirectoryWant>(value, want, std::span<const Field<DirectoryWant>>(kFields), findings);
  require_path(want, value);
  return want;
}

DownloadWant read_download_want(const Yaml& value, Findings& findings) {
  static const auto kFields = owned_fields<DownloadWant>({
      {"url", [](DownloadWant& out, const Yaml& v, Findings&) { out.url = read_filled(v); }},
      {"timeout",
       [](DownloadWant& out, const Yaml& v, Findings&) {
         const std::int64_t seconds = v.integer();
         if (seconds < 0 || seconds > 86'400) throw v.error("expected seconds, from 0 to 86400");
         out.timeout = std::chrono::seconds(seconds);
       }},
  });
  DownloadWant want;
  read_fields<DownloadWant>(value, want, std::span<const Field<DownloadWant>>(kFields), findings);
  require_path(want, value);
  if (want.url.empty()) static_cast<void>(value.at("url"));
  return want;
}

EntityWant read_entity(const Yaml& value, Findings& findings) {
  static constexpr Field<EntityWant> kFields[] = {
      {"path", [](EntityWant& out, const Yaml& v, Findings&) { out.path = read_path(v); }},
      {"entity", [](EntityWant& out, const Yaml& v, Findings&) { out.text = read_template(v); }},
  };
  EntityWant want;
  read_fields(value, want, kFields, findings);
  if (want.text.empty()) throw value.error("the key \"entity\" is missing");
  return want;
}

// A name in a folder that we choose.
std::string read_file_name(const Yaml& value) {
  if (read_filled(value).find('/') != std::string::npos) throw value.error("a name can't hold a slash");
  if (value.text().starts_with('.')) throw value.error("a name can't begin with a dot");
  return value.text();
}

UnitOverride read_override(const Yaml& value, Findings& findings) {
  static constexpr Field<UnitOverride> kFields[] = {
      {"service", [](UnitOverride& out, const Yaml& v, Findings&) { out.service = read_file_name(v); }},
      {"name", [](UnitOverride& out, const Yaml& v, Findings&) { out.name = read_file_name(v); }},
      {"content", [](UnitOverride& out, const Yaml& v, Findings&) { out.content = v.text(); }},
  };
  UnitOverride want;
  read_fields(value, want, kFields, findings);
  if (want.service.empty()) throw value.error("the key \"service\" is missing");
  if (want.service.find('.') == std::string::npos) want.service += ".service";
  if (!want.name.ends_with(".conf")) want.name += ".conf";
  return want;
}

SystemctlWant read_systemctl(const Yaml& value, Findings& findings) {
  static constexpr Field<SystemctlWant> kFields[] = {
      {"enable", [](SystemctlWant& out, const Yaml& v, Findings&) { out.enable = read_names(v); }},
      {"disable", [](SystemctlWant& out, const Yaml& v, Findings&) { out.disable = read_names(v); }},
      {"mask", [](SystemctlWant& out, const Yaml& v, Findings&) { out.mask = read_names(v); }},
      {"start", [](SystemctlWant& out, const Yaml& v, Findings&) { out.start = read_names(v); }},
      {"overrides",
       [](SystemctlWant& out, const Yaml& v, Findings& f) {
         out.overrides = read_list<UnitOverride>(v, [&](const Yaml& item) { return read_override(item, f); });
       }},
  };
  SystemctlWant want;
  read_fields(value, want, kFields, findings);
  return want;
}

DnsWant read_dns(const Yaml& value, Findings& findings) {
  static constexpr Field<DnsWant> kFields[] = {
      {"nameservers", [](DnsWant& out, const Yaml& v, Findings&) { out.nameservers = read_names(v); }},
      {"search", [](DnsWant& out, const Yaml& v, Findings&) { out.search = read_names(v); }},
      {"options", [](DnsWant& out, const Yaml& v, Findings&) { out.options = read_names(v); }},
      {"path", [](DnsWant& out, const Yaml& v, Findings&) { out.path = read_path(v); }},
  };
  DnsWant want;
  read_fields(value, want, kFields, findings);
  return want;
}

// Clouds are asked over a network that a node's initramfs does not have; the others are media at hand.
void check_provider(const std::string& provider, const Yaml& where) {
  static const std::vector<std::string> kRefused = {"aws",          "azure",     "gcp",      "hetzner",
                                                    "openstack",    "packet",    "scaleway", "vultr",
                                                    "digitalocean", "metaldata", "vmware"};
  static const std::vector<std::string> kKnown = {"cdrom", "config-drive", "file"};
  if (std::find(kKnown.begin(), kKnown.end(), provider) != kKnown.end()) return;
  if (std::find(kRefused.begin(), kRefused.end(), provider) != kRefused.end()) {
    throw Error(reason::kRefused,
                "{}: the datasource \"{}\" is not read by Cairn; give user data on a volume labelled cidata, by the "
                "kernel word cairn.setup=URL, or build it into the medium",
                place_of(where), provider);
  }
  throw where.error(fmt::format("there is no datasource \"{}\"", printable(provider, 64)));
}

DatasourceWant read_datasource(const Yaml& value, Findings& findings) {
  static constexpr Field<DatasourceWant> kFields[] = {
      {"providers",
       [](DatasourceWant& out, const Yaml& v, Findings& f) {
         for (std::string& provider : read_names(v)) {
           try {
             check_provider(provider, v);
             out.providers.push_back(std::move(provider));
           } catch (const Error& error) {  // the others in the list may be at hand
             if (&error.reason() != &reason::kRefused) throw;
             f.push_back(make_warning(error));
           }
         }
       }},
      {"path", [](DatasourceWant& out, const Yaml& v, Findings&) { out.path = read_path(v); }},
      {"userdata_name", [](DatasourceWant& out, const Yaml& v, Findings&) { out.userdata_name = read_file_name(v); }},
  };
  DatasourceWant want;
  read_fields(value, want, kFields, findings);
  return want;
}

ImageUnpackWant read_image_unpack(const Yaml& value, Findings& findings) {
  static constexpr Field<ImageUnpackWant> kFields[] = {
      {"source", [](ImageUnpackWant& out, const Yaml& v, Findings&) { out.source = read_filled(v); }},
      {"target", [](ImageUnpackWant& out, const Yaml& v, Findings&) { out.target = read_path(v); }},
      {"platform", [](ImageUnpackWant& out, const Yaml& v, Findings&) { out.platform = v.text(); }},
  };
  ImageUnpackWant want;
  read_fields(value, want, kFields, findings);
  for (const char* key : {"source", "target"}) static_cast<void>(value.at(key));
  return want;
}

void read_if_files(Conditions& conditions, const Yaml& value, Findings& findings) {
  static constexpr Field<Conditions> kFields[] = {
      {"any", [](Conditions& out, const Yaml& v, Findings&) { out.any_files = read_names(v); }},
      {"all", [](Conditions& out, const Yaml& v, Findings&) { out.all_files = read_names(v); }},
      {"none", [](Conditions& out, const Yaml& v, Findings&) { out.no_files = read_names(v); }},
  };
  read_fields(value, conditions, kFields, findings);
}

Names read_after(const Yaml& value, Findings& findings) {
  static constexpr Field<std::string> kFields[] = {
      {"name", [](std::string& out, const Yaml& v, Findings&) { out = read_filled(v); }}};
  Names names;
  for (const Yaml& item : value.items()) {
    std::string name;
    if (item.kind() == Yaml::Kind::scalar) {
      name = read_filled(item);
    } else {
      read_fields(item, name, kFields, findings);
    }
    if (name.empty()) throw item.error("the key \"name\" is missing");
    names.push_back(std::move(name));
  }
  return names;
}

Names read_templates(const Yaml& value) {
  if (value.kind() == Yaml::Kind::scalar) return {read_template(value)};
  Names texts;
  for (const Yaml& item : value.items()) texts.push_back(read_template(item));
  return texts;
}

std::map<std::string, std::string> read_template_map(const Yaml& value) {
  std::map<std::string, std::string> map;
  for (const auto& [key, item] : value.members()) map[key] = item.is_null() ? "" : read_template(item);
  return map;
}

std::vector<UserWant> read_users(const Yaml& value, Findings& findings) {
  std::vector<UserWant> users;
  for (const auto& [name, item] : value.members()) {
    check_account_name(name, item);
    users.push_back(read_user(name, item, findings));
  }
  return users;
}

std::vector<UserWant> read_keys(const Yaml& value) {
  std::vector<UserWant> users;
  for (const auto& [name, item] : value.members()) {
    check_account_name(name, item);
    users.push_back({.name = name, .keys = read_names(item)});
  }
  return users;
}

void refuse(Step& step, const Yaml& value, Findings& findings, std::string_view key, std::string_view instead) {
  const Error error(reason::kRefused, "{}: \"{}\" is not done by Cairn; {}", place_of(value), key, instead);
  findings.push_back(make_error(error));
  step.refused.push_back(error.what());
}

constexpr Field<Step> kConditionFields[] = {
    {"if", [](Step& s, const Yaml& v, Findings&) { s.conditions.command = read_template(v); }},
    {"node", [](Step& s, const Yaml& v, Findings&) { s.conditions.node = read_pattern(v); }},
    {"only_os", [](Step& s, const Yaml& v, Findings&) { s.conditions.only_os = read_pattern(v); }},
    {"only_os_version", [](Step& s, const Yaml& v, Findings&) { s.conditions.only_os_version = read_pattern(v); }},
    {"only_arch", [](Step& s, const Yaml& v, Findings&) { s.conditions.only_arch = read_pattern(v); }},
    {"only_service_manager",
     [](Step& s, const Yaml& v, Findings&) { s.conditions.only_service_manager = read_pattern(v); }},
    {"if_files", [](Step& s, const Yaml& v, Findings& f) { read_if_files(s.conditions, v, f); }},
    {"after", [](Step& s, const Yaml& v, Findings& f) { s.after = read_after(v, f); }},
    {"name", [](Step& s, const Yaml& v, Findings&) { s.name = v.text(); }},
};

constexpr Field<Step> kActionFields[] = {
    {"dns", [](Step& s, const Yaml& v, Findings& f) { s.dns = read_dns(v, f); }},
    {"ensure_entities",
     [](Step& s, const Yaml& v, Findings& f) {
       s.ensure_entities = read_list<EntityWant>(v, [&](const Yaml& item) { return read_entity(item, f); });
     }},
    {"delete_entities",
     [](Step& s, const Yaml& v, Findings& f) {
       s.delete_entities = read_list<EntityWant>(v, [&](const Yaml& item) { return read_entity(item, f); });
     }},
    {"users", [](Step& s, const Yaml& v, Findings& f) { s.users = read_users(v, f); }},
    {"authorized_keys", [](Step& s, const Yaml& v, Findings&) { s.authorized_keys = read_keys(v); }},
    {"downloads",
     [](Step& s, const Yaml& v, Findings& f) {
       s.downloads = read_list<DownloadWant>(v, [&](const Yaml& item) { return read_download_want(item, f); });
     }},
    {"directories",
     [](Step& s, const Yaml& v, Findings& f) {
       s.directories = read_list<DirectoryWant>(v, [&](const Yaml& item) { return read_directory_want(item, f); });
     }},
    {"files",
     [](Step& s, const Yaml& v, Findings& f) {
       s.files = read_list<FileWant>(v, [&](const Yaml& item) { return read_file_want(item, f); });
     }},
    {"commands", [](Step& s, const Yaml& v, Findings&) { s.commands = read_templates(v); }},
    {"hostname", [](Step& s, const Yaml& v, Findings&) { s.hostname = read_template(v); }},
    {"sysctl", [](Step& s, const Yaml& v, Findings&) { s.sysctl = read_map(v); }},
    {"timesyncd", [](Step& s, const Yaml& v, Findings&) { s.timesyncd = read_map(v); }},
    {"systemctl", [](Step& s, const Yaml& v, Findings& f) { s.systemctl = read_systemctl(v, f); }},
    {"environment", [](Step& s, const Yaml& v, Findings&) { s.environment = read_template_map(v); }},
    {"environment_file", [](Step& s, const Yaml& v, Findings&) { s.environment_file = read_path(v); }},
    {"systemd_firstboot", [](Step& s, const Yaml& v, Findings&) { s.firstboot = read_map(v); }},
    {"modules", [](Step& s, const Yaml& v, Findings&) { s.modules = read_names(v); }},
    {"datasource", [](Step& s, const Yaml& v, Findings& f) { s.datasource = read_datasource(v, f); }},
    {"unpack_images",
     [](Step& s, const Yaml& v, Findings& f) {
       s.unpack_images = read_list<ImageUnpackWant>(v, [&](const Yaml& item) { return read_image_unpack(item, f); });
     }},
};

constexpr std::string_view kNoPackages = "the system is an image: install packages in its Dockerfile";
constexpr Field<Step> kRefusedFields[] = {
    {"git",
     [](Step& s, const Yaml& v, Findings& f) {
       refuse(s, v, f, "git", "put the files into the image, or fetch an archive by `downloads`");
     }},
    {"packages", [](Step& s, const Yaml& v, Findings& f) { refuse(s, v, f, "packages", kNoPackages); }},
    {"package_pins", [](Step& s, const Yaml& v, Findings& f) { refuse(s, v, f, "package_pins", kNoPackages); }},
    {"layout",
     [](Step& s, const Yaml& v, Findings& f) {
       refuse(s, v, f, "layout", "the persistent partition grows by itself, and `cairn install` makes partitions");
     }},
};

const std::vector<Field<Step>>& step_fields() {
  static const auto kFields = [] {
    std::vector<Field<Step>> fields(std::begin(kConditionFields), std::end(kConditionFields));
    fields.insert(fields.end(), std::begin(kActionFields), std::end(kActionFields));
    fields.insert(fields.end(), std::begin(kRefusedFields), std::end(kRefusedFields));
    return fields;
  }();
  return kFields;
}

}  // namespace

FileWant read_file_want(const Yaml& value, Findings& findings) {
  static const auto kFields = owned_fields<FileWant>({
      {"content", [](FileWant& out, const Yaml& v, Findings&) { out.content = v.text(); }},
      {"encoding", [](FileWant& out, const Yaml& v, Findings&) { out.encoding = read_encoding(v); }},
      // Of plain cloud-config: users are always there before files.
      {"defer", [](FileWant&, const Yaml& v, Findings&) { static_cast<void>(v.boolean()); }},
      {"append",
       [](FileWant&, const Yaml& v, Findings&) {
         if (!v.boolean()) return;
         throw Error(reason::kRefused, "{}: \"append\" is not done by Cairn: each boot would add the text once more",
                     place_of(v));
       }},
  });
  FileWant want;
  read_fields<FileWant>(value, want, std::span<const Field<FileWant>>(kFields), findings);
  require_path(want, value);
  if (want.path.ends_with('/')) throw value.at("path").error("a file's path can't end with a slash");
  if (want.encoding == Encoding::plain && !want.content.empty()) {
    static_cast<void>(read_template(value.at("content")));
  }
  return want;
}

Step read_step_key(std::string_view key, const Yaml& value, Findings& findings) {
  Step step;
  for (const Field<Step>& field : step_fields()) {
    if (field.key == key) field.read(step, value, findings);
  }
  return step;
}

Step read_step(const Yaml& value, Findings& findings) {
  Step step;
  step.place = place_of(value);
  read_fields<Step>(value, step, std::span<const Field<Step>>(step_fields()), findings);
  return step;
}

}  // namespace cairn::stage
