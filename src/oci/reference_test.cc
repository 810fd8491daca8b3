// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.h"

#include "core/error.h"
#include "oci/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::oci {
namespace {

using ::testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.reason().code, reason::kBadReference.code);
    return error.message();
  }
  return "nothing was refused";
}

TEST(Reference, FillsInWhatDockerFillsIn) {
  EXPECT_EQ(Reference::parse("debian").to_text(), "docker.io/library/debian:latest");
  EXPECT_EQ(Reference::parse("debian:12").to_text(), "docker.io/library/debian:12");
  EXPECT_EQ(Reference::parse("grafana/grafana").to_text(), "docker.io/grafana/grafana:latest");
  EXPECT_EQ(Reference::parse("docker.io/debian").to_text(), "docker.io/library/debian:latest");
  EXPECT_EQ(Reference::parse("index.docker.io/debian").to_text(), "docker.io/library/debian:latest");
  EXPECT_EQ(Reference::parse("debian@" + kDigest).to_text(), "docker.io/library/debian@" + kDigest);
}

TEST(Reference, TellsARegistryByItsDotColonOrLocalhost) {
  EXPECT_EQ(Reference::parse("example.org/os").registry, "example.org");
  EXPECT_EQ(Reference::parse("host:5000/os").registry, "host:5000");
  EXPECT_EQ(Reference::parse("localhost/os").registry, "localhost");
  EXPECT_EQ(Reference::parse("Host/os").registry, "Host");
  EXPECT_EQ(Reference::parse("[::1]:5000/os:1").registry, "[::1]:5000");
  EXPECT_EQ(Reference::parse("[2001:db8::1]/os").registry, "[2001:db8::1]");
  EXPECT_EQ(Reference::parse("host/os").repository, "host/os");
}

TEST(Reference, KeepsTagAndDigest) {
  const Reference both = Reference::parse("host:5000/a/b_c/d--e:v1.2@" + kDigest);
  EXPECT_EQ(both.repository, "a/b_c/d--e");
  EXPECT_EQ(both.tag, "v1.2");
  EXPECT_EQ(both.manifest_key(), kDigest);
  EXPECT_EQ(Reference::parse("debian:12").manifest_key(), "12");
  EXPECT_EQ(Reference::parse(both.to_text()).to_text(), both.to_text());
}

TEST(Reference, RefusesWhatBreaksTheGrammarAndSaysWhy) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "empty"},
      {"example.org/OS", "capital letters"},
      {"example.org/a//b", "empty"},
      {"example.org/", "no repository"},
      {"example.org/a..b", "one of . _ __ -"},
      {"example.org/a___b", "one of . _ __ -"},
      {"example.org/-a", "one of . _ __ -"},
      {"example.org/os:", "tag is empty"},
      {"example.org/os:-x", "its tag may only"},
      {"example.org/os:" + std::string(129, 'x'), "longer than 128"},
      {"example.org/" + std::string(256, 'x'), "longer than 255"},
      {"example.org:0/os", "port"},
      {"example.org:65536/os", "port"},
      {"example.org:99999999999999999999/os", "port"},
      {"-bad.org/os", "no host name"},
      {"[::g]/os", "no IPv6"},
      {"[fe80::1%25eth0]/os", "no IPv6"},
      {"[::1/os", "not closed"},
      {"[::1]x/os", "only a port"},
      {"os@sha256:abc", "64"},
      {"os@sha256:" + std::string(64, 'A'), "64"},
      {"os@md5:" + std::string(32, 'a'), "64"},
      {std::string(64, 'a'), "digest without"},
      {"./os", "path"},
      {"/os", "path"},
      {"https://example.org/os", "scheme"},
      {std::string("os\0x", 4), "may only"},
      {"os\x1b[31m", "may only"},
      {std::string(2000, 'a'), "1024"},
  };
  for (const auto& [text, problem] : cases) {
    EXPECT_THAT(refusal([&text = text] { Reference::parse(text); }), HasSubstr(problem)) << text;
  }
}

TEST(SourceSpec, ReadsWhereAnImageIs) {
  using Kind = SourceSpec::Kind;
  EXPECT_EQ(SourceSpec::parse("debian").kind, Kind::registry);
  EXPECT_EQ(SourceSpec::parse("registry:debian").reference->repository, "library/debian");
  const SourceSpec layout = SourceSpec::parse("oci:some/dir:docker.io/library/os:1@" + kDigest);
  EXPECT_EQ(layout.kind, Kind::layout);
  EXPECT_EQ(layout.path, "some/dir");
  EXPECT_EQ(layout.tag, "docker.io/library/os:1");
  EXPECT_EQ(layout.digest->text(), kDigest);
  EXPECT_EQ(SourceSpec::parse("oci:dir").tag, "");
  EXPECT_EQ(SourceSpec::parse("oci:dir@" + kDigest).path, "dir");
  EXPECT_EQ(SourceSpec::parse("oci:mail@host").path, "mail@host");
  EXPECT_EQ(SourceSpec::parse("oci-archive:os.tar:v1").tag, "v1");
  EXPECT_EQ(SourceSpec::parse("dir:/srv/a:b").path, "/srv/a:b");
}

TEST(SourceSpec, ReadsElementalsDialect) {
  const auto parse = [](std::string_view text) { return SourceSpec::parse(text, SourceSpec::Dialect::elemental); };
  EXPECT_EQ(parse("oci:example.org/os:1").to_text(), "example.org/os:1");
  EXPECT_EQ(parse("oci://example.org/os:1").to_text(), "example.org/os:1");
  EXPECT_EQ(parse("docker:os").to_text(), "docker.io/library/os:latest");
  EXPECT_EQ(parse("example.org/os").to_text(), "example.org/os:latest");
  EXPECT_EQ(parse("dir:///srv/os").path, "/srv/os");
  EXPECT_THAT(refusal([&] { parse("file:/os.squashfs"); }), HasSubstr("not supported"));
  EXPECT_THAT(refusal([&] { parse("channel:x"); }), HasSubstr("not supported"));
}

TEST(SourceSpec, IsReadAgainFromItsText) {
  for (const std::string text : {"oci:dir:tag", "oci-archive:a.tar", "dir:/x y", "registry:oci:5000/os:latest",
                                 "example.org/os:latest", "registry:dir:80/a:b"}) {
    EXPECT_EQ(SourceSpec::parse(text).to_text(), text);
  }
}

TEST(SourceSpec, RefusesWhatIsIncomplete) {
  const std::pair<std::string, std::string> cases[] = {
      {"oci:", "no path"},
      {"oci::tag", "no path"},
      {"oci:dir:", "no tag"},
      {"oci:dir:-x", "no tag"},
      {"oci:dir:a---b", "no tag"},
      {"oci:dir:a..b", "no tag"},
      {"oci:dir:a b", "no tag"},
      {"oci:dir@sha256:12", "64"},
      {"oci-archive:", "no path"},
      {"dir:", "no path"},
      {std::string("dir:/a\0b", 8), "NUL"},
      {"docker://debian", "docker://"},
  };
  for (const auto& [text, problem] : cases) {
    EXPECT_THAT(refusal([&text = text] { SourceSpec::parse(text); }), HasSubstr(problem)) << text;
  }
}

}  // namespace
}  // namespace cairn::oci
