// SPDX-License-Identifier: Apache-2.0
// Registration frames, each with its size in 16 bits in front, as a proven machine and as a server would send them; and
// the header of the authorization. No input makes a machine that nobody approved get a configuration.
#include "core/clock.h"
#include "enroll/client_session.h"
#include "enroll/server_session.h"
#include "fuzz_input.h"

#include <algorithm>
#include <string>

namespace {

using namespace cairn::enroll;

class Host final : public ServerHost {
 public:
  std::optional<Registration> find_registration(std::string_view) override {
    return Registration{.key = {"fleet", "boxes"}, .admits_plain = true};
  }
  std::optional<Machine> find_machine(const Identity&) override { return Machine{.key = {"fleet", "m-1"}}; }
  Machine write_inventory(const Registration&, const Identity&, const MachineData& data, bool approved) override {
    for (const auto& [key, value] : data.labels) {
      if (key.starts_with("elemental.cattle.io/") || key.starts_with("cairn.dev/")) std::abort();
    }
    return Machine{.key = {"fleet", "m-1"}, .approved = approved};
  }
  std::string config(const Registration&, const Machine&) override { std::abort(); }
  Grant sign(const Machine&, std::string_view) override { std::abort(); }
};

template <class Take>
void each_frame(std::string_view input, Take&& take) {
  while (input.size() >= 2) {
    const std::size_t size = static_cast<unsigned char>(input[0]) << 8 | static_cast<unsigned char>(input[1]);
    input.remove_prefix(2);
    const std::string_view frame = input.substr(0, std::min(size, input.size()));
    input.remove_prefix(frame.size());
    if (!take(frame)) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = cairn::fuzz::text_of(data, size);
  Host host;
  ServerSession stranger(host, cairn::system_clock());
  stranger.begin("token", input);
  ServerSession server(host, cairn::system_clock());
  if (server.begin("token", "Bearer PLAIN00:11:22:33:44:55").refusal) std::abort();
  each_frame(input, [&](std::string_view frame) { return !server.on_message(frame).refusal; });
  cairn::fuzz::allow_refusal([&] {
    ClientSession client({.answer = nullptr, .update = true, .csr = "csr"});
    each_frame(input, [&](std::string_view frame) {
      client.on_message(frame);
      return true;
    });
  });
  return 0;
}
