// SPDX-License-Identifier: Apache-2.0
#include "operator/channel_listing.h"

#include "operator/reasons.h"
#include "support/fake_clock.h"
#include "support/fake_registry.h"
#include "support/registry_fixture.h"

#include <gmock/gmock.h>

namespace cairn::fleet {
namespace {

using oci::refusal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

api::ManagedOSVersionChannelSpec channel(std::string type, json::object options, std::string interval = "1h") {
  api::ManagedOSVersionChannelSpec spec;
  spec.type = std::move(type);
  spec.options = std::move(options);
  spec.sync_interval = std::move(interval);
  return spec;
}

TEST(ChannelPlan, ReadsTheOptionsInAnyCaseOfLetters) {
  const auto plan = read_plan(channel("json", {{"URI", "https://example.com/c.json"}, {"Timeout", "5s"}}, "90m"));
  EXPECT_EQ(plan.place, "https://example.com/c.json");
  EXPECT_EQ(plan.timeout, milliseconds(5'000));
  EXPECT_EQ(plan.interval, milliseconds(5'400'000));
  EXPECT_EQ(read_plan(channel("oci", {{"repository", "r.example.com:5000/os"}})).place, "r.example.com:5000/os");
}

TEST(ChannelPlan, NamesTheFieldThatIsWrong) {
  const auto text = [](const api::ManagedOSVersionChannelSpec& spec) {
    const auto found = refusal([&] { read_plan(spec); });
    return found.text;
  };
  EXPECT_THAT(text(channel("json", {})), StartsWith("spec.options.uri: is missing"));
  EXPECT_THAT(text(channel("json", {{"uri", 7}})), StartsWith("spec.options.uri: expected text"));
  EXPECT_THAT(text(channel("json", {{"uri", "http://a/b"}})), HasSubstr("https"));
  EXPECT_THAT(text(channel("json", {{"uri", "nonsense"}})), StartsWith("spec.options.uri: "));
  EXPECT_THAT(text(channel("oci", {{"repository", "a/b:1"}})), HasSubstr("leave tag and digest out"));
  EXPECT_THAT(text(channel("oci", {{"repository", "-"}})), StartsWith("spec.options.repository: "));
  EXPECT_THAT(text(channel("json", {{"uri", "https://a/b"}}, "soon")), StartsWith("spec.syncInterval: \"soon\""));
  EXPECT_THAT(text(channel("json", {{"uri", "https://a/b"}}, "1s")), HasSubstr("below 10s"));
  EXPECT_THAT(text(channel("ftp", {})), StartsWith("spec.type: \"ftp\""));
}

TEST(ChannelListing, LeavesOutWhatIsWrongAndSaysSo) {
  const Listing listing = parse_listing(R"([
    {"metadata": {"name": "v1"}, "spec": {"version": "1", "type": "container", "metadata": {"upgradeImage": "r/os:1"}}},
    {"metadata": {"name": "V 2"}, "spec": {"version": "2"}},
    {"metadata": {"name": "v3"}, "spec": {"version": 3}},
    {"metadata": {"name": "v1"}, "spec": {"version": "1"}},
    {"spec": {}}])");
  ASSERT_EQ(listing.versions.size(), 1U);
  EXPECT_EQ(listing.versions[0].name, "v1");
  EXPECT_EQ(listing.versions[0].spec.metadata.at("upgradeImage"), "r/os:1");
  EXPECT_THAT(listing.problems, ElementsAre(HasSubstr("versions[1]"), HasSubstr("versions[2]"),
                                            HasSubstr("is there twice"), HasSubstr("versions[4]")));
  EXPECT_EQ(refusal([] { parse_listing("{}"); }).code, reason::kBadVersions.code);
  EXPECT_EQ(refusal([] { parse_listing("<html>"); }).code, reason::kBadVersions.code);
}

TEST(ChannelListing, TagsBecomeNamesOfObjects) {
  EXPECT_EQ(name_version("edge", "v1.2.3", {}), "edge-v1.2.3");
  EXPECT_EQ(name_version("edge", "V1_2+x-", {}), "edge-v1-2-x");
  EXPECT_THAT(name_version("edge", "V1", {"edge-v1"}), StartsWith("edge-v1-"));
  EXPECT_LE(name_version(std::string(200, 'a'), std::string(128, 'b'), {}).size(), 253U);
}

class RepositoryListing : public oci::RegistryTest {
 protected:
  Listing list(const oci::FakeRegistry& registry) {
    ChannelWorld world;
    world.plain_http = {oci::Reference::parse(registry.name()).registry};
    world.registry = options();
    world.clock = &clock_;
    return list_versions({.source = ChannelPlan::Source::repository, .place = registry.name()}, "edge", world, {});
  }
};

TEST_F(RepositoryListing, OffersEachTagByItsDigest) {
  oci::FakeRegistry registry([](const oci::ServerRequest& request) -> std::optional<oci::ServerResponse> {
    if (request.target.find("tags/list") == std::string::npos) return std::nullopt;
    return oci::ServerResponse{.body = R"({"tags":["v1","gone"]})"};
  });
  registry.add(image_, "v1");
  const Listing listing = list(registry);
  ASSERT_EQ(listing.versions.size(), 1U);
  EXPECT_EQ(listing.versions[0].name, "edge-v1");
  EXPECT_EQ(listing.versions[0].spec.version, "v1");
  EXPECT_EQ(listing.versions[0].spec.metadata.at("upgradeImage"),
            json::value(registry.name() + ":v1@" + image_.digest.text()));
  EXPECT_EQ(listing.versions[0].spec.metadata.at("platforms").as_array().size(), 1U);
  EXPECT_THAT(listing.problems, ElementsAre(HasSubstr("tag gone: ")));
}

}  // namespace
}  // namespace cairn::fleet
