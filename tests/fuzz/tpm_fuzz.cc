// SPDX-License-Identifier: Apache-2.0
// TPM structures: a public area that is read is written as the same bytes; a TPM that answers with anything is refused
// in an orderly way.
#include "attest/attested.h"
#include "attest/machine_tpm.h"
#include "attest/public_area.h"
#include "attest/reasons.h"
#include "fuzz_input.h"

#include <algorithm>
#include <string>

namespace {

// Answers each command with the next piece of the input; a piece has its size in front.
class HostileTpm final : public cairn::attest::Transport {
 public:
  explicit HostileTpm(std::string_view input) : input_(input) {}
  std::string transmit(std::string_view) override {
    if (input_.empty()) throw cairn::Error(cairn::attest::reason::kDevice, "the input ends");
    const std::size_t size = std::min<std::size_t>(static_cast<unsigned char>(input_.front()) * 4U, input_.size() - 1);
    std::string answer(input_.substr(1, size));
    input_.remove_prefix(1 + size);
    return answer;
  }

 private:
  std::string_view input_;
};

// Time that does not pass.
class NoClock final : public cairn::Clock {
 public:
  Steady steady() const override { return {}; }
  Wall wall() const override { return {}; }
  void sleep(cairn::milliseconds, const std::stop_token&) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = cairn::fuzz::text_of(data, size);
  using namespace cairn::attest;
  cairn::fuzz::allow_refusal([&] {
    const PublicArea area = PublicArea::parse(input);
    if (area.to_bytes() != input) std::abort();
    area.key().der();
  });
  cairn::fuzz::allow_refusal([&] { Attested::Creation::parse(input); });
  cairn::fuzz::allow_refusal([&] { Attested::Quoted::parse(input); });
  cairn::fuzz::allow_refusal([&] { parse_signature(input); });
  cairn::fuzz::allow_refusal([&] {
    HostileTpm transport(input);
    NoClock clock;
    Tpm tpm(transport, clock, {});
    MachineTpm(tpm).answer({});
  });
  return 0;
}
