// SPDX-License-Identifier: Apache-2.0
// What the loader will start from the disk in an image file, as JSON. `image_oracle IMAGE [REPLAYED]`: REPLAYED is a
// copy whose journals were replayed, where a system would read its root tree.
#include "core/error.h"
#include "core/json.h"
#include "support/boot_oracle.h"
#include "support/image_view.h"

#include <cstdio>

namespace {

using namespace cairn;

std::string judge(const std::filesystem::path& image, const std::filesystem::path& replayed) {
  const testing::ImageView loader(image);
  const testing::ImageView system(replayed);
  const testing::Boot boot = testing::boot_of(loader);
  json::object result = {{"boot", boot.to_text()},
                         {"mode", boot.mode},
                         {"number", boot.number},
                         {"fallback", boot.fallback},
                         {"image", testing::image_of(boot, loader, system)},
                         {"writes", nullptr}};
  if (boot.written) result["writes"] = json::object{{"path", boot.written->first}, {"content", boot.written->second}};
  return to_text(result);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2 && argc != 3) {
      std::fprintf(stderr, "usage: image_oracle IMAGE [REPLAYED]\n");
      return 2;
    }
    std::puts(judge(argv[1], argv[argc - 1]).c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "image_oracle: %s\n", error.what());
    return 1;
  }
}
