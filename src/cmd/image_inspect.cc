// SPDX-License-Identifier: Apache-2.0
#include "cmd/commands.h"
#include "cmd/image_options.h"
#include "core/json.h"
#include "core/text.h"

#include <fmt/core.h>

namespace cairn::cmd {
namespace {

json::object describe(const oci::Image& image) {
  json::array layers;
  for (std::size_t i = 0; i < image.manifest().layers.size(); ++i) {
    const oci::Descriptor& layer = image.manifest().layers[i];
    layers.push_back(json::object{{"digest", layer.digest.text()},
                                  {"diffId", image.config().diff_ids[i].text()},
                                  {"mediaType", layer.media_type},
                                  {"size", layer.size}});
  }
  json::object labels;
  for (const auto& [key, value] : image.config().labels) labels[key] = value;
  return {{"image", image.spec().to_text()},
          {"digest", image.digest().text()},
          {"platform", image.config().platform.to_text()},
          {"created", image.config().created},
          {"compressedSize", image.compressed_size()},
          {"layers", std::move(layers)},
          {"labels", std::move(labels)}};
}

void print_for_people(const oci::Image& image) {
  const auto line = [](std::string_view name, std::string_view value) {
    fmt::print("{:<10} {}\n", name, printable(value, 300));
  };
  line("image", image.spec().to_text());
  line("digest", image.digest().text());
  line("platform", image.config().platform.to_text());
  if (!image.config().created.empty()) line("created", image.config().created);
  line("size",
       fmt::format("{} in {} layers, compressed", human_size(image.compressed_size()), image.manifest().layers.size()));
  for (const oci::Descriptor& layer : image.manifest().layers) {
    line("layer", fmt::format("{} {:>10}  {}", layer.digest.text(), human_size(layer.size), layer.media_type));
  }
  for (const auto& [key, value] : image.config().labels) line("label", key + "=" + value);
}

int run(const Arguments& arguments, Session& session) {
  const auto image = oci::Image::open(oci::SourceSpec::parse(arguments.get("IMAGE")), find_platform(arguments),
                                      make_source_options(arguments, session));
  if (arguments.has("json")) {
    fmt::print("{}", to_pretty_text(describe(image)));
  } else {
    print_for_people(image);
  }
  return 0;
}

}  // namespace

Subcommand image_inspect() {
  return {
      .name = "image inspect",
      .summary = "show what an image is made of",
      .description = "Shows digest, platform, layers and labels of an image. Layers are not downloaded.",
      .example = "cairn image inspect oci:layout:1 --json",
      .positionals = {{.name = "IMAGE", .help = "HOST/NAME:TAG, oci:DIR, oci-archive:FILE or dir:DIR."}},
      .options = with_image_options({{.names = "--json", .value = "", .help = "Print a JSON object."}}),
      .run = run,
  };
}

}  // namespace cairn::cmd
